"""The migration that lists what articles hold leaves what saving them would have left."""

import asyncio
from typing import Any, Final

import pytest
from alembic import command
from httpx import AsyncClient

from app.articles import rendering
from app.db import Database, migrate
from app.db.schema import alembic_config
from tests.answers import bearing, get
from tests.conftest import Load, Make, client
from tests.contents import everything
from tests.desk import change
from tests.factories import article, box, draft, note, said, source, words

BEFORE: Final = "20261202_1010"
EMBED: Final = {"type": "embed", "provider": "YouTube", "url": "https://www.youtube.com/watch?v=1"}
HELD: Final = {
    "image": ["b", "f"],
    "video": ["c", "d"],
    "note": ["a"],
    "table": ["e"],
}


async def listed(api: AsyncClient, **parameters: Any) -> dict[str, list[str]]:
    """The stories under each holding, oldest first; each list is as long as its counter says."""
    found = {}
    for holding in HELD:
        page = await get(api, "/v1/articles", has=holding, count="true", sort="published_at", **parameters)
        found[holding] = [card["slug"] for card in page["items"]]
        assert page["count"] == {"value": len(found[holding]), "exact": True}
    return found


async def test_stored_articles_are_listed_as_if_they_were_saved_now(
    database_url: str, database: Database, load: Load, key: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "holdings", lambda body, image: set())
    picture = {"type": "image", "url": "/a.svg"}
    await load(
        source("kit"),
        note("mill"),
        article("a", "2025-01-01T08:00:00Z", body=[said("kit"), box("mill")]),
        article("b", "2025-01-02T08:00:00Z", image={"url": "/a.svg"}, language="uk"),
        article("c", "2025-01-03T08:00:00Z", body=[{**picture, "media": "video"}]),
        article("d", "2025-01-04T08:00:00Z", body=[EMBED]),
        article("e", "2025-01-05T08:00:00Z", body=[{"type": "table", "rows": [["1"]]}]),
        article("f", "2025-01-06T08:00:00Z", body=[picture, {"type": "image", "credit_line": "Kit"}]),
        article(
            "g", "2025-01-07T08:00:00Z", body=[words('"type":"quote"'), {**EMBED, "url": "/a", "provider": "Maps"}]
        ),
        draft("h", created_at="2025-01-08T08:00:00Z", body=[picture]),
    )
    headers = bearing(await key("drafts:read", "content:write"))
    async with client(database_url) as api:
        api.headers.update(headers)
        await change(api, "a", "/draft", headline="A to come")
        assert await listed(api) == {holding: [] for holding in HELD}

    await asyncio.to_thread(command.downgrade, alembic_config(database_url), BEFORE)
    await asyncio.to_thread(migrate, database_url)

    at_the_desk = {**HELD, "image": ["b", "f", "h"]}
    async with client(database_url) as api:
        assert await listed(api) == HELD
        api.headers.update(headers)
        assert await listed(api, perspective="drafts") == at_the_desk
    migrated = await everything(database)
    await asyncio.to_thread(command.downgrade, alembic_config(database_url), BEFORE)
    await asyncio.to_thread(migrate, database_url)
    assert await everything(database) == migrated
    # Saving them again finds every row in its place.
    monkeypatch.undo()
    async with client(database_url) as api:
        api.headers.update(headers)
        await change(api, "h", headline="H again")
        await change(api, "a", "/draft", headline="A again")
        assert await listed(api, perspective="drafts") == at_the_desk

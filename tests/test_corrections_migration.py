"""The migration that lists corrected articles leaves what saving them would have left."""

import asyncio
from typing import Any, Final

import pytest
from alembic import command

from app.articles import saving
from app.db import Database, migrate
from app.db.schema import alembic_config
from tests.answers import bearing, get
from tests.conftest import Load, Make, client
from tests.contents import everything
from tests.desk import change
from tests.factories import NOON, Line, article, draft

CORRECTION: Final[Line] = {
    "kind": "correction",
    "text": 'It was "corrections":[{ on Tuesday.',
    "at": NOON,
    "revision": 1,
}
BEFORE: Final = "20261201_1030"


async def test_stored_articles_are_listed_as_if_they_were_saved_now(
    database_url: str, database: Database, load: Load, key: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    names_of = saving._list_names

    def without_corrections(*arguments: Any) -> set[str]:
        return names_of(*arguments) - {"articles:has:correction"}

    monkeypatch.setattr(saving, "_list_names", without_corrections)
    await load(
        article("a", corrections=[CORRECTION]),
        article("b", corrections=[CORRECTION], language="uk"),
        draft("c", corrections=[CORRECTION]),
        article("d", headline='"corrections":[{'),
    )
    headers = bearing(await key("drafts:read", "content:write"))
    async with client(database_url) as api:
        api.headers.update(headers)
        await change(api, "b", "/draft", headline="B to come")
        await change(api, "d", "/draft", headline="D to come")
        assert (await get(api, "/v1/articles", has="correction", count="true"))["count"]["value"] == 0
    before = await everything(database)

    await asyncio.to_thread(command.downgrade, alembic_config(database_url), BEFORE)
    await asyncio.to_thread(migrate, database_url)

    async with client(database_url) as api:
        page = await get(api, "/v1/articles", has="correction", count="true", sort="published_at")
        assert ({card["slug"] for card in page["items"]}, page["count"]["value"]) == ({"a", "b"}, 2)
        api.headers.update(headers)
        page = await get(api, "/v1/articles", has="correction", count="true", perspective="drafts")
        assert ({card["slug"] for card in page["items"]}, page["count"]["value"]) == ({"a", "b", "c"}, 3)
    after = await everything(database)
    changed = {name for name in after if after[name] != before[name]} - {"keys"}
    assert changed == {"lists", "list_entries", "counters", "view_entries"}
    # Saving them again finds every row in its place.
    monkeypatch.undo()
    async with client(database_url) as api:
        api.headers.update(headers)
        await change(api, "c", headline="C again")
        await change(api, "b", "/draft", headline="B again")
        page = await get(api, "/v1/articles", has="correction", count="true", perspective="drafts")
        assert page["count"]["value"] == 3

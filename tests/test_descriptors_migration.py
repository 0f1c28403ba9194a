"""Documents that were stored before they stated genre, and what part AI had, have the fields all the same."""

import asyncio

from alembic import command
from sqlalchemy import text

from app.db import Database, migrate
from app.db.schema import alembic_config
from tests.answers import get
from tests.conftest import Load, Make, client
from tests.contents import everything
from tests.desk import change
from tests.factories import article, draft, note

BEFORE = "20261201_1700"


async def test_stored_articles_state_nothing_and_can_be_changed(
    database_url: str, database: Database, load: Load, key: Make
) -> None:
    picture = {"url": "/a.svg", "alt_text": '"focal_point":null', "focal_point": {"x": 0.5, "y": 1}}
    await load(
        article("a", headline='"genre":"ai":', image=picture, body=[{"type": "image"}, {"type": "image", **picture}]),
        draft("b"),
        note("mill", body=[{"type": "image", **picture}]),
        article("c", genre="news"),
    )
    expected = await everything(database)
    await asyncio.to_thread(command.downgrade, alembic_config(database_url), BEFORE)
    strip = "UPDATE revisions SET card = replace(card, :members, ''), body = replace(body, :members, '')"
    genre = ',"genre":null,"dateline":null,"headlines":{"seo":null,"social":null,"short":null},"flags":[]'
    async with database.begin() as connection:
        for members in (',"ai":null', genre):
            await connection.execute(text(strip), {"members": members})
    assert await everything(database) != expected

    await asyncio.to_thread(migrate, database_url)

    assert await everything(database) == expected
    async with client(database_url) as api:
        assert (await get(api, "/v1/articles/a"))["genre"] is None
        api.headers["Authorization"] = f"Bearer {await key('drafts:read', 'content:write')}"
        assert (await change(api, "b", genre="opinion"))["genre"] == "opinion"

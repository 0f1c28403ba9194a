"""Documents that were stored before there were genres, parts of AI, orders of tags and expiries have the fields."""

import asyncio

from alembic import command
from sqlalchemy import text

from app.db import Database, migrate
from app.db.schema import alembic_config
from tests.answers import get
from tests.conftest import Load, Make, client
from tests.contents import everything
from tests.desk import change
from tests.factories import article, draft, note, tag

BEFORE = "20261202_0900"


async def strip(database: Database, *members: str) -> None:
    """Takes these members out of all stored documents."""
    statement = "UPDATE revisions SET card = replace(card, :members, ''), body = replace(body, :members, '')"
    async with database.begin() as connection:
        for member in members:
            await connection.execute(text(statement), {"members": member})
        cards = [*await connection.scalars(text("SELECT card FROM revisions"))]
    assert cards
    assert [card for card in cards if any(member in card for member in members)] == []


async def test_stored_articles_state_nothing_and_can_be_changed(
    database_url: str, database: Database, load: Load, key: Make
) -> None:
    picture = {"url": "/a.svg", "alt_text": '"focal_point":null', "focal_point": {"x": 0.5, "y": 1}}
    await load(
        article(
            "a",
            headline='"genre":"ai":"expires_at":',
            image=picture,
            body=[{"type": "image"}, {"type": "image", **picture}],
        ),
        draft("b"),
        note("mill", body=[{"type": "image", **picture}]),
        article("c", genre="news"),
    )
    expected = await everything(database)
    await asyncio.to_thread(command.downgrade, alembic_config(database_url), BEFORE)
    genre = ',"genre":null,"dateline":null,"headlines":{"seo":null,"social":null,"short":null},"flags":[]'
    await strip(database, ',"expires_at":null', ',"ai":null', genre)

    await asyncio.to_thread(migrate, database_url)

    assert await everything(database) == expected
    async with client(database_url) as api:
        assert (await get(api, "/v1/articles/a"))["genre"] is None
        assert (await get(api, "/v1/articles/a"))["expires_at"] is None
        api.headers["Authorization"] = f"Bearer {await key('drafts:read', 'content:write')}"
        assert (await change(api, "b", genre="opinion"))["genre"] == "opinion"


async def test_stored_articles_have_no_key_of_their_origin_and_are_the_same_stories(
    database_url: str, database: Database, load: Load
) -> None:
    await load(article("a", headline='"origin":{"url":', origin={"url": "/a"}), draft("b"))
    expected = await everything(database)
    await asyncio.to_thread(command.downgrade, alembic_config(database_url), BEFORE)
    await strip(database, '"system":null,"id":null,')

    await asyncio.to_thread(migrate, database_url)

    assert await everything(database) == expected
    async with client(database_url) as api:
        assert (await get(api, "/v1/articles/a"))["origin"]["system"] is None
        await load(article("a", origin={"system": "river.example", "id": "7"}))
        assert [each["slug"] for each in (await get(api, "/v1/articles", origin="river.example:7"))["items"]] == ["a"]


async def test_stored_tags_have_no_order_and_can_be_given_one(
    database_url: str, database: Database, load: Load, key: Make
) -> None:
    await load(tag("trams", labels={"en": '"order":'}), article("a", tags=["trams"]))
    await asyncio.to_thread(command.downgrade, alembic_config(database_url), BEFORE)
    await strip(database, ',"order":null')

    await asyncio.to_thread(migrate, database_url)

    async with client(database_url) as api:
        assert (await get(api, "/v1/tags/trams"))["order"] is None
        headers = {"Authorization": f"Bearer {await key('content:write')}", "If-Match": "*"}
        answer = await api.patch("/v1/tags/trams", json={"order": 3}, headers=headers)
        assert (answer.status_code, answer.json()["order"]) == (200, 3)

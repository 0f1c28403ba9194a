"""The migration that packs the index empties it, in both directions, and leaves it to be made anew."""

import asyncio

from alembic import command
from httpx import AsyncClient

from app import reindex
from app.db import Database
from app.db.schema import alembic_config
from tests.answers import refusal, slugs
from tests.conftest import Load
from tests.factories import article
from tests.index.test_reindex import entries, state

BEFORE = "20261201_1700"


async def test_the_index_is_made_anew_after_each_way(
    database_url: str, database: Database, load: Load, api: AsyncClient
) -> None:
    await load(article("flood", headline="Повінь минула"))
    written = await entries(database)

    for move, revision in ((command.downgrade, BEFORE), (command.upgrade, "head")):
        await asyncio.to_thread(move, alembic_config(database_url), revision)
        assert await entries(database) == []
        assert await state(database) == (None, None)
    refusal(await api.get("/v1/articles", params={"q": "повінь"}), 503, "unavailable")

    await reindex.reindex(database)
    assert await entries(database) == written
    assert await slugs(api, q="повені") == ["flood"]

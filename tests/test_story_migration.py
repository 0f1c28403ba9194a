"""The migration that says which story an article is a version of leaves what saving it would have left."""

import asyncio

from alembic import command

from app.db import Database, migrate
from app.db.schema import alembic_config
from tests import sql
from tests.answers import bearing
from tests.conftest import Load, Make, client
from tests.contents import everything
from tests.desk import change
from tests.factories import article, article_id, draft, note, tag

BEFORE = "20261204_0900"


async def test_stored_articles_are_versions_of_the_stories_that_they_translate(
    database_url: str, database: Database, load: Load, key: Make
) -> None:
    await load(
        tag("trams"),
        note("mill"),
        article("river", tags=["trams"]),
        article("richka", language="uk", translation_of=article_id("river")),
        draft("rzeka", language="pl", translation_of=article_id("river")),
        draft("alone"),
    )
    async with client(database_url) as api:
        api.headers.update(bearing(await key("drafts:read", "content:write")))
        await change(api, "richka", "/draft", translation_of=None)
    written = await everything(database)
    stories = await sql.query(database_url, "SELECT story FROM view_entries WHERE story IS NOT NULL")
    assert len(stories) == 5

    await asyncio.to_thread(command.downgrade, alembic_config(database_url), BEFORE)
    await asyncio.to_thread(migrate, database_url)

    assert await everything(database) == written

"""The migration that lists what only the desk sees leaves what saving it would have left."""

import asyncio
from typing import Any

import pytest
from alembic import command

from app.articles import list_names
from app.db import Database, migrate
from app.db.schema import alembic_config
from app.notes import saving as notes_saving
from tests import sql
from tests.answers import bearing, get
from tests.conftest import Load, Make, client
from tests.contents import everything
from tests.desk import act, change
from tests.factories import article, draft, note, scheduled, withdrawn

BEFORE = "20261202_1030"
QUIRKS = 'It said "status":"draft" and "working_copy":true, and "published_at":null.'


async def test_stored_states_are_listed_as_if_they_were_saved_now(
    database_url: str, database: Database, load: Load, key: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_names, "heading", lambda *_, **__: None)
    monkeypatch.setattr(notes_saving, "heading", lambda *_, **__: None)
    await load(
        article("a", ednote=QUIRKS, headline=QUIRKS), article("b"), draft("c"), scheduled("d"), withdrawn("e"),
        note("m", status="draft"), note("n"),
    )  # fmt: skip
    headers = bearing(await key("drafts:read", "content:write", "content:publish"))
    async with client(database_url) as api:
        api.headers.update(headers)
        for slug in ("a", "b"):
            await change(api, slug, "/draft", headline="To come")
        await act(api, "b", "publish", at="2098-01-01T06:00:00.000Z")
        written = await everything(database)
        for value in ("true", "false"):
            said = f"""',"working_copy"\\:{value}}}'"""
            await sql.execute(database_url, f"UPDATE revisions SET private = replace(private, {said}, '}}')")

        await asyncio.to_thread(command.downgrade, alembic_config(database_url), BEFORE)
        await asyncio.to_thread(migrate, database_url)

        for status, found in {"draft": ["c"], "scheduled": ["b", "d"], "withdrawn": ["e"]}.items():
            page = await get(api, "/v1/articles", status=status, perspective="drafts")
            assert sorted(card["slug"] for card in page["items"]) == found
        page = await get(api, "/v1/notes", status="draft", perspective="drafts")
        assert [card["slug"] for card in page["items"]] == ["m"]
    after = await everything(database)
    assert after["revisions"] == written["revisions"]
    changed = {name for name in after if after[name] != written[name]} - {"keys"}
    assert changed == {"lists", "list_entries", "counters", "view_entries"}
    # Saving them again finds every row in its place.
    monkeypatch.undo()
    async with client(database_url) as api:
        api.headers.update(headers)
        await change(api, "c", headline="C again")
        await change(api, "a", "/draft", headline="A again")
        lists: dict[str, Any] = {
            name: await get(api, "/v1/articles", perspective="drafts", count="true", **asked)
            for name, asked in (("draft", {"status": "draft"}), ("copies", {"working_copy": "true"}))
        }
    assert {name: page["count"]["value"] for name, page in lists.items()} == {"draft": 1, "copies": 2}

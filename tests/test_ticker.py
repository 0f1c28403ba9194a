"""What is scheduled becomes public on time, by itself, exactly once."""

import asyncio
from datetime import datetime, timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from app.changes.models import Change
from app.db import Database, utcnow
from app.ticker import Ticker
from app.web.fields import show_instant
from tests.conftest import client
from tests.contents import ZONE, rows


async def scheduled(desk: AsyncClient, slug: str, seconds: float) -> str:
    made = await desk.post("/v1/articles", json={"language": "en", "headline": slug, "slug": slug})
    at = show_instant(utcnow() + timedelta(seconds=seconds))
    answer = await desk.post(f"/v1/articles/{slug}/publish", json={"at": at})
    assert answer.status_code == 200, answer.text
    return str(made.json()["id"])


async def published(database: Database, ref: str) -> int:
    query = select(Change.seq).where(Change.ref == ref, Change.op == "published")
    return len(await rows(database, query))


async def test_what_is_scheduled_is_public_within_a_second_of_its_time(
    desk: AsyncClient, api: AsyncClient, database: Database
) -> None:
    ref = await scheduled(desk, "flood", 0.4)
    assert (await api.get("/v1/articles/flood")).status_code == 404

    await asyncio.sleep(1.3)

    answer = await api.get("/v1/articles/flood")
    assert answer.status_code == 200
    document = answer.json()
    assert document["status"] == "published"
    assert document["published_at"] == document["first_published_at"] == document["updated_at"]
    assert await published(database, ref) == 1


async def test_several_processes_release_each_thing_once(desk: AsyncClient, database_url: str) -> None:
    refs = [await scheduled(desk, f"story-{n}", 0.05) for n in range(8)]
    databases = [Database(database_url) for _ in range(3)]
    await asyncio.sleep(0.1)
    await asyncio.gather(*(Ticker(one, ZONE).release() for one in databases))

    assert [await published(databases[0], ref) for ref in refs] == [1] * 8
    for one in databases:
        await one.close()


async def test_what_was_due_while_no_process_ran_is_released_by_the_next(
    desk: AsyncClient, database: Database, database_url: str
) -> None:
    ref = await scheduled(desk, "flood", 0.05)
    async with client(database_url) as other:
        await asyncio.sleep(1)
        assert (await other.get(f"/v1/articles/{ref}")).status_code == 200
    assert await published(database, ref) == 1


async def test_what_is_taken_back_before_its_time_stays_hidden(desk: AsyncClient, api: AsyncClient) -> None:
    await scheduled(desk, "flood", 0.3)
    await desk.post("/v1/articles/flood/unpublish")

    await asyncio.sleep(1)

    assert (await api.get("/v1/articles/flood")).status_code == 404


async def test_a_clock_that_is_set_ahead_and_back_takes_nothing_back_and_publishes_nothing_twice(
    desk: AsyncClient, api: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = await scheduled(desk, "flood", 3_600)
    ticker, right = Ticker(database, ZONE), database.now
    for hours, released in ((48, [ref]), (-1, []), (48, []), (0, [])):

        async def now(hours: int = hours) -> datetime:
            return await right() + timedelta(hours=hours)

        monkeypatch.setattr(database, "now", now)
        assert await ticker.release() == released
        assert (await api.get("/v1/articles/flood")).status_code == 200
    assert await published(database, ref) == 1


async def test_one_that_cannot_be_released_keeps_no_other_waiting(desk: AsyncClient, api: AsyncClient) -> None:
    original = (await desk.post("/v1/articles", json={"language": "uk", "headline": "a", "slug": "a"})).json()["id"]
    await desk.post("/v1/articles/a/publish")
    for slug in ("first", "second"):
        given = {"language": "en", "headline": slug, "slug": slug, "translation_of": original}
        await desk.post("/v1/articles", json=given)
        at = show_instant(utcnow() + timedelta(seconds=0.3))
        await desk.post(f"/v1/articles/{slug}/publish", json={"at": at})
    await scheduled(desk, "third", 0.3)

    await asyncio.sleep(1.4)

    found = [(await api.get(f"/v1/articles/{slug}")).status_code for slug in ("first", "second", "third")]
    assert found == [200, 404, 200]


async def test_a_note_is_released_before_the_article_that_shows_it(desk: AsyncClient, api: AsyncClient) -> None:
    body = [{"type": "paragraph", "html": "It has stood since 1911."}]
    note = {"slug": "dam", "language": "en", "heading": "For reference", "body": body}
    assert (await desk.post("/v1/notes", json=note)).status_code == 201
    at = {"at": show_instant(utcnow() + timedelta(seconds=0.4))}
    assert (await desk.post("/v1/notes/dam/publish", json=at)).status_code == 200
    story = {"language": "en", "headline": "Flood", "body": [{"type": "reference_note", "note": "dam"}]}
    await desk.post("/v1/articles", json={**story, "slug": "flood"})
    assert (await desk.post("/v1/articles/flood/publish", json=at)).status_code == 200

    await asyncio.sleep(1.4)

    answer = await api.get("/v1/articles/flood?include=notes")
    assert answer.status_code == 200
    assert [*answer.json()["included"]["notes"]] == ["dam"]


async def test_what_is_due_does_not_wait_for_a_note_that_was_taken_down(desk: AsyncClient, api: AsyncClient) -> None:
    body = [{"type": "paragraph", "html": "It has stood since 1911."}]
    await desk.post("/v1/notes", json={"slug": "dam", "language": "en", "heading": "For reference", "body": body})
    await desk.post("/v1/notes/dam/publish")
    story = {"language": "en", "headline": "Flood", "body": [{"type": "reference_note", "note": "dam"}]}
    await desk.post("/v1/articles", json={**story, "slug": "flood"})
    at = {"at": show_instant(utcnow() + timedelta(seconds=0.4))}
    assert (await desk.post("/v1/articles/flood/publish", json=at)).status_code == 200
    await desk.post("/v1/notes/dam/withdraw", json={"reason": "error"})
    assert (await desk.post("/v1/notes/dam/unpublish")).json()["status"] == "draft"

    await asyncio.sleep(1.4)

    answer = await api.get("/v1/articles/flood?include=notes")
    assert answer.status_code == 200
    assert answer.json()["included"] == {"notes": {}}

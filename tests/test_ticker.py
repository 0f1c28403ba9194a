"""What is scheduled becomes public on time, by itself, exactly once."""

import asyncio
from datetime import datetime, timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from app.changes.models import Change
from app.db import Database, utcnow
from app.ticker import Ticker
from app.web.fields import format_instant
from tests.answers import bearing
from tests.conftest import Clock, Make, client
from tests.contents import ZONE, rows
from tests.processes import until


async def scheduled(desk: AsyncClient, slug: str, seconds: float) -> str:
    made = await desk.post("/v1/articles", json={"language": "en", "headline": slug, "slug": slug})
    at = format_instant(utcnow() + timedelta(seconds=seconds))
    answer = await desk.post(f"/v1/articles/{slug}/publish", json={"at": at})
    assert answer.status_code == 200, answer.text
    return str(made.json()["id"])


async def published(database: Database, ref: str) -> int:
    query = select(Change.seq).where(Change.ref == ref, Change.op == "published")
    return len(await rows(database, query))


async def is_public(api: AsyncClient, slug: str) -> bool:
    return (await api.get(f"/v1/articles/{slug}")).status_code == 200


async def test_what_is_scheduled_is_public_within_a_second_of_its_time(
    desk: AsyncClient, api: AsyncClient, database: Database
) -> None:
    ref = await scheduled(desk, "flood", 0.4)
    assert (await api.get("/v1/articles/flood")).status_code == 404

    await until(lambda: is_public(api, "flood"), 1.4)

    document = (await api.get("/v1/articles/flood")).json()
    assert document["status"] == "published"
    assert document["published_at"] == document["first_published_at"] == document["updated_at"]
    assert await published(database, ref) == 1


async def test_several_processes_release_each_thing_once(desk: AsyncClient, database_url: str, clock: Clock) -> None:
    refs = [await scheduled(desk, f"story-{n}", 60) for n in range(8)]
    databases = [Database(database_url) for _ in range(3)]
    clock.move(minutes=2)
    await asyncio.gather(*(Ticker(database, ZONE).release() for database in databases))

    async def all_published() -> bool:
        return [await published(databases[0], ref) for ref in refs] == [1] * 8

    await until(all_published)  # that of the desk's application may hold one still
    for database in databases:
        await database.close()


async def test_what_was_due_while_no_process_ran_is_released_by_the_next(
    database: Database, database_url: str, key: Make, clock: Clock
) -> None:
    async with client(database_url) as desk:
        desk.headers.update(bearing(await key("content:write", "content:publish", "drafts:read")))
        ref = await scheduled(desk, "flood", 3_600)
    clock.move(hours=2)
    assert await published(database, ref) == 0
    async with client(database_url) as other:
        await until(lambda: is_public(other, "flood"))
    assert await published(database, ref) == 1


async def test_what_is_taken_back_before_its_time_stays_hidden(
    desk: AsyncClient, api: AsyncClient, database: Database, clock: Clock
) -> None:
    await scheduled(desk, "flood", 3_600)
    await desk.post("/v1/articles/flood/unpublish")

    clock.move(hours=2)

    assert await Ticker(database, ZONE).release() == []
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


async def test_one_that_cannot_be_released_keeps_no_other_waiting(
    desk: AsyncClient, api: AsyncClient, database: Database, clock: Clock
) -> None:
    original = (await desk.post("/v1/articles", json={"language": "uk", "headline": "a", "slug": "a"})).json()["id"]
    await desk.post("/v1/articles/a/publish")
    for slug in ("first", "second"):
        translation = {"language": "en", "headline": slug, "slug": slug, "translation_of": original}
        await desk.post("/v1/articles", json=translation)
        at = format_instant(utcnow() + timedelta(hours=1))
        await desk.post(f"/v1/articles/{slug}/publish", json={"at": at})
    await scheduled(desk, "third", 3_600)

    clock.move(hours=2)
    await Ticker(database, ZONE).release()
    await until(lambda: is_public(api, "third"))

    statuses = [(await api.get(f"/v1/articles/{slug}")).status_code for slug in ("first", "second", "third")]
    assert statuses == [200, 404, 200]


async def test_a_note_is_released_before_the_article_that_shows_it(
    desk: AsyncClient, api: AsyncClient, clock: Clock
) -> None:
    body = [{"type": "paragraph", "html": "It has stood since 1911."}]
    note = {"slug": "dam", "language": "en", "heading": "For reference", "body": body}
    assert (await desk.post("/v1/notes", json=note)).status_code == 201
    at = {"at": format_instant(utcnow() + timedelta(hours=1))}
    assert (await desk.post("/v1/notes/dam/publish", json=at)).status_code == 200
    story = {"language": "en", "headline": "Flood", "body": [{"type": "reference_note", "note": "dam"}]}
    await desk.post("/v1/articles", json={**story, "slug": "flood"})
    assert (await desk.post("/v1/articles/flood/publish", json=at)).status_code == 200

    clock.move(hours=2)
    await until(lambda: is_public(api, "flood"))

    answer = await api.get("/v1/articles/flood?include=notes")
    assert answer.status_code == 200
    assert [*answer.json()["included"]["notes"]] == ["dam"]


async def test_what_is_due_does_not_wait_for_a_note_that_was_taken_down(
    desk: AsyncClient, api: AsyncClient, clock: Clock
) -> None:
    body = [{"type": "paragraph", "html": "It has stood since 1911."}]
    await desk.post("/v1/notes", json={"slug": "dam", "language": "en", "heading": "For reference", "body": body})
    await desk.post("/v1/notes/dam/publish")
    story = {"language": "en", "headline": "Flood", "body": [{"type": "reference_note", "note": "dam"}]}
    await desk.post("/v1/articles", json={**story, "slug": "flood"})
    at = {"at": format_instant(utcnow() + timedelta(hours=1))}
    assert (await desk.post("/v1/articles/flood/publish", json=at)).status_code == 200
    await desk.post("/v1/notes/dam/withdraw", json={"reason": "error"})
    assert (await desk.post("/v1/notes/dam/unpublish")).json()["status"] == "draft"

    clock.move(hours=2)
    await until(lambda: is_public(api, "flood"))

    answer = await api.get("/v1/articles/flood?include=notes")
    assert answer.status_code == 200
    assert answer.json()["included"] == {"notes": {}}

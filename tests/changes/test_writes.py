"""One write over HTTP: repeated, it has one effect and one answer; and no answer comes before the commit."""

import asyncio
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select, update

from app.changes.idempotency import forget_old_keys
from app.changes.models import IdempotencyKey
from app.db import Database, utcnow
from tests.answers import bearing, get, refusal
from tests.conftest import Make, client
from tests.contents import before_commits, changes, everything, head, rows
from tests.desk import PATH, address, change, pointers, publish, write

ONCE = {"Idempotency-Key": "story-1"}
STORY = {
    "language": "en",
    "headline": "Flood",
    "body": [{"type": "paragraph", "html": "<u>It</u> <script></script>rose."}],
}


def same(one: Response, other: Response) -> bool:
    """Whether they say the same, but for what names the request."""
    assert other.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in one.headers
    kept = ("etag", "location", "content-type", "cache-control")
    return (one.status_code, one.content, [one.headers.get(name) for name in kept]) == (
        other.status_code,
        other.content,
        [other.headers.get(name) for name in kept],
    )


async def test_a_creation_that_is_repeated_makes_one_article(desk: AsyncClient, database: Database) -> None:
    first = await desk.post(PATH, json=STORY, headers=ONCE)
    before = await everything(database)
    second = await desk.post(PATH, json=STORY, headers=ONCE)
    assert first.status_code == 201
    assert first.json()["warnings"] != []
    assert same(first, second)
    assert await everything(database) == before


async def test_a_repeated_answer_is_that_of_the_time(desk: AsyncClient) -> None:
    first = await desk.post(PATH, json={**STORY, "ednote": "Ask."}, headers=ONCE)
    ref = first.json()["id"]
    published = await desk.post(address(ref, "/publish"), headers={"Idempotency-Key": "publish-1"})
    await change(desk, ref, headline="Later")
    assert same(first, await desk.post(PATH, json={**STORY, "ednote": "Ask."}, headers=ONCE))
    assert same(published, await desk.post(address(ref, "/publish"), headers={"Idempotency-Key": "publish-1"}))


async def test_a_correction_that_is_repeated_is_made_once(desk: AsyncClient) -> None:
    ref = (await publish(desk))["id"]
    sent = {"kind": "correction", "text": "It was Tuesday."}
    first, second = [await desk.post(address(ref, "/correct"), json=sent, headers=ONCE) for _ in range(2)]
    assert same(first, second)
    assert len((await get(desk, address(ref)))["corrections"]) == 1


@pytest.mark.parametrize("n", [8])
async def test_duplicates_at_the_same_moment_have_one_effect(desk: AsyncClient, database: Database, n: int) -> None:
    answers = await asyncio.gather(*(desk.post(PATH, json=STORY, headers=ONCE) for _ in range(n)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.content for one in answers}) == 1
    assert sum("idempotency-replayed" not in one.headers for one in answers) == 1
    assert await head(database) == (1, 0)


async def test_a_key_stands_for_one_request(desk: AsyncClient, database: Database) -> None:
    ref = (await desk.post(PATH, json=STORY, headers=ONCE)).json()["id"]
    before = await everything(database)
    for path, sent in (
        (PATH, {**STORY, "headline": "Other"}),
        (f"{PATH}?", {"headline": "Flood", **STORY, "kicker": None}),
        (address(ref, "/publish"), STORY),
    ):
        answer = await desk.post(path, json=sent, headers=ONCE)
        assert answer.status_code == 422, answer.text
    (fault,) = refusal(await desk.post(PATH, json={**STORY, "kicker": "x"}, headers=ONCE), 422, "invalid")["errors"]
    assert (fault["parameter"], fault["code"]) == ("Idempotency-Key", "reused")
    assert await everything(database) == before


async def test_a_key_is_its_callers_own(desk: AsyncClient, api: AsyncClient, key: Make) -> None:
    one = await desk.post(PATH, json=STORY, headers=ONCE)
    other = await api.post(PATH, json=STORY, headers={**ONCE, **bearing(await key("content:write"))})
    assert (one.status_code, other.status_code) == (201, 201)
    assert one.json()["id"] != other.json()["id"]
    refusal(await api.post(PATH, json=STORY, headers=ONCE), 401, "unauthorized")
    lacking = await api.post(PATH, json=STORY, headers={**ONCE, **bearing(await key("drafts:read"))})
    refusal(lacking, 403, "forbidden")


async def test_a_key_is_forgotten_after_a_day(desk: AsyncClient, database: Database) -> None:
    async def age(hours: float) -> None:
        async with database.begin() as connection:
            await connection.execute(update(IdempotencyKey).values(at=utcnow() - timedelta(hours=hours)))

    first = await desk.post(PATH, json=STORY, headers=ONCE)
    await age(23.9)
    await forget_old_keys(database)
    assert same(first, await desk.post(PATH, json=STORY, headers=ONCE))
    await age(24.1)
    second = await desk.post(PATH, json=STORY, headers=ONCE)
    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]
    await age(24.1)
    await forget_old_keys(database)
    assert await rows(database, select(IdempotencyKey.key)) == []


async def test_what_is_refused_does_not_use_the_key_up(desk: AsyncClient) -> None:
    assert pointers(await desk.post(PATH, json={**STORY, "tags": ["nothing"]}, headers=ONCE)) == {"/tags/0"}
    assert pointers(await desk.post(PATH, json={**STORY, "slug": "Ä"}, headers=ONCE)) == {"/slug"}
    assert (await desk.post(PATH, json=STORY, headers=ONCE)).status_code == 201


async def test_no_text_is_kept_with_a_key(desk: AsyncClient, database: Database) -> None:
    await desk.post(PATH, json={**STORY, "headline": "kanarek", "slug": "flood"}, headers=ONCE)
    kept = await rows(database, select(*IdempotencyKey.__table__.columns))
    assert len(kept) == 1
    assert "kanarek" not in str(kept)
    assert "rose" not in str(kept)


@pytest.mark.parametrize("given", ["", "a b", "é", "x" * 256, "\x7f"])
async def test_a_key_is_plain(desk: AsyncClient, given: str) -> None:
    answer = await desk.post(PATH, json=STORY, headers={b"Idempotency-Key": given.encode()})
    (fault,) = refusal(answer, 422, "invalid")["errors"]
    assert fault["parameter"] == "Idempotency-Key"


async def test_a_key_belongs_to_post_and_stands_once(desk: AsyncClient) -> None:
    ref = (await write(desk))["id"]
    headers = {**ONCE, "If-Match": '"1"'}
    for answer in (
        await desk.patch(address(ref), json={"kicker": "x"}, headers=headers),
        await desk.delete(address(ref), headers=headers),
        await desk.post(PATH, json=STORY, headers=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")]),
    ):
        (fault,) = refusal(answer, 422, "invalid")["errors"]
        assert fault["parameter"] == "Idempotency-Key"


async def test_a_write_tells_the_position_it_left_and_who_did_it(desk: AsyncClient, database: Database) -> None:
    answer = await desk.post(PATH, json=STORY)
    assert answer.headers["content-position"] == "d1"
    ref = answer.json()["id"]
    assert (await desk.post(address(ref, "/publish"))).headers["content-position"] == "d2"
    assert [(one.op, one.actor[:9]) for one in await changes(database)] == [
        ("created", "Holder of"),
        ("published", "Holder of"),
    ]


async def test_no_answer_comes_before_the_commit(database_url: str, key: Make) -> None:
    async with client(database_url) as desk:
        desk.headers.update(bearing(await key("content:write")))

        async def fail() -> None:
            raise TimeoutError

        with before_commits(desk._transport.app.state.database, fail):  # type: ignore[attr-defined]
            refusal(await desk.post(PATH, json=STORY, headers=ONCE), 503, "unavailable")
        assert (await desk.post(PATH, json=STORY, headers=ONCE)).status_code == 201

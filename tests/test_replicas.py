"""Reads from a streaming replica, which is cut off, falls behind, dies, is promoted.

Nothing that was acknowledged is lost, and nothing older than what was asked for is answered.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from httpx import AsyncClient

from app import metrics
from app.db import Database, DatabaseUrl, migrate, replica_urls
from app.keys import store as keys
from app.keys.schemas import KeyIn
from tests.answers import bearing, refusal
from tests.conftest import client
from tests.processes import until
from tests.replication import Pair, replicated

PRIMARY = DatabaseUrl("postgresql://desk:hush@one/news")


@pytest.fixture
def pair() -> Iterator[Pair]:
    with replicated() as pair:
        migrate(pair.primary.url(pair.database))
        yield pair


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch, pair: Pair) -> None:
    """Every read reaches a database."""
    monkeypatch.setenv("CACHE_BYTES", "0")
    monkeypatch.setenv("DATABASE_REPLICA_URLS", pair.replica_url)


@asynccontextmanager
async def newsroom(pair: Pair) -> AsyncIterator[tuple[AsyncClient, dict[str, str]]]:
    """A client of the API, and the headers that write."""
    async with client(pair.url) as api:
        database = Database(pair.url)
        new = KeyIn(name="Desk", scopes=["content:write", "content:publish", "drafts:read"])
        secret = (await keys.create(database, new, created_by=None)).key
        await database.close()
        yield api, bearing(secret)


def read_from_replica() -> float:
    """How many statements of this process have read a replica."""
    lines = metrics.text([]).decode().splitlines()
    return float(next(s.split()[-1] for s in lines if s.startswith('dovidka_database_seconds_count{work="replica"}')))


async def reads_replica(api: AsyncClient) -> bool:
    """Whether a public read, which is answered in any case, has read the replica."""
    before = read_from_replica()
    assert (await api.get("/v1/articles")).status_code == 200
    return read_from_replica() > before


async def is_answered(api: AsyncClient) -> bool:
    return (await api.get("/v1/articles")).status_code == 200


async def publish(api: AsyncClient, desk: dict[str, str], slug: str) -> None:
    """Writes a story, and publishes it. Asserts that both are acknowledged."""
    story = {"language": "en", "headline": f"Story {slug}", "slug": slug}
    assert (await api.post("/v1/articles", json=story, headers=desk)).status_code == 201
    assert (await api.post(f"/v1/articles/{slug}/publish", json={}, headers=desk)).status_code == 200


async def newest(api: AsyncClient) -> list[str]:
    answer = await api.get("/v1/articles?limit=100")
    assert answer.status_code == 200, answer.text
    return [item["slug"] for item in answer.json()["items"]]


async def test_public_reads_go_to_a_replica_and_those_of_the_desk_to_the_primary(pair: Pair, no_cache: None) -> None:
    async with newsroom(pair) as (api, desk):
        await publish(api, desk, "rain")
        await until(lambda: reads_replica(api))
        before = read_from_replica()
        assert (await api.get("/v1/articles?perspective=drafts", headers=desk)).status_code == 200
        assert (await api.get("/v1/articles", headers=desk)).status_code == 200
        assert (await api.get("/v1/changes?after=0")).status_code == 200
        assert (await api.get("/v1/articles", headers={"Min-Position": "d1"})).status_code == 200
        assert read_from_replica() == before


@pytest.mark.parametrize("how", ["paused", "cut off"])
async def test_of_a_replica_that_is_behind_nothing_outdated_is_answered(pair: Pair, no_cache: None, how: str) -> None:
    async with newsroom(pair) as (api, desk):
        await publish(api, desk, "story-0")
        await until(lambda: reads_replica(api))
        if how == "paused":
            pair.replica.sql("SELECT pg_wal_replay_pause()")
        else:
            pair.cut_off()
        for number in range(1, 20):
            await publish(api, desk, f"story-{number}")
            assert await newest(api) == [f"story-{n}" for n in range(number, -1, -1)]
        assert not await reads_replica(api)
        if how == "paused":
            pair.replica.sql("SELECT pg_wal_replay_resume()")
        else:
            pair.connect_again()
        await until(lambda: reads_replica(api))
        assert len(await newest(api)) == 20


async def test_while_each_write_is_read_at_once_the_replica_takes_reads_too(pair: Pair, no_cache: None) -> None:
    """No read is older than the write before it, although each write leaves the replica behind for a moment."""
    async with newsroom(pair) as (api, desk):
        before = read_from_replica()
        for number in range(30):
            await publish(api, desk, f"story-{number}")
            for _ in range(5):
                assert (await newest(api))[0] == f"story-{number}"
        assert read_from_replica() > before


async def test_a_replica_that_dies_delays_no_read_and_is_read_again_when_it_is_back(pair: Pair, no_cache: None) -> None:
    async with newsroom(pair) as (api, desk):
        await publish(api, desk, "rain")
        await until(lambda: reads_replica(api))
        pair.replica.kill()
        answers = [await api.get(path) for path in ("/v1/articles", "/v1/articles/rain?include=tags") for _ in range(5)]
        assert {answer.status_code for answer in answers} == {200}
        assert not await reads_replica(api)
        pair.replica.start()
        await until(lambda: reads_replica(api))


async def test_a_replica_that_was_promoted_is_not_read(pair: Pair, no_cache: None) -> None:
    async with newsroom(pair) as (api, desk):
        await publish(api, desk, "rain")
        await until(lambda: reads_replica(api))
        pair.replica.promote()

        async def is_left() -> bool:
            return not await reads_replica(api)

        await until(is_left)
        pair.replica.sql("UPDATE log_head SET seq = seq + 1000; DELETE FROM list_entries", pair.database)
        for _ in range(20):
            assert await newest(api) == ["rain"]
            assert not await reads_replica(api)


async def test_when_the_primary_dies_reads_go_on_and_nothing_acknowledged_is_lost(pair: Pair, no_cache: None) -> None:
    pair.commit_on_both()
    async with newsroom(pair) as (api, desk):
        acknowledged: list[str] = []
        stop = asyncio.Event()

        async def write(writer: int) -> None:
            for number in itertools.count():
                if stop.is_set():
                    return
                slug = f"story-{writer}-{number}"
                answer = await api.post(
                    "/v1/articles", json={"language": "en", "headline": slug, "slug": slug}, headers=desk
                )
                if answer.status_code == 201:
                    acknowledged.append(slug)
                else:
                    refusal(answer, 503, "unavailable")
                    await asyncio.sleep(0.05)  # as a client does that heeds Retry-After, only sooner

        await publish(api, desk, "rain")
        await until(lambda: reads_replica(api))
        writers = [asyncio.create_task(write(n)) for n in range(3)]
        await until(lambda: len(acknowledged) >= 30)
        pair.primary.kill()
        count = len(acknowledged)
        await until(lambda: is_answered(api), 1)  # that the replica has the last commit must be found out
        assert await reads_replica(api)
        assert await newest(api) == ["rain"]
        pair.replica.promote()
        await until(lambda: len(acknowledged) >= count + 30)
        stop.set()
        await asyncio.gather(*writers)
        for slug in acknowledged:
            assert (await api.get(f"/v1/articles/{slug}?perspective=drafts", headers=desk)).status_code == 200, slug


# --- the setting --------------------------------------------------------------------------------------------------


def test_replicas_are_named_one_by_one() -> None:
    two = "postgresql://desk:hush@two/news,postgres://desk:hush@[::1]:5433/news"
    assert [url.host for url in replica_urls(two, PRIMARY)] == ["two", "[::1]:5433"]
    assert replica_urls("", PRIMARY) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("postgresql://desk:hush@two,three/news", "postgresql://desk:***@two,three/news does not lead to one"),
        ("postgresql:///news", "does not lead to one PostgreSQL server"),
        ("sqlite:///news.db", "does not lead to one PostgreSQL server"),
        ("two", "DATABASE_REPLICA_URLS is 'two'; it must be"),
        ("postgresql://desk:hush@two/news,", "DATABASE_REPLICA_URLS"),
    ],
)
def test_what_does_not_lead_to_one_server_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_REPLICA_URLS") as refused:
        replica_urls(text, PRIMARY)
    assert message in str(refused.value)
    assert "hush" not in str(refused.value)


def test_an_embedded_database_has_no_replicas() -> None:
    with pytest.raises(ValueError, match="a SQLite database has no replicas"):
        replica_urls("postgresql://two/news", DatabaseUrl("sqlite:///news.db"))

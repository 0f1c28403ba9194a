"""The response cache: what was answered once is answered from memory, and never when it is no longer right."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from app.changes.models import Head
from app.db import Database
from app.main import Application
from app.web.kept_answers import Answer, KeptAnswers
from tests import histories
from tests.answers import bearing, refusal
from tests.conftest import Fresh, Make, application, bring
from tests.factories import article, draft, section, tag, withdrawn, words
from tests.processes import until

HIT, MISS, BYPASS = "Dovidka; hit", "Dovidka; fwd=uri-miss", "Dovidka; fwd=bypass"
# What the log holds of what is `loaded`: of the complete one, and of the public one.
SEQ, PUBLIC_SEQ = 6, 5
VARYING = {"x-request-id", "server-timing", "cache-status", "content-position"}


class Server:
    """The application between its start and its end, with a client that tells it nothing.

    `computed` holds the paths that were not answered from memory.
    """

    def __init__(self, app: Application, api: AsyncClient) -> None:
        self.app, self.api = app, api
        self.computed: list[str] = []
        self.inner = app.cache.app
        app.cache.app = self.compute

    async def compute(self, scope: Any, receive: Any, send: Any) -> None:
        self.computed.append(scope["path"])
        await self.inner(scope, receive, send)

    async def get(self, path: str, **headers: str) -> Response:
        return await self.api.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def status(self, path: str, **headers: str) -> str:
        return str((await self.get(path, **headers)).headers["cache-status"])


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[Server]:
    with application(url) as app:
        generation = app.state.freshness.generation
        async with (
            app.router.lifespan_context(app),
            AsyncClient(transport=ASGITransport(app), base_url="http://dovidka.test") as api,
        ):
            await until(lambda: app.state.freshness.generation == generation + 2)  # begun, and listening
            server = Server(app, api)
            yield server
            app.cache.app = server.inner


@pytest.fixture
async def loaded(database: Database) -> None:
    await bring(
        database,
        *(section("city"), tag("rivers"), tag("boats")),
        article("flood", section="city", tags=["rivers"], body=[words("The river rose. " * 99)]),
        article("ferry", tags=["boats"], former_slugs=["old-ferry"], language="uk"),
        withdrawn("scandal", public_note="A court said so."),
    )


@pytest.fixture
async def server(loaded: None, database_url: str) -> AsyncIterator[Server]:
    async with serving(database_url) as server:
        yield server


def lasting(answer: Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in VARYING}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/articles/flood", 200), ("/v1/articles?tag=rivers", 200), ("/v1/articles/old-ferry", 308), ("/v1/tags", 200)],
)
async def test_what_was_answered_once_is_answered_from_memory(server: Server, path: str, status: int) -> None:
    for coding in ("gzip", "identity"):
        first, second = [await server.get(path, accept_encoding=coding) for _ in range(2)]
        assert (first.status_code, first.headers["cache-status"]) == (status, MISS)
        assert (second.status_code, second.headers["cache-status"]) == (status, HIT)
        assert (second.content, lasting(second)) == (first.content, lasting(first))
        assert first.headers["x-request-id"] != second.headers["x-request-id"]
        head = await server.api.head(path, headers={"Accept-Encoding": coding})
        assert (head.headers["cache-status"], head.content, lasting(head)) == (HIT, b"", lasting(first))
    assert server.computed == [path.partition("?")[0]] * 2


async def test_what_is_gone_is_answered_from_memory_with_the_id_of_each_request(server: Server) -> None:
    for status in (MISS, HIT):
        answer = await server.get("/v1/articles/scandal", x_request_id=f"my-{len(status)}")
        assert refusal(answer, 410, "withdrawn")["request_id"] == f"my-{len(status)}"
        assert answer.headers["cache-status"] == status


async def test_what_the_client_has_is_not_sent_again_from_memory(server: Server) -> None:
    etag = (await server.get("/v1/articles/flood")).headers["etag"]
    again = await server.get("/v1/articles/flood", if_none_match=f'"x", W/{etag}')
    assert (again.status_code, again.content, again.headers["cache-status"]) == (304, b"", HIT)
    assert "content-type" not in again.headers
    other = await server.get("/v1/articles/flood", if_none_match='"0"')
    assert (other.status_code, other.headers["cache-status"]) == (200, HIT)


async def test_a_first_request_with_a_condition_is_kept_whole(server: Server) -> None:
    etag = '"1-gzip"'
    first = await server.get("/v1/articles/flood", if_none_match=etag)
    second = await server.get("/v1/articles/flood")
    assert (first.status_code, second.status_code, second.headers["cache-status"]) == (304, 200, HIT)
    assert second.json()["slug"] == "flood"


async def test_what_is_not_there_is_never_kept(server: Server) -> None:
    for _ in range(2):
        assert (await server.get("/v1/articles/nowhere")).headers["cache-status"] == MISS
        assert (await server.get("/v1/articles?limit=0")).headers["cache-status"] == MISS
    assert len(server.app.cache.kept) == 0


async def test_addresses_are_told_apart_as_they_are_sent(server: Server) -> None:
    paths = ["/v1/articles?tag=rivers&limit=5", "/v1/articles?limit=5&tag=rivers", "/v1/articles?limit=5&tag=river%73"]
    answers = [await server.get(path) for path in paths]
    assert {answer.headers["cache-status"] for answer in answers} == {MISS}
    assert len({answer.text for answer in answers}) == 1
    assert (await server.get("/v1/Articles/flood")).status_code == 404


async def test_a_broken_request_is_refused_although_its_answer_is_kept(server: Server) -> None:
    await server.get("/v1/articles/flood")
    assert (await server.get("/v1/articles/flood", host="a b")).status_code == 400
    assert (await server.get("/v1/articles/flood", x_padding="x" * 40_000)).status_code == 431
    assert await server.status("/v1/articles/flood", cookie="a=1", x_whatever="2") == HIT


async def test_an_answer_to_a_key_is_neither_kept_nor_taken_from_memory(server: Server, key: Make) -> None:
    bearer = bearing(await key("drafts:read"))
    await server.get("/v1/articles/flood")
    for path in ("/v1/articles/flood", "/v1/articles/flood?perspective=drafts", "/v1/articles"):
        answer = await server.api.get(path, headers=bearer)
        assert (answer.headers["cache-status"], answer.headers["cache-control"]) == (BYPASS, "private, no-store")
    assert (await server.get("/v1/articles")).headers["cache-status"] == MISS
    assert (await server.get("/v1/articles/flood", authorization="Bearer x")).status_code == 401
    assert (await server.get("/v1/articles/flood?perspective=drafts")).status_code == 401


async def test_a_write_leaves_what_it_cannot_change(server: Server, key: Make) -> None:
    kept = ["/v1/articles/ferry", "/v1/articles?tag=boats", "/v1/articles?language=uk", "/v1/tags/boats", "/v1/tags"]
    touched = ["/v1/articles/flood", "/v1/articles", "/v1/articles?language=en", "/v1/articles?section=city"]
    touched += ["/v1/archive", "/v1/tags/rivers?include=counts", "/v1/articles/flood/revisions"]
    for path in (*kept, *touched):
        await server.get(path)
    headers = bearing(await key("content:write")) | {"If-Match": "*"}
    answer = await server.api.patch("/v1/articles/flood", json={"headline": "Higher"}, headers=headers)

    assert answer.status_code == 200
    assert [await server.status(path) for path in kept] == [HIT] * len(kept)
    assert [await server.status(path) for path in touched] == [MISS] * len(touched)


async def test_a_write_to_one_story_leaves_all_others_and_lists_that_cannot_show_it(
    server: Server, database: Database
) -> None:
    stories = [f"story-{number}" for number in range(40)]
    await bring(database, *(article(slug, tags=["boats"]) for slug in stories))
    await server.app.state.watch.catch_up()
    paths = [f"/v1/articles/{slug}" for slug in stories]
    for path in paths:
        await server.get(path)
    await bring(database, article("story-7", tags=["boats"], headline="Another"))
    await server.app.state.watch.catch_up()

    statuses = [await server.status(path) for path in paths]
    assert [path for path, status in zip(paths, statuses, strict=True) if status == MISS] == ["/v1/articles/story-7"]


async def test_a_draft_touches_nothing(server: Server, database: Database) -> None:
    before = await server.get("/v1/articles")
    await bring(database, draft("secret"))
    await until(lambda: server.app.state.freshness.seq == SEQ + 1)
    after = await server.get("/v1/articles")
    assert after.headers["cache-status"] == HIT
    assert after.headers["content-position"] == before.headers["content-position"]


async def test_a_write_of_another_process_is_heard_without_being_asked(server: Server, database: Database) -> None:
    await server.get("/v1/articles/flood")
    await bring(database, article("flood", headline="Higher still"))

    async def is_new() -> bool:
        return bool((await server.get("/v1/articles/flood")).json()["headline"] == "Higher still")

    await until(is_new)


async def test_many_requests_at_once_are_one_computation(server: Server) -> None:
    answers = await asyncio.gather(*(server.get("/v1/articles") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert server.computed == ["/v1/articles"]


async def test_a_client_that_leaves_takes_the_answer_from_nobody(server: Server) -> None:
    computing, go_on = asyncio.Event(), asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        computing.set()
        await go_on.wait()
        await server.compute(scope, receive, send)

    server.app.cache.app = slow
    first = asyncio.create_task(server.get("/v1/articles/flood"))
    await computing.wait()
    others = [asyncio.create_task(server.get("/v1/articles/flood")) for _ in range(3)]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    go_on.set()

    assert [(await other).status_code for other in others] == [200] * 3
    assert server.computed == ["/v1/articles/flood"]


async def test_a_computation_that_fails_leaves_nobody_waiting(server: Server) -> None:
    tries = 0

    async def failing(scope: Any, receive: Any, send: Any) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError("a fault of ours")
        await server.compute(scope, receive, send)

    server.app.cache.app = failing
    answers = await asyncio.gather(*(server.get("/v1/articles") for _ in range(5)), return_exceptions=True)
    kinds = [answer.status_code if isinstance(answer, Response) else type(answer) for answer in answers]
    assert sorted(kinds, key=str) == [200] * 4 + [RuntimeError]
    assert await server.status("/v1/articles") == MISS


async def test_an_answer_that_a_write_overtook_is_not_kept(server: Server, key: Make) -> None:
    headers = bearing(await key("content:write")) | {"If-Match": "*"}

    async def overtaken(scope: Any, receive: Any, send: Any) -> None:
        async def send_late(message: Any) -> None:
            if scope["method"] == "GET" and message["type"] == "http.response.start":
                await server.api.patch("/v1/articles/flood", json={"headline": "Newer"}, headers=headers)
            await send(message)

        await server.inner(scope, receive, send_late)

    server.app.cache.app = overtaken
    old = await server.get("/v1/articles/flood")
    server.app.cache.app = server.inner
    new = await server.get("/v1/articles/flood")
    assert (old.json()["headline"], new.json()["headline"]) == ("flood", "Newer")
    assert new.headers["cache-status"] == MISS


async def test_answers_that_vary_by_another_header_are_kept_apart(server: Server) -> None:
    async def by_origin(scope: Any, receive: Any, send: Any) -> None:
        async def send_origin(message: Any) -> None:
            if message["type"] == "http.response.start":
                origin = dict(scope["headers"]).get(b"origin", b"none")
                message["headers"] = [*message["headers"], (b"vary", b"Origin"), (b"x-allowed", origin)]
            await send(message)

        await server.inner(scope, receive, send_origin)

    server.app.cache.app = by_origin
    for _ in range(3):
        for origin in ("https://one.example", "https://two.example"):
            answer = await server.get("/v1/articles/flood", origin=origin)
            assert answer.headers["x-allowed"] == origin
    assert answer.headers["cache-status"] == HIT


async def test_another_database_in_the_place_of_the_first_empties_the_cache(server: Server, database: Database) -> None:
    await server.get("/v1/articles/flood")
    async with database.begin() as connection:
        await connection.execute(update(Head).values(seq=0, public_seq=0))
    await server.app.state.watch.catch_up()
    assert await server.status("/v1/articles/flood") == MISS


# --- the database is away ----------------------------------------------------------------------------------------


async def test_while_the_database_is_away_answers_are_given_for_as_long_as_they_say(server: Server, key: Make) -> None:
    headers = bearing(await key("content:write")) | {"If-Match": "*"}
    for path in ("/v1/articles/ferry", "/v1/articles/flood"):
        await server.get(path)
    await server.api.patch("/v1/articles/flood", json={"headline": "Higher"}, headers=headers)
    with taken_away(server.app.state.database):
        await until(lambda: server.app.state.freshness.away_since is not None)
        assert await server.status("/v1/articles/ferry") == HIT
        outdated = await server.get("/v1/articles/flood")
        assert (outdated.status_code, outdated.headers["cache-status"]) == (200, 'Dovidka; hit; detail="stale"')
        assert (await server.get("/v1/articles")).status_code == 503
        server.app.state.freshness.away_since -= 3_600
        assert (await server.get("/v1/articles/ferry")).status_code == 503


@contextmanager
def taken_away(database: Database) -> Iterator[None]:
    """Meanwhile no connection can be opened; on SQLite the file is gone."""
    pool, path = database.pool, database.url.path
    opened = pool.open
    pool.open = _fail
    pool.close()
    if path is not None:
        path.rename(path.with_suffix(".away"))
    yield
    pool.open, pool._closed = opened, False
    if path is not None:
        path.with_suffix(".away").rename(path)


async def _fail() -> Any:
    raise OSError("the database is away")


# --- positions ---------------------------------------------------------------------------------------------------


async def test_every_answer_says_which_position_it_reflects(server: Server, key: Make) -> None:
    reader, writer = bearing(await key("drafts:read")), bearing(await key("content:write"))
    for path in ("/v1/articles", "/v1/articles/nowhere", "/v1/articles?limit=0", "/v1/changes", "/v1/keys"):
        assert (await server.get(path)).headers["content-position"] == f"{PUBLIC_SEQ}"
    assert (await server.api.get("/v1/articles", headers=reader)).headers["content-position"] == f"d{SEQ}"
    assert (await server.api.get("/v1/articles", headers=writer)).headers["content-position"] == f"{PUBLIC_SEQ}"
    for _ in range(2):  # the second changes nothing
        headers = {**writer, "If-Match": "*"}
        written = await server.api.patch("/v1/articles/flood", json={"headline": "Higher"}, headers=headers)
        assert written.headers["content-position"] == f"d{SEQ + 1}"
    assert (await server.get("/v1/articles")).headers["content-position"] == f"{PUBLIC_SEQ + 1}"
    assert "content-position" not in (await server.get("/livez")).headers


async def test_a_request_may_ask_for_a_position(server: Server, key: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.changes.watch.REACH_SECONDS", 0.05)
    bearer = bearing(await key("drafts:read"))
    await server.get("/v1/articles")
    assert await server.status("/v1/articles", min_position=f"{PUBLIC_SEQ}") == HIT
    for headers in ({"Min-Position": f"{PUBLIC_SEQ + 1}"}, {"Min-Position": "d9999", **bearer}):
        behind = await server.api.get("/v1/articles", headers=headers)
        assert refusal(behind, 503, "behind")
        assert behind.headers["retry-after"] == "2"
    for value in ("x", "007", "-1", "d", "6.0", "D6", "99999999999999999999999"):
        assert refusal(await server.get("/v1/articles", min_position=value), 422, "invalid")
    assert (await server.api.get("/v1/articles", headers={"Min-Position": f"d{SEQ}", **bearer})).status_code == 200


async def test_the_public_is_not_told_how_far_the_complete_log_goes(server: Server) -> None:
    for value in ("d1", "d9999"):
        answer = await server.get("/v1/articles", min_position=value)
        assert (answer.status_code, answer.headers["content-position"]) == (200, f"{PUBLIC_SEQ}")


async def test_a_position_of_another_process_is_waited_for(server: Server, database: Database) -> None:
    await server.get("/v1/articles/flood")
    await bring(database, article("flood", headline="Higher still"))
    answer = await server.get("/v1/articles/flood", min_position=f"{PUBLIC_SEQ + 1}")
    assert (answer.status_code, answer.json()["headline"]) == (200, "Higher still")


async def test_a_commit_is_heard_after_the_connection_that_listens_was_cut(
    server: Server, database: Database, database_url: str
) -> None:
    before = server.app.state.freshness.generation
    if database_url.startswith("postgresql"):
        async with database.begin() as connection:
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            await connection.driver_fetch(cut, [])
        await bring(database, article("flood", headline="Higher still"))
        await until(lambda: server.app.state.freshness.generation > before)
    else:
        await bring(database, article("flood", headline="Higher still"))
    await until(lambda: server.app.state.freshness.position == PUBLIC_SEQ + 1)


# --- memory ------------------------------------------------------------------------------------------------------


def kept_answer(size: int) -> Answer:
    return Answer(200, [], None, b"x" * size, b"", ("articles",), 0, 0.0, 0.0)


def test_a_flood_of_addresses_drives_out_nothing_that_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptAnswers(1_000_000)
    hot = [(b"/v1/articles/hot-%d" % number, b"", "gzip", ()) for number in range(50)]
    for key in hot * 2:
        kept.get(key)
        kept.put(key, kept_answer(5_000))
        kept.get(key)
    for number in range(10_000):
        kept.put((b"/v1/articles", b"cursor=%d" % number, "gzip", ()), kept_answer(5_000))
        assert kept.bytes <= 1_000_000

    assert all(kept.get(key) is not None for key in hot)
    assert len(kept) > 60


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 30), st.integers(0, 30_000)),
        max_size=200,
    )
)
def test_the_memory_of_kept_answers_is_counted_and_bounded(steps: list[tuple[bool, int, int]]) -> None:
    kept = KeptAnswers(100_000)
    last: dict[int, Answer] = {}
    for is_put, number, size in steps:
        key = (b"/v1/articles/%d" % number, b"", "", ())
        if is_put:
            last[number] = kept_answer(size)
            kept.put(key, last[number])
        else:
            found = kept.get(key)
            assert found is None or found is last[number]
        queues = (kept._new, kept._used)
        assert kept.bytes == sum(size for queue in queues for _, size in queue.values()) <= 100_000


# --- whatever happens --------------------------------------------------------------------------------------------


def shown(answer: Response) -> tuple[int, str, dict[str, str]]:
    body = re.sub(r'"request_id":"[^"]+"', "", answer.text)
    return answer.status_code, body, {n: v for n, v in lasting(answer).items() if n != "content-length"}


@settings(max_examples=1, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=st.lists(histories.WRITES, min_size=8, max_size=8))
async def test_memory_answers_as_the_database_does(fresh: Fresh, writes: list[histories.Write]) -> None:
    with fresh() as url:
        async with histories.newsroom(url) as (reader, desk):
            app = reader._transport.app  # type: ignore[attr-defined]
            async with AsyncClient(transport=ASGITransport(app.uncached), base_url="http://dovidka.test") as past:
                for write in writes:
                    await histories.send(desk, write)
                    for path in histories.READS:
                        kept, new = await reader.get(path), await past.get(path)
                        assert shown(kept) == shown(new), (path, write)

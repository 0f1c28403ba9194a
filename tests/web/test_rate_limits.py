"""How many requests a client may send: whose counter they fill, what they weigh, and what is answered then."""

import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Response

from app.web import rate_limits
from app.web.rate_limits import OwnCounters, weight
from tests.answers import bearing, refusal
from tests.conftest import Fresh, Make, client
from tests.processes import free_port, wait_for

Limited = Callable[..., AbstractAsyncContextManager[AsyncClient]]
UNKNOWN_KEY = "dvk_" + "a" * 43


@pytest.fixture
def limited(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Limited:
    """Says `limited(rate_limit="3/minute")`: a client of the API under these settings."""

    @asynccontextmanager
    async def limited(**settings: str) -> AsyncIterator[AsyncClient]:
        for name, value in settings.items():
            monkeypatch.setenv(name.upper(), value)
        async with client(database_url) as api:
            yield api

    return limited


async def statuses(api: AsyncClient, times: int, path: str = "/v1/tags", **headers: str) -> list[int]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return [(await api.get(path, headers=sent)).status_code for _ in range(times)]


def remaining(answer: Response) -> int:
    return int(answer.headers["ratelimit"].partition("r=")[2].partition(";")[0])


async def test_without_a_limit_nothing_is_counted(api: AsyncClient) -> None:
    answer = await api.get("/v1/tags")
    assert answer.status_code == 200
    assert not {"ratelimit", "ratelimit-policy"} & {*answer.headers}


async def test_an_address_may_send_so_many_requests_and_is_told_how_many_are_left(limited: Limited) -> None:
    async with limited(rate_limit="3/minute") as api:
        answers = [await api.get("/v1/tags") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [remaining(answer) for answer in answers] == [2, 1, 0, 0]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"address";q=3;w=60'}
    document = refusal(answers[3], 429, "too-many-requests")
    seconds = int(answers[3].headers["retry-after"])
    assert 1 <= seconds <= 60
    assert answers[3].headers["ratelimit"] == f'"address";r=0;t={seconds}'
    assert document["detail"] == f"The limit is 3 in 60 seconds. Go on in {seconds} seconds."
    assert answers[3].headers["access-control-allow-origin"] == "*"
    assert "RateLimit, RateLimit-Policy" in answers[3].headers["access-control-expose-headers"]


async def test_preflights_and_probes_are_not_counted(limited: Limited) -> None:
    preflight = {"Origin": "https://news.example", "Access-Control-Request-Method": "GET"}
    async with limited(rate_limit="1/minute") as api:
        assert await statuses(api, 3, "/livez") == [200] * 3
        assert await statuses(api, 3, "/readyz") == [200] * 3
        asked = [await api.options("/v1/tags", headers=preflight) for _ in range(3)]
        assert [answer.status_code for answer in asked] == [204] * 3
        assert await statuses(api, 2) == [200, 429]


async def test_whatever_the_address_leads_to_is_counted(limited: Limited) -> None:
    async with limited(rate_limit="4/minute") as api:
        paths = ("/v1/nothing", "/docs", "/v1/tags?nonsense=1", "/livez/")
        assert [(await api.get(path)).status_code for path in paths] == [404, 200, 422, 404]
        assert await statuses(api, 1) == [429]


async def test_a_window_that_is_over_leaves_nothing_behind(limited: Limited, monkeypatch: pytest.MonkeyPatch) -> None:
    async with limited(rate_limit="1/minute") as api:
        assert await statuses(api, 2) == [200, 429]
        monkeypatch.setattr(rate_limits, "monotonic", lambda: time.monotonic() + 61)
        assert await statuses(api, 2) == [200, 429]


# --- whose counter ------------------------------------------------------------------------------------------------


async def test_a_forged_x_forwarded_for_gives_nobody_another_counter(limited: Limited) -> None:
    async with limited(rate_limit="2/minute") as api:
        sent = [await api.get("/v1/tags", headers={"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(3)]
    assert [answer.status_code for answer in sent] == [200, 200, 429]


async def test_behind_a_trusted_proxy_each_client_has_a_counter(limited: Limited) -> None:
    async with limited(rate_limit="1/minute", trusted_proxies="127.0.0.0/8") as api:
        assert await statuses(api, 2, X_Forwarded_For="198.51.100.1") == [200, 429]
        assert await statuses(api, 2, X_Forwarded_For="198.51.100.2") == [200, 429]
        # What the client itself has written stands in front of what the proxy has.
        assert await statuses(api, 1, X_Forwarded_For="203.0.113.5, 198.51.100.1") == [429]


async def test_a_key_has_its_own_counter_wherever_it_is_used(limited: Limited, key: Make) -> None:
    secret, other = await key("drafts:read"), await key("drafts:read")
    async with limited(rate_limit="1/minute", rate_limit_keyed="3/minute", trusted_proxies="127.0.0.1") as api:
        for holder in (secret, other):  # found valid by its first request, which its address pays
            assert (await api.get("/v1/tags", headers=bearing(holder))).status_code == 200
            api.headers["X-Forwarded-For"] = "198.51.100.1"
        used = [
            await api.get("/v1/tags", headers={**bearing(secret), "X-Forwarded-For": f"198.51.100.{n}"})
            for n in range(4)
        ]
        assert [answer.status_code for answer in used] == [200, 200, 200, 429]
        assert used[0].headers["ratelimit-policy"] == '"key";q=3;w=60'
        assert await statuses(api, 3, **bearing(other)) == [200] * 3


async def test_keys_without_a_limit_are_not_limited_by_that_of_addresses(limited: Limited, key: Make) -> None:
    secret = await key("drafts:read")
    async with limited(rate_limit="1/minute") as api:
        assert await statuses(api, 3, **bearing(secret)) == [200] * 3
        assert await statuses(api, 2) == [200, 429]


async def test_keys_that_are_made_up_do_not_multiply_the_limit(limited: Limited) -> None:
    async with limited(rate_limit="2/minute", rate_limit_keyed="100/minute") as api:
        made_up = [UNKNOWN_KEY[:-1] + letter for letter in "bcdef"]
        for path in ("/v1/tags", "/v1/nothing"):
            sent = [await api.get(path, headers=bearing(token)) for token in made_up]
            assert 200 not in [answer.status_code for answer in sent]
        assert [answer.status_code for answer in sent] == [429] * 5
        assert await statuses(api, 1) == [200], "requests with made-up keys took from those without"


async def test_a_revoked_key_loses_its_counter(limited: Limited, key: Make) -> None:
    keeper, secret = await key("keys"), await key("drafts:read")
    async with limited(rate_limit="2/minute", rate_limit_keyed="100/minute") as api:
        assert await statuses(api, 2, **bearing(secret)) == [200, 200]
        listed = (await api.get("/v1/keys", headers=bearing(keeper))).json()["items"]
        ids = [item["id"] for item in listed if item["scopes"] == ["drafts:read"]]
        assert (await api.delete(f"/v1/keys/{ids[0]}", headers=bearing(keeper))).status_code == 204
        assert await statuses(api, 3, **bearing(secret)) == [401, 429, 429]


# --- what a request weighs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/v1/articles", 1),
        ("/v1/articles?limit=20", 1),
        ("/v1/articles?limit=50", 3),
        ("/v1/articles?limit=100", 5),
        ("/v1/articles?limit=999999999999", 5),
        ("/v1/articles?%6Cimit=100", 5),
        ("/v1/articles?limit=%D9%A3", 1),
        ("/v1/articles?limit=-5&limit=", 1),
        ("/v1/articles?include=tags", 2),
        ("/v1/articles?include=tags&limit=100", 6),
        ("/v1/import", 20),
    ],
)
def test_imports_long_lists_and_includes_weigh_more(target: str, expected: int) -> None:
    path, _, query = target.partition("?")
    assert weight({"path": path, "query_string": query.encode()}) == expected


async def test_a_dear_request_takes_more_of_the_limit(limited: Limited) -> None:
    async with limited(rate_limit="10/minute") as api:
        assert remaining(await api.get("/v1/articles?limit=100&include=tags")) == 4


async def test_a_request_that_weighs_more_than_the_limit_may_be_sent_once(limited: Limited, key: Make) -> None:
    sent: dict[str, Any] = {
        "content": b"",
        "headers": {**bearing(await key("content:write")), "Content-Type": "application/x-ndjson"},
    }
    async with limited(rate_limit="5/minute", rate_limit_keyed="5/minute") as api:
        assert [(await api.post("/v1/import", **sent)).status_code for _ in range(3)] == [200, 200, 429]


# --- counters ------------------------------------------------------------------------------------------------------


async def test_a_flood_of_addresses_takes_no_more_memory_than_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MOST_COUNTERS", 10)
    counters = OwnCounters()
    sums = [await counters.incr(f"client {n}", 60) for n in range(1_000)]
    assert {*sums} == {1}
    assert len(counters._counters) == 10
    assert await counters.incr("client 999", 60) == 2


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of these tests' own."""
    pytest.importorskip("redis")
    folder: Path = tmp_path_factory.mktemp("redis")
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    try:
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        pytest.skip("no redis-server on this machine")
    with server:
        wait_for(lambda: _listens(port))
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


async def test_processes_that_share_a_redis_count_together(
    fresh: Fresh, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATE_LIMIT", "5/minute")
    monkeypatch.setenv("RATE_LIMIT_STORAGE", redis_url)
    with fresh() as url:
        async with client(url) as first, client(url) as second:
            sent = [await api.get("/v1/tags") for api in (first, second) * 3]
    assert [answer.status_code for answer in sent] == [200] * 5 + [429]
    assert [remaining(answer) for answer in sent] == [4, 3, 2, 1, 0, 0]
    assert 1 <= int(sent[5].headers["retry-after"]) <= 60


async def test_without_its_redis_a_process_counts_for_itself(limited: Limited) -> None:
    async with limited(rate_limit="2/minute", rate_limit_storage=f"redis://127.0.0.1:{free_port()}/0") as api:
        assert await statuses(api, 3) == [200, 200, 429]

"""Outgoing requests: which addresses are refused, and limits of time and size."""

import asyncio
import gzip
import ipaddress
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from app.outbound import AddressRefused, Outbound, RequestFailed, is_public
from app.settings import Settings
from tests.conftest import client

PUBLIC = "93.184.215.14"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.0.8", "192.0.0.10", "192.88.99.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
        "255.255.255.255", "192.0.2.1", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:8.8.8.8]", "[::127.0.0.1]",
        "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]", "[3fff::1]",
        "[fec0::1]", "[fe80::1]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]", "[100::1]", "[4000::1]",
        "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "0", "010.8.8.8", "134744072",
        "0x08080808", "8.8.2056", "1.2.3.4.5", "256.1.1.1", "①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1",
        "%31%32%37.0.0.1",        "127.0.0.1.", "a_b..example", "exa mple", "0x", "1.1.1.0x1", "", "ⓔxample.com",
    ],
)  # fmt: skip
async def test_an_address_that_is_not_public_is_refused_in_every_spelling(host: str) -> None:
    for outbound in (Outbound(), Outbound(frozenset({"one.example", "127.0.0.2", "127.0.0.1:1"}))):
        with pytest.raises(AddressRefused):
            await outbound.check(f"https://{host}/")
        with pytest.raises(RequestFailed) as failure:
            await outbound.send("POST", f"https://{host}/", headers={}, seconds=2, most_bytes=10)
        assert failure.value.code == "not-allowed"


@pytest.mark.parametrize(
    "url",
    ["https://one.example:0/", "http://one.example/", "ftp://one.example/", "//one.example/", "one.example", "https://a@one.example/",
     "https://a:b@one.example/", "https://one.example:99999/", "file:///etc/passwd", "https:///x", "https://[::1/",
     "https://[fe80::1%25eth0]/", f"https://{'a' * 64}.example/", f"https://one.{'a' * 64}/"],
)  # fmt: skip
async def test_a_malformed_url_is_refused(url: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return [PUBLIC]

    with pytest.raises(AddressRefused):
        await Outbound(resolver=resolve).check(url)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:2800:21f:cb07::1", "2a00:1450:4001::64"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


async def test_each_address_of_a_host_is_checked() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return [PUBLIC, "10.0.0.1"]

    with pytest.raises(AddressRefused):
        await Outbound(resolver=resolve).check("https://one.example/")


async def test_the_connection_goes_to_the_address_that_was_checked_with_the_name_of_the_host() -> None:
    """The host has another address at each lookup; the second is private."""
    addresses = [[PUBLIC], ["127.0.0.1"]]
    requests: list[httpx.Request] = []

    async def resolve(host: str, port: int) -> list[str]:
        return addresses.pop(0)

    async def transport(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(302, headers={"Location": "https://127.0.0.1/"})

    outbound = Outbound(resolver=resolve, transport=httpx.MockTransport(transport))
    answer = await outbound.send("POST", "https://one.example:8443/x?y=1", headers={}, seconds=2, most_bytes=10)

    assert answer.status == 302
    (request,) = requests
    assert str(request.url) == f"https://{PUBLIC}:8443/x?y=1"
    assert request.headers["host"] == "one.example:8443"
    assert request.extensions["sni_hostname"] == "one.example"
    with pytest.raises(RequestFailed, match="not-allowed"):
        await outbound.send("POST", "https://one.example/", headers={}, seconds=2, most_bytes=10)


async def test_if_an_address_does_not_answer_the_next_is_tried() -> None:
    hosts: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        return ["2606:2800:21f:cb07::1", PUBLIC]

    async def transport(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        if len(hosts) == 1:
            raise httpx.ConnectError("no route")
        return httpx.Response(204)

    outbound = Outbound(resolver=resolve, transport=httpx.MockTransport(transport))
    assert (await outbound.send("GET", "https://one.example/", headers={}, seconds=2, most_bytes=9)).status == 204
    assert hosts == ["2606:2800:21f:cb07::1", PUBLIC]


async def test_a_compressed_response_is_not_decompressed() -> None:
    """A decompressed body could be larger than the limit."""
    compressed = gzip.compress(bytes(20_000_000))

    async def transport(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(compressed))

    outbound = Outbound(
        resolver=lambda host, port: asyncio.sleep(0, [PUBLIC]), transport=httpx.MockTransport(transport)
    )
    answer = await outbound.send("GET", "https://one.example/", headers={}, seconds=2, most_bytes=10_000)
    assert answer.body == compressed[:10_000]


# --- on the wire -----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """A server on this machine; yields its `host:port`, which an operator would have to allow."""
    tasks: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            await serve(reader, writer)
            await writer.drain()
            await asyncio.sleep(0.05)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)
        await asyncio.sleep(0)


async def post(host: str, scheme: str = "http", seconds: float = 0.5) -> tuple[str, float]:
    """Sends a request. Returns (status and length of the body, or the code of the failure; duration in seconds)."""
    outbound, started = Outbound(frozenset({host})), time.monotonic()
    try:
        url = f"{scheme}://{host}/"
        answer = await outbound.send("POST", url, headers={}, content=b"{}", seconds=seconds, most_bytes=100)
        return f"{answer.status} {len(answer.body)}", time.monotonic() - started
    except RequestFailed as failure:
        return failure.code, time.monotonic() - started
    finally:
        await outbound.aclose()


async def test_a_server_that_answers_badly_costs_at_most_the_time_limit() -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def drop_by_drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp.example ready\r\n")

    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        return

    for serve, expected, quick in (
        (never, "timeout", False),
        (drop_by_drop, "timeout", False),
        (endless, "200 100", True),
        (nonsense, "broken", True),
        (hangs_up, "broken", True),
    ):
        async with listening(serve) as host:
            outcome, seconds = await post(host)
        assert outcome == expected, serve.__name__
        assert seconds < (0.4 if quick else 2), serve.__name__


async def test_a_missing_server_and_one_without_tls_are_distinguished() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with listening(plain) as host:
        assert (await post(host))[0] == "200 0"
        assert (await post(host, "https"))[0] in {"tls", "timeout"}
    assert (await post(host))[0] == "connect"


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 204 No Content\r\nSet-Cookie: a=b\r\n\r\n")

    async with listening(plain) as host:
        assert (await post(host))[0] == "204 0"


async def test_certificates_are_checked_against_the_name_of_the_host() -> None:
    pool = Outbound()._transport._pool  # type: ignore[attr-defined]
    assert pool._ssl_context.verify_mode == ssl.CERT_REQUIRED
    assert pool._ssl_context.check_hostname


async def test_the_application_closes_its_client_however_it_ends(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Outbound] = []

    async def aclose(self: Outbound) -> None:
        closed.append(self)

    monkeypatch.setattr(Outbound, "aclose", aclose)
    async with client(database_url):
        assert closed == []
    assert len(closed) == 1
    with pytest.raises(ZeroDivisionError):
        async with client(database_url):
            raise ZeroDivisionError
    assert len(closed) == 2


@pytest.mark.parametrize("value", ["one.example", "cache.internal:8080,10.0.0.7", "[::1]:8080", ""])
def test_the_settings_name_allowed_hosts(value: str) -> None:
    assert Settings(webhook_allowed_hosts=value).allowed_hosts == {*filter(None, value.split(","))}


@pytest.mark.parametrize("value", ["http://one.example", "*", "one.example/x", "::1", "One.example", "a b"])
def test_an_invalid_host_in_the_settings_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="is not a host"):
        Settings(webhook_allowed_hosts=value)

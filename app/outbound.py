"""The one door to other people's servers: only to public addresses, past no proxy, with no redirects and no cookies.

Knows no noun and nothing of ours but this: whoever fetches or sends anything does it through `Outbound`.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import httpx

HOST: Final = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?|[0-9a-f:.]*:[0-9a-f:.]*")
# What the WHATWG's URL standard takes for an IPv4 address, in whatever notation.
NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
PORTS: Final = {"http": 80, "https": 443}
# IANA has given out 2000::/3 alone for the public. What lies in it for another purpose, by name of the purpose:
GLOBAL_IPV6: Final = ipaddress.IPv6Network("2000::/3")
SPECIAL_IPV6: Final = [
    ipaddress.IPv6Network(one)
    for one in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")  # protocols, examples, 6to4, examples
]
SPECIAL_IPV4: Final = [
    ipaddress.IPv4Network(one)
    for one in ("192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4")  # protocols, 6to4, future
]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]


class Unsendable(Exception):
    """Nothing is sent to this address; the message says why, and continues "The address …"."""


class Failed(Exception):
    """The other server did not answer. `code`: not-allowed, unresolved, connect, tls, timeout or broken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other server said: at most so many bytes as were to be read, still packed if they were."""

    status: int
    headers: httpx.Headers
    body: bytes


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises: OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def is_public(address: Address) -> bool:
    """Whether it is one of the internet at large. `is_global` alone takes multicast, 6to4, NAT64 and more for such."""
    if isinstance(address, ipaddress.IPv4Address):
        special = address.is_multicast or any(address in one for one in SPECIAL_IPV4)
    else:
        special = address not in GLOBAL_IPV6 or any(address in one for one in SPECIAL_IPV6)
    return address.is_global and not special


@dataclass(frozen=True, slots=True)
class _Target:
    host: str
    port: int
    allowed: bool


class Outbound(httpx.AsyncBaseTransport):
    """Sends requests. `allowed` names hosts of the operator's own, as `host` or `host:port`: to them by http too, and
    wherever they lie.

    A name is looked up once for each request; each of its addresses is checked, and the connection goes to one of
    these, so that what was checked is what is connected to. Connections are not kept: one that was made for a host
    must not serve another that shares its address.
    """

    def __init__(
        self,
        allowed: frozenset[str] = frozenset(),
        *,
        resolve: Resolve = resolve,
        wire: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._wire = wire or httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    async def check(self, url: str) -> None:
        """Raises: Unsendable, for an address that nothing is sent to as things stand."""
        target = self._target(url)
        try:
            await self._addresses(target)
        except OSError:
            raise Unsendable(f"names a host that cannot be found: {target.host}") from None

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes = b"",
        seconds: float,
        most_bytes: int,
    ) -> Answer:
        """What one request is answered; a redirect is an answer like any other. `seconds` are for all of it.

        Raises: Failed.
        """
        try:
            async with asyncio.timeout(seconds):
                # A third for the connection, and for TLS: what the deadline cuts off in there, httpcore leaves open.
                patience = httpx.Timeout(seconds, connect=seconds / 3).as_dict()
                sent = {"Accept-Encoding": "identity", **headers}
                request = httpx.Request(method, url, headers=sent, content=content, extensions={"timeout": patience})
                response = await self.handle_async_request(request)
                try:
                    body = bytearray()
                    assert isinstance(response.stream, httpx.AsyncByteStream)
                    async for chunk in response.stream:
                        body += chunk
                        if len(body) >= most_bytes:
                            break
                finally:
                    await response.aclose()
                return Answer(response.status_code, response.headers, bytes(body[:most_bytes]))
        except (TimeoutError, httpx.TimeoutException):
            raise Failed("timeout") from None
        except (Unsendable, httpx.InvalidURL):
            raise Failed("not-allowed") from None
        except socket.gaierror:
            raise Failed("unresolved") from None
        except httpx.ConnectError as error:
            raise Failed("tls" if _is_tls(error) else "connect") from None
        except (httpx.TransportError, OSError):
            raise Failed("broken") from None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises: Unsendable, OSError, httpx.TransportError."""
        target = self._target(str(request.url))
        addresses = await self._addresses(target)
        request.extensions = {**request.extensions, "sni_hostname": target.host.rstrip(".")}
        *others, last = addresses
        for address in others:
            request.url = request.url.copy_with(host=address)
            try:
                return await self._wire.handle_async_request(request)
            except httpx.ConnectError:  # nothing was sent yet
                continue
        request.url = request.url.copy_with(host=last)
        return await self._wire.handle_async_request(request)

    async def aclose(self) -> None:
        await self._wire.aclose()

    def _target(self, url: str) -> _Target:
        """Raises: Unsendable, for an address whose very form is refused."""
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, ValueError):  # circled digits and their like have no form in the DNS
            raise Unsendable("is none that can be sent to") from None
        host = parsed.raw_host.decode("ascii")
        if parsed.scheme not in PORTS or not HOST.fullmatch(host):
            raise Unsendable("is none that can be sent to: it is https:// and the name of a host")
        if parsed.userinfo:
            raise Unsendable("holds a name or password before the host; what authenticates is the signature")
        if ":" not in host and NUMBER.fullmatch(host) and not _is_plain_ipv4(host):
            raise Unsendable("writes a number where the name of a host, or an address such as 192.0.2.1, belongs")
        port = parsed.port if parsed.port is not None else PORTS[parsed.scheme]
        if not 0 < port < 65_536:
            raise Unsendable("names a port that there is not")
        bracketed = f"[{host}]" if ":" in host else host
        allowed = bool(self._allowed & {bracketed, f"{bracketed}:{port}"})
        if parsed.scheme == "http" and not allowed:
            raise Unsendable("is not https://")
        return _Target(host, port, allowed)

    async def _addresses(self, target: _Target) -> list[str]:
        """Where the host lies, at least one address. Raises: Unsendable, where one is not public; OSError."""
        found = await self._resolve(target.host, target.port)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        if not target.allowed and not all(is_public(ipaddress.ip_address(one)) for one in found):
            raise Unsendable("leads to an address that is not public")
        return found


def _is_plain_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _is_tls(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False

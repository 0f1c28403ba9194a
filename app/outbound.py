"""The only client for requests to other people's servers: public addresses only, no proxies, redirects or cookies.

Imports nothing of ours. All code of the server that fetches or sends anything uses `Outbound`.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Literal

import httpx

HOST: Final = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?|[0-9a-f:.]*:[0-9a-f:.]*")
# Hosts that URL parsers take for an IPv4 address, in any notation. Source: WHATWG URL, "ends in a number".
NUMERIC_HOST: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
PORTS: Final = {"http": 80, "https": 443}
# IANA has assigned only this to the public internet; the special networks serve other purposes.
GLOBAL_IPV6: Final = ipaddress.IPv6Network("2000::/3")
# Protocols, documentation, 6to4, documentation; of IPv4: protocols, 6to4, reserved.
SPECIAL_NETWORKS: Final[list[ipaddress.IPv4Network | ipaddress.IPv6Network]] = [
    *map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")),
    *map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4")),
]

Resolver = Callable[[str, int], Awaitable[list[str]]]
FailureCode = Literal["not-allowed", "unresolved", "connect", "tls", "timeout", "broken"]


class AddressRefused(Exception):
    """Nothing is sent to this URL. The message gives the reason and continues the sentence "The address …"."""


class RequestFailed(Exception):
    """The request got no response."""

    def __init__(self, code: FailureCode) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class OutboundResponse:
    """A response. `body` is cut off at the requested size, and still compressed if the server compressed it."""

    status: int
    headers: httpx.Headers
    body: bytes


async def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host. Raises: OSError."""
    results = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(socket_address[0]) for *_, socket_address in results))


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether the address belongs to the public internet. `is_global` alone accepts multicast, 6to4, NAT64 and more."""
    if address.is_multicast or any(address in network for network in SPECIAL_NETWORKS):
        return False
    return address.is_global and (address.version == 4 or address in GLOBAL_IPV6)


class Outbound(httpx.AsyncBaseTransport):
    """Sends requests. `allowed` names hosts of the operator, as `host` or `host:port`, which may have private addresses
    and may be reached by http.

    Resolves the host name once for each request, checks every address, and connects to one of exactly these addresses:
    a second lookup could return another, unchecked one. Keeps no connections open, because a connection that was made
    for one host must not serve another host with the same address.
    """

    def __init__(
        self,
        allowed: frozenset[str] = frozenset(),
        *,
        resolver: Resolver = resolve,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._allowed = allowed
        self._resolver = resolver
        self._transport = transport or httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    async def check(self, url: str) -> None:
        """Raises: AddressRefused, for a URL that nothing is sent to, or whose host cannot be resolved now."""
        host, port, allowed = self._target(url)
        try:
            await self._addresses(host, port, allowed)
        except OSError:
            raise AddressRefused(f"has a host name that cannot be resolved: {host}") from None

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes = b"",
        seconds: float,
        most_bytes: int,
    ) -> OutboundResponse:
        """Sends one request and reads at most `most_bytes` of the response. Redirects are returned, not followed.

        `seconds` is the limit for all of it. Raises: RequestFailed.
        """
        try:
            async with asyncio.timeout(seconds):
                # A third each for connecting and for TLS: httpcore leaks the socket if the outer timeout cancels it.
                timeout = httpx.Timeout(seconds, connect=seconds / 3).as_dict()
                request = httpx.Request(
                    method, url, headers={"Accept-Encoding": "identity", **headers}, content=content,
                    extensions={"timeout": timeout},
                )  # fmt: skip
                response = await self.handle_async_request(request)
                body = await _read_body(response, most_bytes)
                return OutboundResponse(response.status_code, response.headers, body)
        except (TimeoutError, httpx.TimeoutException):
            raise RequestFailed("timeout") from None
        except (AddressRefused, httpx.InvalidURL):
            raise RequestFailed("not-allowed") from None
        except socket.gaierror:
            raise RequestFailed("unresolved") from None
        except httpx.ConnectError as error:
            raise RequestFailed("tls" if _is_tls(error) else "connect") from None
        except (httpx.TransportError, OSError):
            raise RequestFailed("broken") from None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises: AddressRefused, OSError, httpx.TransportError."""
        host, port, allowed = self._target(str(request.url))
        *others, last = await self._addresses(host, port, allowed)
        request.extensions = {**request.extensions, "sni_hostname": host.rstrip(".")}
        for address in others:
            request.url = request.url.copy_with(host=address)
            try:
                return await self._transport.handle_async_request(request)
            except httpx.ConnectError:  # nothing was sent yet
                continue
        request.url = request.url.copy_with(host=last)
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _target(self, url: str) -> tuple[str, int, bool]:
        """Host and port of a URL, and whether the operator permits it whatever its address.

        Raises: AddressRefused, for a URL whose form is refused.
        """
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, ValueError):  # such as circled digits, which have no form in the DNS
            raise AddressRefused("is not a URL with a valid host") from None
        host = parsed.raw_host.decode("ascii")
        if parsed.scheme not in PORTS or not HOST.fullmatch(host):
            raise AddressRefused("is not a URL of https:// and a host name")
        if parsed.userinfo:
            raise AddressRefused("contains a user name or password; requests are authenticated by their signature")
        if ":" not in host and NUMERIC_HOST.fullmatch(host) and not _is_dotted_ipv4(host):
            raise AddressRefused("has a number as its host; write a host name, or an IPv4 address such as 192.0.2.1")
        port = parsed.port if parsed.port is not None else PORTS[parsed.scheme]
        if not 0 < port < 65_536:
            raise AddressRefused("has a port outside 1 to 65535")
        bracketed = f"[{host}]" if ":" in host else host
        allowed = bool(self._allowed & {bracketed, f"{bracketed}:{port}"})
        if parsed.scheme == "http" and not allowed:
            raise AddressRefused("is not https://")
        return host, port, allowed

    async def _addresses(self, host: str, port: int, allowed: bool) -> list[str]:
        """The IP addresses of the host, at least one. Raises: AddressRefused, if one is not public; OSError."""
        addresses = await self._resolver(host, port)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        if not allowed and not all(is_public(ipaddress.ip_address(address)) for address in addresses):
            raise AddressRefused("resolves to an IP address that is not public")
        return addresses


async def _read_body(response: httpx.Response, most_bytes: int) -> bytes:
    """The first bytes of the body, not decompressed. Closes the response."""
    body = bytearray()
    async with aclosing(response):
        assert isinstance(response.stream, httpx.AsyncByteStream)
        async for chunk in response.stream:
            body += chunk
            if len(body) >= most_bytes:
                break
    return bytes(body[:most_bytes])


def _is_dotted_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _is_tls(error: BaseException | None) -> bool:
    """Whether it is a TLS error, or was caused by one."""
    return error is not None and (isinstance(error, ssl.SSLError) or _is_tls(error.__cause__ or error.__context__))

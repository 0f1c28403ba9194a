"""Fetches web pages by their addresses: one at a time, with a pause for each host, where robots.txt permits it.

Source: RFC 9309 (robots.txt).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from email.message import Message
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from app.importers.html.saved import MOST_BYTES, refusal
from app.outbound import AddressRefused, Outbound, OutboundResponse, RequestFailed

AGENT: Final = "Dovidka-Import"
PAUSE_SECONDS: Final = 2.0
# A site may ask for a longer pause, up to this.
MOST_PAUSE_SECONDS: Final = 30.0
REQUEST_SECONDS: Final = 30.0
MOST_REDIRECTS: Final = 5
_ROBOTS_BYTES: Final = 512_000
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml", "multipart/related"})
_HEADERS: Final = {"User-Agent": f"{AGENT}/1.0", "Accept": "text/html, application/xhtml+xml;q=0.9"}
_FAILURES: Final = {
    "not-allowed": "may not be asked for: it does not lead to the public internet by https",
    "unresolved": "has a host name that nobody knows",
    "connect": "does not answer",
    "tls": "has no valid certificate",
    "timeout": f"did not answer whole within {REQUEST_SECONDS:.0f} seconds",
    "broken": "broke off its answer",
}


class FetchedPage(NamedTuple):
    """The bytes of a page, the address that answered in the end, and the charset of its header."""

    data: bytes
    url: str
    charset: str | None


class Fetcher:
    """Fetches pages of any number of hosts. `sleep` and `clock` are those of asyncio and time but for tests."""

    def __init__(
        self,
        outbound: Outbound,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbound = outbound
        self._sleep = sleep
        self._clock = clock
        self._rules: dict[str, RobotFileParser] = {}
        self._asked_at: dict[str, float] = {}

    async def fetch(self, url: str) -> FetchedPage:
        """The page at an address, behind its redirects. Raises: Invalid, whose reason continues "The page …"."""
        for _ in range(MOST_REDIRECTS + 1):
            if not await self._is_permitted(url):
                raise refusal(f"is not to be read by programs: robots.txt of {urlsplit(url).netloc} forbids it")
            response = await self._ask(url, MOST_BYTES + 1)
            target = response.headers.get("location")
            if response.status not in {301, 302, 303, 307, 308} or not target:
                return _page_of(response, url)
            url = urljoin(url, target)
        raise refusal(f"is redirected more than {MOST_REDIRECTS} times")

    async def _ask(self, url: str, most_bytes: int) -> OutboundResponse:
        """One request, no sooner than the host's pause after the one before. Raises: Invalid."""
        host = urlsplit(url).netloc
        pause = self._pause(host) - (self._clock() - self._asked_at.get(host, float("-inf")))
        if pause > 0:
            await self._sleep(pause)
        self._asked_at[host] = self._clock()
        try:
            return await self._outbound.send(
                "GET", url, headers=_HEADERS, seconds=REQUEST_SECONDS, most_bytes=most_bytes
            )
        except RequestFailed as failure:
            raise refusal(_FAILURES[failure.code]) from None
        except (AddressRefused, ValueError) as error:
            raise refusal(str(error)) from None

    def _pause(self, host: str) -> float:
        rules = self._rules.get(host)
        asked = rules.crawl_delay(AGENT) if rules is not None else None
        return min(max(PAUSE_SECONDS, float(asked or 0)), MOST_PAUSE_SECONDS)

    async def _is_permitted(self, url: str) -> bool:
        """Whether robots.txt permits the address: where there is none, yes; where its server fails, no (2.3.1.4)."""
        parts = urlsplit(url)
        if parts.netloc not in self._rules:
            rules = RobotFileParser()
            response = await self._ask(f"{parts.scheme}://{parts.netloc}/robots.txt", _ROBOTS_BYTES)
            if response.status >= 500 or response.status == 429:
                rules.parse(["User-agent: *", "Disallow: /"])
            elif response.status == 200:
                rules.parse(response.body.decode(errors="replace").splitlines())
            else:
                rules.parse([])
            self._rules[parts.netloc] = rules
        return self._rules[parts.netloc].can_fetch(AGENT, url)


def _page_of(response: OutboundResponse, url: str) -> FetchedPage:
    """Raises: Invalid, for answers that are no page."""
    if response.status != 200:
        raise refusal(f"is answered with status {response.status}")
    header = Message()
    header["Content-Type"] = response.headers.get("content-type", "text/html")
    if header.get_content_type() not in _PAGES:
        raise refusal(f"is no web page: {header.get_content_type()}")
    if len(response.body) > MOST_BYTES:
        raise refusal(f"is larger than {MOST_BYTES // 1_000_000} MB")
    return FetchedPage(response.body, url, header.get_content_charset())

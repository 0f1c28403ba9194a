"""Pages at addresses: robots.txt, pauses, redirects, sizes, and what is no page."""

import httpx
import pytest

from app.errors import Invalid
from app.importers.html.fetching import AGENT, PAUSE_SECONDS, Fetcher
from app.importers.html.saved import MOST_BYTES
from app.outbound import Outbound

SITE = "https://courier.example"


class Site:
    """Servers of other people: their answers by address, the requests so far, and the time that goes by."""

    def __init__(self, answers: dict[str, httpx.Response]) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []
        self.asked: list[str] = []
        self.now = 0.0
        self.pauses: list[float] = []

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        url = f"https://{request.headers['host']}{request.url.raw_path.decode()}"
        self.asked.append(url)
        return self.answers.get(url, httpx.Response(404))

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def fetcher(self) -> Fetcher:
        async def resolver(host: str, port: int) -> list[str]:
            return ["127.0.0.1" if host.startswith("inner") else "93.184.216.34"]

        outbound = Outbound(resolver=resolver, transport=httpx.MockTransport(self.answer))
        return Fetcher(outbound, sleep=self.sleep, clock=lambda: self.now)


def html(text: str = "<html></html>", kind: str = "text/html; charset=windows-1251") -> httpx.Response:
    return httpx.Response(200, content=text.encode(), headers={"content-type": kind})


async def refused(site: Site, url: str = f"{SITE}/weir") -> str:
    with pytest.raises(Invalid) as refusal:
        await site.fetcher().fetch(url)
    return refusal.value.detail


async def test_a_page_is_fetched_by_a_named_agent_after_its_robots_txt() -> None:
    site = Site({f"{SITE}/weir": html("<html>é</html>")})

    page = await site.fetcher().fetch(f"{SITE}/weir")

    assert (page.data.decode(), page.url, page.charset) == ("<html>é</html>", f"{SITE}/weir", "windows-1251")
    assert site.asked == [f"{SITE}/robots.txt", f"{SITE}/weir"]
    assert {request.headers["user-agent"] for request in site.requests} == {f"{AGENT}/1.0"}


@pytest.mark.parametrize(
    "robots",
    [
        httpx.Response(200, text="User-agent: *\nDisallow: /weir"),
        httpx.Response(200, text=f"User-agent: {AGENT}\nDisallow: /\n\nUser-agent: *\nAllow: /"),
        httpx.Response(503),
    ],
)
async def test_what_robots_txt_forbids_is_not_asked(robots: httpx.Response) -> None:
    site = Site({f"{SITE}/robots.txt": robots, f"{SITE}/weir": html()})

    assert await refused(site) == "The page is not to be read by programs: robots.txt of courier.example forbids it."
    assert site.asked == [f"{SITE}/robots.txt"]


async def test_a_host_is_asked_with_pauses_and_its_robots_txt_once() -> None:
    other = "https://other.example"
    robots = httpx.Response(200, text="User-agent: *\nCrawl-delay: 7\nDisallow:")
    site = Site({f"{SITE}/robots.txt": robots, f"{SITE}/a": html(), f"{SITE}/b": html(), f"{other}/c": html()})
    fetcher = site.fetcher()

    for url in (f"{SITE}/a", f"{SITE}/b", f"{other}/c"):
        await fetcher.fetch(url)

    assert site.asked.count(f"{SITE}/robots.txt") == 1
    assert site.pauses == [7.0, 7.0, PAUSE_SECONDS]


async def test_redirects_are_followed_with_all_rules_for_each_address() -> None:
    site = Site({
        f"{SITE}/old": httpx.Response(301, headers={"location": "/weir"}),
        f"{SITE}/weir": html(),
        f"{SITE}/loop": httpx.Response(302, headers={"location": "/loop"}),
        f"{SITE}/inward": httpx.Response(302, headers={"location": "https://inner.example/secret"}),
    })  # fmt: skip

    assert (await site.fetcher().fetch(f"{SITE}/old")).url == f"{SITE}/weir"
    assert await refused(site, f"{SITE}/loop") == "The page is redirected more than 5 times."
    assert "does not lead to the public internet" in await refused(site, f"{SITE}/inward")
    assert not any("inner" in url for url in site.asked)


async def test_answers_that_are_no_page_are_refused_by_name() -> None:
    site = Site({
        f"{SITE}/gone": httpx.Response(410),
        f"{SITE}/picture": html(kind="image/png"),
        f"{SITE}/endless": httpx.Response(200, content=b"x" * (MOST_BYTES + 5), headers={"content-type": "text/html"}),
    })  # fmt: skip

    assert await refused(site, f"{SITE}/gone") == "The page is answered with status 410."
    assert await refused(site, f"{SITE}/picture") == "The page is no web page: image/png."
    assert await refused(site, f"{SITE}/endless") == "The page is larger than 10 MB."

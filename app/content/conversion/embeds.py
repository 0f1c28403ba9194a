"""What is shown from elsewhere: who provides it, and the address at which a reader finds it."""

import re
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from pydantic import TypeAdapter, ValidationError

from app.web.fields import Url


class Provider(NamedTuple):
    """Who serves an address that ends in one of these hosts.

    `path` finds the id in the address of a frame, which `page` turns into the address of its page; `parameter` is the
    one in which a frame names its page.
    """

    name: str
    hosts: tuple[str, ...]
    path: str | None = None
    page: str = ""
    parameter: str | None = None


PROVIDERS: Final = (
    Provider(
        "youtube",
        ("youtube.com", "youtube-nocookie.com", "youtu.be"),
        r"/(?:embed|v|shorts|live)/([\w-]{6,20})|(?<=youtu\.be)/([\w-]{6,20})",
        "https://www.youtube.com/watch?v={}",
    ),
    Provider("vimeo", ("vimeo.com",), r"/video/(\d+)", "https://vimeo.com/{}"),
    Provider(
        "dailymotion", ("dailymotion.com", "dai.ly"), r"/embed/video/(\w+)", "https://www.dailymotion.com/video/{}"
    ),
    Provider("facebook", ("facebook.com", "fb.watch"), parameter="href"),
    Provider("x", ("twitter.com", "x.com"), r"[?&]id=(\d+)", "https://x.com/i/status/{}"),
    Provider("instagram", ("instagram.com",), r"/(p|reel|tv)/([\w-]+)", "https://www.instagram.com/{}/{}/"),
    Provider("tiktok", ("tiktok.com",), r"/embed/(?:v2/)?(\d+)", "https://www.tiktok.com/embed/{}"),
    Provider("telegram", ("t.me", "telegram.me"), r"t(?:elegram)?\.me/([\w/]+)", "https://t.me/{}"),
    Provider("soundcloud", ("soundcloud.com",), parameter="url"),
    Provider("spotify", ("spotify.com",), r"/embed/(\w+/\w+)", "https://open.spotify.com/{}"),
    Provider("bluesky", ("bsky.app",)),
    Provider("threads", ("threads.net", "threads.com")),
    Provider("reddit", ("reddit.com", "redditmedia.com")),
    Provider("twitch", ("twitch.tv",)),
    Provider("datawrapper", ("datawrapper.de", "dwcdn.net")),
    Provider("flourish", ("flourish.studio",)),
    Provider("infogram", ("infogram.com",)),
    Provider("google maps", ("google.com/maps", "maps.google.com")),
    Provider("openstreetmap", ("openstreetmap.org",)),
    Provider("documentcloud", ("documentcloud.org",)),
    Provider("scribd", ("scribd.com",)),
    Provider("github gist", ("gist.github.com",)),
)
# The classes of block quotations that a script turns into what is shown from elsewhere.
QUOTED: Final = {
    "twitter-tweet": "x", "twitter-video": "x", "instagram-media": "instagram", "tiktok-embed": "tiktok",
    "bluesky-embed": "bluesky", "text-post-media": "threads", "reddit-embed-bq": "reddit", "reddit-card": "reddit",
    "fb-post": "facebook", "fb-video": "facebook",
}  # fmt: skip
_URL: Final[TypeAdapter[str]] = TypeAdapter(Url)


class Address(NamedTuple):
    """Where something is shown from, and by whom."""

    provider: str
    url: str


def valid(url: str) -> str | None:
    """The address as a block may hold it, with the schemes that browsers add; None for what is no such address."""
    url = url.strip().replace(" ", "%20")
    try:
        return _URL.validate_python(f"https:{url}" if url.startswith("//") else url)
    except ValidationError:
        return None


def address(source: str) -> Address | None:
    """The provider and the page of what a frame shows; the frame's own address where its page cannot be told.

    None for what is no address.
    """
    url = valid(source)
    if url is None:
        return None
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    for provider in PROVIDERS:
        if any(_is_of(host, parts.path, of) for of in provider.hosts):
            return Address(provider.name, _page(provider, url, parts.query))
    return Address(host or "this site", url)


def _is_of(host: str, path: str, of: str) -> bool:
    name, _, folder = of.partition("/")
    return (host == name or host.endswith(f".{name}")) and path.startswith(f"/{folder}")


def _page(provider: Provider, url: str, query: str) -> str:
    if provider.parameter is not None:
        return valid(next(iter(parse_qs(query).get(provider.parameter, ())), "")) or url
    if provider.path is not None and (match := re.search(provider.path, url)):
        return provider.page.format(*filter(None, match.groups()))
    return url


def is_known(url: str) -> bool:
    """Whether one of the PROVIDERS serves the address."""
    found = address(url)
    return found is not None and any(found.provider == provider.name for provider in PROVIDERS)

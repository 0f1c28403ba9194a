"""Where the other forms of an answer are: renditions of stories, feeds of the list of articles."""

import re
from typing import Final, NamedTuple
from urllib.parse import quote

from app.formats import atom, jsonfeed, rss

# Media types by the ending of the address.
RENDITIONS: Final = {
    "html": "text/html",
    "text": "text/plain",
    "markdown": "text/markdown",
    "jsonld": "application/ld+json",
    "ninjs": "application/vnd.iptc.ninjs+json",
}
FEEDS: Final = {"rss": rss.MEDIA_TYPE, "atom": atom.MEDIA_TYPE, "json": jsonfeed.MEDIA_TYPE}
_STORY: Final = re.compile(r"(/v1/(?:articles|notes)/[^/]+(?:/revisions/[^/]+|/draft)?|/v1/previews/[^/]+)(/[a-z]+)?")
_FEED: Final = re.compile(r"/feeds/(articles|corrections)\.[a-z]+")
# Parameters of the list that feeds do not take; a cursor is that of one list alone.
_NOT_IN_FEEDS: Final = ("fields=", "include=", "count", "cursor=")


class OtherForm(NamedTuple):
    """Another form of an answer: its address, as path and query, and its media type."""

    address: str
    media_type: str

    @property
    def link(self) -> str:
        """As an element of a Link header. Source: RFC 8288."""
        return f'<{self.address}>; rel="alternate"; type="{self.media_type}"'


def alternates(path: str, perspective: str | None) -> str:
    """The Link header of the story whose JSON is at this path, as it is seen through a `perspective`."""
    query = "" if perspective is None else f"?perspective={quote(perspective)}"
    links = [f'<{path}/{name}{query}>; rel="alternate"; type="{kind}"' for name, kind in RENDITIONS.items()]
    return ", ".join(links)


def other_forms(path: str, query: str) -> list[OtherForm]:
    """The forms of what is at a path, but for JSON; of a path that has none, nothing. Both are percent-encoded."""
    story = _STORY.fullmatch(path)
    if story and (story[2] is None or story[2].removeprefix("/") in RENDITIONS):
        return [OtherForm(f"{story[1]}/{name}", media_type) for name, media_type in RENDITIONS.items()]
    feed = _FEED.fullmatch(path)
    if feed or path == "/v1/articles":
        kept = "&".join(pair for pair in query.split("&") if pair and not pair.startswith(_NOT_IN_FEEDS))
        address = f"/feeds/{feed[1] if feed else 'articles'}.{{}}{'?' if kept else ''}{kept}"
        return [OtherForm(address.replace("{}", ending), media_type) for ending, media_type in FEEDS.items()]
    return []

"""A feed as plain data, whatever its format: entries made of stories, and what was removed from the list.

Knows neither the list that the stories come from, nor the formats.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID, uuid5

from app.formats import html
from app.formats.images import ImageRendition
from app.formats.story import Site, Story
from app.formats.text import one_line

Content = Literal["full", "summary"]
# When a feed was updated in which nothing ever was.
BEGINNING: Final = "1970-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry. `id` never changes; `updated` moves with substantial changes only. Instants are RFC 3339 in UTC.

    `html` is None in a feed of summaries; `image` is the address of the lead picture, `renditions` are its other widths
    and formats. `genre` is one of ours, and `is_adult` set for what is not for children.
    """

    id: str
    url: str
    title: str
    language: str
    published: str
    updated: str
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    summary: str
    html: str | None
    image: str | None
    genre: str | None = None
    is_adult: bool = False
    renditions: Sequence[ImageRendition] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """An entry that readers of the feed may have, and are to drop."""

    id: str
    at: str


@dataclass(frozen=True, slots=True)
class Feed:
    """One page of a feed. `url` is its own address, `next` and `previous` those of the pages beside it.

    `identity` is the address of the first page, the same on all of them. `language` is that of all entries, None where
    they may differ; `hub` is that of WebSub.
    """

    title: str
    identity: str
    url: str
    site: Site
    entries: Sequence[FeedEntry]
    removals: Sequence[Removal] = ()
    language: str | None = None
    next: str | None = None
    previous: str | None = None
    hub: str | None = None

    @property
    def links(self) -> list[tuple[str, str]]:
        """(relation, address) of what belongs to the page. Source: RFC 5005, 3; WebSub, 4."""
        links = {"alternate": f"{self.site.url}/", "self": self.url, "next": self.next, "previous": self.previous}
        links |= {"first": self.identity if self.next or self.previous else None, "hub": self.hub}
        links["license"] = self.site.license_url or None
        return [(relation, url) for relation, url in links.items() if url is not None]

    @property
    def updated(self) -> str:
        """When anything in it last changed."""
        return max(
            [*(entry.updated for entry in self.entries), *(gone.at for gone in self.removals)], default=BEGINNING
        )


def article_urn(id: str) -> str:
    """The id of an article wherever entries are named by URIs."""
    return f"urn:uuid:{id}"


def story_entry(story: Story, content: Content) -> FeedEntry:
    """A story as an entry, with its body or its excerpt alone."""
    document = story.document
    # A draft, which the desk's feeds have, was not published yet.
    published = document["first_published_at"] or document["published_at"] or document["created_at"]
    image = document["image"]
    return FeedEntry(
        id=article_urn(document["id"]),
        url=story.site.uri(story.address),
        title=one_line(story.title),
        language=story.language,
        published=published,
        updated=document["updated_at"] or published,
        authors=story.author_names,
        tags=tuple(tag["label"] for tag in story.tags),
        summary=one_line(document["excerpt"] or ""),
        html=html.content(story) if content == "full" else None,
        image=story.site.uri(image["url"]) if image and image["url"] and image["media"] != "video" else None,
        genre=document["genre"],
        is_adult="graphic" in document["flags"],
        renditions=story.site.resizer.renditions(image) if image else (),
    )


def correction_entries(story: Story, content: Content) -> Iterator[FeedEntry]:
    """The corrections of a story, each as an entry of its own, newest first."""
    document = story.document
    for correction in reversed(document["corrections"]):
        kind = story.words["correction" if correction["kind"] == "correction" else "clarification"]
        name = f"{correction['at']} {correction['revision']}"
        yield FeedEntry(
            id=article_urn(str(uuid5(UUID(document["id"]), name))),
            url=story.site.uri(story.address),
            title=one_line(f"{kind}: {story.title}"),
            language=story.language,
            published=correction["at"],
            updated=correction["at"],
            authors=(),
            tags=(),
            summary=one_line(correction["text"]),
            html=html.paragraphs(correction["text"]) if content == "full" else None,
            image=None,
        )

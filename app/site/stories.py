"""What the page of a story, or of a note, shows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from markupsafe import Markup

from app.articles import store as articles
from app.articles.store import ShownArticle
from app.changes.views import EVERYONE
from app.db import Reader
from app.formats import html, jsonld
from app.formats.story import Beside, Link, Site, Story, StoryNoun, stories
from app.site import addresses, dates
from app.site.addresses import ReaderSite
from app.site.rendering import Alternate, Head
from app.site.teasers import Picture, picture
from app.site.wording import language_name

LINKED: Final = ("tags", "sources", "notes", "relations", "translations")
FORMATS: Final = {"application/json": "", "text/markdown": "/markdown", "text/plain": "/text"}


class Named(NamedTuple):
    """A text, and the page about what it names where there is one."""

    text: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """The picture, or a link to the video, above a story."""

    picture: Picture | None
    video: str | None
    alt_text: str
    caption: str | None
    credit: str | None
    disclosure: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """A story in another language."""

    language: str
    name: str
    headline: str
    address: str
    canonical: str


@dataclass(frozen=True)
class StoryPage:
    """A story as its page shows it."""

    story: Story
    public: Story

    @classmethod
    def of(cls, noun: StoryNoun, document: str, beside: Beside, site: Site) -> "StoryPage":
        """`beside` is what the public sees beside the document, as JSON."""
        (public,) = stories(noun, [document], beside, site)
        return cls(replace(public, site=ReaderSite.within(site)), public)

    @property
    def body(self) -> Markup:
        return Markup(html.body(self.story))  # noqa: S704  (blocks are escaped, or were sanitised when they were saved)

    @property
    def lead(self) -> Lead | None:
        image = self.story.document.get("image")
        if image is None:
            return None
        shown, credit = picture(image, self.story.site.resizer), self.story.credit(image)
        video = image["url"] if image["media"] == "video" else None
        disclosure = self.story.disclosure(image["ai"])
        if not (shown or video or image["caption"] or credit or disclosure):
            return None
        return Lead(shown, video, image["alt_text"] or "", image["caption"], credit, disclosure)

    @property
    def disclosure(self) -> str | None:
        """What readers are told of the part that AI had in the text."""
        return self.story.disclosure(self.story.document["ai"])

    @property
    def authors(self) -> list[Named]:
        """The byline, in which the names of authors lead to their pages; authors that it does not name follow."""
        story = self.story
        slugs = dict.fromkeys(given["source"] for given in story.document["attributions"] if given["role"] == "author")
        names = {name: addresses.of("authors", slug, story.language) for slug in slugs if (name := story.name(slug))}
        return [*_linked(story.document.get("byline") or "", names)]

    @property
    def dates(self) -> list[tuple[str, str, str]]:
        """(word, instant, how it is written) of its publication and of its last substantial change."""
        story = self.story
        return [(story.words[word], at, self.written(at)) for word, at in story.dates]

    def written(self, instant: str) -> str:
        return dates.local_time(instant, self.story.language, self.story.site.zone)

    @property
    def as_of(self) -> str | None:
        """The day for which the facts of a note hold."""
        on = self.story.document.get("as_of")
        return on and dates.day(on, self.story.language)

    @property
    def links(self) -> list[Link]:
        return self.story.links

    @property
    def versions(self) -> list[Version]:
        """The story in other languages, by language."""
        document = self.story.document
        others = self.story.included.get("translations", {}).get(document.get("id", ""), {})
        return [
            Version(
                language,
                language_name(language),
                version["headline"],
                addresses.of("stories", version["slug"]),
                self.public.site.article_address({**document, **version, "language": language}),
            )
            for language, version in others.items()
        ]

    def head(self) -> Head:
        """With the canonical address, which is that of the newsroom's own site where that is set."""
        story, public, document = self.story, self.public, self.story.document
        api = public.site.address(story.noun, document["slug"])
        formats = [Alternate(api + end, media_type=media_type) for media_type, end in FORMATS.items()]
        versions = [Alternate(version.canonical, version.language) for version in self.versions]
        lead = self.lead
        headlines = document.get("headlines", {})
        return Head(
            title=headlines.get("seo") or story.title,
            address=public.address,
            description=document.get("standfirst") or document.get("excerpt"),
            social_title=headlines.get("social") or story.title,
            alternates=(*([Alternate(public.address, story.language), *versions] if versions else ()), *formats),
            jsonld=Markup(jsonld.render(public).decode()),  # noqa: S704  (`<` is escaped in it)
            image=public.site.uri(lead.picture.url) if lead and lead.picture else None,
            is_article=story.noun == "article",
        )


def _linked(byline: str, names: dict[str, str]) -> Iterator[Named]:
    """The byline, cut where a name begins and ends; names that it does not hold behind it."""
    text = byline
    while starts := [(text.index(name), -len(name), name) for name in names if name in text]:
        start, _, name = min(starts)
        if start:
            yield Named(text[:start])
        yield Named(name, names[name])
        text = text[start + len(name) :]
    if text:
        yield Named(text)
    missing = [Named(name, address) for name, address in names.items() if name not in byline]
    for number, author in enumerate(missing):
        if byline or number:
            yield Named(", ")
        yield author


async def read_story(read: Reader, site: Site, slug: str) -> tuple[ShownArticle, StoryPage]:
    """The public story of this slug, present or former, or id. Cost: a fixed number. Raises: Gone, NotFound."""
    article = await articles.get(read, EVERYONE, slug)
    beside = await articles.beside(read, EVERYONE, [article.document], LINKED)
    return article, StoryPage.of("article", article.document, beside, site)

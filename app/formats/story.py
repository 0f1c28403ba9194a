"""A document to be rendered, with what stands beside it: the names, addresses and credits that formats show.

Knows the JSON of documents, and neither the database nor HTTP. What is not in `included` is not visible to the reader:
it is shown by the words of the document alone, and never linked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic_core import from_json

from app.formats.images import Resizer
from app.formats.uris import as_uri
from app.formats.wording import Word, words_of
from app.settings import Settings

Json = dict[str, Any]
StoryNoun = Literal["article", "note"]
# Groups of `included`, each with JSON documents by slug or id. A note at a pinned revision is `slug@revision`.
Beside = Mapping[str, Mapping[str, str]]
# Source: the scripts that Unicode writes from right to left, and languages usually written in one of them.
_RTL_SCRIPTS: Final = {"Adlm", "Arab", "Aran", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"}
_RTL_LANGUAGES: Final = frozenset("ar arc ary arz ckb dv fa he ks lrc mzn nqo pnb prs ps sd syr ug ur yi".split())


class Policies(NamedTuple):
    """Addresses of what the newsroom promises its readers; empty where it says nothing."""

    corrections: str = ""
    unnamed_sources: str = ""
    ai: str = ""


NO_POLICIES: Final = Policies()
NO_RESIZER: Final = Resizer()


@dataclass(frozen=True, slots=True)
class Site:
    """Where stories are found, who publishes them, and under which terms.

    `url` is the origin of this server. `article_url` is a template with {slug}, {id}, {language} and {section}; without
    one, articles are on the reader's pages of this server, and where there are none (`has_pages`) in its API.
    `license_url` is that of the stories' licence, or empty. `resizer` has other sizes of their pictures.
    """

    name: str
    url: str
    article_url: str
    zone: ZoneInfo
    license_url: str = ""
    policies: Policies = NO_POLICIES
    has_pages: bool = False
    resizer: Resizer = NO_RESIZER

    @classmethod
    def of(cls, settings: Settings) -> Self:
        policies = Policies(
            settings.site_corrections_policy_url, settings.site_sources_policy_url, settings.site_ai_policy_url
        )
        return cls(
            name=settings.site_name,
            url=settings.origin,
            article_url=settings.site_article_url,
            zone=settings.zone,
            license_url=settings.site_license_url,
            policies=policies,
            has_pages=settings.site_pages,
            resizer=Resizer(settings.image_url_template, settings.origin),
        )

    def article_address(self, article: Mapping[str, Any]) -> str:
        """Where an article is read. `{section}` is `-` for one that is in none."""
        if not self.article_url:
            return f"{self.url}/{'stories' if self.has_pages else 'v1/articles'}/{article['slug']}"
        names = {name: article[name] for name in ("slug", "id", "language")}
        return self.article_url.format(**names, section=article["section"] or "-")

    def page_address(self, article: Mapping[str, Any]) -> str:
        """Where an article is a page: on the newsroom's site, on the reader's pages, else its HTML in this API."""
        address = self.article_address(article)
        return address if self.article_url or self.has_pages else f"{address}/html"

    def note_address(self, slug: str) -> str:
        """Where a note is read."""
        return f"{self.url}/{'notes' if self.has_pages else 'v1/notes'}/{slug}"

    def address(self, noun: str, ref: str) -> str:
        """Where this API has an object."""
        return f"{self.url}/v1/{noun}s/{ref}"

    def absolute(self, url: str) -> str:
        """The same address from everywhere: a path is one of this server."""
        return self.url + url if url.startswith("/") else url

    def uri(self, url: str) -> str:
        """The absolute address as a URI."""
        return as_uri(self.absolute(url))

    def page(self, noun: str, ref: str) -> str | None:
        """The page about a note or a source that a story links to: only the reader's own pages have such links."""
        return None

    def day(self, on: str, language: str) -> str:
        """A year, month or day (`2022`, `2022-05`, `2022-05-16`) as readers of the language see it."""
        return on

    def local_time(self, instant: str) -> str:
        """An instant in the site's zone, to the minute: `2025-01-22 14:35+02:00`."""
        local = datetime.fromisoformat(instant).astimezone(self.zone)
        return local.isoformat(" ", "minutes")


class Link(NamedTuple):
    """A link to another story. `url` is None where the reader may not see it, or nobody said where it is."""

    text: str
    url: str | None
    relation: Word


class Credit(NamedTuple):
    """A source that the whole story rests on: its name, what it did, where, its exact words, and its slug."""

    name: str
    role: Word
    url: str | None
    text: str | None
    source: str


@dataclass(frozen=True)
class Story:
    """An article or a note, and what the reader sees beside it."""

    noun: StoryNoun
    document: Json
    included: Mapping[str, Mapping[str, Json]]
    site: Site

    @property
    def language(self) -> str:
        language: str = self.document["language"]
        return language

    @property
    def title(self) -> str:
        """The headline or heading; empty where a draft has none, or the text was erased."""
        title: str = self.document["headline" if self.noun == "article" else "heading"]
        return title

    @cached_property
    def words(self) -> dict[Word, str]:
        return words_of(self.language)

    @property
    def address(self) -> str:
        """Where readers find it."""
        if self.noun == "article":
            return self.site.article_address(self.document)
        return self.site.note_address(self.document["slug"])

    @property
    def warnings(self) -> list[str]:
        """What readers are to know before they read, in the language of the story."""
        flags: list[Word] = self.document.get("flags", [])
        if self.document.get("genre") == "sponsored" and "sponsored" not in flags:
            flags = [*flags, "sponsored"]
        return [self.words[flag] for flag in flags]

    @property
    def dates(self) -> list[tuple[Word, str]]:
        """(word, instant) of its publication and of its last substantial change, where these are."""
        published = self.document["first_published_at"] or self.document["published_at"]
        updated = self.document["updated_at"]
        dates: list[tuple[Word, str]] = [] if published is None else [("published", published)]
        return dates if updated is None or updated == published else [*dates, ("updated", updated)]

    @property
    def author_names(self) -> tuple[str, ...]:
        """Who wrote it: the sources with the role of author; else the byline; else nobody."""
        authors = (given["source"] for given in self.document["attributions"] if given["role"] == "author")
        names = tuple(dict.fromkeys(name for source in authors if (name := self.name(source))))
        byline = self.document.get("byline")
        return names or ((byline,) if byline else ())

    def name(self, source: str | None) -> str | None:
        """The name of a source in the language of the story; None where the reader does not see the source."""
        shown = self.included.get("sources", {}).get(source or "")
        return None if shown is None else in_language(shown["names"], self.language)

    @cached_property
    def tags(self) -> list[Json]:
        """The tags that the reader sees, the section first. Each has its `label` in the language of the story."""
        slugs = [self.document.get("section"), *self.document["tags"]]
        tags = (self.included.get("tags", {}).get(slug or "") for slug in slugs)
        return [{**tag, "label": in_language(tag["labels"], self.language)} for tag in tags if tag is not None]

    def speaker(self, quote: Json) -> str | None:
        """Who is quoted: as written at this place, else the name of the source."""
        return quote["attribution"] or self.name(quote["source"])

    @property
    def images(self) -> list[tuple[str | None, Json]]:
        """(id of the block, image) of its pictures and videos; the lead has no block. The credit of one that is not
        here is one too."""
        lead = self.document.get("image")
        blocks = [block for block in self.document["body"] if block["type"] == "image"]
        return [*([(None, lead)] if lead is not None else []), *((block["id"], block) for block in blocks)]

    def credit(self, image: Json) -> str | None:
        """The credit line, and of photographer, source and copyright what it does not say already."""
        credit: str = image["credit_line"] or ""
        for part in (image["photographer"], self.name(image["source"]), image["copyright_notice"]):
            if part and part not in credit:
                credit = f"{credit}, {part}" if credit else part
        return credit or None

    def disclosure(self, ai: Json | None) -> str | None:
        """What readers are told of the part that AI had: `Generated by AI. Reviewed by a person. No faces are real.`"""
        if ai is None:
            return None
        words: tuple[Word, ...] = () if ai["use"] == "none" else (ai["use"], *(("reviewed",) if ai["reviewed"] else ()))
        sentences = [f"{self.words[word]}." for word in words]
        return " ".join([*sentences, ai["note"] or ""]).strip() or None

    def link(self, relation: Json) -> Link | None:
        """A relation, or a block of related reading; None where there are no words for it."""
        article = self.included.get("articles", {}).get(relation["article"] or "")
        url = relation["url"] and self.site.absolute(relation["url"])
        if article is not None:
            url = self.site.article_address(article)
        text = relation["text"] or (article["headline"] if article is not None else "") or url
        return Link(text, url, relation["relation"]) if text else None

    @property
    def keys(self) -> list[str]:
        """Names (for purge keys) of all that it names, and its notes in turn, whether the reader sees it or not."""
        document = self.document
        related = [block for block in document["body"] if block["type"] == "related"] + document.get("relations", [])
        attributions = [*document["attributions"], *(given for fact in self.facts for given in fact["attributions"])]
        notes = [note for block in document["body"] if block["type"] == "reference_note" and (note := self.note(block))]
        with_versions = "translations" in self.included and "id" in document
        original = (document["translation_of"] or document["id"]) if with_versions else None
        return [
            *(f"tag:{slug}" for slug in [document.get("section"), *document["tags"]] if slug),
            *(f"source:{given['source']}" for given in attributions),
            *(f"note:{slug}" for slug in document.get("notes", ())),
            *(f"article:{relation['article']}" for relation in related if relation["article"]),
            *([f"article:{original}", f"articles:translation:{original}"] if original else []),
            *(key for note in notes for key in note.keys if not key.startswith("tag:")),  # a box shows no tags
        ]

    @property
    def facts(self) -> list[Json]:
        """The dated facts of a note."""
        facts: list[Json] = self.document.get("facts", [])
        return facts

    @cached_property
    def links(self) -> list[Link]:
        """The relations of the whole story."""
        return [link for relation in self.document.get("relations", ()) if (link := self.link(relation))]

    @cached_property
    def credits(self) -> list[Credit]:
        """Who the story rests on, each once; speakers and pictures have their names where they stand, and authors in
        the byline."""
        byline = self.document.get("byline") or ""
        credits = (
            Credit(
                name, given["role"], given["url"] and self.site.absolute(given["url"]), given["text"], given["source"]
            )
            for given in self.document["attributions"]
            if given["url"] is not None
            or (given["source"], given["role"], given["text"], given["block"]) not in self._credits_in_place
            if (name := self.name(given["source"])) and not (given["role"] == "author" and name in byline)
        )
        return [*dict.fromkeys(credits)]

    @cached_property
    def _credits_in_place(self) -> set[tuple[str, str, str | None, str | None]]:
        """(source, role, words, block) of the attributions that follow from a quote or a picture."""
        document = self.document
        quotes = [block for block in document["body"] if block["type"] == "quote"]
        return {(quote["source"], "said_by", quote["attribution"], quote["id"]) for quote in quotes} | {
            (image["source"], "published_by", None, block) for block, image in self.images
        }

    def note(self, block: Json) -> "Story | None":
        """The note that a block shows; None where the reader does not see it, or its text was erased."""
        pinned = block["revision"]
        ref = block["note"] if pinned is None else f"{block['note']}@{pinned}"
        note = self.included.get("notes", {}).get(ref)
        return Story("note", note, self.included, self.site) if note is not None and note["heading"] else None


def stories(noun: StoryNoun, documents: Sequence[str], beside: Beside, site: Site) -> Iterator[Story]:
    """Documents of one noun with what stands beside them all, which is parsed once."""
    included = {group: {ref: from_json(text) for ref, text in texts.items()} for group, texts in beside.items()}
    for document in documents:
        yield Story(noun, from_json(document), included, site)


def in_language(texts: Mapping[str, str], language: str) -> str:
    """The text in the language, or without its region, or in English, or the first there is."""
    for key in (language, language.partition("-")[0], "en"):
        if key in texts:
            return texts[key]
    return next(iter(texts.values()))


def direction(language: str) -> Literal["ltr", "rtl"]:
    """The direction of writing, by the script of a language tag or the usual one of its language."""
    primary, *subtags = language.split("-")
    script = next((subtag for subtag in subtags if len(subtag) == 4 and subtag.isalpha()), None)
    is_rtl = script in _RTL_SCRIPTS if script else primary in _RTL_LANGUAGES
    return "rtl" if is_rtl else "ltr"


def lines(text: str) -> list[str]:
    """The lines of a text that hold anything, without blanks around them."""
    if "\n" not in text and "\r" not in text:
        return [text.strip(" \t")] if text.strip() else []
    return [line.strip(" \t") for line in re.split(r"[\r\n]+", text) if line.strip()]


def period(fact: Json) -> str:
    """When a fact holds: `2022-05`, `2022-05 – 2023`, or nothing."""
    return " – ".join(filter(None, (fact["on"], fact["to"])))

"""From a page taken apart to documents: tags, sources, notes, the article and the stubs of other stories."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.content import html, languages
from app.content.blocks import HTML_LENGTH
from app.importers.page import attributions, cases, dates, names, notes, nouns, quotes
from app.importers.page.language import detect, same_letters
from app.importers.page.names import Party
from app.importers.page.sidebar import Teaser
from app.importers.page.sources import Source, Sources
from app.importers.page.text import digest, fold, low
from app.importers.page.walk import Layout, Piece
from app.importers.page.words import words
from app.web.fields import ORIGIN_ID_LENGTH, SYSTEM_LENGTH, format_instant

Document = dict[str, Any]
_TALK: Final = re.compile(r"(?:[—–]\s|(?:Q|A|Question|Answer|Питання|Запитання|Відповідь)\s?[:.]\s)")


@dataclass(frozen=True)
class Given:
    """What the caller says of the page because its text does not."""

    zone: ZoneInfo
    imported_at: datetime
    url: str | None = None
    published: datetime | None = None
    language: str | None = None
    section: str | None = None


@dataclass
class Facts:
    """What the lines beside the story give."""

    byline: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    section: str | None = None
    tags: list[str] = field(default_factory=list)


@dataclass
class _Page:
    """The documents while they grow."""

    given: Given
    facts: Facts
    language: str
    sources: Sources
    body: list[Document] = field(default_factory=list)
    attributions: list[Document] = field(default_factory=list)
    relations: list[Document] = field(default_factory=list)
    notes: list[Document] = field(default_factory=list)
    corrections: list[Document] = field(default_factory=list)
    editors_notes: list[str] = field(default_factory=list)
    years: set[int] = field(default_factory=set)
    guest: Source | None = None

    def block(self, kind: str, **fields: Any) -> str:
        name = f"b{len(self.body) + 1}"
        self.body.append({"id": name, "type": kind, **fields})
        return name

    @property
    def day(self) -> date | None:
        moment = self.facts.published or self.given.published
        return moment.astimezone(self.given.zone).date() if moment else None


def build(layout: Layout, given: Given) -> list[Document]:
    """Import lines in the order in which they depend on each other."""
    story = [piece.text for piece in layout.pieces if piece.kind in ("paragraph", "quote", "heading", "list")]
    shown = [piece.text for piece in layout.pieces if piece.kind == "image"]
    text = " ".join([layout.headline, layout.standfirst.text if layout.standfirst else "", *story])
    language = given.language or detect(text)
    page = _Page(given, _facts(layout, given), language, Sources(layout.headline, " ".join([text, *shown])))
    if any(piece.kind == "reference_note" for piece in layout.pieces):
        page.years = notes.years_of([piece.text for piece in layout.pieces if piece.kind in ("paragraph", "quote")])
    page.sources.mention(names.mentions(layout.headline))
    if layout.standfirst:
        page.sources.mention(names.mentions(layout.standfirst.text))
        _attribute(page, layout.standfirst.text, None)
    if any("answers" in piece.data for piece in layout.pieces) and (guest := _guest(layout, page.facts.byline)):
        page.guest = page.sources.add(guest)
    if len(layout.headline) > 500:
        _text(page, layout.headline)  # a headline holds no more; the whole line must not be lost
    before: Piece | None = None
    for piece in layout.pieces:
        _READERS[piece.kind](page, piece, before)
        before = piece
    for one in (*page.attributions, *page.body):
        if isinstance(source := one.get("source"), Source):
            one["source"] = page.sources.slug(source)  # only now are all its names known
    tags = _Tags(language)
    section = tags.add(given.section or page.facts.section, "section")
    own = [tags.add(tag, "topic") for tag in page.facts.tags]
    stubs = [_stub(teaser, page, tags) for teaser in layout.teasers]
    article = _article(layout, page, section, list(dict.fromkeys(slug for slug in own if slug and slug != section)))
    return [
        *tags.documents.values(),
        *page.sources.documents(language),
        *page.notes,
        article,
        *_distinct(stubs, article),
    ]


def _guest(layout: Layout, byline: str | None) -> Party | None:
    """Who answers in an interview: the first whom its introduction names by a name we know, or as the headline does."""
    introduction = [layout.standfirst.text] if layout.standfirst else []
    introduction += [piece.text for piece in layout.pieces[:3] if piece.kind == "paragraph"]
    headline = re.findall(r"\w+", layout.headline)
    for text in introduction:
        known = [one for one in names.mentions(text) if one.name not in (byline or "")]
        if known:
            return known[0]
        for first, last in re.findall(r"\b([^\W\d_a-zа-яіїєґ]\w+)\s([^\W\d_a-zа-яіїєґ][\w'’ʼ-]+)", text):
            if all(any(cases.same(low(one), low(word)) for word in headline) for one in (first, last)):
                return Party(f"{first} {last}", "person")
    return None


def _facts(layout: Layout, given: Given) -> Facts:
    facts = Facts()
    near = given.published.astimezone(given.zone).date() if given.published else None
    clock: time | None = None
    guessed = False  # whether the section is a few words that may be none
    for mark in layout.meta:
        data = mark.data
        if data.get("byline") and facts.byline is None:
            facts.byline = data["byline"]
        if data.get("tags"):
            facts.tags += [tag for tag in data["tags"] if tag not in facts.tags]
        section = data.get("section") or _last_step(data.get("steps"), layout.headline)
        if section and (facts.section is None or mark.kind in ("section", "breadcrumb") or guessed):
            facts.section, guessed = section, mark.confidence <= 0.6
        for stamp, kind in zip(data.get("stamps", []), data.get("kinds", []), strict=True):
            day = facts.published.astimezone(given.zone).date() if facts.published else near
            moment = stamp.moment(given.zone, day)
            if moment is None:
                clock = clock or (stamp.at if kind == "published" else None)  # «сьогодні, 18:06» above, the day below
                continue
            if kind == "updated":
                facts.updated = facts.updated or moment
            elif facts.published is None:
                facts.published = replace(stamp, at=stamp.at or clock).moment(given.zone, near)
    return facts


def _last_step(steps: list[str] | None, headline: str) -> str | None:
    for step in reversed(steps or []):
        if not fold(headline).startswith(fold(step).rstrip("….")) and len(step.split()) <= 5:
            return step
    return None


def _show(moment: datetime | None) -> str | None:
    return format_instant(moment.astimezone(UTC)) if moment else None


def _attribution(
    page: _Page, source: Source, role: str, channel: str | None, text: str | None, block: str | None
) -> Document:
    return {
        "source": source, "role": role, "channel": channel, "url": None,
        "text": text[:5_000] if text else None, "block": block, "seen_at": None,
    }  # fmt: skip


def _attribute(page: _Page, text: str, block: str | None) -> None:
    if _TALK.match(text):
        return  # what somebody says in a dialogue is no statement of the newsroom
    for found in attributions.find(text):
        source, role = page.sources.add(found.party, speaks=True), found.role
        if source is None and found.party.surname and (found.outlet or page.sources.names_a_body(found.party.name)):
            name = nouns.nominative(found.party.name)
            source, role = (
                page.sources.add(Party(name, "media" if nouns.is_media(name) else "organisation")),
                "reported_by",
            )
        elif source is not None and source.type == "person" and found.party.surname and found.outlet:
            role = "said_by"  # "according to Moy", who is a person named in full elsewhere
        if source is not None:
            page.attributions.append(_attribution(page, source, role, found.channel, found.words, block))


def _paragraph(page: _Page, piece: Piece, before: Piece | None) -> None:
    if "origin" not in piece.data:
        _text(page, piece.text)
        return
    block = page.block("paragraph", html=html.escape(piece.text))
    if source := page.sources.add(piece.data["origin"]):
        page.attributions.append(_attribution(page, source, "published_by", None, piece.text, block))


def _text(page: _Page, text: str) -> None:
    if not text.strip():
        return
    page.sources.mention(names.mentions(text))
    page.sources.begins(text)
    *before, last = _lengths(text)
    for part in before:
        page.block("paragraph", html=part)
    _attribute(page, text, page.block("paragraph", html=last))


def _lengths(text: str) -> list[str]:
    """The text as inline HTML, in parts that a block can hold; all but monstrous lines are one."""
    words_left, parts = text, []
    while len(html.escape(words_left)) > HTML_LENGTH:
        cut = words_left.rfind(" ", 0, HTML_LENGTH // 6) + 1 or HTML_LENGTH // 6
        parts.append(html.escape(words_left[:cut].strip()) or "…")
        words_left = words_left[cut:]
    return [*parts, html.escape(words_left)]


def _quote(page: _Page, piece: Piece, before: Piece | None) -> None:
    found: quotes.Quotation = piece.data["quotation"]
    if found.before:
        _text(page, found.before)
    source: Source | None = None
    clause = found.clause
    if clause is not None:
        source = page.sources.add(clause.party, speaks=True)
    elif piece.data.get("answers"):
        source = page.guest
    elif (
        before is not None
        and before.kind in ("quote", "paragraph")
        and (piece.data["led"] or before.kind == "quote" or _named_last(page))
    ):
        announced = quotes.announcer(before.text) if piece.data["led"] and not _named_last(page) else None
        source = page.sources.add(announced, speaks=True) if announced else page.sources.last()
        if source is not None:
            page.sources.spoken.append(source)
    words = _joined(found.parts)
    written = clause.speaker if clause else page.sources.written if source and piece.data["led"] else None
    block = page.block(
        "quote", html=html.escape(words), source=source,
        attribution=written[:5_000] if written else None, verbatim=True, language=_foreign(words, page.language),
    )  # fmt: skip
    if source is not None and piece.data.get("answers"):
        page.attributions.append(_attribution(page, source, "said_by", "interview", None, block))
    if source is not None and clause is not None:
        channel = clause.channel or next((one.channel for one in found.extra if one.channel), None)
        page.attributions.append(_attribution(page, source, "said_by", channel, clause.words, block))
    _text(page, found.after)


def _joined(parts: list[str]) -> str:
    """The parts of a quotation as one text; before one that begins a sentence, the one before it ends."""
    text = ""
    for part in map(str.strip, parts):
        if text and part[:1].isupper() and (text[-1] == "," or text[-1].isalnum()):
            text = f"{text.rstrip(',')}."
        text = f"{text} {part}".strip()
    return text.rstrip(",")


def _named_last(page: _Page) -> bool:
    """Whether the paragraph just before names a speaker."""
    return bool(page.attributions) and bool(page.body) and page.attributions[-1]["block"] == page.body[-1]["id"]


def _foreign(text: str, language: str) -> str | None:
    if len(text.split()) < 5 or same_letters(text, language):
        return None
    found = detect(text, language)
    return found if found != language and {found, language} <= {"uk", "en", "ru"} else None


def _heading(page: _Page, piece: Piece, before: Piece | None) -> None:
    page.block("heading", level=2, text=piece.text)


def _list(page: _Page, piece: Piece, before: Piece | None) -> None:
    items = piece.data["items"]
    for start in range(0, len(items), 500):
        some = items[start : start + 500]
        block = page.block("list", ordered=piece.data["ordered"], items=list(map(html.escape, some)))
        for item in some:
            _attribute(page, item, block)


def _table(page: _Page, piece: Piece, before: Piece | None) -> None:
    page.block("table", header=piece.data["header"], rows=piece.data["rows"])


def _image(page: _Page, piece: Piece, before: Piece | None) -> None:
    credit = piece.data["credit"]
    people = [one for one in credit.photographers if not page.sources.organises(one)]
    bodies = [replace(one, type="organisation") for one in credit.photographers if one not in people]
    given = credit.source or (bodies[0] if bodies else None)
    if (
        bodies
        and not people
        and credit.source
        and (person := names.read(credit.source.name))
        and person.type == "person"
    ):
        people, given = [person], bodies[0]  # "Long Cape Trust/Ann Lee"
    source = page.sources.add(given) if given else None
    photographers = [page.sources.add(one) for one in people]
    block = page.block(
        "image", url=None, media=credit.media, alt_text=None, caption=credit.caption, credit_line=credit.credit_line,
        photographer=", ".join(one.name for one in photographers if one) or None,
        source=source, copyright_notice=None, width=None, height=None, focal_point=None,
    )  # fmt: skip
    if source is not None:
        page.attributions.append(_attribution(page, source, "published_by", None, None, block))
    for photographer in photographers:
        if photographer is not None:
            page.attributions.append(_attribution(page, photographer, "photographer", None, None, block))


def _related(page: _Page, piece: Piece, before: Piece | None) -> None:
    for text in [piece.text] if piece.data.get("words") else piece.data["headlines"]:
        relation = {"relation": piece.data["relation"], "article": None, "url": None, "text": text[:5_000]}
        page.block("related", **relation)
        if relation not in page.relations:
            page.relations.append(relation)


def _update(page: _Page, piece: Piece, before: Piece | None) -> None:
    """A correction becomes a record where its time is written, else an editors' note; an update stays a paragraph."""
    kind, line = piece.data["update"], piece.lines[0]
    clarifies = any(stem in line.low for stem in words().any("updates", "clarifying"))
    stamps = dates.stamps(line.low[:120])
    moment = stamps[0].moment(page.given.zone, page.day) if stamps and (stamps[0].day or stamps[0].at) else None
    if kind == "update" and not clarifies:
        page.block("paragraph", html=html.escape(piece.text))
    elif (kind == "note" and not clarifies) or moment is None:
        page.editors_notes.append(piece.text)
    else:
        record = "correction" if kind == "correction" else "clarification"
        page.corrections.append({"kind": record, "text": piece.text[:5_000], "at": _show(moment), "revision": 1})


def _note(page: _Page, piece: Piece, before: Piece | None) -> None:
    heading, blocks, facts = notes.read(piece.lines, piece.data["mark"], page.day, page.years)
    text = " ".join(one for _, texts in blocks for one in texts)
    slug = note_slug(text)
    page.block("reference_note", note=slug, revision=None)
    body: list[Document] = []
    for kind, texts in blocks:
        name = f"b{len(body) + 1}"
        if kind == "paragraph":
            for part in _lengths(texts[0]):
                body.append({"id": f"b{len(body) + 1}", "type": "paragraph", "html": part})
        else:
            body.append(
                {"id": name, "type": "list", "ordered": kind == "ordered", "items": [html.escape(one) for one in texts]}
            )
    if all(note["slug"] != slug for note in page.notes):
        page.notes.append({
            "noun": "note", "slug": slug, "language": detect(text, page.language), "heading": heading[:500],
            "body": body,
            "facts": [{**fact, "text": fact["text"][:5_000]} for fact in facts[:500]],
            "as_of": page.day.isoformat() if page.day else None, "tags": [], "attributions": [], "translation_of": None,
        })  # fmt: skip


def note_slug(text: str) -> str:
    """The same for texts that are equal after folding: their first words and a short digest."""
    head = languages.slug(" ".join(fold(text).replace("'", "").split()[:8]), fallback="note")[:80].strip("-")
    return f"{head or 'note'}-{digest(text)}"


_READERS = {
    "paragraph": _paragraph, "quote": _quote, "heading": _heading, "list": _list, "table": _table, "image": _image,
    "related": _related, "update": _update, "reference_note": _note,
}  # fmt: skip


class _Tags:
    """The tags of a page, each once."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.documents: dict[str, Document] = {}

    def add(self, label: str | None, kind: str, language: str | None = None) -> str | None:
        """The slug of the tag; None for a label without letters."""
        label = (label or "").strip(" #,.;:")[:500]
        if not label:
            return None
        slug = languages.slug(label.replace("_", " "), fallback=f"tag-{digest(label)}")
        known = self.documents.get(slug)
        if kind == "topic" and (low(label) in words().any("head", "sections") or (known and known["type"] != kind)):
            slug = f"{slug[:110].rstrip('-')}-topic"  # the plain slug is the section's
        elif known and known["type"] != kind:
            slug = f"{slug[:110].rstrip('-')}-section"
        self.documents.setdefault(
            slug, {"noun": "tag", "slug": slug, "type": kind, "labels": {language or self.language: label}}
        )
        return slug


def _article(layout: Layout, page: _Page, section: str | None, tags: list[str]) -> Document:
    published = page.given.published or page.facts.published
    updated = page.facts.updated
    return {
        "noun": "article",
        "slug": languages.slug(layout.headline, fallback=f"article-{digest(layout.headline)}"),
        "language": page.language,
        "headline": layout.headline[:500],
        "kicker": layout.kicker,
        "standfirst": layout.standfirst.text[:5_000] if layout.standfirst else None,
        "byline": page.facts.byline,
        "body": page.body,
        "section": section,
        "tags": tags[:100],
        "attributions": page.attributions[:1_000],
        "image": None,
        "relations": page.relations[:200],
        "translation_of": None,
        "editors_note": "\n".join(page.editors_notes)[:5_000] or None,
        "published_at": _show(published),
        "updated_at": _show(updated),
        "corrections": page.corrections,
        "origin": {
            **_key_of(page.given.url),
            "url": page.given.url,
            "imported_at": _show(page.given.imported_at),
            "importer": "page",
        },
    }


def _key_of(url: str | None) -> dict[str, str]:
    """Host and path of the address, by which the page is known again; empty where it is too long, or has no host."""
    _, _, address = (url or "").partition("://")
    host, slash, path = address.partition("/")
    id = slash + path.partition("#")[0]
    is_key = host and ":" not in host and len(host) <= SYSTEM_LENGTH and 0 < len(id) <= ORIGIN_ID_LENGTH
    return {"system": host.lower().removeprefix("www."), "id": id} if is_key else {}


def _stub(teaser: Teaser, page: _Page, tags: _Tags) -> Document:
    """A draft with what a teaser tells of another story."""
    headline = (teaser.headline or "")[:500]
    language = detect(f"{headline} {teaser.excerpt or ''}", page.language)
    moment = teaser.stamp.moment(page.given.zone, page.day) if teaser.stamp else None
    return {
        "noun": "article",
        "slug": languages.slug(headline, fallback=f"article-{digest(headline)}"),
        "language": language,
        "headline": headline,
        "standfirst": teaser.excerpt[:5_000] if teaser.excerpt else None,
        "body": [],
        "section": tags.add(
            teaser.section,
            "section",
            language
            if teaser.section and detect(teaser.section) == language
            else detect(teaser.section or "", language),
        )
        if teaser.section
        else None,
        "published_at": _show(moment),
        "status": "draft",
        "origin": {"url": None, "imported_at": _show(page.given.imported_at), "importer": "page"},
    }


def _distinct(stubs: list[Document], article: Document) -> list[Document]:
    """Each other story once, and never the page's own."""
    kept = {stub["slug"]: stub for stub in reversed(stubs) if stub["slug"] != article["slug"]}
    return list(reversed(kept.values()))

"""Finds the place of a page's documents among what is there: what is known, what is new, what is the next revision."""

from collections.abc import Sequence
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.articles import references as articles
from app.articles.origins import origin_key
from app.changes.log import Transaction
from app.changes.models import Noun
from app.changes.stored import stored
from app.content.languages import numbered
from app.db import new_id
from app.errors import Fault, Invalid
from app.notes import references as notes
from app.tags import store as tags
from app.web.fields import format_instant

# So many stories with the same headline may stand beside each other.
SAME_SLUG: Final = 100
# From this likeness on a note is taken for another state of an existing one.
ALIKE: Final = 0.8
# Length of the digest at the end of a note's slug.
DIGEST: Final = 8
Document = dict[str, Any]


async def place(
    transaction: Transaction, documents: Sequence[Document], *, draft: bool, now: datetime, revise_notes: bool
) -> list[Document]:
    """Those documents that are to be written, with the id, slug, status and dates under which they are to be stored."""
    documents = await _with_fitting_tags(transaction, documents)
    revised = await _slugs_of_revised_notes(transaction, documents) if revise_notes else {}
    placed: list[Document] = []
    for noun in ("tag", "source", "note"):
        of_noun = [
            document | {"slug": revised.get(document["slug"], document["slug"])}
            for document in documents
            if document["noun"] == noun
        ]
        placed += await _new_or_revised(transaction, noun, of_noun, {*revised.values()}, draft=draft, now=now)
    for document in documents:
        if document["noun"] == "article":
            article = await _placed_article(transaction, _with_notes(document, revised), draft=draft, now=now)
            placed += [article] if article is not None else []
    return placed


async def _with_fitting_tags(transaction: Transaction, documents: Sequence[Document]) -> list[Document]:
    """The documents; where a section has the slug of an existing tag that is no section, or the other way round, with
    another slug for it."""
    types = {document["slug"]: document["type"] for document in documents if document["noun"] == "tag"}
    existing = await tags.lineages(transaction, types)
    renamed = {
        slug: f"{slug}-{type}"
        for slug, type in types.items()
        if slug in existing and (existing[slug].type == "section") != (type == "section")
    }

    def fitting(document: Document) -> Document:
        if document["noun"] == "tag":
            return document | {"slug": renamed.get(document["slug"], document["slug"])}
        if document["noun"] != "article":
            return document
        section = document.get("section")
        slugs = [slug if types.get(slug) == "section" else renamed.get(slug, slug) for slug in document.get("tags", [])]
        return document | {"section": renamed.get(section, section), "tags": slugs}

    return [fitting(document) for document in documents]


async def _slugs_of_revised_notes(transaction: Transaction, documents: Sequence[Document]) -> dict[str, str]:
    """Slugs of the page's notes that are another state of an existing note, with the slug of that.

    A note's slug is its first words and a digest of its text: notes that begin alike stand side by side.
    """
    notes_of_page = [document for document in documents if document["noun"] == "note"]
    existing = await stored(transaction.connection, "note", [note["slug"] for note in notes_of_page])
    revised = {}
    for note in notes_of_page:
        if note["slug"] in existing:
            continue
        candidates = await notes.slugs_beginning_with(transaction, note["slug"][:-DIGEST])
        text = _text(note["body"])
        likeness = {
            slug: SequenceMatcher(None, text, _text(other.newest.fields()["body"]), autojunk=False).ratio()
            for slug, other in (await stored(transaction.connection, "note", candidates)).items()
        }
        best = max(likeness, key=lambda slug: likeness[slug], default=None)
        if best is not None and likeness[best] >= ALIKE:
            revised[note["slug"]] = best
    return revised


def _text(body: Sequence[Document]) -> str:
    return "\n".join(block.get("html") or "\n".join(block.get("items", ())) for block in body)


def _with_notes(article: Document, revised: dict[str, str]) -> Document:
    """The article, with the slugs under which its notes are stored."""
    body = [
        block | {"note": revised.get(block["note"], block["note"])} if block["type"] == "reference_note" else block
        for block in article["body"]
    ]
    return article | {"body": body}


async def _new_or_revised(
    transaction: Transaction, noun: Noun, documents: list[Document], revised: set[str], *, draft: bool, now: datetime
) -> list[Document]:
    """Those that do not exist, notes to be revised, and notes that are drafts so far."""
    existing = await stored(transaction.connection, noun, [document["slug"] for document in documents])
    if noun != "note":
        return [document for document in documents if document["slug"] not in existing]
    state = {"status": "draft"} if draft else {"status": "published", "published_at": format_instant(now)}
    placed = []
    for document in documents:
        before = existing.get(document["slug"])
        if before is None or not before.is_public:
            placed.append(document | state)
        elif document["slug"] in revised:
            fields = before.newest.fields()
            dates = ("first_published_at", "published_at", "created_at")
            placed.append(document | {"status": "published", **{name: fields[name] for name in dates}})
    return placed


async def _placed_article(
    transaction: Transaction, document: Document, *, draft: bool, now: datetime
) -> Document | None:
    """The document with the id, slug and dates under which it is to be stored; None for a stub of what exists."""
    is_stub = document.get("status") == "draft"
    origin = document["origin"]
    if (key := origin_key(origin.get("system"), origin.get("id"))) is not None:
        for holder in (await articles.origin_holders(transaction, [key])).values():
            before = (await stored(transaction.connection, "article", [holder]))[holder].newest.fields()
            return _next_state(before, document, draft=draft, now=now)
    for number in range(1, SAME_SLUG):
        slug = document["slug"] if number == 1 else numbered(document["slug"], number)
        owner = (await articles.slug_owners(transaction, [slug])).get(slug)
        if owner is None:
            is_draft = draft or is_stub
            published_at = document.get("published_at") or (None if is_draft else format_instant(now))
            dated = {"status": "draft" if is_draft else "published", "published_at": published_at}
            return document | dated | {"id": str(new_id()), "slug": slug}
        before = (await stored(transaction.connection, "article", [owner]))[owner].newest.fields()
        if is_stub and _same_headline(before, document):
            return None
        if not is_stub and _same_story(before, document, transaction.zone):
            return _next_state(before, document, draft=draft, now=now)
    raise Invalid("Too many stories have this headline.", Fault("is taken too often", pointer="/article/slug"))


def _next_state(before: Document, document: Document, *, draft: bool, now: datetime) -> Document:
    """The document as the next state of the article that exists."""
    is_published = before["status"] == "published" or not draft
    published_at = document.get("published_at") or before["published_at"]
    if published_at is None and is_published:
        published_at = format_instant(now)
    return document | {
        "id": before["id"],
        "slug": before["slug"],
        "status": "published" if is_published else "draft",
        "published_at": published_at,
        "first_published_at": _earlier(before["first_published_at"], published_at),
        "created_at": _earlier(before["created_at"], published_at),
        "origin": document["origin"] | {"imported_at": before["origin"]["imported_at"]},
    }


def _same_story(before: Document, document: Document, zone: ZoneInfo) -> bool:
    """Whether what is stored came from a page of the same story: same headline, and no other address or day.

    One address is one story. Where the day of either is not known, they are the same if they have some text in common.
    """
    origin, now = before["origin"], document["origin"]
    if origin is None or origin["importer"] != now["importer"] or not _same_headline(before, document):
        return False
    if origin["url"] is not None and now.get("url") is not None:
        return bool(origin["url"] == now["url"])
    if before["first_published_at"] is None:
        return True
    # Where the page named no day, the day of the import was taken.
    has_day = before["published_at"] != origin["imported_at"]
    if document.get("published_at") is None or not has_day:
        return _have_text_in_common(before, document)
    instants = (datetime.fromisoformat(state["published_at"]) for state in (before, document))
    return len({at.astimezone(zone).date() for at in instants}) == 1


def _same_headline(before: Document, document: Document) -> bool:
    return all(before[name] == document[name] for name in ("headline", "language"))


def _earlier(stored_at: str | None, published_at: str | None) -> str | None:
    """What is stored, or the day of publication, which may not have been known then."""
    return min(stored_at, published_at) if stored_at and published_at else stored_at


def _have_text_in_common(before: Document, document: Document) -> bool:
    old, new = ({_text([block]) for block in state["body"]} - {""} for state in (before, document))
    return bool(old & new) or not old

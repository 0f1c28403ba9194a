"""Finds the place of a page's documents among what is there: what is known, what is new, what is the next revision."""

from collections.abc import Sequence
from datetime import date, datetime
from difflib import SequenceMatcher
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic_core import from_json

from app.articles import saving as articles
from app.changes import store as log
from app.changes.models import Noun
from app.content.languages import numbered
from app.db import new_id
from app.errors import Fault, Invalid
from app.notes import store as notes
from app.tags import store as tags
from app.web.fields import show_instant

SAME_SLUG: Final = 100
ALIKE: Final = 0.8
DIGEST: Final = 8


async def place(
    done: log.Writing, documents: Sequence[dict[str, Any]], *, draft: bool, now: datetime, revise_notes: bool
) -> list[dict[str, Any]]:
    """Those documents that are to be written, with the id, slug, status and dates under which they are to be stored."""
    found = await _fitting(done, documents)
    revised: dict[str, str] = await _nearly_known(done, found) if revise_notes else {}
    placed = []
    for noun in ("tag", "source", "note"):
        some = [one | {"slug": revised.get(one["slug"], one["slug"])} for one in found if one["noun"] == noun]
        placed += await _new(done, noun, some, {*revised.values()} if noun == "note" else set(), draft=draft, now=now)
    for one in found:
        if one["noun"] == "article":
            story = await _placed(done, _noted(one, revised), draft=draft, now=now)
            placed += [] if story is None else [story]
    return placed


async def _fitting(done: log.Writing, documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents; a section that has the slug of a tag that is none gets another, and the other way round."""
    types = {one["slug"]: one["type"] for one in documents if one["noun"] == "tag"}
    known = await tags.lineages(done, types)
    other = {
        slug: f"{slug}-{kind}"
        for slug, kind in types.items()
        if slug in known and (known[slug].type == "section") != (kind == "section")
    }
    found = []
    for one in documents:
        if one["noun"] == "tag":
            found.append(one | {"slug": other.get(one["slug"], one["slug"])})
        elif one["noun"] == "article":
            section = one.get("section")
            given = [other.get(slug, slug) if types.get(slug) != "section" else slug for slug in one.get("tags", [])]
            found.append(one | {"section": other.get(section, section), "tags": given})
        else:
            found.append(one)
    return found


async def _nearly_known(done: log.Writing, documents: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Slugs of the page's notes that nearly are, but not quite, one that is there, with the slug of that one.

    A note's slug is its first words and a digest of its text: notes that begin alike stand side by side.
    """
    found = {}
    new = [one for one in documents if one["noun"] == "note"]
    known = await log.known(done, "note", [one["slug"] for one in new])
    for one in new:
        if one["slug"] not in known:
            beginning = one["slug"][:-DIGEST]
            others = await log.known(done, "note", await notes.beginning(done, beginning))
            text = _text(one["body"])
            likeness = {
                slug: SequenceMatcher(None, text, _text(from_json(other.document)["body"]), autojunk=False).ratio()
                for slug, other in others.items()
            }
            best = max(likeness, key=lambda slug: likeness[slug], default=None)
            if best is not None and likeness[best] >= ALIKE:
                found[one["slug"]] = best
    return found


def _text(body: Sequence[dict[str, Any]]) -> str:
    return "\n".join(block.get("html") or "\n".join(block.get("items", ())) for block in body)


def _noted(article: dict[str, Any], revised: dict[str, str]) -> dict[str, Any]:
    """The article, with the slugs under which its notes are stored."""
    body = [
        block | {"note": revised.get(block["note"], block["note"])} if block["type"] == "reference_note" else block
        for block in article["body"]
    ]
    return article | {"body": body}


async def _new(
    done: log.Writing,
    noun: Noun,
    documents: list[dict[str, Any]],
    revised: set[str],
    *,
    draft: bool,
    now: datetime,
) -> list[dict[str, Any]]:
    """Those that are not there yet, notes to be revised, and notes of drafts that a published story uses now."""
    known = await log.known(done, noun, [one["slug"] for one in documents])
    found = []
    for one in documents:
        before = known.get(one["slug"])
        if before is not None and noun == "note" and before.public:
            if one["slug"] in revised:
                kept = from_json(before.document)
                dates = ("first_published_at", "published_at", "created_at")
                found.append(one | {"status": "published", **{name: kept[name] for name in dates}})
        elif before is None or noun == "note":
            if noun == "note":
                one |= {"status": "draft"} if draft else {"status": "published", "published_at": show_instant(now)}
            found.append(one)
    return found


async def _placed(done: log.Writing, document: dict[str, Any], *, draft: bool, now: datetime) -> dict[str, Any] | None:
    """The document with the id, slug and dates under which it is to be stored; None for a stub of what is there."""
    stub = document.get("status") == "draft"
    base = document["slug"]
    for number in range(1, SAME_SLUG):
        slug = base if number == 1 else numbered(base, number)
        ref = (await articles.owners(done, [slug])).get(slug)
        if ref is None:
            status = "draft" if draft or stub else "published"
            return document | {
                "id": str(new_id()),
                "slug": slug,
                "status": status,
                "published_at": document.get("published_at") or (None if stub or draft else show_instant(now)),
            }
        before = from_json((await log.known(done, "article", [ref]))[ref].document)
        if stub and (before["headline"], before["language"]) == (document["headline"], document["language"]):
            return None
        if stub or not _same_story(before, document, done.zone):
            continue
        kept = "published" if before["status"] == "published" or not draft else "draft"
        published = (
            document.get("published_at")
            or before["published_at"]
            or (show_instant(now) if kept == "published" else None)
        )
        return document | {
            "id": ref,
            "slug": before["slug"],
            "status": kept,
            "published_at": published,
            "first_published_at": _earlier(before["first_published_at"], published),
            "created_at": _earlier(before["created_at"], published),
            "origin": document["origin"] | {"imported_at": before["origin"]["imported_at"]},
        }
    raise Invalid("Too many stories have this headline.", Fault("is taken too often", pointer="/article/slug"))


def _same_story(before: dict[str, Any], document: dict[str, Any], zone: ZoneInfo) -> bool:
    """Whether what is stored came from a page of the same story: same headline, and no other address or day.

    One address is one story. Where the day of either is not known, they are the same if they have some text in common.
    """
    origin, now = before["origin"], document["origin"]
    if (
        origin is None
        or origin["importer"] != now["importer"]
        or (before["headline"], before["language"]) != (document["headline"], document["language"])
    ):
        return False
    if origin["url"] is not None and now.get("url") is not None:
        return bool(origin["url"] == now["url"])
    if before["first_published_at"] is None:
        return True
    known = before["published_at"] != origin["imported_at"]  # else its page told none, and it is that of the import
    if document.get("published_at") is None or not known:
        return _common(before, document)
    return _day(document["published_at"], zone) == _day(before["published_at"], zone)


def _earlier(kept: str | None, published: str | None) -> str | None:
    """What is kept, or the day of publication that was not known when it was written."""
    return min(kept, published) if kept and published else kept


def _day(instant: str, zone: ZoneInfo) -> date:
    return datetime.fromisoformat(instant).astimezone(zone).date()


def _common(before: dict[str, Any], document: dict[str, Any]) -> bool:
    told, now = ({_text([block]) for block in one["body"]} - {""} for one in (before, document))
    return bool(told & now) or not told

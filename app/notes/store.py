"""Reads single reference notes, and what stands beside notes in an answer."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic_core import from_json

from app.changes import views
from app.changes.models import Noun
from app.changes.views import EVERYONE, NEWEST, Perspective, ShownState
from app.content.lifecycle import GONE
from app.db import Reader
from app.formats import rendered_fields
from app.formats.rendered_fields import RENDERED_FIELDS
from app.formats.story import Site
from app.notes.models import Note
from app.paging import Included
from app.publishing.store import shown_by_slug

NOTHING: Final[Mapping[str, Container[str]]] = {}


async def get(read: Reader, perspective: Perspective, slug: str) -> ShownState:
    """The state that the perspective shows. Cost: one statement, more where there is none. Raises: Gone, NotFound."""
    return await shown_by_slug(read, perspective, "note", Note.slug, slug)


async def previewed(read: Reader, slug: str) -> ShownState:
    """The newest state, for a preview. Raises: Gone, for a withdrawn note; NotFound."""
    state = await get(read, NEWEST, slug)
    if from_json(state.card)["status"] == "withdrawn":
        await get(read, EVERYONE, slug)
    return state


async def included(
    read: Reader, perspective: Perspective, documents: Sequence[str], include: Sequence[str]
) -> Included | None:
    """The tags and sources that these notes name; None where nothing is asked for. Cost: one statement."""
    if not include:
        return None
    nouns: dict[str, Noun] = {"tags": "tag", "sources": "source"}
    refs = named_by(documents, [noun for group, noun in nouns.items() if group in include])
    groups = {f"{noun}s": cards for noun, cards in (await views.cards(read, perspective, refs)).items()}
    return Included(groups, [f"{noun}:{ref}" for noun, of_noun in refs.items() for ref in of_noun])


async def named(
    read: Reader, perspective: Perspective, documents: Sequence[str], nouns: Sequence[Noun]
) -> dict[str, dict[str, str]]:
    """The objects of these nouns that notes name: tags, sources, and articles in their bodies.

    Cost: one statement, none where nothing is named.
    """
    refs = named_by(documents, nouns)
    return {f"{noun}s": cards for noun, cards in (await views.cards(read, perspective, refs)).items()}


def named_by(
    documents: Sequence[str], nouns: Sequence[Noun], known: Mapping[str, Container[str]] = NOTHING
) -> dict[Noun, list[str]]:
    """The distinct names of objects of these nouns in the notes, but for those of their noun in `known`."""
    notes = [from_json(document) for document in documents]
    refs: dict[Noun, list[str]] = {}
    for noun in nouns:
        names = dict.fromkeys(name for note in notes for name in _NAMES[noun](note))
        refs[noun] = [name for name in names if name is not None and name not in known.get(f"{noun}s", ())]
    return refs


def without_gone(groups: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """The groups without the articles and notes that were withdrawn or have expired, for previews."""
    gone_refs = {
        ref
        for group in ("articles", "notes")
        for ref, text in groups.get(group, {}).items()
        if from_json(text)["status"] in GONE
    }
    # A note at a pinned revision stands under `slug@revision`.
    return {
        group: {ref: text for ref, text in texts.items() if ref.partition("@")[0] not in gone_refs}
        for group, texts in groups.items()
    }


async def with_rendered_fields(
    read: Reader, perspective: Perspective, documents: Sequence[str], fields: Sequence[str], site: Site
) -> tuple[list[str], list[str]]:
    """(the documents with the RENDERED_FIELDS among `fields`, surrogate keys of what those show).

    Cost: one statement; none where the fields name none of them.
    """
    if RENDERED_FIELDS.keys().isdisjoint(fields):
        return [*documents], []
    shown = await named(read, perspective, documents, ("source", "article"))
    return await rendered_fields.with_rendered_fields("note", documents, shown, site, fields)


def _sources(note: dict[str, Any]) -> Iterable[str]:
    of_facts = (attribution for fact in note["facts"] for attribution in fact["attributions"])
    return (attribution["source"] for attribution in (*note["attributions"], *of_facts))


def _related(note: dict[str, Any]) -> Iterable[str | None]:
    return (block["article"] for block in note.get("body", ()) if block["type"] == "related")


_NAMES: Final[Mapping[Noun, Callable[[dict[str, Any]], Iterable[str | None]]]] = {
    "tag": lambda note: note["tags"], "source": _sources, "article": _related,
}  # fmt: skip

"""Reads single reference notes, and what stands beside notes in an answer."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import bindparam, select

from app.changes import views
from app.changes.models import Noun
from app.changes.views import EVERYONE, NEWEST, Perspective, ShownState
from app.db import Reader
from app.errors import NotFound
from app.notes.models import Note
from app.publishing.store import gone, withdrawal_columns

_WITHDRAWN: Final = select(*withdrawal_columns(Note)).where(Note.slug == bindparam("slug"), Note.status == "withdrawn")


async def get(read: Reader, perspective: Perspective, slug: str) -> ShownState:
    """The state that the perspective shows. Cost: one statement, more where there is none. Raises: Gone, NotFound."""
    state = await views.shown(read, perspective, "note", slug)
    if state is None:
        raise await gone(read, "note", _WITHDRAWN, {"slug": slug}) or NotFound(f"There is no note {slug!r}.")
    if perspective.as_of is not None:
        states = await views.as_of(read, "note", [slug], perspective.as_of)
        if slug not in states:
            raise NotFound(f"The note {slug!r} was not public then.")
        return states[slug]
    return state


async def previewed(read: Reader, slug: str) -> ShownState:
    """The newest state, for a preview. Raises: Gone, for a withdrawn note; NotFound."""
    state = await get(read, NEWEST, slug)
    if from_json(state.card)["status"] == "withdrawn":
        await get(read, EVERYONE, slug)
    return state


async def included(
    read: Reader, perspective: Perspective, documents: Sequence[str], include: Sequence[str]
) -> dict[str, dict[str, str]]:
    """The tags and sources that these notes name. Cost: one statement."""
    refs: dict[Noun, list[str]] = {}
    notes = [from_json(document) for document in documents]
    if "tags" in include:
        refs["tag"] = list(dict.fromkeys(slug for note in notes for slug in note["tags"]))
    if "sources" in include:
        refs["source"] = list(dict.fromkeys(slug for note in notes for slug in _sources(note)))
    return {f"{noun}s": cards for noun, cards in (await views.cards(read, perspective, refs)).items()}


def _sources(note: dict[str, Any]) -> Iterable[str]:
    of_facts = (attribution for fact in note["facts"] for attribution in fact["attributions"])
    return (attribution["source"] for attribution in (*note["attributions"], *of_facts))

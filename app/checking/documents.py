"""Walks through what the views show, and holds what stands beside each document against what follows from it."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import aliased

from app.changes.models import DESK, PUBLIC, Noun, Object, Revision, View, ViewEntry
from app.changes.views import shown_state
from app.checking import stored
from app.checking.findings import Deviation
from app.checking.states import DerivedState, ShownState, Undocumented, derived, fitting_view
from app.checking.stored import EntryKey
from app.checking.walks import Walk
from app.db import Reader, Row
from app.tags.models import Tag

# So many documents are in memory at once.
PAGE: Final = 200
_OnDesk: Final = aliased(ViewEntry)
_InPublic: Final = aliased(ViewEntry)
STATES: Final[Select[*Row]] = (
    select(
        ViewEntry.view, ViewEntry.object, ViewEntry.noun, Object.ref, ViewEntry.revision, ViewEntry.slug,
        ViewEntry.modified_at, ViewEntry.listed_at, ViewEntry.due_at, ViewEntry.expires_at, ViewEntry.story,
        ViewEntry.lists,
        Revision.card, Revision.body, Revision.private,
    )
    .outerjoin(Object, and_(Object.id == ViewEntry.object, Object.noun == ViewEntry.noun))
    .outerjoin(Revision, shown_state())
)  # fmt: skip
# The same, with whether the object has an entry of the desk, and since when and until when readers see the state.
_WALKED: Final = STATES.add_columns(_OnDesk.view, Revision.public_from, Revision.public_to).outerjoin(
    _OnDesk, and_(_OnDesk.object == ViewEntry.object, _OnDesk.view == DESK)
)
_STATES: Final = Walk(_WALKED, (ViewEntry.view, ViewEntry.object), PAGE)
# Each state that is public by its dates, with the one that readers see.
_PUBLISHED: Final = Walk(
    select(Revision.object, Revision.revision, Object.noun, Object.ref, _InPublic.revision)
    .join(Object, Object.id == Revision.object)
    .outerjoin(_InPublic, and_(_InPublic.object == Revision.object, _InPublic.view == PUBLIC))
    .where(Revision.public_from.is_not(None), Revision.public_to.is_(None)),
    (Revision.object, Revision.revision), 2_000,
)  # fmt: skip
_TAGS: Final = Walk(select(Tag.slug, Tag.parent), (Tag.slug,), 5_000)


async def tag_parents(read: Reader) -> dict[str, str | None]:
    """The parents of all tags. Memory: the tags."""
    return {slug: parent async for page in _TAGS.pages(read) for slug, parent in page}


async def document_deviations(read: Reader) -> AsyncIterator[Deviation]:
    """What is not as the document says: its view entry, its row, its slugs, what it names, its entries in lists.

    Cost: some ten statements for each 200 documents, and half a millisecond or more for each. Memory: a page.
    """
    parents = await tag_parents(read)
    async for rows in _STATES.pages(read):
        page = _Page([ShownState(*row[:-3]) for row in rows], [row[-3:] for row in rows])
        for deviation in await page.deviations(read, parents):
            yield deviation
    for noun in stored.TABLES:
        async for deviation in _unseen(read, noun):
            yield deviation
    async for rows in _PUBLISHED.pages(read):
        for _, revision, noun, ref, shown in rows:
            if shown != revision:
                detail = f"by its dates revision {revision} is public, and readers see {shown or 'nothing'}"
                yield Deviation("view", f"{noun} {ref}", detail, (noun, ref))


class _Page:
    """States that the views show. `beside`: for each, what the walk has selected besides."""

    def __init__(self, states: Sequence[ShownState], beside: Sequence[Row]) -> None:
        self._states = states
        self._beside = beside
        self._derived: list[tuple[ShownState, DerivedState]] = []

    async def deviations(self, read: Reader, parents: Mapping[str, str | None]) -> list[Deviation]:
        refs: defaultdict[Noun, set[str]] = defaultdict(set)
        for state in self._states:
            if state.ref is not None:
                refs[state.noun].add(state.ref)
        rows = {noun: await stored.noun_rows(read, noun, names) for noun, names in refs.items()}
        found = [*self._of_documents(parents, rows)]
        found += await self._of_slugs(read)
        found += await self._of_references(read)
        for view in (PUBLIC, DESK):
            found += await self._of_lists(read, view)
        return found

    def _of_documents(
        self, parents: Mapping[str, str | None], rows: Mapping[Noun, Mapping[str, dict[str, Any]]]
    ) -> Iterator[Deviation]:
        for state, (on_desk, public_from, public_to) in zip(self._states, self._beside, strict=True):
            if state.ref is None:
                yield Deviation("view", state.place, "no object has its id")
                continue
            row, own = rows[state.noun].get(state.ref), (state.noun, state.ref)
            if state.card is None:
                yield Deviation("view", state.place, f"its revision {state.revision} is not there", own)
                continue
            try:
                document = derived(state, parents, stored.withdrawal_of(row))
            except Undocumented as fault:
                yield Deviation("document", state.place, str(fault), own)
                continue
            self._derived.append((state, document))
            for difference in document.differences(state):
                yield Deviation("view", state.place, difference, own)
            if not fitting_view(state, document.card):
                yield Deviation("view", state.place, f"its status is {document.card['status']}", own)
            if state.view == PUBLIC and (public_from is None or public_to is not None):
                yield Deviation("view", state.place, f"by its dates revision {state.revision} is not public", own)
            if state.view == PUBLIC and on_desk is not None:
                continue  # the row is of the desk's state
            if row is None:
                yield Deviation("row", state.place, "has no row in the table of its noun", own)
            elif names := stored.differing_columns(row, document.card):
                yield Deviation("row", state.place, f"has another {', '.join(names)} than its document", own)

    async def _of_slugs(self, read: Reader) -> list[Deviation]:
        articles = [(state, document.slug) for state, document in self._derived if state.noun == "article"]
        owners = await stored.slug_owners(read, [slug for _, slug in articles])
        return [
            Deviation("slug", state.place, f"its slug {slug} leads to {owners.get(slug) or 'nothing'}", _own(state))
            for state, slug in articles
            if owners.get(slug) != state.ref
        ]

    async def _of_references(self, read: Reader) -> list[Deviation]:
        references: dict[tuple[Noun, str], ShownState] = {}
        for state, document in self._derived:
            for reference in document.references():
                references.setdefault(reference, state)
        found = []
        for noun in stored.TABLES:
            names = {ref for of_noun, ref in references if of_noun == noun}
            for ref in sorted(names - await stored.existing(read, noun, names)):
                state = references[noun, ref]
                found.append(Deviation("reference", state.place, f"names the {noun} {ref}, which is not there"))
        return found

    async def _of_lists(self, read: Reader, view: View) -> list[Deviation]:
        states = [(state, document) for state, document in self._derived if state.view == view]
        names = {name for _, document in states for place in document.placements for name in place.names}
        ids = await stored.list_ids(read, view, names)
        wanted = {
            EntryKey(ids.get(name, 0), place.published_at, state.object): (state, name, place)
            for state, document in states
            for place in document.placements
            for name in place.names
        }
        entries = await stored.list_entries(read, [key for key in wanted if key.list])
        found = []
        for key, (state, name, place) in wanted.items():
            if key not in entries:
                found.append(Deviation("list", state.place, f"is missing in {name}", _own(state)))
            elif entries[key] != (place.language, place.updated_at, place.revision):
                found.append(Deviation("list", state.place, f"its entry in {name} is of another state", _own(state)))
        return found


def _own(state: ShownState) -> tuple[Noun, str]:
    assert state.ref is not None
    return state.noun, state.ref


async def _unseen(read: Reader, noun: Noun) -> AsyncIterator[Deviation]:
    """Rows whose newest state no view shows."""
    key = stored.TABLES[noun]
    table = key.class_
    query = (
        select(key, table.revision, _OnDesk.revision, _InPublic.revision)
        .outerjoin(Object, and_(Object.noun == noun, Object.ref == key))
        .outerjoin(_OnDesk, and_(_OnDesk.object == Object.id, _OnDesk.view == DESK))
        .outerjoin(_InPublic, and_(_InPublic.object == Object.id, _InPublic.view == PUBLIC))
    )
    async for rows in Walk(query, (key,), 2_000).pages(read):
        for ref, revision, on_desk, in_public in rows:
            if (in_public if on_desk is None else on_desk) != revision:
                shown = "nothing" if on_desk is None and in_public is None else "another revision"
                detail = f"its newest state is revision {revision}, and the desk sees {shown}"
                yield Deviation("view", f"{noun} {ref}", detail, (noun, ref))

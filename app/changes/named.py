"""What tags and sources have in common: a slug for ever, a parent above, public once something public names them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy import ColumnElement, bindparam, insert, select, update

from app.changes import shown
from app.changes import store as log
from app.changes.models import DESK, PUBLIC, Noun, Shown
from app.changes.shown import Perspective
from app.db import SHAPES, Reader, among, fetch, room, spread
from app.errors import Fault, Invalid
from app.web.pages import Position, Slice, parts

DEPTH: Final = 20
DATES: Final = frozenset({"revision", "created_at", "modified_at"})


@lru_cache(SHAPES)
def _conditions(table: Any, sizes: tuple[tuple[str, int], ...]) -> tuple[ColumnElement[bool], ...]:
    return (Shown.ref.in_(select(table.slug).where(*(among(getattr(table, name), name, n) for name, n in sizes))),)


async def listed(
    read: Reader, seen: Perspective, noun: Noun, table: Any, wanted: Any, position: Position | None, *filters: str
) -> Slice:
    """Those whose columns have any of the values asked for; one page. Cost: one statement, one more with `count`."""
    values = {name: parts(getattr(wanted, name)) for name in filters if getattr(wanted, name) is not None}
    sizes = tuple((name, room(len(some))) for name, some in values.items())
    params = {key: value for name, n in sizes for key, value in spread(name, n, values[name]).items()}
    return await shown.listed(read, seen, noun, wanted, position, _conditions(table, sizes) if sizes else (), params)


@dataclass(frozen=True, slots=True)
class Lineage:
    """An object's type, and its ancestors from the nearest to the farthest."""

    type: str
    ancestors: tuple[str, ...]


async def lineages(done: log.Writing, table: Any, slugs: Iterable[str]) -> dict[str, Lineage]:
    """Lineage of those that exist; none of them changes or goes before this transaction ends.

    Cost: one statement for each level of the hierarchy, none for those that this transaction holds already.
    """
    asked = set(slugs)
    rows: dict[str, tuple[str, str | None]] = done.held.setdefault(table, {})
    missing = sorted(asked - rows.keys())
    while missing and len(missing) <= 30_000:
        count = room(len(missing))
        found = await fetch(done.connection, _held(table, count), spread("slug", count, missing))
        fresh = {slug: (type, parent) for slug, type, parent in found}
        rows.update(fresh)
        missing = sorted({parent for _, parent in fresh.values() if parent is not None} - rows.keys())
    return {slug: Lineage(rows[slug][0], tuple(_up(rows, slug))) for slug in asked if slug in rows}


@cache
def _held(table: Any, count: int) -> Any:
    query = select(table.slug, table.type, table.parent).where(among(table.slug, "slug", count))
    return query.with_for_update(read=True)


def _up(rows: dict[str, tuple[str, str | None]], slug: str) -> Iterable[str]:
    parent = rows[slug][1]
    while parent is not None:
        yield parent
        parent = rows[parent][1]


async def reveal(done: log.Writing, noun: Noun, table: Any, slugs: Iterable[str]) -> None:
    """Makes them public, with their ancestors."""
    found = await lineages(done, table, slugs)
    await log.reveal(done, noun, {*found, *(one for line in found.values() for one in line.ancestors)})


async def save(
    done: log.Writing,
    noun: Noun,
    table: Any,
    states: Sequence[Any],
    known: dict[str, log.Known],
    misplaced: Callable[[Any, str], str | None],
) -> list[str]:
    """Writes new states, each slug once; returns what became of each: created, updated or unchanged.

    A revision that is not beyond the known one is raised by one. `misplaced(state, type of its parent)` says what is
    wrong with the place, if anything. Cost: a few statements in all, whatever the number.
    Raises: Invalid, with pointers that begin with the place in `states`; then nothing is written.
    """
    batch = {state.slug: state for state in states}
    stored = await lineages(done, table, [state.parent for state in states if state.parent is not None])
    faults = []
    for place, state in enumerate(states):
        fault = _misplaced(noun, state, batch, stored, misplaced)
        if fault is not None:
            faults.append(Fault(fault, pointer=f"/{place}/parent"))
    if faults:
        raise Invalid(f"A {noun} stands in a wrong place.", *faults)
    last = await log.last_revisions(done, noun, [state.slug for state in states if state.slug not in known])
    outcomes, new, changed = [], [], []
    for state in states:
        before = known.get(state.slug)
        if before is None:
            outcomes.append("created")
            new.append(state)
            state.revision = max(state.revision, last.get(state.slug, 0) + 1)
        else:
            old = type(state).model_validate_json(before.document)
            if _content(state) == _content(old):
                outcomes.append("unchanged")
                continue
            outcomes.append("updated")
            log.follow(state, old, before, done.at)
            changed.append(state)
        document = to_json(state).decode()
        done.save(
            log.Saved(
                noun=noun,
                ref=state.slug,
                slug=state.slug,
                revision=state.revision,
                op="created" if before is None else "updated",
                document=document,
                card=document,
                modified_at=state.modified_at,
                keys=[f"{noun}s"],
                view=PUBLIC if before is not None and before.public else DESK,
                clears=before.views if before is not None else frozenset(),
            )
        )
    if new:
        await done.connection.execute(insert(table), [state.model_dump() for state in _parents_first(new)])
    if changed:
        fields = [name for name in type(changed[0]).model_fields if name != "slug"]
        await done.connection.execute(
            update(table).where(table.slug == bindparam("key")).values({name: bindparam(name) for name in fields}),
            [{"key": state.slug, **state.model_dump(include=set(fields))} for state in changed],
        )
    done.held.pop(table, None)
    seen = [one.slug for one in (*new, *changed) if one.parent and done.saved[noun, one.slug].view == PUBLIC]
    if seen:
        await reveal(done, noun, table, seen)
    return outcomes


def _content(state: BaseModel) -> dict[str, Any]:
    return state.model_dump(exclude=set(DATES))


def _misplaced(
    noun: str,
    state: Any,
    batch: dict[str, Any],
    stored: dict[str, Lineage],
    misplaced: Callable[[Any, str], str | None],
) -> str | None:
    """What is wrong with the parent, or None. Objects of the same batch count as they will be."""
    if state.parent is None:
        return None
    above = batch.get(state.parent)
    if above is None and state.parent not in stored:
        return f"there is no {noun} {state.parent!r}"
    fault = misplaced(state, above.type if above is not None else stored[state.parent].type)
    if fault is not None:
        return fault
    path: list[str] = [state.slug]
    step: str | None = state.parent
    while step is not None:
        if step in path:
            return f"leads back to the {noun} itself"
        path.append(step)
        if len(path) > DEPTH:
            return f"stands more than {DEPTH} levels deep"
        if step in batch:
            step = batch[step].parent
        else:
            line = stored.get(step)
            if line is None:
                line = next((one for one in stored.values() if step in one.ancestors), None)
                rest = line.ancestors[line.ancestors.index(step) + 1 :] if line else ()
            else:
                rest = line.ancestors
            step = rest[0] if rest else None
    return None


def _parents_first(states: Sequence[Any]) -> list[Any]:
    """Sorted so that each parent stands before its children."""
    waiting = {state.slug: state for state in states}
    ordered: list[Any] = []

    def place(state: Any) -> None:
        if waiting.pop(state.slug, None) is not None:
            if state.parent in waiting:
                place(waiting[state.parent])
            ordered.append(state)

    for state in states:
        place(state)
    return ordered

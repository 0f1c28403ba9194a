"""What tags and sources have in common: a slug for ever, a parent above, public once something public names them."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_json
from sqlalchemy import ColumnElement, bindparam, delete, insert, select, update

from app.changes import shown
from app.changes import store as log
from app.changes.models import DESK, PUBLIC, Listed, NoteListed, Noun, Shown
from app.changes.shown import Perspective
from app.changes.writes import Written
from app.db import SHAPES, Reader, among, fetch, room, spread
from app.errors import Conflict, Fault, Invalid, NotFound, Refusal
from app.web.fields import Slug
from app.web.pages import Position, Slice, parts

DEPTH: Final = 20
NAMED_USERS: Final = 5
# What a refusal says where something else stands in the way: it is a conflict, and nothing is wrong with what was sent.
IN_USE: Final = "in-use"
TAKEN: Final = "taken"
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


# --- the desk ----------------------------------------------------------------------------------------------------

_SLUG: Final = TypeAdapter(Slug)


def of_one(refusal: Invalid) -> Refusal:
    """The refusal of a batch as that of the one object in it: its pointers begin there, and what is in use, or taken,
    is a conflict."""
    faults = [Fault(one.detail, one.code, pointer=(one.pointer or "").removeprefix("/0")) for one in refusal.faults]
    kind = Conflict if all(one.code in {IN_USE, TAKEN} for one in faults) else Invalid
    return kind(f"{faults[0].pointer}: {faults[0].detail}", *faults)


def taken(noun: Noun, slug: str) -> Conflict:
    """The refusal of a new object whose slug another bears."""
    return Conflict(f"There is a {noun} {slug!r} already.", Fault("is taken", TAKEN, pointer="/slug"))


def keeps(slug: str, given: str | None) -> None:
    """Raises: Invalid, where what is sent to the address of one slug names another, or where that is no slug."""
    try:
        _SLUG.validate_python(slug)
    except ValidationError:
        detail = "is not a slug: lower-case Latin letters and digits, joined by single hyphens (river-flood)"
        raise Invalid("There can be nothing at this address.", Fault(detail, parameter="slug")) from None
    if given not in {None, slug}:
        raise Invalid("A slug never changes.", Fault("is not the slug of this address", pointer="/slug"))


async def find(done: log.Writing, noun: Noun, table: Any, slug: str) -> log.Known | None:
    """What is known of it, held until the end of this transaction; None where there is none. Cost: two statements."""
    if await done.connection.scalar(select(table.slug).where(table.slug == slug).with_for_update()) is None:
        return None
    return (await log.known(done, noun, [slug]))[slug]


async def hold(done: log.Writing, noun: Noun, table: Any, slug: str) -> log.Known:
    """As `find`. Raises: NotFound."""
    found = await find(done, noun, table, slug)
    if found is None:
        raise NotFound(f"There is no {noun} {slug!r}.")
    return found


Save = Callable[[log.Writing, Sequence[Any]], Awaitable[list[str]]]


async def write(
    done: log.Writing, noun: Noun, save: Save, state: type[BaseModel], content: dict[str, Any], before: log.Known | None
) -> Written:
    """Makes the content the next state of what is held, or a new object of it. Raises: Invalid; Conflict."""
    new: Any = state.model_construct({*content}, **content, revision=1, created_at=done.at, modified_at=done.at)
    try:
        (outcome,) = await save(done, [new])
    except Invalid as refusal:
        raise of_one(refusal) from None
    return written(done, noun, new.slug, before if outcome == "unchanged" else None)


def written(done: log.Writing, noun: Noun, slug: str, unchanged: log.Known | None) -> Written:
    """What a write left of an object: what it was before, where that is unchanged."""
    if unchanged is not None:
        return Written(noun, slug, unchanged.newest.revision, unchanged.document)
    saved = done.saved[noun, slug]
    return Written(noun, slug, saved.revision, saved.document)


async def remove(done: log.Writing, noun: Noun, table: Any, slug: str, before: log.Known) -> None:
    """Deletes what is held. Raises: Conflict, naming what refers to it in any view."""
    term = f"{noun}:{slug}"
    below = select(table.slug).where(table.parent == slug)
    articles = select(Listed.ref).where(Listed.view.in_((PUBLIC, DESK)), Listed.term == term, Listed.direct)
    notes = select(NoteListed.slug).where(NoteListed.view.in_((PUBLIC, DESK)), NoteListed.term == term)
    faults = [
        Fault(f"the {user} {name} {how}", IN_USE, pointer="")
        for user, how, query in ((noun, "stands under it", below), ("article", "names it", articles),
                                 ("note", "names it", notes))
        for name in dict.fromkeys(await done.connection.scalars(query.limit(NAMED_USERS)))
    ]  # fmt: skip
    if faults:
        raise Conflict(f"Something still refers to this {noun}.", *faults)
    log.deletion(done, noun, slug, before, [f"{noun}s"])
    await done.connection.execute(delete(table).where(table.slug == slug))

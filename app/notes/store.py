"""Every statement about reference notes."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import ColumnElement, bindparam, delete, insert, literal, select, update
from sqlalchemy.orm import aliased

from app.changes import shown
from app.changes import store as log
from app.changes.models import DESK, PUBLIC, Counter, NoteListed, Noun, Op, Shown
from app.changes.named import IN_USE, Lineage
from app.changes.shown import EVERYONE, NEWEST, Kind, Perspective, of_views
from app.db import SHAPES, Reader, among, room, spread
from app.errors import Fault, Gone, Invalid, NotFound
from app.notes.models import Note
from app.notes.schemas import NoteQuery, NoteState
from app.sources import store as sources
from app.tags import store as tags
from app.tags.models import Tag
from app.web.pages import Position, Slice, parts

PUBLISHED = "published"
UNRELEASED: Final = frozenset({"draft", "scheduled"})


async def get(read: Reader, seen: Perspective, slug: str) -> tuple[int, str]:
    """(revision, document). Cost: one statement; one more for one that is not there. Raises: Gone, NotFound."""
    found = await shown.document(read, seen, "note", slug)
    if found is None:
        gone = await read.row(_WITHDRAWN, {"slug": slug})
        if gone is None:
            raise NotFound(f"There is no note {slug!r}.")
        withdrawal = gone[0]
        replacement = withdrawal["replacement"]
        if replacement is not None and await shown.document(read, EVERYONE, "note", replacement) is None:
            replacement = None
        raise Gone(
            "This note has been withdrawn.",
            reason=withdrawal["reason"],
            public_note=withdrawal["public_note"],
            replacement=replacement,
        )
    if seen.then is not None:
        then = await shown.then(read, "note", [slug], seen.then)
        if slug not in then:
            raise NotFound(f"The note {slug!r} was not public then.")
        return from_json(then[slug])["revision"], then[slug]
    return found[0], found[1]


async def preview(read: Reader, slug: str) -> tuple[int, str]:
    """(revision, document) of the newest state. Raises: Gone, for a withdrawn note; NotFound."""
    found = await get(read, NEWEST, slug)
    if from_json(found[1])["status"] == "withdrawn":
        await get(read, EVERYONE, slug)
    return found


_WITHDRAWN: Final = select(Note.withdrawal).where(Note.slug == bindparam("slug"), Note.status == "withdrawn")


@lru_cache(SHAPES)
def _conditions(
    kind: Kind, terms: tuple[tuple[str, int], ...], tagged: tuple[tuple[str, int], ...]
) -> tuple[ColumnElement[bool], ...]:
    """Notes listed under any term of each group; a group of tags takes in their descendants."""

    def listed(condition: ColumnElement[bool]) -> ColumnElement[bool]:
        return Shown.ref.in_(select(NoteListed.slug).where(of_views(NoteListed.view, kind), condition))

    found = [listed(among(NoteListed.term, name, count)) for name, count in terms]
    for name, count in tagged:
        tree = select(Tag.slug).where(among(Tag.slug, name, count)).cte(f"tree_{name}", recursive=True)
        below = aliased(Tag)
        tree = tree.union(select(below.slug).join(tree, below.parent == tree.c.slug))
        found.append(listed(NoteListed.term.in_(select(literal("tag:").concat(tree.c.slug)))))
    return tuple(found)


async def listed(
    read: Reader, seen: Perspective, wanted: NoteQuery, position: Position | None, *, whole: bool = False
) -> Slice:
    """Notes that match, by slug or by what changed last; one page. An unknown slug matches nothing.

    Cost: one statement, and one more with `count`.
    """
    params: dict[str, Any] = {}
    terms, tagged = [], []
    groups = [(f"source_{n}", "source:", some) for n, some in enumerate(wanted.source)]
    if wanted.language is not None:
        groups.append(("language", "language:", wanted.language))
    for name, prefix, some in groups:
        values = [prefix + value for value in parts(some)]
        terms.append((name, room(len(values))))
        params |= spread(name, room(len(values)), values)
    for n, some in enumerate(wanted.tag):
        slugs = parts(some)
        tagged.append((f"tag_{n}", room(len(slugs))))
        params |= spread(f"tag_{n}", room(len(slugs)), slugs)
    conditions = _conditions(seen.kind, tuple(terms), tuple(tagged))
    return await shown.listed(read, seen, "note", wanted, position, conditions, params, whole=whole)


async def included(
    read: Reader, seen: Perspective, documents: Sequence[str], include: Sequence[str]
) -> dict[str, dict[str, str]]:
    """The tags and sources that these notes name. Cost: one statement."""
    wanted: dict[Noun, list[str]] = {}
    named = [from_json(document) for document in documents]
    if "tags" in include:
        wanted["tag"] = list(dict.fromkeys(slug for one in named for slug in one["tags"]))
    if "sources" in include:
        given = [one for note in named for one in (*note["attributions"], *_of_facts(note))]
        wanted["source"] = list(dict.fromkeys(one["source"] for one in given))
    return {f"{noun}s": cards for noun, cards in (await shown.cards(read, seen, wanted)).items()}


def _of_facts(note: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return (one for fact in note["facts"] for one in fact["attributions"])


# --- writing ----------------------------------------------------------------------------------------------------


async def existing(done: log.Writing, slugs: Iterable[str]) -> dict[str, bool]:
    """Those that exist, and whether the public sees them or once did, so that it may know their names.

    None of them changes or goes before this transaction ends. Cost: one statement, none for no slugs.
    """
    asked = sorted(set(slugs))
    if not asked:
        return {}
    rows = await done.connection.execute(
        select(Note.slug, Note.status, Note.first_published_at).where(Note.slug.in_(asked)).with_for_update(read=True)
    )
    return {row.slug: row.status not in UNRELEASED or row.first_published_at is not None for row in rows}


async def expected(done: log.Writing, slugs: Iterable[str]) -> dict[str, datetime | bool | None]:
    """For each note: True where it is public, when it is due where it is scheduled, else None.

    None of them changes before this transaction ends. Cost: one statement, none for no slugs.
    """
    asked = sorted(slugs)
    found: dict[str, datetime | bool | None] = dict.fromkeys(asked)
    if asked:
        query = select(Note.slug, Note.status, Note.publish_at).where(Note.slug.in_(asked)).with_for_update(read=True)
        for slug, status, publish_at in await done.connection.execute(query):
            found[slug] = True if status == PUBLISHED else publish_at
    return found


async def beginning(done: log.Writing, prefix: str) -> list[str]:
    """Slugs that begin so, a hundred at most. Cost: one statement, on the key."""
    query = select(Note.slug).where(Note.slug >= prefix, Note.slug < prefix + "{").order_by(Note.slug).limit(100)
    return [row.slug for row in await done.connection.execute(query)]


async def save(done: log.Writing, notes: Sequence[NoteState], *, kind: str | None = None) -> list[str]:
    """Writes the notes' new states, each slug once; returns what became of each: created, updated or unchanged.

    A revision that is not beyond the known one is raised by one; `kind` says what kind of change it is.
    Cost: a few statements in all, whatever the number.
    Raises: Invalid, with pointers that begin with the place in `notes`; then nothing is written.
    """
    known = await log.known(done, "note", [note.slug for note in notes])
    before_tags = {term[4:] for one in known.values() for term in one.terms if term.startswith("tag:")}
    lineages = await tags.lineages(done, before_tags | {slug for note in notes for slug in note.tags})
    faults = await _dangling(done, notes, lineages)
    if faults:
        raise Invalid("A note refers to what is not there.", *faults)
    faults = await _needed(done, notes, known)
    if faults:
        raise Invalid("A note in use cannot be unpublished.", *faults)
    stored = await withdrawals(done, [slug for slug, one in known.items() if not one.public])
    last = await log.last_revisions(done, "note", [note.slug for note in notes if note.slug not in known])
    outcomes, new, changed = [], [], []
    hidden: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for note in notes:
        before = known.get(note.slug)
        if before is None:
            outcomes.append("created")
            new.append(note)
            note.revision = max(note.revision, last.get(note.slug, 0) + 1)
        else:
            old = _state(before.document, stored.get(note.slug))
            assumed = log.DATED - note.model_fields_set
            if _content(note, assumed) == _content(old, assumed):
                outcomes.append("unchanged")
                continue
            outcomes.append("updated")
            _follow(note, old, before, done.at)
            changed.append(note)
            hidden.append({"key": note.slug})
        public = note.status == PUBLISHED
        terms = _terms(note)
        rows += [{"view": PUBLIC if public else DESK, "term": term, "slug": note.slug} for term in terms]
        document = to_json(note, exclude={"withdrawal"}).decode()
        view, clears = PUBLIC if public else DESK, before.views if before is not None else frozenset()
        done.save(
            log.Saved(
                noun="note",
                ref=note.slug,
                slug=note.slug,
                revision=note.revision,
                op=_op(note, before),
                document=document,
                card=to_json(note, exclude={"body", "withdrawal"}).decode(),
                modified_at=note.modified_at,
                due_at=note.publish_at,
                terms=terms,
                keys=["notes", *_keys(log.touched(before, terms, view, clears), lineages)],
                view=view,
                clears=clears,
                kind=kind,
                note=note.withdrawal.public_note if note.withdrawal else None,
                reason=note.withdrawal.reason if note.withdrawal else None,
            )
        )
    if new:
        await done.connection.execute(insert(Note), [_row(note) for note in _originals_first(new)])
    if changed:
        await done.connection.execute(_UPDATE, [{"key": note.slug, **_row(note)} for note in changed])
        await done.connection.execute(_UNLIST, hidden)
    if rows:
        await done.connection.execute(insert(NoteListed), rows)
    visible = [note for note in (*new, *changed) if note.status == PUBLISHED]
    await tags.reveal(done, {slug for note in visible for slug in note.tags})
    await sources.reveal(done, {slug for note in visible for slug in _sources(note)})
    return outcomes


async def remove(done: log.Writing, slug: str, before: log.Known) -> None:
    """Deletes a note to which nothing refers."""
    lineages = await tags.lineages(done, {term[4:] for term in before.terms if term.startswith("tag:")})
    log.deletion(done, "note", slug, before, ["notes", *_keys(before.terms, lineages)])
    await done.connection.execute(_UNLIST, {"key": slug})
    await done.connection.execute(delete(Note).where(Note.slug == slug))


def _op(note: NoteState, before: log.Known | None) -> Op:
    public = note.status == PUBLISHED
    if before is None:
        return "created"
    if public == before.public:
        return "updated"
    return "published" if public else "withdrawn" if note.status == "withdrawn" else "unpublished"


AS_JSON: Final = {"body", "facts", "attributions", "withdrawal"}


def _row(note: NoteState) -> dict[str, Any]:
    return {**note.model_dump(exclude=AS_JSON), **note.model_dump(mode="json", include=AS_JSON)}


def _state(document: str, withdrawal: dict[str, Any] | None) -> NoteState:
    return NoteState.model_validate({**from_json(document), "withdrawal": withdrawal})


async def withdrawals(done: log.Writing, slugs: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Why those of these notes that are withdrawn are so. Cost: one statement, none for no slugs."""
    if not slugs:
        return {}
    query = select(Note.slug, Note.withdrawal).where(Note.slug.in_(slugs), Note.status == "withdrawn")
    return {row.slug: row.withdrawal for row in await done.connection.execute(query)}


def _follow(note: NoteState, old: NoteState, before: log.Known, at: datetime) -> None:
    log.follow(note, old, before, at)
    if "first_published_at" not in note.model_fields_set and old.first_published_at is not None:
        note.first_published_at = old.first_published_at
    if "updated_at" not in note.model_fields_set and note.status == PUBLISHED:
        note.updated_at = at


def _content(note: NoteState, assumed: Set[str]) -> dict[str, Any]:
    return note.model_dump(exclude={"revision", "created_at", "modified_at", *assumed})


def _sources(note: NoteState) -> set[str]:
    return {given.source for given in (*note.attributions, *(one for fact in note.facts for one in fact.attributions))}


def _terms(note: NoteState) -> list[str]:
    return sorted(
        {f"language:{note.language}", *(f"tag:{slug}" for slug in note.tags)}
        | {f"source:{slug}" for slug in _sources(note)}
    )


def _keys(terms: Iterable[str], lineages: dict[str, Lineage]) -> Iterable[str]:
    """The lists that stand under these terms, or under an ancestor of one of their tags."""
    for term in terms:
        yield f"notes:{term}"
        if term.startswith("tag:"):
            yield from (f"notes:tag:{ancestor}" for ancestor in lineages[term[4:]].ancestors)


async def _dangling(done: log.Writing, notes: Sequence[NoteState], known_tags: dict[str, Lineage]) -> list[Fault]:
    """References to tags, sources and originals that do not exist."""
    known_sources = await sources.existing(done, {slug for note in notes for slug in _sources(note)})
    originals = {note.slug: note.translation_of for note in notes}
    wanted = {note.translation_of for note in notes if note.translation_of} - originals.keys()
    if wanted:
        held = select(Note.slug, Note.translation_of).where(Note.slug.in_(wanted)).with_for_update(read=True)
        originals |= {row.slug: row.translation_of for row in await done.connection.execute(held)}
    turned = [note.slug for note in notes if note.translation_of is not None]
    translated = select(Note.translation_of).distinct().where(Note.translation_of.in_(turned))
    having = {row.translation_of for row in await done.connection.execute(translated)} if turned else set()
    faults = []
    for place, note in enumerate(notes):
        faults += [
            Fault(f"there is no tag {slug!r}", pointer=f"/{place}/tags/{n}")
            for n, slug in enumerate(note.tags)
            if slug not in known_tags
        ]
        faults += [
            Fault(f"there is no source {given.source!r}", pointer=f"/{place}/attributions/{n}/source")
            for n, given in enumerate(note.attributions)
            if given.source not in known_sources
        ]
        faults += [
            Fault(f"there is no source {given.source!r}", pointer=f"/{place}/facts/{n}/attributions/{m}/source")
            for n, fact in enumerate(note.facts)
            for m, given in enumerate(fact.attributions)
            if given.source not in known_sources
        ]
        if note.translation_of is not None:
            if note.translation_of not in originals:
                detail = f"there is no note {note.translation_of!r}"
                faults.append(Fault(detail, pointer=f"/{place}/translation_of"))
            elif originals[note.translation_of] is not None or note.translation_of == note.slug:
                faults.append(Fault("is itself a translation", pointer=f"/{place}/translation_of"))
            elif note.slug in having:
                detail = "the note has translations of its own, so it cannot be one"
                faults.append(Fault(detail, pointer=f"/{place}/translation_of"))
        faults += [
            Fault("a note holds no other note", pointer=f"/{place}/body/{n}/type")
            for n, block in enumerate(note.body)
            if block.type == "reference_note"
        ]
    return faults


async def _needed(done: log.Writing, notes: Sequence[NoteState], known: Mapping[str, log.Known]) -> list[Fault]:
    """Notes that would leave the public view while public articles use them."""
    public = {slug for slug, one in known.items() if one.public}
    hidden = {
        f"note:{note.slug}": place
        for place, note in enumerate(notes)
        if note.status in UNRELEASED and note.slug in public
    }
    if not hidden:
        return []
    # Whoever lists an article that uses one of them holds it until its counters are there to be seen.
    held = select(Note.slug).where(Note.slug.in_([notes[place].slug for place in hidden.values()]))
    await done.connection.execute(held.order_by(Note.slug).with_for_update())
    query = select(Counter.term).distinct().where(Counter.view == PUBLIC, Counter.term.in_(hidden), Counter.n > 0)
    return [
        Fault(
            "must stay published while published articles use the note", IN_USE, pointer=f"/{hidden[row.term]}/status"
        )
        for row in await done.connection.execute(query)
    ]


def _originals_first(notes: Sequence[NoteState]) -> list[NoteState]:
    return sorted(notes, key=lambda note: note.translation_of is not None)


_UNLIST: Final = delete(NoteListed).where(NoteListed.slug == bindparam("key"))
_UPDATE: Final = (
    update(Note)
    .where(Note.slug == bindparam("key"))
    .values({name: bindparam(name) for name in NoteState.model_fields if name != "slug"})
)

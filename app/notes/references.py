"""What reference notes name, and who names them: whether it exists, and whether readers may know of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import or_, select

from app.changes.log import Transaction
from app.changes.models import PUBLIC
from app.changes.saving import IN_USE, SHARED_LANGUAGE
from app.changes.stored import StoredObject
from app.content.attributions import misplaced
from app.content.blocks import Block
from app.errors import Fault
from app.lists import store as lists
from app.notes.models import Note
from app.notes.schemas import NoteIn, NoteState
from app.publishing.store import Release, releases
from app.sources import store as sources
from app.tags.hierarchy import Lineage

NEVER_RELEASED: Final = frozenset({"draft", "scheduled"})


async def existing(transaction: Transaction, slugs: Iterable[str]) -> dict[str, bool]:
    """Those of the notes that exist, and whether the public sees them, or once did, so that it may know their names.

    None of them changes or is deleted before this transaction ends. Cost: one statement, none for no slugs.
    """
    names = sorted(set(slugs))
    if not names:
        return {}
    query = select(Note.slug, Note.status, Note.first_published_at).where(Note.slug.in_(names))
    rows = await transaction.connection.execute(query.with_for_update(read=True))
    return {row.slug: row.status not in NEVER_RELEASED or row.first_published_at is not None for row in rows}


async def note_releases(transaction: Transaction, slugs: Iterable[str]) -> dict[str, Release]:
    """For each note, whether and when it is public; none of them changes before this transaction ends.

    Cost: two statements, none for no slugs.
    """
    names = {*slugs}
    await existing(transaction, names)
    return await releases(transaction, "note", Note.slug, names)


async def slugs_beginning_with(transaction: Transaction, prefix: str) -> list[str]:
    """Slugs that begin so, a hundred at most. Cost: one statement, on the key."""
    query = select(Note.slug).where(Note.slug >= prefix, Note.slug < prefix + "{").order_by(Note.slug).limit(100)
    return [row.slug for row in await transaction.connection.execute(query)]


async def missing_references(
    transaction: Transaction, notes: Sequence[NoteState], known_tags: Mapping[str, Lineage]
) -> list[Fault]:
    """Faults for tags, sources and originals that do not exist; pointers begin with the index in `notes`."""
    known_sources = await sources.existing(transaction, {slug for note in notes for slug in sources_of(note)})
    faults = []
    for index, note in enumerate(notes):
        faults += [
            Fault(f"there is no tag {slug!r}", pointer=f"/{index}/tags/{n}")
            for n, slug in enumerate(note.tags)
            if slug not in known_tags
        ]
        faults += [
            Fault(f"there is no source {source!r}", pointer=f"/{index}{pointer}")
            for pointer, source in _source_pointers(note)
            if source not in known_sources
        ]
        faults += [
            Fault("a note holds no other note", pointer=f"/{index}/body/{n}/type")
            for n, block in enumerate(note.body)
            if block.type == "reference_note"
        ]
    return faults + await _wrong_originals(transaction, notes)


async def _wrong_originals(transaction: Transaction, notes: Sequence[NoteState]) -> list[Fault]:
    """Originals that do not exist or are translations.

    They are locked, in the order of their slugs: none becomes a translation, and no two translations of one are written
    at the same time.
    """
    originals = {note.slug: note.translation_of for note in notes}
    if named := {note.translation_of for note in notes if note.translation_of}:
        query = select(Note.slug, Note.translation_of).where(Note.slug.in_(named)).order_by(Note.slug)
        rows = await transaction.connection.execute(query.with_for_update(key_share=True))
        originals = {row.slug: row.translation_of for row in rows} | originals
    translations = [note.slug for note in notes if note.translation_of is not None]
    translated: set[str | None] = set()
    if translations:
        others_of = select(Note.translation_of).distinct().where(Note.translation_of.in_(translations))
        translated = {row.translation_of for row in await transaction.connection.execute(others_of)}
    faults = []
    for index, note in enumerate(notes):
        original = note.translation_of
        if original is None:
            continue
        if original not in originals:
            detail = f"there is no note {original!r}"
        elif original == note.slug:
            detail = "is the note itself"
        elif originals[original] is not None:
            detail = "is itself a translation"
        elif note.slug in translated:
            detail = "the note has translations of its own, so it cannot be one"
        else:
            continue
        faults.append(Fault(detail, pointer=f"/{index}/translation_of"))
    return faults


async def shared_languages(
    transaction: Transaction, notes: Sequence[NoteState], before: Mapping[str, StoredObject]
) -> list[Fault]:
    """Notes in the language of their original, of another translation of it, or of a translation of their own.

    Only those are checked that are new, get another original or language, are published, or were withdrawn. What is
    withdrawn stands in nobody's way. Originals are locked: here those that change, by `missing_references` those that
    are translated. Cost: two statements, none where only new originals have changed.
    """
    families = {note.slug: note.translation_of or note.slug for note in notes}
    changed = {note.slug for note in notes if _takes_language(note, before.get(note.slug))}
    originals = {families[slug] for slug in changed} - (families.keys() - before.keys())
    owners: dict[tuple[str, str], str] = {}
    if originals:
        connection = transaction.connection
        own = select(Note.slug).where(Note.slug.in_(originals & changed)).order_by(Note.slug)
        await connection.execute(own.with_for_update(key_share=True))
        query = select(Note.slug, Note.translation_of, Note.language).where(
            or_(Note.slug.in_(originals), Note.translation_of.in_(originals)), Note.status != "withdrawn"
        )
        for slug, original, language in await connection.execute(query):
            if slug not in families:
                owners.setdefault((original or slug, language), slug)
    faults = []
    for is_changed in (False, True):
        for index, note in enumerate(notes):
            if (note.slug in changed) is not is_changed or note.status == "withdrawn":
                continue
            owner = owners.setdefault((families[note.slug], note.language), note.slug)
            if is_changed and owner != note.slug:
                detail = f"is the language of the note {owner!r} too: of a note there is one in each language"
                faults.append(Fault(detail, SHARED_LANGUAGE, pointer=f"/{index}/language"))
    return faults


def _takes_language(note: NoteState, before: StoredObject | None) -> bool:
    """Whether it is in a language in which its original was not, or is to be read, and was a draft or withdrawn."""
    if before is None:
        return True
    old = before.newest.fields()
    was_hidden = old["status"] in {"draft", "withdrawn"} and note.status in {"published", "scheduled"}
    is_back = old["status"] == "withdrawn" and note.status != "withdrawn"
    return was_hidden or is_back or any(old[name] != getattr(note, name) for name in ("translation_of", "language"))


async def hidden_in_use(
    transaction: Transaction, notes: Sequence[NoteState], before: Mapping[str, StoredObject]
) -> list[Fault]:
    """Faults for notes that would leave the public view while public articles use them."""
    hidden = {
        f"articles:note:{note.slug}": index
        for index, note in enumerate(notes)
        if note.status in NEVER_RELEASED and note.slug in before and before[note.slug].is_public
    }
    if not hidden:
        return []
    # Whoever lists an article that uses one of them keeps it locked until its counters can be read.
    query = select(Note.slug).where(Note.slug.in_([notes[index].slug for index in hidden.values()]))
    await transaction.connection.execute(query.order_by(Note.slug).with_for_update())
    detail = "must stay published while published articles use the note"
    return [
        Fault(detail, IN_USE, pointer=f"/{hidden[name]}/status")
        for name in sorted(await lists.not_empty(transaction.connection, (PUBLIC,), hidden))
    ]


def misplaced_attributions(content: NoteIn, body: Sequence[Block]) -> list[Fault]:
    """Faults for attributions, of the note and of its facts, whose block or words are not in the body."""
    faults = misplaced(content.attributions, body)
    for place, fact in enumerate(content.facts):
        faults += misplaced(fact.attributions, body, f"/facts/{place}")
    return faults


def _source_pointers(note: NoteState) -> Iterable[tuple[str, str]]:
    """(pointer, source) of all attributions of a note."""
    for n, attribution in enumerate(note.attributions):
        yield f"/attributions/{n}/source", attribution.source
    for n, fact in enumerate(note.facts):
        for m, attribution in enumerate(fact.attributions):
            yield f"/facts/{n}/attributions/{m}/source", attribution.source


def sources_of(note: NoteState) -> set[str]:
    """Slugs of the sources that a note names."""
    return {source for _, source in _source_pointers(note)}

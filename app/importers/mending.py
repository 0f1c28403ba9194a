"""Mends what an earlier release stored and this one would refuse, once, after a migration of the schema.

The state that a view shows is read as a line of an export is, and where that mends it, saved as the next revision: a
revision is an ETag, so none is rewritten. Each transaction holds the head of the log, which says how far mending is.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import bindparam, func, select, update

from app.articles.models import Article
from app.articles.saving import ArticleToSave
from app.changes.log import HEAD, Transaction, transaction
from app.changes.models import DESK, PUBLIC, Head, Noun, Object, View
from app.changes.stored import stored
from app.collections.models import Collection
from app.db import Database, Progress, Reader, Uuid16, utcnow
from app.errors import Fault
from app.importers.documents import Item, read
from app.importers.export import withdrawal_of
from app.importers.store import NOUNS, Report, again_if_raced, save
from app.notes.models import Note
from app.publishing.store import NOT_WITHDRAWN, Key, withdrawals

ACTOR: Final = "migration"
# So many objects are mended in one transaction.
PORTION: Final = 500
TRANSLATED: Final[dict[Noun, Key]] = {"note": Note.slug, "article": Article.id}
KEYS: Final[dict[Noun, Key]] = {**TRANSLATED, "collection": Collection.slug}
_HEAD: Final = select(Head.last_mended, Head.zone).where(Head.id == HEAD)
_BEYOND: Final = Object.id > bindparam("last", type_=Uuid16())
_NEXT: Final = select(Object.id, Object.noun, Object.ref).where(_BEYOND).order_by(Object.id).limit(bindparam("limit"))
_LEFT: Final = select(func.count()).select_from(Object).where(_BEYOND)
_log = structlog.get_logger()


class _Named(NamedTuple):
    """An object of a portion; items have its place in the portion for a line."""

    id: str
    noun: Noun
    ref: str


async def mend(database: Database, progress: Progress) -> None:
    """Mends all that is shown; does nothing where that was done. When killed, it goes on where it was.

    Warns of each text that is mended, and of what only the newsroom can mend. Raises: Unavailable, Raced.
    """
    read = database.reader()
    head = await read.row(_HEAD)
    assert head is not None, "the migration makes the row"
    last, zone = head
    if last is None:
        return
    ((left,),) = await read.rows(_LEFT, {"last": last}, slow=True)
    done = 0
    while portion := [_Named(*row) for row in await read.rows(_NEXT, {"last": last, "limit": PORTION})]:
        for view in (PUBLIC, DESK):  # a transaction records one new state of each object
            await again_if_raced(partial(_mend, database, ZoneInfo(zone), portion, view))
        last = portion[-1].id
        done += len(portion)
        progress(done, left)
    for noun, key in TRANSLATED.items():
        await _name_shared_languages(read, noun, key)
    async with database.begin() as connection:
        await connection.execute(update(Head).values(last_mended=None))


async def _mend(database: Database, zone: ZoneInfo, portion: Sequence[_Named], view: View) -> None:
    """Mends the states of these objects that the view shows, in one transaction."""
    report = Report()
    async with transaction(database, actor=ACTOR, zone=zone) as writing:
        # Whoever writes or mends at the same time waits for this lock.
        last = await writing.connection.scalar(select(Head.last_mended).with_for_update())
        if last is None or last >= portion[-1].id:
            return  # another process has mended them
        if view == DESK:
            await writing.connection.execute(update(Head).values(last_mended=portion[-1].id))
        for noun in NOUNS:
            items = await _mended(writing, noun, portion, view)
            report.warnings += [(item.line, fault) for item in items for fault in item.warnings]
            for item in items:
                if item.faults:
                    report.refuse(item.line, item.faults)
            await save(writing, noun, [item for item in items if not item.faults], report)
    refused = {line for line, _ in report.wrong}
    _warn("left as it is", portion, view, report.wrong)
    _warn("mended", portion, view, [(line, fault) for line, fault in report.warnings if line not in refused])


def _warn(event: str, portion: Sequence[_Named], view: View, faults: Sequence[tuple[int, Fault]]) -> None:
    for line, fault in faults:
        name = f"{portion[line].noun} {portion[line].ref}"
        _log.warning(event, object=name, view=view, pointer=fault.pointer, detail=fault.detail)


async def _mended(transaction: Transaction, noun: Noun, portion: Sequence[_Named], view: View) -> list[Item]:
    """The states of objects of this noun that the view shows, as items; only those that are mended, or wrong."""
    lines = {named.ref: line for line, named in enumerate(portion) if named.noun == noun}
    shown = await stored(transaction.connection, noun, [*lines])
    withdrawn = await withdrawals(transaction, KEYS[noun], [*shown]) if noun in KEYS else {}
    items = []
    for ref, before in shown.items():
        if view not in before.states:
            continue
        document = {"noun": noun, **before.states[view].fields()}
        del document["modified_at"]  # it is modified now
        if document.get("status") == "withdrawn":
            document["withdrawal"] = withdrawal_of(withdrawn.get(ref, NOT_WITHDRAWN))
        if before.has_working_copy and view == DESK:
            document["working_copy"] = True
        item = read(document, utcnow(), lines[ref])
        if isinstance(item.to_save, ArticleToSave):
            item.to_save = replace(item.to_save, keeps_desk=before.has_working_copy and view == PUBLIC)
        if item.warnings or item.faults:
            items.append(item)
    return items


async def _name_shared_languages(read: Reader, noun: Noun, key: Key) -> None:
    """Warns of versions of one story in one language: only the newsroom knows which of them is to go."""
    table = key.class_
    family = (func.coalesce(table.translation_of, key), table.language)
    query = select(table.language, func.aggregate_strings(key, ", ")).where(table.status != "withdrawn")
    query = query.group_by(*family).having(func.count() > 1).order_by(*family)
    for language, names in await read.rows(query, slow=True):
        detail = f"are versions of one story, all in {language!r}"
        _log.warning("left as it is", object=f"{noun}s {names}", pointer="/language", detail=detail)

"""Reads the history of one object: its revisions, and a document as it was at one of them."""

from functools import cache
from typing import Final

from sqlalchemy import Select, bindparam, func, select

from app.changes.models import Noun, Object, Revision
from app.changes.views import NEWEST, STATE_COLUMNS, Perspective, ShownState
from app.db import Reader, Row, WriteConnection, fetch
from app.db.statements import SqlColumn
from app.errors import Conflict, NotFound

# No object is saved so often: a number beyond it names no revision.
LAST_REVISION: Final = 2**31 - 1
# The `kind` of a revision with which the text of all before was blanked.
ERASURE: Final = "erasure"


def _revisions(desk: bool, *columns: SqlColumn) -> Select[*Row]:
    """Columns of the revisions of an object; for the public of those that were public."""
    query = (
        select(*columns)
        .join(Object, Object.id == Revision.object)
        .where(Object.noun == bindparam("noun"), Object.ref == bindparam("ref"))
    )
    return query if desk else query.where(Revision.public_from.is_not(None))


@cache
def _page(desk: bool) -> Select[*Row]:
    columns = (Revision.revision, Revision.at, Revision.op, Revision.kind, Revision.note, Revision.actor)
    query = _revisions(desk, *columns).where(Revision.revision < bindparam("before"))
    return query.order_by(Revision.revision.desc()).limit(bindparam("limit"))


async def revisions(
    read: Reader, perspective: Perspective, noun: Noun, ref: str, *, limit: int, before: int | None
) -> list[Row]:
    """(revision, at, op, kind, note, actor), newest first, of those before a revision; limit + 1 at most.

    The public's are those that were public. Cost: one statement.
    """
    parameters = {"noun": noun, "ref": ref, "limit": limit + 1, "before": before or LAST_REVISION}
    return await read.rows(_page(perspective.desk), parameters)


@cache
def _state(desk: bool) -> Select[*Row]:
    return _revisions(desk, *STATE_COLUMNS).where(Revision.revision == bindparam("revision"), Revision.op != "deleted")


async def state_at(read: Reader, perspective: Perspective, noun: Noun, ref: str, revision: int) -> ShownState:
    """The object as it was at a revision.

    Cost: one statement. Raises: NotFound, to the public also for a revision that was never public.
    """
    row = None
    if 0 < revision <= LAST_REVISION:
        row = await read.row(_state(perspective.desk), {"noun": noun, "ref": ref, "revision": revision})
    if row is None:
        raise NotFound(f"There is no such revision of this {noun}.")
    return ShownState(*row)


_ERASED_FROM: Final = (
    select(func.max(Revision.revision))
    .join(Object, Object.id == Revision.object)
    .where(Object.noun == bindparam("noun"), Object.ref == bindparam("ref"), Revision.kind == ERASURE)
)


async def old_document(connection: WriteConnection, noun: Noun, ref: str, revision: int) -> str:
    """What the desk saw of an object at a revision, as JSON. Cost: two statements.

    Raises: NotFound, where there is no such revision; Conflict, where its text was erased.
    """
    parameters = {"noun": noun, "ref": ref}
    rows = []
    if 0 < revision <= LAST_REVISION:
        rows = await fetch(connection, _state(True), {**parameters, "revision": revision})
    if not rows:
        raise NotFound(f"There is no such revision of this {noun}.")
    ((last_erased,),) = await fetch(connection, _ERASED_FROM, parameters)
    if last_erased is not None and revision <= last_erased:
        raise Conflict(f"The text of revision {revision} was erased for good, as that of all up to {last_erased}.")
    (row,) = rows
    return ShownState(*row).document(NEWEST)

"""The whole check: the log, the documents with what stands beside them, then lists and their counters."""

from collections.abc import AsyncIterator
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.changes.log import HEAD
from app.changes.models import Head
from app.checking.documents import document_deviations, tag_parents
from app.checking.findings import Deviation
from app.checking.lists import StrayEntry, list_deviations
from app.checking.log import log_deviations
from app.checking.mending import mend_counters, mend_object, remove_stray
from app.db import Database, Reader

# What follows from the documents, and is mended from them.
MENDED: Final = ("view", "list")
_ZONE: Final = select(Head.zone).where(Head.id == HEAD)


async def check(database: Database) -> AsyncIterator[Deviation]:
    """Everything that is not as it follows from the documents, while the database is in use.

    All of it is held against one state of the database. Memory: pages of the tables, and all tags' parents.
    Raises: Unavailable.
    """
    async with database.reader().snapshot() as read:
        async for deviation in log_deviations(read):
            yield deviation
        async for deviation in document_deviations(read):
            yield deviation
        async for found in list_deviations(read, await _zone(read)):
            yield found.deviation


async def repair(database: Database) -> AsyncIterator[tuple[Deviation, bool]]:
    """As `check`; mends views, lists and counters while it goes, and says of each deviation whether it is mended.

    View entries and missing entries of lists come first: counters are held against what has become of them.
    Raises: Unavailable, Raced. Then what is mended is mended.
    """
    async with database.reader().snapshot() as read:
        parents = await tag_parents(read)
        async for deviation in log_deviations(read):
            yield deviation, False
        async for deviation in document_deviations(read):
            is_mended = False
            if deviation.kind in MENDED and deviation.object is not None:
                is_mended = await mend_object(database, parents, *deviation.object)
            yield deviation, is_mended
    async with database.reader().snapshot() as read:
        async for found in list_deviations(read, await _zone(read)):
            if isinstance(found, StrayEntry):
                yield found.deviation, await remove_stray(database, parents, found.key)
            else:
                await mend_counters(database, [found])
                yield found.deviation, True


async def _zone(read: Reader) -> ZoneInfo:
    """The zone whose days the counters count."""
    ((zone,),) = await read.rows(_ZONE)
    return ZoneInfo(zone or "UTC")

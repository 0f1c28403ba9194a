"""Every statement about sources."""

from collections.abc import Iterable, Sequence

from app.changes import named, shown
from app.changes import store as log
from app.changes.shown import Perspective
from app.db import Reader
from app.errors import NotFound
from app.sources.models import Source
from app.sources.schemas import SourceOut, SourceQuery
from app.web.pages import Position, Slice


async def get(read: Reader, seen: Perspective, slug: str) -> tuple[int, str]:
    """(revision, document). Cost: one statement. Raises: NotFound."""
    found = await shown.document(read, seen, "source", slug)
    if found is None:
        raise NotFound(f"There is no source {slug!r}.")
    return found[0], found[1]


async def listed(read: Reader, seen: Perspective, wanted: SourceQuery, position: Position | None) -> Slice:
    """Sources that match, by slug or by what changed last; one page. An unknown parent matches nothing.

    Cost: one statement, and one more with `count`.
    """
    return await named.listed(read, seen, "source", Source, wanted, position, "type", "identity", "parent")


# --- writing ----------------------------------------------------------------------------------------------------


async def existing(done: log.Writing, slugs: Iterable[str]) -> set[str]:
    """Those that exist; none of them can be deleted before this transaction ends."""
    return {*await named.lineages(done, Source, slugs)}


async def reveal(done: log.Writing, slugs: Iterable[str]) -> None:
    """Makes the sources public, with those they speak for."""
    await named.reveal(done, "source", Source, slugs)


async def save(done: log.Writing, sources: Sequence[SourceOut]) -> list[str]:
    """Writes the sources' new states, each slug once; returns what became of each: created, updated or unchanged.

    Raises: Invalid, with pointers that begin with the place in `sources`; then nothing is written.
    """
    known = await log.known(done, "source", [source.slug for source in sources])
    return await named.save(done, "source", Source, sources, known, lambda source, above: None)

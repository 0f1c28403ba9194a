"""Every statement about sources."""

from collections.abc import Iterable, Sequence

from pydantic_core import from_json

from app.changes import named, shown
from app.changes import store as log
from app.changes.shown import Perspective
from app.changes.writes import Written
from app.db import Reader
from app.errors import NotFound
from app.sources.models import Source
from app.sources.schemas import SourceIn, SourceOut, SourcePut, SourceQuery
from app.web.merging import Patch, merged
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


# --- the desk ----------------------------------------------------------------------------------------------------


async def find(done: log.Writing, slug: str) -> log.Known | None:
    """What is known of the source, held until the end of this transaction; None where there is none."""
    return await named.find(done, "source", Source, slug)


async def hold(done: log.Writing, slug: str) -> log.Known:
    """As `find`. Raises: NotFound."""
    return await named.hold(done, "source", Source, slug)


async def create(done: log.Writing, sent: SourceIn) -> Written:
    """Makes a source that the desk alone sees. Raises: Conflict, where the slug is taken; Invalid."""
    if await find(done, sent.slug) is not None:
        raise named.taken("source", sent.slug)
    return await named.write(done, "source", save, SourceOut, dict(sent), None)


async def put(done: log.Writing, slug: str, sent: SourcePut, before: log.Known | None) -> Written:
    """Makes what was sent to this address the next state of the source, or a new one. Raises: Invalid, Conflict."""
    named.keeps(slug, sent.slug)
    return await named.write(done, "source", save, SourceOut, {**dict(sent), "slug": slug}, before)


async def update(done: log.Writing, slug: str, patch: Patch, before: log.Known) -> Written:
    """Lays the patch over the source. Raises: Invalid, Conflict."""
    sent = merged(SourceIn, from_json(before.document), patch)
    named.keeps(slug, sent.slug)
    return await named.write(done, "source", save, SourceOut, dict(sent), before)


async def delete(done: log.Writing, slug: str, before: log.Known) -> None:
    """Deletes the source. Raises: Conflict, naming what refers to it."""
    await named.remove(done, "source", Source, slug, before)

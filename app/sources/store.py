"""Reading and writing sources."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from app.changes import views
from app.changes.log import Transaction, Written
from app.changes.models import ViewEntry
from app.changes.saving import Outcome, ToSave, check_slug_of_address, slug_taken
from app.changes.slug_lists import SlugListRequest, slug_list
from app.changes.stored import StoredObject
from app.changes.views import Perspective
from app.db import SHAPES, Reader, in_list, list_parameters, padded_size
from app.errors import NotFound
from app.paging import PageRows, Position
from app.sources.models import Source
from app.sources.schemas import SourceIn, SourceOut, SourcePut, SourceQuery
from app.tags.hierarchy import Hierarchy
from app.web.merging import Patch, merged

FILTERS: Final = ("type", "identity", "parent")

# --- reading -----------------------------------------------------------------------------------------------------


async def get(read: Reader, perspective: Perspective, slug: str) -> tuple[int, str]:
    """(revision, document). Cost: one statement. Raises: NotFound."""
    state = await views.shown(read, perspective, "source", slug)
    if state is None:
        raise NotFound(f"There is no source {slug!r}.")
    return state.revision, state.card


@lru_cache(SHAPES)
def _conditions(sizes: tuple[tuple[str, int], ...]) -> tuple[ColumnElement[bool], ...]:
    """Sources that have, in each of these columns, one of so many values."""
    if not sizes:
        return ()
    columns = [in_list(getattr(Source, name), name, size) for name, size in sizes]
    return (ViewEntry.slug.in_(select(Source.slug).where(*columns)),)


async def page(read: Reader, perspective: Perspective, query: SourceQuery, position: Position | None) -> PageRows:
    """Sources that match, by slug or by what changed last. An unknown parent matches nothing.

    Cost: one statement, and one more with `count`.
    """
    values = {name: getattr(query, name) for name in FILTERS if getattr(query, name)}
    sizes = tuple((name, padded_size(len(of_filter))) for name, of_filter in values.items())
    parameters: dict[str, Any] = {}
    for name, size in sizes:
        parameters |= list_parameters(name, size, values[name])
    request = SlugListRequest(query.limit, position, query.sort == "slug", query.ids or (), query.count)
    return await slug_list(read, perspective, "source", request, _conditions(sizes), parameters)


# --- writing -----------------------------------------------------------------------------------------------------

_sources: Final = Hierarchy("source", Source, SourceOut, lambda source, parent_type: None)


async def existing(transaction: Transaction, slugs: Iterable[str]) -> set[str]:
    """Those that exist; none of them is deleted before this transaction ends."""
    return {*await _sources.lineages(transaction, slugs)}


async def make_public(transaction: Transaction, slugs: Iterable[str]) -> None:
    """Makes the sources public, with those they speak for."""
    await _sources.make_public(transaction, slugs)


async def save(transaction: Transaction, items: Sequence[ToSave[SourceOut]]) -> list[Outcome]:
    """Writes new states of sources, each slug once.

    Raises: Invalid, with pointers that begin with the index in `items`; then nothing is written.
    """
    before = await _sources.lock_all(transaction, [item.state.slug for item in items])
    return await _sources.save(transaction, items, before)


# --- the desk ----------------------------------------------------------------------------------------------------


async def find(transaction: Transaction, slug: str) -> StoredObject | None:
    """The source, locked until the end of this transaction; None where there is none."""
    return await _sources.find(transaction, slug)


async def lock(transaction: Transaction, slug: str) -> StoredObject:
    """As `find`. Raises: NotFound."""
    return await _sources.lock(transaction, slug)


async def create(transaction: Transaction, content: SourceIn) -> Written:
    """Makes a source that the desk alone sees. Raises: Conflict, where the slug is taken; Invalid."""
    if await find(transaction, content.slug) is not None:
        raise slug_taken("source", content.slug)
    return await _sources.write(transaction, _sources.new_state(transaction, content, content.slug), None)


async def put(transaction: Transaction, slug: str, content: SourcePut, before: StoredObject | None) -> Written:
    """Makes the content sent to this address the source's next state, or a new source. Raises: Invalid, Conflict."""
    check_slug_of_address(slug, content.slug)
    return await _sources.write(transaction, _sources.new_state(transaction, content, slug), before)


async def update(transaction: Transaction, slug: str, patch: Patch, before: StoredObject) -> Written:
    """Changes the fields that the patch names. Raises: Invalid, Conflict."""
    content = merged(SourceIn, before.newest.fields(), patch)
    check_slug_of_address(slug, content.slug)
    return await _sources.write(transaction, _sources.new_state(transaction, content, slug), before)


async def delete(transaction: Transaction, slug: str, before: StoredObject) -> None:
    """Deletes the source. Raises: Conflict, naming what refers to it."""
    await _sources.delete(transaction, slug, before)

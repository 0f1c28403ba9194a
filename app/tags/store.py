"""Reading and writing tags."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from sqlalchemy import ColumnElement, select

from app.changes import views
from app.changes.log import Transaction, Written
from app.changes.models import DESK, PUBLIC, ViewEntry
from app.changes.saving import IN_USE, Outcome, ToSave, check_slug_of_address, refusal_of_single, slug_taken
from app.changes.slug_lists import SlugListRequest, slug_list
from app.changes.stored import StoredObject
from app.changes.views import VIEWS, Perspective
from app.db import SHAPES, Reader, in_list, list_parameters, padded_size
from app.errors import Fault, Invalid, NotFound
from app.lists import store as lists
from app.paging import PageRows, Position
from app.tags.hierarchy import Hierarchy, Lineage
from app.tags.models import Tag
from app.tags.schemas import TagIn, TagOut, TagPut, TagQuery
from app.web.merging import Patch, merged

# --- reading -----------------------------------------------------------------------------------------------------


async def get(read: Reader, perspective: Perspective, slug: str) -> tuple[int, str]:
    """(revision, document). Cost: one statement. Raises: NotFound."""
    state = await views.shown(read, perspective, "tag", slug)
    if state is None:
        raise NotFound(f"There is no tag {slug!r}.")
    return state.revision, state.card


@lru_cache(SHAPES)
def _conditions(types: int, parents: int) -> tuple[ColumnElement[bool], ...]:
    """Tags of one of so many types, directly under one of so many parents; 0 for any."""
    query = select(Tag.slug)
    if types:
        query = query.where(in_list(Tag.type, "type", types))
    if parents:
        query = query.where(in_list(Tag.parent, "parent", parents))
    return (ViewEntry.slug.in_(query),) if types or parents else ()


async def page(read: Reader, perspective: Perspective, query: TagQuery, position: Position | None) -> PageRows:
    """Tags that match, by slug or by what changed last. An unknown parent matches nothing.

    Cost: one statement, and one more with `count`.
    """
    types, parents = (padded_size(len(values)) if values else 0 for values in (query.type, query.parent))
    parameters: dict[str, str] = {}
    if query.type:
        parameters |= list_parameters("type", types, query.type)
    if query.parent:
        parameters |= list_parameters("parent", parents, query.parent)
    request = SlugListRequest(query.limit, position, query.sort == "slug", query.ids or (), query.count)
    return await slug_list(read, perspective, "tag", request, _conditions(types, parents), parameters)


async def counts(read: Reader, perspective: Perspective, slugs: Sequence[str]) -> dict[str, int]:
    """How many articles `tag=slug` lists, for each. Cost: one statement."""
    names = {slug: f"articles:tag:{slug}" for slug in slugs}
    numbers = await lists.counts(read, VIEWS[perspective.kind], [*names.values()])
    return {slug: numbers[name] for slug, name in names.items()}


# --- writing -----------------------------------------------------------------------------------------------------


def _misplaced(tag: TagOut, parent_type: str) -> str | None:
    if (parent_type == "section") != (tag.type == "section"):
        return "a section stands under a section, and no other tag does"
    return None


_tags: Final = Hierarchy("tag", Tag, TagOut, _misplaced)


async def lineages(transaction: Transaction, slugs: Iterable[str]) -> dict[str, Lineage]:
    """Types and ancestors of the tags that exist; none of them changes or is deleted before this transaction ends.

    Cost: one statement for each level of the hierarchy.
    """
    return await _tags.lineages(transaction, slugs)


async def make_public(transaction: Transaction, slugs: Iterable[str]) -> None:
    """Makes the tags public, with their ancestors."""
    await _tags.make_public(transaction, slugs)


async def save(transaction: Transaction, items: Sequence[ToSave[TagOut]]) -> list[Outcome]:
    """Writes new states of tags, each slug once.

    Raises: Invalid, with pointers that begin with the index in `items`; then nothing is written.
    """
    before = await _tags.lock_all(transaction, [item.state.slug for item in items])
    await _check_moves(transaction, [item.state for item in items], before)
    return await _tags.save(transaction, items, before)


async def _check_moves(transaction: Transaction, tags: Sequence[TagOut], before: dict[str, StoredObject]) -> None:
    """Raises: Invalid, where a tag in use would get another parent, or become a section or cease to be one."""
    old = {slug: TagOut.model_validate_json(tag.newest.card) for slug, tag in before.items()}
    moved, retyped = {}, {}
    for index, tag in enumerate(tags):
        if tag.slug in old:
            if (tag.type == "section") != (old[tag.slug].type == "section"):
                moved[tag.slug], retyped[tag.slug] = f"/{index}/type", f"/{index}/type"
            if tag.parent != old[tag.slug].parent:
                moved[tag.slug] = f"/{index}/parent"
    if not moved:
        return
    connection = transaction.connection
    # Whoever lists an article under one of them keeps it locked until its counters can be read.
    await connection.execute(select(Tag.slug).where(Tag.slug.in_(moved)).order_by(Tag.slug).with_for_update())
    names = {f"articles:tag:{slug}": pointer for slug, pointer in moved.items()}
    faults = [
        Fault("cannot change while articles stand under the tag", IN_USE, pointer=names[name])
        for name in sorted(await lists.not_empty(connection, (PUBLIC, DESK), names))
    ]
    batch = {tag.slug for tag in tags}
    children = await connection.execute(select(Tag.slug, Tag.parent).where(Tag.parent.in_(retyped)))
    parents = {parent for slug, parent in children if slug not in batch}
    faults += [
        Fault("cannot change while other tags stand under the tag", IN_USE, pointer=retyped[slug])
        for slug in sorted(parents)
    ]
    if faults:
        raise Invalid("A tag in use cannot move.", *faults)


# --- the desk ----------------------------------------------------------------------------------------------------


async def find(transaction: Transaction, slug: str) -> StoredObject | None:
    """The tag, locked until the end of this transaction; None where there is none."""
    return await _tags.find(transaction, slug)


async def lock(transaction: Transaction, slug: str) -> StoredObject:
    """As `find`. Raises: NotFound."""
    return await _tags.lock(transaction, slug)


async def create(transaction: Transaction, content: TagIn) -> Written:
    """Makes a tag that the desk alone sees. Raises: Conflict, where the slug is taken; Invalid."""
    if await find(transaction, content.slug) is not None:
        raise slug_taken("tag", content.slug)
    return await _write(transaction, content, content.slug, None)


async def put(transaction: Transaction, slug: str, content: TagPut, before: StoredObject | None) -> Written:
    """Makes the content sent to this address the tag's next state, or a new tag. Raises: Invalid, Conflict."""
    check_slug_of_address(slug, content.slug)
    return await _write(transaction, content, slug, before)


async def update(transaction: Transaction, slug: str, patch: Patch, before: StoredObject) -> Written:
    """Changes the fields that the patch names. Raises: Invalid, Conflict."""
    content = merged(TagIn, before.newest.fields(), patch)
    check_slug_of_address(slug, content.slug)
    return await _write(transaction, content, slug, before)


async def _write(transaction: Transaction, content: TagIn, slug: str, before: StoredObject | None) -> Written:
    state = _tags.new_state(transaction, content, slug)
    try:
        await _check_moves(transaction, [state], {} if before is None else {slug: before})
    except Invalid as refusal:
        raise refusal_of_single(refusal) from None
    return await _tags.write(transaction, state, before)


async def delete(transaction: Transaction, slug: str, before: StoredObject) -> None:
    """Deletes the tag. Raises: Conflict, naming what refers to it."""
    await _tags.delete(transaction, slug, before)

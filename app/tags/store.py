"""Reading and writing tags."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import CTE, func, select
from sqlalchemy.orm import aliased

from app.changes.log import Transaction
from app.changes.models import DESK, PUBLIC, ViewEntry
from app.changes.saving import IN_USE
from app.changes.slug_lists import SlugListRequest
from app.changes.stored import StoredObject
from app.changes.views import VIEWS, Perspective
from app.db import Reader, in_list
from app.errors import Fault, Invalid
from app.index.keys import IndexedTexts
from app.index.marks import name_marks, noun_mark, same_as_mark
from app.lists import store as lists
from app.paging import PageRows, Position
from app.tags.hierarchy import Hierarchy
from app.tags.models import Tag
from app.tags.schemas import LARGEST_ORDER, TagIn, TagOut, TagQuery


def _misplaced(tag: TagOut, parent_type: str) -> str | None:
    is_fitting = (parent_type == "section") == (tag.type == "section")
    return None if is_fitting else "a section stands under a section, and no other tag does"


async def _check_moves(transaction: Transaction, tags: Sequence[TagOut], before: Mapping[str, StoredObject]) -> None:
    """Raises: Invalid, where a tag in use would get another parent, or become a section or cease to be one."""
    moved, retyped = {}, {}
    for index, tag in enumerate(tags):
        if tag.slug not in before:
            continue
        old = before[tag.slug].newest.fields()
        if (tag.type == "section") != (old["type"] == "section"):
            moved[tag.slug] = retyped[tag.slug] = f"/{index}/type"
        if tag.parent != old["parent"]:
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
    children = await connection.execute(select(Tag.slug, Tag.parent).where(Tag.parent.in_(retyped)))
    batch = {tag.slug for tag in tags}
    parents = {parent for slug, parent in children if slug not in batch}
    faults += [
        Fault("cannot change while other tags stand under the tag", IN_USE, pointer=retyped[slug])
        for slug in sorted(parents)
    ]
    if faults:
        raise Invalid("A tag in use cannot move.", *faults)


def searched_texts(tag: Mapping[str, Any]) -> IndexedTexts:
    """The texts of a tag's document by which words find it: its labels, and its slug as one of them."""
    names = [*tag["labels"].values(), tag["slug"]]
    marks = [noun_mark("tag"), *name_marks(names), *map(same_as_mark, tag["same_as"])]
    return IndexedTexts({"headline": names, "body": [*tag["description"].values()]}, marks)


_tags: Final = Hierarchy("tag", Tag, TagOut, TagIn, searched_texts, _misplaced, _check_moves)
get, lineages, make_public, save = _tags.get, _tags.lineages, _tags.make_public, _tags.save
find, lock, create, put = _tags.find, _tags.lock, _tags.create, _tags.put
update, delete = _tags.update, _tags.delete


# The place of a tag; those without one stand behind all others.
_ORDER: Final = select(func.coalesce(Tag.order, LARGEST_ORDER + 1)).where(Tag.slug == ViewEntry.slug).scalar_subquery()


async def page(read: Reader, perspective: Perspective, query: TagQuery, position: Position | None) -> PageRows:
    """Tags that match, by slug, by what changed last or by their order. Cost: one statement, one more with `count`."""
    sort = query.sorted_by
    rank = _ORDER if sort == "order" else None
    request = SlugListRequest(query.limit, position, sort == "slug", query.ids or (), query.count, rank=rank)
    return await _tags.page(read, perspective, request, type=query.type, parent=query.parent)


def tags_with_descendants(parameter: str, size: int) -> CTE:
    """Slugs of so many tags, which `list_parameters(parameter, …)` binds, and of all that stand under them."""
    tags = select(Tag.slug).where(in_list(Tag.slug, parameter, size)).cte(f"{parameter}_tree", recursive=True)
    child = aliased(Tag)
    return tags.union(select(child.slug).join(tags, child.parent == tags.c.slug))


async def counts(read: Reader, perspective: Perspective, slugs: Sequence[str]) -> dict[str, int]:
    """How many articles `tag=slug` lists, for each. Cost: one statement."""
    names = {slug: f"articles:tag:{slug}" for slug in slugs}
    numbers = await lists.counts(read, VIEWS[perspective.kind], [*names.values()])
    return {slug: numbers[name] for slug, name in names.items()}

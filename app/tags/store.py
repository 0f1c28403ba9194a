"""Every statement about tags."""

from collections.abc import Iterable, Sequence

from pydantic_core import from_json
from sqlalchemy import select

from app.changes import named, shown
from app.changes import store as log
from app.changes.models import Counter
from app.changes.shown import Perspective
from app.changes.writes import Written
from app.db import Reader
from app.errors import Fault, Invalid, NotFound
from app.tags.models import Tag
from app.tags.schemas import TagIn, TagOut, TagPut, TagQuery
from app.web.merging import Patch, merged
from app.web.pages import Position, Slice


async def get(read: Reader, seen: Perspective, slug: str) -> tuple[int, str]:
    """(revision, document). Cost: one statement. Raises: NotFound."""
    found = await shown.document(read, seen, "tag", slug)
    if found is None:
        raise NotFound(f"There is no tag {slug!r}.")
    return found[0], found[1]


async def listed(read: Reader, seen: Perspective, wanted: TagQuery, position: Position | None) -> Slice:
    """Tags that match, by slug or by what changed last; one page. An unknown parent matches nothing.

    Cost: one statement, and one more with `count`.
    """
    return await named.listed(read, seen, "tag", Tag, wanted, position, "type", "parent")


async def counts(read: Reader, seen: Perspective, slugs: Sequence[str]) -> dict[str, int]:
    """How many articles `tag=slug` lists, for each. Cost: one statement."""
    found = await shown.counts(read, seen, [f"tag:{slug}" for slug in slugs])
    return {slug: found[f"tag:{slug}"] for slug in slugs}


# --- writing ----------------------------------------------------------------------------------------------------


async def lineages(done: log.Writing, slugs: Iterable[str]) -> dict[str, named.Lineage]:
    """Types and ancestors of the tags that exist. Cost: one statement for each level of the hierarchy."""
    return await named.lineages(done, Tag, slugs)


async def reveal(done: log.Writing, slugs: Iterable[str]) -> None:
    """Makes the tags public, with their ancestors."""
    await named.reveal(done, "tag", Tag, slugs)


async def save(done: log.Writing, tags: Sequence[TagOut]) -> list[str]:
    """Writes the tags' new states, each slug once; returns what became of each: created, updated or unchanged.

    Raises: Invalid, with pointers that begin with the place in `tags`; then nothing is written.
    """
    known = await log.known(done, "tag", [tag.slug for tag in tags])
    moved = {
        f"tag:{tag.slug}": f"/{place}/{field}"
        for place, tag in enumerate(tags)
        if tag.slug in known and (field := _moved(tag, TagOut.model_validate_json(known[tag.slug].document)))
    }
    if moved:
        # Whoever lists an article under one of them holds it until its counters are there to be seen.
        held = select(Tag.slug).where(Tag.slug.in_([term.removeprefix("tag:") for term in moved]))
        await done.connection.execute(held.order_by(Tag.slug).with_for_update())
        query = select(Counter.term).distinct().where(Counter.term.in_(moved), Counter.n > 0)
        faults = [
            Fault("cannot change while articles stand under the tag", named.IN_USE, pointer=moved[row.term])
            for row in await done.connection.execute(query)
        ]
        faults += await _left_behind(done, tags, known)
        if faults:
            raise Invalid("A tag in use cannot move.", *faults)
    return await named.save(done, "tag", Tag, tags, known, _misplaced)


async def _left_behind(done: log.Writing, tags: Sequence[TagOut], known: dict[str, log.Known]) -> list[Fault]:
    """Tags that would become a section over others that are none, or the other way round."""
    places = {
        tag.slug: place
        for place, tag in enumerate(tags)
        if tag.slug in known and _retyped(tag, TagOut.model_validate_json(known[tag.slug].document))
    }
    batch = {tag.slug for tag in tags}
    children = await done.connection.execute(select(Tag.slug, Tag.parent).where(Tag.parent.in_(places)))
    above = {row.parent for row in children if row.slug not in batch}
    return [
        Fault("cannot change while other tags stand under the tag", named.IN_USE, pointer=f"/{places[slug]}/type")
        for slug in sorted(above)
    ]


def _misplaced(tag: TagOut, above: str) -> str | None:
    if (above == "section") != (tag.type == "section"):
        return "a section stands under a section, and no other tag does"
    return None


def _moved(tag: TagOut, before: TagOut) -> str | None:
    """The field whose change would list the tag's articles elsewhere, or let them name what they may not."""
    if tag.parent != before.parent:
        return "parent"
    return "type" if _retyped(tag, before) else None


def _retyped(tag: TagOut, before: TagOut) -> bool:
    return (tag.type == "section") != (before.type == "section")


# --- the desk ----------------------------------------------------------------------------------------------------


async def find(done: log.Writing, slug: str) -> log.Known | None:
    """What is known of the tag, held until the end of this transaction; None where there is none."""
    return await named.find(done, "tag", Tag, slug)


async def hold(done: log.Writing, slug: str) -> log.Known:
    """As `find`. Raises: NotFound."""
    return await named.hold(done, "tag", Tag, slug)


async def create(done: log.Writing, sent: TagIn) -> Written:
    """Makes a tag that the desk alone sees. Raises: Conflict, where the slug is taken; Invalid."""
    if await find(done, sent.slug) is not None:
        raise named.taken("tag", sent.slug)
    return await named.write(done, "tag", save, TagOut, dict(sent), None)


async def put(done: log.Writing, slug: str, sent: TagPut, before: log.Known | None) -> Written:
    """Makes what was sent to this address the next state of the tag, or a new one. Raises: Invalid, Conflict."""
    named.keeps(slug, sent.slug)
    return await named.write(done, "tag", save, TagOut, {**dict(sent), "slug": slug}, before)


async def update(done: log.Writing, slug: str, patch: Patch, before: log.Known) -> Written:
    """Lays the patch over the tag. Raises: Invalid, Conflict."""
    sent = merged(TagIn, from_json(before.document), patch)
    named.keeps(slug, sent.slug)
    return await named.write(done, "tag", save, TagOut, dict(sent), before)


async def delete(done: log.Writing, slug: str, before: log.Known) -> None:
    """Deletes the tag. Raises: Conflict, naming what refers to it."""
    await named.remove(done, "tag", Tag, slug, before)

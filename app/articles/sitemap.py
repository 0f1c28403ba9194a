"""Reads what sitemaps list: the public articles of one period, with their translations, and the newest ones.

The parts of a sitemap are periods of publication in the site's zone: years, or months where a year has more than
MOST_IN_PART articles, or days. Their sizes are read from the counters of days, so that nothing is scanned, and a story
never moves to another part.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from pydantic_core import from_json
from sqlalchemy import CompoundSelect, Integer, Select, String, bindparam, literal, select, union_all

from app.articles import listing
from app.articles.archive_schemas import ArchiveQuery
from app.articles.filters import EVERYTHING
from app.articles.models import Article
from app.articles.store import TRANSLATION
from app.changes.models import PUBLIC, Revision, ViewEntry
from app.changes.stored import portions
from app.changes.views import EVERYONE, shown_state
from app.db import Reader, Row, UtcDateTime, in_list, list_parameters, padded_size
from app.lists.models import List, ListEntry
from app.lists.store import list_id

MOST_IN_PART: Final = 10_000
# A day may have more than a part should: its part has so many. Source: sitemaps.org, "Sitemap index files".
MOST_IN_FILE: Final = 50_000


class Listed(NamedTuple):
    """A public article as a sitemap needs it. `card` is its JSON, where that was asked for."""

    id: str
    slug: str
    language: str
    updated_at: datetime
    card: str | None = None


async def parts(read: Reader) -> list[str]:
    """The periods that have articles, oldest first: `2024`, `2025-01`, `2025-02-03`. Cost: one, over counters."""
    days = await listing.archive(read, EVERYONE, ArchiveQuery(by="day"))
    return [*_parts(days, 4)]


def _parts(days: Sequence[tuple[str, int]], length: int) -> Iterator[str]:
    """Periods whose names are so long, or longer where they would have too many articles."""
    sizes: Counter[str] = Counter()
    for day, number in days:
        sizes[day[:length]] += number
    for period, size in sizes.items():
        if size <= MOST_IN_PART or length == 10:
            yield period
        else:
            yield from _parts([one for one in days if one[0].startswith(period)], length + 3)


# --- the articles of a period ------------------------------------------------------------------------------------

_ALL: Final = ListEntry.list == list_id(PUBLIC, literal(EVERYTHING[0], String))
_SHOWN: Final = (ViewEntry.view == PUBLIC) & (ViewEntry.object == ListEntry.object)


@cache
def _published(with_card: bool) -> Select[*Row]:
    """The columns of `Listed`, oldest first."""
    query = select(ListEntry.object, ViewEntry.slug, ListEntry.language, ListEntry.updated_at).join(ViewEntry, _SHOWN)
    if with_card:
        query = query.join(Revision, shown_state()).add_columns(Revision.card)
    return (
        query.where(_ALL, ListEntry.published_at >= bindparam("start", type_=UtcDateTime()))
        .where(ListEntry.published_at < bindparam("end", type_=UtcDateTime()))
        .order_by(ListEntry.published_at, ListEntry.object)
        .limit(MOST_IN_FILE)
    )


async def published(read: Reader, start: datetime, end: datetime, *, with_card: bool = False) -> list[Listed]:
    """The public articles that were published from `start` on and before `end`, oldest first. Cost: one statement."""
    rows = await read.rows(_published(with_card), {"start": start, "end": end}, slow=True)
    return [Listed(*row) for row in rows]


@cache
def _newest() -> Select[*Row]:
    """(card), newest first."""
    shown = (Revision.object == ListEntry.object) & (Revision.revision == ListEntry.revision)
    return (
        select(Revision.card)
        .select_from(ListEntry)
        .join(Revision, shown)
        .where(_ALL, ListEntry.published_at >= bindparam("start", type_=UtcDateTime()))
        .order_by(ListEntry.published_at.desc(), ListEntry.object.desc())
        .limit(bindparam("limit", type_=Integer()))
    )


async def newest(read: Reader, start: datetime, limit: int) -> list[dict[str, Any]]:
    """Cards of the public articles that were published since then, newest first. Cost: one statement."""
    rows = await read.rows(_newest(), {"start": start, "limit": limit}, slow=True)
    return [from_json(card) for (card,) in rows]


# --- their translations ------------------------------------------------------------------------------------------


@cache
def _originals(count: int) -> Select[*Row]:
    """(id, id of its original) of translations, as their newest states say."""
    query = select(Article.id, Article.translation_of).where(in_list(Article.id, "id", count))
    return query.where(Article.translation_of.is_not(None))


@cache
def _versions(count: int) -> CompoundSelect[*Row]:
    """(name of the list of translations, the columns of `Listed`) of originals and of their translations."""
    columns = (ListEntry.object, ViewEntry.slug, ListEntry.language, ListEntry.updated_at)
    translations = (
        select(List.name, *columns)
        .select_from(List)
        .join(ListEntry, ListEntry.list == List.id)
        .join(ViewEntry, _SHOWN)
        .where(List.view == PUBLIC, in_list(List.name, "name", count))
    )
    originals = (
        select(literal("", String), *columns)
        .select_from(ViewEntry)
        .join(
            ListEntry, _ALL & (ListEntry.published_at == ViewEntry.listed_at) & (ListEntry.object == ViewEntry.object)
        )
        .where(ViewEntry.view == PUBLIC, in_list(ViewEntry.object, "original", count))
    )
    return union_all(translations, originals)


_ANY_TRANSLATION: Final = (
    select(List.id).where(List.view == PUBLIC, List.name >= TRANSLATION, List.name < f"{TRANSLATION}~").limit(1)
)


async def versions(read: Reader, articles: Iterable[Listed]) -> dict[str, list[Listed]]:
    """For each article that has other versions, all of them and itself, by language.

    Cost: one statement where nothing was ever translated, else two for each thousand articles.
    """
    ids = [article.id for article in articles]
    if not ids or await read.row(_ANY_TRANSLATION) is None:
        return {}
    original_of: dict[str, str] = {}
    for portion in portions(ids):
        count = padded_size(len(portion))
        original_of |= dict(await read.rows(_originals(count), list_parameters("id", count, portion), slow=True))
    groups: dict[str, dict[str, Listed]] = {}
    for portion in portions([*dict.fromkeys(original_of.get(id, id) for id in ids)]):
        count = padded_size(len(portion))
        names = [TRANSLATION + id for id in portion]
        values = {**list_parameters("original", count, portion), **list_parameters("name", count, names)}
        for name, *columns in await read.rows(_versions(count), values, slow=True):
            version = Listed(*columns)
            original = name.removeprefix(TRANSLATION) or version.id
            groups.setdefault(original, {})[version.id] = version
    found = {}
    for id in ids:
        group = groups.get(original_of.get(id, id), {})
        # The newest state of a translation may name another original than the public one does.
        if id in group and len(group) > 1:
            found[id] = sorted(group.values(), key=lambda version: version.language)
    return found

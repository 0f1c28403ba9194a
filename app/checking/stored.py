"""Reads what stands beside the documents, by keys: rows of the nouns, slugs, entries of lists."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Integer, Select, bindparam, column, select, values

from app.articles.models import Article, ArticleSlug
from app.articles.origins import key_in_card
from app.changes.models import Noun, View
from app.changes.stored import portions
from app.collections.models import Collection
from app.db import Reader, Row, in_list, list_parameters, padded_size
from app.lists.models import List, ListEntry
from app.notes.models import Note
from app.publishing.store import NOT_WITHDRAWN, WITHDRAWAL_COLUMNS, WithdrawalRow
from app.sources.models import Source
from app.tags.models import Tag
from app.web.fields import format_instant

# The tables of the nouns, and the columns that name their objects.
TABLES: Final[dict[Noun, Any]] = {
    "tag": Tag.slug,
    "source": Source.slug,
    "note": Note.slug,
    "article": Article.id,
    "collection": Collection.slug,
}
_KEY: Final = (ListEntry.list, ListEntry.published_at, ListEntry.object)


class EntryKey(NamedTuple):
    """Where an entry of a list stands."""

    list: int
    published_at: datetime
    object: str


@cache
def _rows(noun: Noun, count: int) -> Select[*Row]:
    key = TABLES[noun]
    return select(key, *key.class_.__table__.columns).where(in_list(key, "ref", count))


async def noun_rows(read: Reader, noun: Noun, refs: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The rows of these objects, by name: values by column, dates as JSON has them. Cost: a statement a thousand."""
    columns = [each.name for each in TABLES[noun].class_.__table__.columns]
    rows: dict[str, dict[str, Any]] = {}
    for portion in portions(sorted(set(refs))):
        count = padded_size(len(portion))
        for ref, *row in await read.rows(_rows(noun, count), list_parameters("ref", count, portion), slow=True):
            rows[ref] = dict(zip(columns, row, strict=True))
    return rows


def withdrawal_of(row: Mapping[str, Any] | None) -> WithdrawalRow:
    if row is None or row.get("status") != "withdrawn":
        return NOT_WITHDRAWN
    reason, note, at, replacement = (row[name] for name in WITHDRAWAL_COLUMNS)
    return reason, note, at, replacement


def differing_columns(row: Mapping[str, Any], card: Mapping[str, Any]) -> list[str]:
    """The columns that hold something else than the members of the card that have their names."""
    members = {**card, "origin_key": key_in_card(card)} if "origin" in card else card
    return [name for name, value in row.items() if name in members and _as_json(value) != members[name]]


def _as_json(value: object) -> object:
    if isinstance(value, datetime):
        return _instant_text(value)
    return value.isoformat() if isinstance(value, date) else value


@lru_cache(maxsize=1_024)  # most dates of a row are one
def _instant_text(at: datetime) -> str:
    return format_instant(at)


@cache
def _existing(noun: Noun, count: int) -> Select[*Row]:
    return select(TABLES[noun]).where(in_list(TABLES[noun], "ref", count))


async def existing(read: Reader, noun: Noun, refs: Iterable[str]) -> set[str]:
    """Those of the objects that exist. Cost: one statement a thousand."""
    found: set[str] = set()
    for portion in portions(sorted(set(refs))):
        count = padded_size(len(portion))
        rows = await read.rows(_existing(noun, count), list_parameters("ref", count, portion), slow=True)
        found |= {ref for (ref,) in rows}
    return found


@cache
def _slugs(count: int) -> Select[*Row]:
    return select(ArticleSlug.slug, ArticleSlug.article).where(in_list(ArticleSlug.slug, "slug", count))


async def slug_owners(read: Reader, slugs: Iterable[str]) -> dict[str, str | None]:
    """The ids of the articles that slugs lead to. Cost: one statement a thousand."""
    owners: dict[str, str | None] = {}
    for portion in portions(sorted(set(slugs))):
        count = padded_size(len(portion))
        rows = await read.rows(_slugs(count), list_parameters("slug", count, portion), slow=True)
        owners |= dict(rows)
    return owners


@cache
def _list_ids(count: int) -> Select[*Row]:
    return select(List.name, List.id).where(List.view == bindparam("view"), in_list(List.name, "name", count))


async def list_ids(read: Reader, view: View, names: Iterable[str]) -> dict[str, int]:
    """The ids of the lists of a view, by name; without those that are not there. Cost: one statement a thousand."""
    ids: dict[str, int] = {}
    for portion in portions(sorted(set(names))):
        count = padded_size(len(portion))
        parameters = {"view": view, **list_parameters("name", count, portion)}
        ids |= dict(await read.rows(_list_ids(count), parameters, slow=True))
    return ids


@cache
def _entries(count: int) -> Select[*Row]:
    """The entries with these keys. Not all databases look up tuples in `IN (…)` by an index."""
    columns = (column("list", Integer()), column("at", ListEntry.published_at.type), column("object", _KEY[2].type))
    names = [[f"{name}__{place}" for name in EntryKey._fields] for place in range(count)]
    data = [tuple(bindparam(name, type_=key.type) for name, key in zip(row, _KEY, strict=True)) for row in names]
    wanted = values(*columns, name="wanted").data(data).cte("wanted")
    condition = (ListEntry.list == wanted.c.list) & (ListEntry.published_at == wanted.c.at)
    query = select(*_KEY, ListEntry.language, ListEntry.updated_at, ListEntry.revision)
    return query.select_from(wanted).join(ListEntry, condition & (ListEntry.object == wanted.c.object))


async def list_entries(read: Reader, keys: Sequence[EntryKey]) -> dict[EntryKey, tuple[str, datetime, int]]:
    """(language, updated_at, revision) of the entries with these keys. Cost: one statement a thousand."""
    entries: dict[EntryKey, tuple[str, datetime, int]] = {}
    for start in range(0, len(keys), 1_000):
        portion = keys[start : start + 1_000]
        count = padded_size(len(portion))
        padded = [*portion, *[portion[-1]] * (count - len(portion))]
        parameters = {
            f"{name}__{place}": value
            for place, key in enumerate(padded)
            for name, value in zip(EntryKey._fields, key, strict=True)
        }
        for list_id, at, object_id, *contents in await read.rows(_entries(count), parameters, slow=True):
            entries[EntryKey(list_id, at, object_id)] = (contents[0], contents[1], contents[2])
    return entries

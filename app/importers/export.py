"""Reads everything back as NDJSON: the same form that an import reads."""

from collections.abc import AsyncGenerator, Sequence
from functools import cache
from itertools import product
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Integer, Select, case, literal, select
from sqlalchemy.orm import aliased

from app.articles.models import Article, ArticleSlug
from app.changes.models import DESK, PUBLIC, Noun, Object, Revision, View, ViewEntry
from app.changes.stored import document_of
from app.changes.views import shown_state
from app.collections.models import Collection
from app.content.lifecycle import GONE
from app.db import Reader, Row, in_list, list_parameters, padded_size
from app.notes.models import Note
from app.publishing.store import withdrawal_columns, withdrawal_fields
from app.sources.models import Source
from app.tags.models import Tag
from app.web.fields import format_instant


def slugged_rows(noun: Noun, views: Sequence[View]) -> Select[*Row]:
    """Documents of tags, sources or notes, in an order in which they can be read in again: parents first."""
    query = select(Revision.card, Revision.body).join(ViewEntry, shown_state())
    query = query.where(ViewEntry.noun == noun, ViewEntry.view.in_([literal(view) for view in views]))
    if noun == "note":
        query = query.add_columns(*withdrawal_columns(Note)).join(Note, Note.slug == ViewEntry.slug)
        return query.order_by(case((Note.translation_of.is_(None), 0), else_=1), Note.slug)
    table: Any = Tag if noun == "tag" else Source
    child = aliased(table)
    tree = select(table.slug, literal(0, Integer).label("depth")).where(table.parent.is_(None)).cte(recursive=True)
    tree = tree.union_all(select(child.slug, tree.c.depth + 1).join(tree, child.parent == tree.c.slug))
    return query.join(tree, tree.c.slug == ViewEntry.slug).order_by(tree.c.depth, ViewEntry.slug)


def _collection_rows(views: Sequence[View]) -> Select[*Row]:
    """Collections by slug; a working copy behind what is public."""
    return (
        select(Revision.card, Revision.private, *withdrawal_columns(Collection))
        .join_from(ViewEntry, Revision, shown_state())
        .join(Collection, Collection.slug == ViewEntry.slug)
        .where(ViewEntry.noun == "collection", ViewEntry.view.in_([literal(view) for view in views]))
        .order_by(ViewEntry.slug, ViewEntry.view.desc())
    )


def article_rows(view: View, *, translations: bool) -> Select[*Row]:
    """Walks the objects in the order of their ids, so that nothing is sorted however many there are."""
    return (
        select(Article.id, ViewEntry.slug, Revision.card, Revision.body, Revision.private)
        .select_from(Object)
        .join(ViewEntry, (ViewEntry.object == Object.id) & (ViewEntry.view == view))
        .join(Revision, shown_state())
        .join(Article, Article.id == Object.ref)
        .add_columns(*withdrawal_columns(Article))
        .where(Object.noun == "article")
        .where(Article.translation_of.is_not(None) if translations else Article.translation_of.is_(None))
        .order_by(Object.ref)
    )


@cache
def _public_slugs(count: int) -> Select[str | None, str]:
    return (
        select(ArticleSlug.article, ArticleSlug.slug)
        .where(in_list(ArticleSlug.article, "article", count), ArticleSlug.is_public)
        .order_by(ArticleSlug.article, ArticleSlug.slug)
    )


async def _former_slugs(read: Reader, slugs: dict[str, str]) -> dict[str, list[str]]:
    """By id, the slugs that articles were public under before the present ones, which are given."""
    former: dict[str, list[str]] = {id: [] for id in slugs}
    count = padded_size(len(slugs))
    for id, slug in await read.rows(_public_slugs(count), list_parameters("article", count, [*slugs])):
        if slug != slugs[id]:
            former[id].append(slug)
    return former


async def export(read: Reader, *, public: bool) -> AsyncGenerator[bytes, None]:
    """Every document as a line: tags, sources, notes, articles, collections, each after what it refers to.

    Relations are the exception. With `public` only what everyone may see, and of what was withdrawn or has expired only
    what its 410 says. A working copy follows what is public.
    Cost: memory for a portion of rows; a few statements, and one for each portion of articles.
    """
    views: tuple[View, ...] = (PUBLIC,) if public else (PUBLIC, DESK)
    for noun in ("tag", "source", "note"):
        async for rows in read.stream(slugged_rows(noun, views)):
            for card, body, *columns in rows:
                withdrawal = withdrawal_of(columns) if columns else None
                yield _line(noun, document_of(card, body), {"withdrawal": withdrawal} if withdrawal else {})
    if public:
        async for line in _tombstones(read, Note):
            yield line
    async for line in _articles(read, views):
        yield line
    if public:
        async for line in _tombstones(read, Article):
            yield line
    async for rows in read.stream(_collection_rows(views)):
        for card, private, *columns in rows:
            yield _line("collection", card, {} if public else _members_of_desk(private, columns))
    if public:
        async for line in _tombstones(read, Collection):
            yield line


async def _articles(read: Reader, views: Sequence[View]) -> AsyncGenerator[bytes, None]:
    for translations, view in product((False, True), views):
        async for rows in read.stream(article_rows(view, translations=translations)):
            former = await _former_slugs(read, {row[0]: row[1] for row in rows})
            for id, _, card, body, private, *columns in rows:
                members = {"former_slugs": former[id]} | (_members_of_desk(private, columns) if DESK in views else {})
                yield _line("article", document_of(card, body), members)


def _members_of_desk(private: str, columns: Sequence[Any]) -> dict[str, Any]:
    """What an export for the newsroom has besides: what only the desk sees, and the withdrawal, from its columns."""
    members: dict[str, Any] = from_json(private)
    is_working_copy = members.pop("working_copy")
    return {**members, "withdrawal": withdrawal_of(columns), **({"working_copy": True} if is_working_copy else {})}


async def _tombstones(read: Reader, table: type[Note | Article | Collection]) -> AsyncGenerator[bytes, None]:
    """What readers are told of what was withdrawn or has expired."""
    key = Article.id if table is Article else table.slug
    statement = select(key, table.slug, table.status, *withdrawal_columns(table))
    statement = statement.where(table.status.in_([literal(status) for status in sorted(GONE)])).order_by(key)
    async for rows in read.stream(statement):
        former = await _former_slugs(read, {row[0]: row[1] for row in rows}) if table is Article else {}
        for id, slug, status, *columns in rows:
            noun = table.__name__.lower()
            names = {"noun": noun, "id": id, "slug": slug} if table is Article else {"noun": noun, "slug": slug}
            members = {"former_slugs": former[id]} if table is Article else {}
            yield to_json({**names, "status": status, **members, "withdrawal": withdrawal_of(columns)}) + b"\n"


def _line(noun: str, document: str, members: dict[str, Any]) -> bytes:
    """A document with its noun in front and further members behind."""
    end = f",{to_json(members).decode()[1:]}" if members else "}"
    return f'{{"noun":"{noun}",{document[1:-1]}{end}\n'.encode()


def withdrawal_of(columns: Sequence[Any]) -> dict[str, Any] | None:
    """A withdrawal as JSON has it, from its columns."""
    reason, public_note, at, replacement = columns
    fields = withdrawal_fields((reason, public_note, at, replacement))
    return None if fields is None else fields | {"at": format_instant(fields["at"])}

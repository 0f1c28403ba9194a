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
    """Every document as a line: tags, sources, notes, articles, each after what it refers to, relations excepted.

    With `public` only what everyone may see, and of what was withdrawn or has expired only what its 410 says. A working
    copy follows what is public.
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
    for translations, view in product((False, True), views):
        async for rows in read.stream(article_rows(view, translations=translations)):
            former = await _former_slugs(read, {row[0]: row[1] for row in rows})
            for id, _, card, body, private, *columns in rows:
                members: dict[str, Any] = {"former_slugs": former[id]}
                if not public:
                    for_desk = from_json(private)
                    is_working_copy = for_desk.pop("working_copy")
                    members |= {**for_desk, "withdrawal": withdrawal_of(columns)}
                    members |= {"working_copy": True} if is_working_copy else {}
                yield _line("article", document_of(card, body), members)
    if public:
        async for line in _tombstones(read, Article):
            yield line


async def _tombstones(read: Reader, table: type[Note | Article]) -> AsyncGenerator[bytes, None]:
    """What readers are told of what was withdrawn or has expired."""
    key = Note.slug if table is Note else Article.id
    statement = select(key, table.slug, table.status, *withdrawal_columns(table))
    statement = statement.where(table.status.in_([literal(status) for status in sorted(GONE)])).order_by(key)
    async for rows in read.stream(statement):
        former = await _former_slugs(read, {row[0]: row[1] for row in rows}) if table is Article else {}
        for id, slug, status, *columns in rows:
            names = {"noun": "article", "id": id, "slug": slug} if table is Article else {"noun": "note", "slug": slug}
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

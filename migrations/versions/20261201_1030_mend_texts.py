"""Mend the texts that this release would refuse, as an import of an export of them does.

A saved state never changes, and its number is its ETag: so each state that is shown and needs mending is followed by a
revision, with an entry in the log by which caches, copies and webhooks learn of it. Earlier revisions stay as they are.
Mending never changes in which lists an object stands.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from alembic import op
from pydantic_core import from_json, to_json

from app.importers.documents import Item, read
from app.web.fields import composed, is_blank

revision = "20261201_1030"
down_revision = "20261201_1010"
branch_labels = None
depends_on = None

PORTION = 500
ACTOR = "migration"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TABLES = {
    "tag": ("tags", "slug"),
    "source": ("sources", "slug"),
    "note": ("notes", "slug"),
    "article": ("articles", "id"),
}
HEADINGS = {"article": "headline", "note": "heading"}
# Texts that stand in no revision: table, key, column, and what stands for a blank one.
OTHER_TEXTS = (
    ("articles", "id", "withdrawal_note", None),
    ("notes", "slug", "withdrawal_note", None),
    ("keys", "id", "name", "—"),
    ("webhooks", "id", "name", "—"),
)
log = structlog.get_logger()


def upgrade() -> None:
    bind = op.get_bind()
    now = datetime.now(UTC)
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    ancestors = _ancestors(bind)
    for entry in _entries(bind):
        item = read(_line(bind, entry), now)
        name = f"{entry.noun} {entry.ref}"
        for fault in item.faults:
            log.warning("left as it is", object=name, pointer=fault.pointer, detail=fault.detail)
        if not item.warnings or item.faults:
            continue
        for fault in item.warnings:
            log.warning("mended", object=name, view=entry.view, pointer=fault.pointer, detail=fault.detail)
        _save(bind, entry, item, now, ancestors)
    for table, key, column, dash in OTHER_TEXTS:
        _mend_column(bind, table, key, column, dash)
    _name_shared_languages(bind, "article", "articles", "id")
    _name_shared_languages(bind, "note", "notes", "slug")


def downgrade() -> None:
    raise NotImplementedError("The log has entries for what was mended. Restore the backup that you made before.")


def _entries(bind: sa.Connection) -> Iterator[Any]:
    """Every state that a view shows, in portions."""
    query = sa.text(
        "SELECT e.view, e.object, e.noun, e.revision, e.lists, o.ref, r.card, r.body, r.private,"
        " EXISTS (SELECT 1 FROM view_entries AS d WHERE d.view = 'desk' AND d.object = e.object) AS has_desk_entry"
        " FROM (SELECT * FROM view_entries WHERE (object, view) > (:object, :view) ORDER BY object, view"
        " LIMIT :portion) AS e JOIN objects AS o ON o.id = e.object"
        " JOIN revisions AS r ON r.object = e.object AND r.revision = e.revision ORDER BY e.object, e.view"
    )
    nothing: Any = b"" if bind.dialect.name == "sqlite" else UUID(int=0)
    after = {"object": nothing, "view": ""}
    while portion := bind.execute(query, {**after, "portion": PORTION}).fetchall():
        yield from portion
        after = {"object": portion[-1].object, "view": portion[-1].view}


def _line(bind: sa.Connection, entry: Any) -> dict[str, Any]:
    """The state as an export writes it."""
    line = {"noun": entry.noun, **from_json(entry.card), **from_json(entry.private or "{}")}
    if entry.body is not None:
        line["body"] = from_json(entry.body)
    if line.get("status") == "withdrawn":
        table, key = TABLES[entry.noun]
        query = sa.text(f"SELECT withdrawal_reason FROM {table} WHERE {key} = :ref")
        line["withdrawal"] = {"reason": bind.scalar(query, {"ref": entry.ref}), "at": line["modified_at"]}
    return line


def _save(bind: sa.Connection, entry: Any, item: Item, now: datetime, ancestors: dict[str, list[str]]) -> None:
    """Adds the mended state as a revision, which the view shows from now on, with its entry in the log."""
    last = bind.scalar(sa.text("SELECT max(revision) FROM revisions WHERE object = :object"), {"object": entry.object})
    card, body, private, heading = _stored(item, last + 1, now)
    is_public = entry.view == "public"
    at = (now - EPOCH) // timedelta(milliseconds=1) if bind.dialect.name == "sqlite" else now
    values = {
        "object": entry.object, "view": entry.view, "noun": entry.noun, "ref": entry.ref, "old": entry.revision,
        "revision": last + 1, "at": at, "public_from": at if is_public else None, "public": int(is_public),
        "card": card, "body": body, "private": private, "heading": heading, "actor": ACTOR,
        "keys": to_json(_keys(entry, ancestors)).decode(),
    }  # fmt: skip
    statements = [
        """INSERT INTO revisions (object, revision, at, op, actor, kind, public_from, private, card, body)
            VALUES (:object, :revision, :at, 'updated', :actor, 'typo', :public_from, :private, :card, :body)""",
        "UPDATE view_entries SET revision = :revision, modified_at = :at WHERE view = :view AND object = :object",
        """UPDATE list_entries SET revision = :revision
            WHERE object = :object AND list IN (SELECT id FROM lists WHERE view = :view)""",
        "UPDATE log_head SET seq = seq + 1, public_seq = public_seq + :public",
        f"""INSERT INTO changes (seq, public_seq, at, actor, op, noun, ref, revision, keys)
            SELECT seq, {"public_seq" if is_public else "NULL"}, :at, :actor, 'updated', :noun, :ref, :revision,
                   {":keys" if bind.dialect.name == "sqlite" else "CAST(:keys AS json)"} FROM log_head""",
    ]
    if is_public:
        statements.append("UPDATE revisions SET public_to = :at WHERE object = :object AND revision = :old")
    if entry.view == "desk" or not entry.has_desk_entry:
        table, key = TABLES[entry.noun]
        heading_column = f", {HEADINGS[entry.noun]} = :heading" if entry.noun in HEADINGS else ""
        statements.append(
            f"UPDATE {table} SET revision = :revision, modified_at = :at{heading_column} WHERE {key} = :ref"
        )
    for statement in statements:
        clause = sa.text(statement)
        bind.execute(clause, {name: values[name] for name in clause.compile().params})


def _stored(item: Item, number: int, now: datetime) -> tuple[str, str | None, str | None, str | None]:
    """(card, body, private, headline or heading) of the mended state as this revision."""
    assert item.to_save is not None
    if item.noun == "article":
        article = item.to_save.article.as_revision(number, modified_at=now)  # type: ignore[union-attr]
        return article.card, article.body, article.private, article.headline
    state = item.to_save.state.model_copy(update={"revision": number, "modified_at": now})  # type: ignore[union-attr]
    card = to_json(state, exclude={"body", "withdrawal"}).decode()
    return card, to_json(state.body).decode() if item.noun == "note" else None, None, getattr(state, "heading", None)


def _keys(entry: Any, ancestors: dict[str, list[str]]) -> list[str]:
    """The keys by which caches drop the answers that show the state."""
    lists: list[str] = from_json(entry.lists) if isinstance(entry.lists, str) else entry.lists
    keys = {f"{entry.noun}:{entry.ref}"} | {name for name in lists if not name.startswith("articles:related:")}
    if entry.noun != "article":
        keys.add(f"{entry.noun}s")
    for name in lists:
        if name.startswith("notes:tag:"):
            keys |= {f"notes:tag:{slug}" for slug in ancestors[name.removeprefix("notes:tag:")]}
    return sorted(keys)


def _ancestors(bind: sa.Connection) -> dict[str, list[str]]:
    """By slug of a tag, the slugs of those above it."""
    parents: dict[str, str | None] = dict(bind.execute(sa.text("SELECT slug, parent FROM tags")).fetchall())
    ancestors: dict[str, list[str]] = defaultdict(list)
    for slug in parents:
        above = parents[slug]
        while above is not None:
            ancestors[slug].append(above)
            above = parents[above]
    return ancestors


def _mend_column(bind: sa.Connection, table: str, key: str, column: str, dash: str | None) -> None:
    rows = bind.execute(sa.text(f"SELECT {key} AS key, {column} AS text FROM {table} WHERE {column} IS NOT NULL"))
    update = sa.text(f"UPDATE {table} SET {column} = :text WHERE {key} = :key")
    for row in rows.fetchall():
        text = dash if is_blank(row.text) else composed(row.text)
        if text != row.text:
            log.warning("mended", object=f"{table} {row.key}", pointer=f"/{column}")
            bind.execute(update, {"key": row.key, "text": text})


def _name_shared_languages(bind: sa.Connection, noun: str, table: str, key: str) -> None:
    """Names versions of one story in one language: only the newsroom knows which of them is to go."""
    rows = bind.execute(
        sa.text(
            f"SELECT {key} AS key, coalesce(translation_of, {key}) AS original, language FROM {table}"
            " WHERE status <> 'withdrawn' AND (translation_of IS NOT NULL"
            f" OR {key} IN (SELECT translation_of FROM {table})) ORDER BY original, language, key"
        )
    )
    first: dict[tuple[str, str], str] = {}
    for row in rows.fetchall():
        other = first.setdefault((row.original, row.language), row.key)
        if other != row.key:
            detail = f"is in {row.language!r} as {other} is, and they are versions of one story"
            log.warning("left as it is", object=f"{noun} {row.key}", pointer="/language", detail=detail)

"""List by status what only the desk sees, index its dates, and say of states whether they are working copies."""

import json
from collections import Counter
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "20261203_0900"
down_revision = "20261202_1030"
branch_labels = None
depends_on = None

DESK_ENTRIES = """
    SELECT e.object, e.noun, e.listed_at, e.lists, COALESCE(a.status, n.status) AS status,
        EXISTS (SELECT 1 FROM view_entries AS p WHERE p.view = 'public' AND p.object = e.object) AS is_working_copy
    FROM view_entries AS e
    JOIN objects AS o ON o.id = e.object
    LEFT JOIN articles AS a ON e.noun = 'article' AND a.id = o.ref
    LEFT JOIN notes AS n ON e.noun = 'note' AND n.slug = o.ref
    WHERE e.view = 'desk' AND e.noun IN ('article', 'note')
"""
ADD_ENTRY = """
    INSERT INTO list_entries (list, published_at, object, revision, language, updated_at)
    SELECT :list, published_at, object, revision, language, updated_at FROM list_entries
    WHERE list = (SELECT id FROM lists WHERE view = 'desk' AND name = :other)
        AND published_at = :listed_at AND object = :object
"""
LANGUAGE = "SELECT language FROM list_entries WHERE list = :list AND published_at = :listed_at AND object = :object"
ADD_COUNTER = """
    INSERT INTO counters (list, day, language, n) VALUES (:list, '', :language, :n)
    ON CONFLICT (list, day, language) DO UPDATE SET n = counters.n + excluded.n
"""
# Within a string the quotes would be escaped. Only articles have private members.
SAY_NO_COPY = """
    UPDATE revisions SET private = substr(private, 1, length(private) - 1) || ',"working_copy":false}'
    WHERE private IS NOT NULL AND private NOT LIKE '%"working_copy":%'
"""
# A state beside which another one was public when it was saved, or is public now.
SAY_COPY = """
    UPDATE revisions SET private = replace(private, '"working_copy":false', '"working_copy":true')
    WHERE private IS NOT NULL AND public_from IS NULL AND (
        EXISTS (
            SELECT 1 FROM revisions AS q WHERE q.object = revisions.object AND q.public_from <= revisions.at
                AND (q.public_to IS NULL OR q.public_to > revisions.at)
        ) OR EXISTS (
            SELECT 1 FROM view_entries AS d JOIN view_entries AS p ON p.view = 'public' AND p.object = d.object
            WHERE d.view = 'desk' AND d.object = revisions.object AND d.revision = revisions.revision
        )
    )
"""


def upgrade() -> None:
    op.create_index(
        "ix_view_entries_articles_modified_at", "view_entries", ["view", "modified_at", "object"],
        postgresql_where=sa.text("noun = 'article'"), sqlite_where=sa.text("noun = 'article'"),
    )  # fmt: skip
    is_due = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_view_entries_due_at", "view_entries", ["view", "noun", "due_at"],
        postgresql_where=is_due, sqlite_where=is_due,
    )  # fmt: skip
    bind = op.get_bind()
    _list_states(bind)
    bind.exec_driver_sql(SAY_NO_COPY)
    bind.exec_driver_sql(SAY_COPY)


def downgrade() -> None:
    """The lists and members stay: nothing before reads them, and they are kept like any other."""
    op.drop_index("ix_view_entries_due_at", "view_entries")
    op.drop_index("ix_view_entries_articles_modified_at", "view_entries")


def _list_states(bind: sa.Connection) -> None:
    """Memory: what only the desk sees, without texts."""
    lists = ":lists" if bind.dialect.name == "sqlite" else "CAST(:lists AS json)"
    add_name = sa.text(f"UPDATE view_entries SET lists = {lists} WHERE view = 'desk' AND object = :object")
    numbers: Counter[tuple[int, str]] = Counter()
    for entry in bind.execute(sa.text(DESK_ENTRIES)).fetchall():
        names = json.loads(entry.lists) if isinstance(entry.lists, str) else entry.lists
        name = f"{entry.noun}s:status:{_heading(entry)}"
        if name in names:
            continue
        bind.execute(add_name, {"object": entry.object, "lists": json.dumps(sorted({*names, name}))})
        place = {"list": _list_id(bind, name), "listed_at": entry.listed_at, "object": entry.object}
        bind.execute(sa.text(ADD_ENTRY), {**place, "other": names[0]})
        if entry.noun == "article":  # lists of notes are not counted
            numbers[place["list"], bind.scalar(sa.text(LANGUAGE), place)] += 1
    for (list_id, language), number in sorted(numbers.items()):
        bind.execute(sa.text(ADD_COUNTER), {"list": list_id, "language": language, "n": number})


def _heading(entry: Any) -> str:
    if not entry.is_working_copy:
        return str(entry.status)
    return "scheduled-working-copy" if entry.status == "scheduled" else "working-copy"


def _list_id(bind: sa.Connection, name: str) -> int:
    select = sa.text("SELECT id FROM lists WHERE view = 'desk' AND name = :name")
    list_id: int | None = bind.scalar(select, {"name": name})
    if list_id is None:
        bind.execute(sa.text("INSERT INTO lists (view, name) VALUES ('desk', :name)"), {"name": name})
        list_id = bind.scalar(select, {"name": name})
    assert list_id is not None
    return list_id

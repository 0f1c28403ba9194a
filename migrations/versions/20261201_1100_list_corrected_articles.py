"""List the articles of whose corrections readers are told."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "20261201_1100"
down_revision = "20261201_1030"
branch_labels = None
depends_on = None

NAME = "articles:has:correction"
PORTION = 5_000
# Within a string the quotes would be escaped.
HAS_CORRECTIONS = '%"corrections":[{%'
ENTRIES = """
    SELECT e.view, e.object, e.listed_at, e.lists,
        CASE WHEN r.card LIKE :has_corrections THEN 1 ELSE 0 END AS is_corrected,
        EXISTS (SELECT 1 FROM view_entries AS d WHERE d.view = 'desk' AND d.object = e.object) AS has_desk_entry
    FROM (
        SELECT view, object, listed_at, lists, revision FROM view_entries
        WHERE noun = 'article' AND (view, object) > (:view, :object) ORDER BY view, object LIMIT :portion
    ) AS e
    JOIN revisions AS r ON r.object = e.object AND r.revision = e.revision
    ORDER BY e.view, e.object
"""
ADD_ENTRY = """
    INSERT INTO list_entries (list, published_at, object, revision, language, updated_at)
    SELECT :list, published_at, object, revision, language, updated_at FROM list_entries
    WHERE list = (SELECT id FROM lists WHERE view = :view AND name = 'articles')
        AND published_at = :listed_at AND object = :object
"""
LANGUAGE = """
    SELECT language FROM list_entries WHERE list = :list AND published_at = :listed_at AND object = :object
"""


def upgrade() -> None:
    bind = op.get_bind()
    names = ":lists" if bind.dialect.name == "sqlite" else "CAST(:lists AS json)"
    add_name = sa.text(f"UPDATE view_entries SET lists = {names} WHERE view = :view AND object = :object")
    numbers: Counter[tuple[int, str]] = Counter()
    for entry in _corrected(bind):
        lists = json.loads(entry.lists) if isinstance(entry.lists, str) else entry.lists
        if NAME in lists:
            continue
        key = {"view": entry.view, "object": entry.object}
        place = {"list": _list_id(bind, entry.view), "listed_at": entry.listed_at, "object": entry.object}
        bind.execute(add_name, {**key, "lists": json.dumps(sorted({*lists, NAME}))})
        bind.execute(sa.text(ADD_ENTRY), {**place, "view": entry.view})
        language = bind.scalar(sa.text(LANGUAGE), place)
        numbers[place["list"], language] += 1
        if entry.view == "public" and entry.has_desk_entry:
            # Counters of the desk say by how much they differ from the public ones.
            numbers[_list_id(bind, "desk"), language] -= 1
    add_counter = sa.text(
        "INSERT INTO counters (list, day, language, n) VALUES (:list, '', :language, :n)"
        " ON CONFLICT (list, day, language) DO UPDATE SET n = counters.n + excluded.n"
    )
    for (list_id, language), number in sorted(numbers.items()):
        bind.execute(add_counter, {"list": list_id, "language": language, "n": number})


def downgrade() -> None:
    """The list stays: nothing before reads it, and it is kept like any other."""


def _corrected(bind: sa.Connection) -> Iterator[Any]:
    """The view entries of articles with corrections, each with what its row holds. Memory: one portion."""
    nothing: Any = b"" if bind.dialect.name == "sqlite" else UUID(int=0)
    after = {"view": "", "object": nothing}
    values = {"has_corrections": HAS_CORRECTIONS, "portion": PORTION}
    while portion := bind.execute(sa.text(ENTRIES), {**after, **values}).fetchall():
        yield from (entry for entry in portion if entry.is_corrected)
        after = {"view": portion[-1].view, "object": portion[-1].object}


def _list_id(bind: sa.Connection, view: str) -> int:
    key = {"view": view, "name": NAME}
    select = sa.text("SELECT id FROM lists WHERE view = :view AND name = :name")
    list_id: int | None = bind.scalar(select, key)
    if list_id is None:
        bind.execute(sa.text("INSERT INTO lists (view, name) VALUES (:view, :name)"), key)
        list_id = bind.scalar(select, key)
    assert list_id is not None
    return list_id

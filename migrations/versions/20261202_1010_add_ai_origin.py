"""Add what part AI had to the stored documents of articles and notes, and to their pictures: null, as nobody said."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "20261202_1010"
down_revision = "20261202_1000"
branch_labels = None
depends_on = None

PORTION = 5_000
# A deleted object has `null` for a card. Within a text the quotes would be escaped.
ADD = """
    UPDATE revisions SET card = substr(card, 1, length(card) - 1) || :member
    WHERE card <> 'null' AND card NOT LIKE :has_ai
        AND object IN (SELECT id FROM objects WHERE noun IN ('article', 'note'))
"""
PICTURES = """
    SELECT object, revision, card, body FROM revisions
    WHERE (object, revision) > (:object, :revision) AND (card LIKE :picture OR body LIKE :picture)
    ORDER BY object, revision LIMIT :portion
"""
UPDATE = "UPDATE revisions SET card = :card, body = :body WHERE object = :object AND revision = :revision"
# The last field of a picture, which no other object has.
LAST = re.compile(r'"focal_point":(?:null|\{[^}]*\})(?!,"ai":)')


def upgrade() -> None:
    bind = op.get_bind()
    bind.execute(sa.text(ADD), {"member": ',"ai":null}', "has_ai": '%"ai":%'})
    for row in _with_pictures(bind):
        card, body = (text and LAST.sub(r'\g<0>,"ai":null', text) for text in (row.card, row.body))
        bind.execute(sa.text(UPDATE), {"card": card, "body": body, "object": row.object, "revision": row.revision})


def downgrade() -> None:
    """The fields stay; upgrading again leaves them as they are."""


def _with_pictures(bind: sa.Connection) -> Iterator[Any]:
    """The revisions that have pictures. Memory: one portion."""
    after: dict[str, Any] = {"object": b"" if bind.dialect.name == "sqlite" else UUID(int=0), "revision": 0}
    while portion := bind.execute(
        sa.text(PICTURES), {**after, "picture": '%"focal_point":%', "portion": PORTION}
    ).fetchall():
        yield from portion
        after = {"object": portion[-1].object, "revision": portion[-1].revision}

"""Compose the names of keys and webhooks (NFC), and write a dash for those of which nothing can be seen."""

from unicodedata import category, normalize

import sqlalchemy as sa
import structlog
from alembic import op

revision = "20261201_1020"
down_revision = "20261201_1010"
branch_labels = None
depends_on = None

log = structlog.get_logger()


def upgrade() -> None:
    bind = op.get_bind()
    for table in ("keys", "webhooks"):
        for id, name in bind.execute(sa.text(f"SELECT id, name FROM {table}")).fetchall():
            is_visible = any(category(character)[0] not in "CZ" for character in name)
            mended = normalize("NFC", name) if is_visible else "—"
            if mended != name:
                log.warning("mended", object=f"{table} {id}", pointer="/name")
                bind.execute(sa.text(f"UPDATE {table} SET name = :name WHERE id = :id"), {"name": mended, "id": id})


def downgrade() -> None:
    pass

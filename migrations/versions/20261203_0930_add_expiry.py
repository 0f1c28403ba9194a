"""Let articles expire, as none does yet."""

import sqlalchemy as sa
from alembic import op

revision = "20261203_0930"
down_revision = "20261203_0900"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
# A deleted object has `null` for a card. Within a text the quotes would be escaped.
ADD = """
    UPDATE revisions SET card = substr(card, 1, length(card) - 1) || :member
    WHERE card <> 'null' AND card NOT LIKE :has_expiry AND object IN (SELECT id FROM objects WHERE noun = 'article')
"""
EXPIRING = sa.text("expires_at IS NOT NULL")
REMOVED = "op IN ('withdrawn', 'unpublished', 'deleted')"
REMOVED_OR_EXPIRED = "op IN ('withdrawn', 'expired', 'unpublished', 'deleted')"


def upgrade() -> None:
    op.get_bind().execute(sa.text(ADD), {"member": ',"expires_at":null}', "has_expiry": '%"expires_at":%'})
    op.add_column("view_entries", sa.Column("expires_at", INSTANT, nullable=True))
    op.create_index(
        "ix_view_entries_expiring",
        "view_entries",
        ["view", "expires_at"],
        postgresql_where=EXPIRING,
        sqlite_where=EXPIRING,
    )
    _index_removals(REMOVED_OR_EXPIRED)


def downgrade() -> None:
    """The field stays; upgrading again leaves it as it is."""
    _index_removals(REMOVED)
    op.drop_index("ix_view_entries_expiring", "view_entries")
    op.drop_column("view_entries", "expires_at")


def _index_removals(condition: str) -> None:
    where = sa.text(condition)
    op.drop_index("ix_changes_removed", "changes")
    op.create_index("ix_changes_removed", "changes", ["at"], postgresql_where=where, sqlite_where=where)

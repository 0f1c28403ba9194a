"""Index the changes after which readers see an object no more."""

import sqlalchemy as sa
from alembic import op

revision = "20261201_1110"
down_revision = "20261201_1100"
branch_labels = None
depends_on = None

REMOVED = sa.text("op IN ('withdrawn', 'unpublished', 'deleted')")


def upgrade() -> None:
    op.create_index("ix_changes_removed", "changes", ["at"], postgresql_where=REMOVED, sqlite_where=REMOVED)


def downgrade() -> None:
    op.drop_index("ix_changes_removed", "changes")

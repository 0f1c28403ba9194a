"""Create the table of collections."""

import sqlalchemy as sa
from alembic import op

revision = "20261204_1000"
down_revision = "20261204_0930"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
NAME = sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql")
DUE = sa.text("status = 'scheduled'")


def upgrade() -> None:
    op.create_table(
        "collections",
        sa.Column("slug", NAME, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("publish_at", INSTANT, nullable=True),
        sa.Column("first_published_at", INSTANT, nullable=True),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawal_reason", sa.String(length=20), nullable=True),
        sa.Column("withdrawal_note", sa.Text(), nullable=True),
        sa.Column("replacement", NAME, nullable=True),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_collections")),
    )
    op.create_index("ix_collections_due", "collections", ["publish_at"], postgresql_where=DUE, sqlite_where=DUE)


def downgrade() -> None:
    """Collections are lost."""
    op.drop_table("collections")
    for table in ("revisions", "view_entries", "list_entries"):
        op.execute(f"DELETE FROM {table} WHERE object IN (SELECT id FROM objects WHERE noun = 'collection')")
    for table in ("objects", "changes"):
        op.execute(f"DELETE FROM {table} WHERE noun = 'collection'")

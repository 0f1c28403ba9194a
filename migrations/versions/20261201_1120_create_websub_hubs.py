"""Create the table of WebSub hubs."""

import sqlalchemy as sa
from alembic import op

revision = "20261201_1120"
down_revision = "20261201_1110"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "websub_hubs",
        sa.Column("hub", sa.String(length=2000), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("hub", name=op.f("pk_websub_hubs")),
    )


def downgrade() -> None:
    op.drop_table("websub_hubs")

"""Give stories the key of where they were imported from, which nothing said so far."""

import sqlalchemy as sa
from alembic import op

revision = "20261204_0900"
down_revision = "20261203_0930"
branch_labels = None
depends_on = None

# Within a text the quotes would be escaped.
FORMER = '"origin":{"url":'
PRESENT = '"origin":{"system":null,"id":null,"url":'
ADD_KEY = "UPDATE revisions SET card = replace(card, :former, :present) WHERE card LIKE :holding"
IMPORTED = sa.text("origin_key IS NOT NULL")


def upgrade() -> None:
    op.get_bind().execute(sa.text(ADD_KEY), {"former": FORMER, "present": PRESENT, "holding": f"%{FORMER}%"})
    op.add_column("articles", sa.Column("origin_key", sa.String(401), nullable=True))
    op.create_index(
        "ix_articles_origin_key", "articles", ["origin_key"], unique=True,
        postgresql_where=IMPORTED, sqlite_where=IMPORTED,
    )  # fmt: skip


def downgrade() -> None:
    """The members of the documents stay; upgrading again leaves them as they are."""
    op.drop_index("ix_articles_origin_key", "articles")
    op.drop_column("articles", "origin_key")

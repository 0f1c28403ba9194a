"""Add the index of words. What is stored already is indexed afterwards, while the server runs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261201_1700"
down_revision = "20261201_1120"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
OBJECT_ID = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
# Keys hold apostrophes, hyphens, points, commas and colons; the tokenizer takes all that is not ASCII for letters.
WORDS = """
    CREATE VIRTUAL TABLE index_words USING fts5(
        headline, standfirst, quotes, body, sources,
        content='', columnsize=0, detail=column, tokenize="ascii tokenchars '''-.,:'"
    )
"""


def upgrade() -> None:
    op.create_table(
        "index_entries",
        sa.Column("object", OBJECT_ID, nullable=False),
        sa.Column("view", sa.String(10), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("keys", sa.LargeBinary().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("object", "view", name=op.f("pk_index_entries")),
    )
    op.create_index("ix_index_entries_place", "index_entries", ["place"])
    if op.get_bind().dialect.name == "postgresql":
        # Windows of the newest entries are read row by row, so keys stay in their row.
        op.execute("ALTER TABLE index_entries ALTER COLUMN keys SET STORAGE MAIN")
        op.execute("CREATE INDEX ix_index_entries_keys ON index_entries USING gin (keys) WITH (fastupdate = off)")
    else:
        op.execute(sa.text(WORDS.replace(":", r"\:")))
    state = op.create_table(
        "index_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(200), nullable=True),
        sa.Column("next_version", sa.String(200), nullable=True),
        sa.Column("last_view", sa.String(10), nullable=True),
        sa.Column("last_object", OBJECT_ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_state")),
    )
    # Where nothing is stored yet, nothing is missing from the index.
    is_filled = op.get_bind().scalar(sa.text("SELECT count(*) FROM view_entries")) > 0
    op.bulk_insert(state, [{"id": 1, "version": None if is_filled else ""}])


def downgrade() -> None:
    op.drop_table("index_state")
    if op.get_bind().dialect.name != "postgresql":
        op.execute("DROP TABLE index_words")
    op.drop_table("index_entries")

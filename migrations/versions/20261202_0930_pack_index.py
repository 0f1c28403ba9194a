"""Pack the index of words: one column of keys, and places by the minute. It is made anew while the server runs."""

import sqlalchemy as sa
from alembic import op

revision = "20261202_0930"
down_revision = "20261202_0900"
branch_labels = None
depends_on = None

# Keys hold apostrophes, hyphens, points, commas and colons; the tokenizer takes all that is not ASCII for letters.
TOKENS = "tokenize=\"ascii tokenchars '''-.,:'\""
WORDS = f"CREATE VIRTUAL TABLE index_words USING fts5(keys, content='', columnsize=0, detail=none, {TOKENS})"
FORMER_WORDS = (
    "CREATE VIRTUAL TABLE index_words USING fts5(headline, standfirst, quotes, body, sources,"
    f" content='', columnsize=0, detail=column, {TOKENS})"
)
# Bytes of keys that a transaction collects before it writes them. With the default, 1 MB, an import merges them again
# and again, which takes half of its time in the index.
COLLECTED = "INSERT INTO index_words (index_words, rank) VALUES ('hashsize', 67108864)"


def upgrade() -> None:
    remake(WORDS, COLLECTED)


def downgrade() -> None:
    remake(FORMER_WORDS)


def remake(*statements: str) -> None:
    """Empties the index, and leaves it to be made as these statements have it."""
    connection = op.get_bind()
    op.execute("DELETE FROM index_entries")
    if connection.dialect.name != "postgresql":
        op.execute("DROP TABLE index_words")
        for statement in statements:
            op.execute(sa.text(statement.replace(":", r"\:")))
    is_filled = connection.scalar(sa.text("SELECT count(*) FROM view_entries")) > 0
    version = sa.null() if is_filled else ""
    state = sa.table("index_state", *map(sa.column, ("version", "next_version", "last_view", "last_object")))
    op.execute(sa.update(state).values(version=version, next_version=None, last_view=None, last_object=None))

"""Add what the desk needs: who saved a revision, when a state is due, who names an article, idempotency keys."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_2110"
down_revision = "20261122_2100"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
JSON = sa.JSON(none_as_null=True)
NAME = sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql")
DUE = sa.text("status = 'scheduled'")
OWNER = "fk_addresses_ref"


def upgrade() -> None:
    op.add_column("revisions", sa.Column("actor", sa.String(length=200), nullable=True))
    op.add_column("shown", sa.Column("due_at", INSTANT, nullable=True))
    op.add_column("notes", sa.Column("withdrawal", JSON, nullable=True))
    for table in ("articles", "notes"):
        op.create_index(f"ix_{table}_due", table, ["publish_at"], postgresql_where=DUE, sqlite_where=DUE)
    with op.batch_alter_table("addresses") as batch:
        batch.alter_column("ref", existing_type=NAME, nullable=True)
        batch.drop_constraint(OWNER, type_="foreignkey")
        batch.create_foreign_key(OWNER, "articles", ["ref"], ["id"], ondelete="SET NULL")
    op.create_table(
        "articles_related",
        sa.Column("article", NAME, nullable=False),
        sa.Column("ref", NAME, nullable=False),
        sa.PrimaryKeyConstraint("article", "ref", name=op.f("pk_articles_related")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_articles_related_ref", "articles_related", ["ref"])
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", NAME, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("noun", sa.String(length=20), nullable=True),
        sa.Column("ref", NAME, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("warnings", JSON, nullable=True),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_at", "idempotency_keys", ["at"])
    _fill()


def _fill() -> None:
    """What the first tables hold of due times, and of articles that name others."""
    for noun, table, key in (("article", "articles", "id"), ("note", "notes", "slug")):
        op.execute(
            f"UPDATE shown SET due_at = (SELECT publish_at FROM {table} WHERE {key} = shown.ref)"
            f" WHERE view = 'desk' AND noun = '{noun}'"
        )
    if op.get_bind().dialect.name == "sqlite":
        each, value = "json_each", "json_extract(named.value, '$.article')"
    else:
        each, value = "json_array_elements", "(named.value ->> 'article')"
    for column in ("relations", "body"):
        op.execute(
            f"INSERT INTO articles_related SELECT DISTINCT {value}, articles.id"
            f" FROM articles, {each}(articles.{column}) AS named"
            f" WHERE {value} IS NOT NULL ON CONFLICT DO NOTHING"
        )


def downgrade() -> None:
    op.drop_table("idempotency_keys")
    op.drop_table("articles_related")
    op.execute("DELETE FROM addresses WHERE ref IS NULL")
    with op.batch_alter_table("addresses") as batch:
        batch.drop_constraint(OWNER, type_="foreignkey")
        batch.alter_column("ref", existing_type=NAME, nullable=False)
        batch.create_foreign_key(OWNER, "articles", ["ref"], ["id"], ondelete="RESTRICT")
    for table in ("articles", "notes"):
        op.drop_index(f"ix_{table}_due", table)
    for table, column in (("notes", "withdrawal"), ("shown", "due_at"), ("revisions", "actor")):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)

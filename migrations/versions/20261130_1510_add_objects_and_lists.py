"""Add the tables that store each state once: objects, view entries, lists; revisions of the new form beside the old."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_1510"
down_revision = "20261122_2230"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
JSON = sa.JSON(none_as_null=True)
LIST_NAME = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
NAME = sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql")
OBJECT_ID = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # The present release may go on reading meanwhile; what it wrote now would be lost.
        op.execute("LOCK TABLE log_head, changes, revisions, shown, listed, counters, articles, notes, addresses"
                   " IN EXCLUSIVE MODE")  # fmt: skip
    op.create_table(
        "objects",
        sa.Column("id", OBJECT_ID, nullable=False),
        sa.Column("noun", sa.String(20), nullable=False),
        sa.Column("ref", NAME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objects")),
        sa.UniqueConstraint("noun", "ref", name=op.f("uq_objects_noun_ref")),
    )
    op.create_table(
        "new_revisions",
        sa.Column("object", OBJECT_ID, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("op", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(200), nullable=True),
        sa.Column("kind", sa.String(20), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("public_from", INSTANT, nullable=True),
        sa.Column("public_to", INSTANT, nullable=True),
        sa.Column("private", sa.Text(), nullable=True),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("object", "revision", name=op.f("pk_new_revisions")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Lists read many cards and no body, so a card stays in its row as it is, and the body leaves it, compressed.
        op.execute("ALTER TABLE new_revisions ALTER COLUMN card SET STORAGE MAIN")
    op.create_table(
        "view_entries",
        sa.Column("view", sa.String(10), nullable=False),
        sa.Column("object", OBJECT_ID, nullable=False),
        sa.Column("noun", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("slug", NAME, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
        sa.Column("listed_at", INSTANT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("lists", JSON, nullable=False),
        sa.PrimaryKeyConstraint("view", "object", name=op.f("pk_view_entries")),
    )
    op.create_table(
        "lists",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("view", sa.String(10), nullable=False),
        sa.Column("name", LIST_NAME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
        sa.UniqueConstraint("view", "name", name=op.f("uq_lists_view_name")),
    )
    op.create_table(
        "list_entries",
        sa.Column("list", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("object", OBJECT_ID, nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("list", "published_at", "object", name=op.f("pk_list_entries")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "new_counters",
        sa.Column("list", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("list", "day", "language", name=op.f("pk_new_counters")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "article_slugs",
        sa.Column("slug", NAME, nullable=False),
        sa.Column("article", NAME, nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article"], ["articles.id"], name=op.f("fk_article_slugs_article"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_article_slugs")),
    )
    for table in ("articles", "notes"):
        for column in (
            sa.Column("withdrawn_at", INSTANT, nullable=True),
            sa.Column("withdrawal_reason", sa.String(20), nullable=True),
            sa.Column("withdrawal_note", sa.Text(), nullable=True),
            sa.Column("replacement", NAME, nullable=True),
        ):
            op.add_column(table, column)


def downgrade() -> None:
    raise NotImplementedError("Release 0.1 stores texts in another form. Restore the backup that you made of it.")

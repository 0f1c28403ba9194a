"""Create the nouns, the log with every saved state, and what each view shows and lists."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "20261122_1818"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
JSON = sa.JSON(none_as_null=True)
NAME = sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql")
TERM = sa.String(160).with_variant(sa.String(160, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("public_seq", sa.BigInteger(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("op", sa.String(length=20), nullable=False),
        sa.Column("noun", sa.String(length=20), nullable=False),
        sa.Column("ref", NAME, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("keys", JSON, nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_changes")),
        sa.UniqueConstraint("public_seq", name=op.f("uq_changes_public_seq")),
    )
    op.create_table(
        "counters",
        sa.Column("view", sa.String(length=10), nullable=False),
        sa.Column("term", TERM, nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("view", "term", "language", "day", name=op.f("pk_counters")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "listed",
        sa.Column("view", sa.String(length=10), nullable=False),
        sa.Column("term", TERM, nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("ref", NAME, nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("direct", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("view", "term", "published_at", "ref", name=op.f("pk_listed")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_listed_updated_at", "listed", ["view", "term", "updated_at", "ref"], unique=False)
    op.create_index(
        "ix_listed_view_term_language_published_at_ref",
        "listed",
        ["view", "term", "language", "published_at", "ref"],
        unique=False,
    )

    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("public_seq", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.LargeBinary(length=32), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    op.create_table(
        "notes",
        sa.Column("slug", NAME, nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("heading", sa.String(length=500), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("attributions", JSON, nullable=False),
        sa.Column("translation_of", NAME, nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("publish_at", INSTANT, nullable=True),
        sa.Column("first_published_at", INSTANT, nullable=True),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["translation_of"], ["notes.slug"], name=op.f("fk_notes_translation_of"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_notes")),
    )
    op.create_index("ix_notes_translation_of", "notes", ["translation_of"], unique=False)

    op.create_table(
        "notes_listed",
        sa.Column("view", sa.String(length=10), nullable=False),
        sa.Column("term", TERM, nullable=False),
        sa.Column("slug", NAME, nullable=False),
        sa.PrimaryKeyConstraint("view", "term", "slug", name=op.f("pk_notes_listed")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "revisions",
        sa.Column("noun", sa.String(length=20), nullable=False),
        sa.Column("ref", NAME, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("op", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("public_from", INSTANT, nullable=True),
        sa.Column("public_to", INSTANT, nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("ednote", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("noun", "ref", "revision", name=op.f("pk_revisions")),
    )
    op.create_table(
        "shown",
        sa.Column("view", sa.String(length=10), nullable=False),
        sa.Column("noun", sa.String(length=20), nullable=False),
        sa.Column("ref", NAME, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("slug", NAME, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
        sa.Column("listed_at", INSTANT, nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("terms", JSON, nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("view", "noun", "ref", name=op.f("pk_shown")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_shown_view_noun_modified_at_ref",
        "shown",
        ["view", "noun", "modified_at", "ref"],
        unique=False,
        postgresql_where=sa.text("noun <> 'article'"),
        sqlite_where=sa.text("noun <> 'article'"),
    )

    op.create_table(
        "sources",
        sa.Column("slug", NAME, nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("identity", sa.String(length=20), nullable=False),
        sa.Column("names", JSON, nullable=False),
        sa.Column("aliases", JSON, nullable=False),
        sa.Column("description", JSON, nullable=False),
        sa.Column("urls", JSON, nullable=False),
        sa.Column("parent", NAME, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["sources.slug"], name=op.f("fk_sources_parent"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_sources")),
    )
    op.create_index("ix_sources_parent", "sources", ["parent"], unique=False)
    op.create_index("ix_sources_type_slug", "sources", ["type", "slug"], unique=False)

    op.create_table(
        "tags",
        sa.Column("slug", NAME, nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("labels", JSON, nullable=False),
        sa.Column("description", JSON, nullable=False),
        sa.Column("parent", NAME, nullable=True),
        sa.Column("same_as", JSON, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["tags.slug"], name=op.f("fk_tags_parent"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_tags")),
    )
    op.create_index("ix_tags_parent", "tags", ["parent"], unique=False)
    op.create_index("ix_tags_type_slug", "tags", ["type", "slug"], unique=False)

    op.create_table(
        "articles",
        sa.Column("id", NAME, nullable=False),
        sa.Column("slug", NAME, nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("headline", sa.String(length=500), nullable=False),
        sa.Column("kicker", sa.String(length=500), nullable=True),
        sa.Column("standfirst", sa.Text(), nullable=True),
        sa.Column("byline", sa.String(length=500), nullable=True),
        sa.Column("body", JSON, nullable=False),
        sa.Column("section", NAME, nullable=True),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("attributions", JSON, nullable=False),
        sa.Column("image", JSON, nullable=True),
        sa.Column("relations", JSON, nullable=False),
        sa.Column("translation_of", NAME, nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("publish_at", INSTANT, nullable=True),
        sa.Column("first_published_at", INSTANT, nullable=True),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=True),
        sa.Column("origin", JSON, nullable=True),
        sa.Column("corrections", JSON, nullable=False),
        sa.Column("editors_note", sa.Text(), nullable=True),
        sa.Column("ednote", sa.Text(), nullable=True),
        sa.Column("withdrawal", JSON, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["section"], ["tags.slug"], name=op.f("fk_articles_section"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["translation_of"], ["articles.id"], name=op.f("fk_articles_translation_of"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("slug", name=op.f("uq_articles_slug")),
    )
    op.create_index("ix_articles_translation_of", "articles", ["translation_of"], unique=False)

    op.create_table(
        "addresses",
        sa.Column("slug", NAME, nullable=False),
        sa.Column("ref", NAME, nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["ref"], ["articles.id"], name=op.f("fk_addresses_ref"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_addresses")),
    )
    op.create_index("ix_addresses_ref", "addresses", ["ref"], unique=False)

    if op.get_bind().dialect.name == "postgresql":
        # Documents are read far more often than written, and passed on as they are: unpacking each would cost the most.
        for table, column in (("revisions", "document"), ("shown", "card"), ("articles", "body")):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
    head = sa.table("log_head", sa.column("id"), sa.column("seq"), sa.column("public_seq"), sa.column("secret"))
    op.execute(head.insert().values(id=1, seq=0, public_seq=0, secret=secrets.token_bytes(32)))


def downgrade() -> None:
    for table in (
        "addresses",
        "articles",
        "tags",
        "sources",
        "shown",
        "revisions",
        "notes_listed",
        "notes",
        "log_head",
        "listed",
        "counters",
        "changes",
    ):
        op.drop_table(table)

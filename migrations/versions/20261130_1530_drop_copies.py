"""Drop the tables and columns whose contents are now stored once, in the revisions."""

import sqlalchemy as sa
from alembic import context, op

revision = "20261130_1530"
down_revision = "20261130_1520"
branch_labels = None
depends_on = None

MOVED_TABLES = ("articles_related", "addresses", "notes_listed", "listed", "shown", "counters", "revisions")
MOVED_COLUMNS = {
    "articles": (
        "kicker", "standfirst", "byline", "body", "tags", "attributions", "image", "relations", "origin", "corrections",
        "editors_note", "ednote", "withdrawal",
    ),
    "notes": ("body", "facts", "tags", "attributions", "withdrawal"),
    "tags": ("labels", "description", "same_as"),
    "sources": ("names", "aliases", "description", "urls"),
}  # fmt: skip


def upgrade() -> None:
    for table in MOVED_TABLES:
        op.drop_table(table)
    for table in ("revisions", "counters"):
        op.rename_table(f"new_{table}", table)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT pk_new_{table} TO pk_{table}")
    for table, columns in MOVED_COLUMNS.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column)
    op.create_index("ix_article_slugs_article", "article_slugs", ["article"])
    op.create_index("ix_list_entries_language", "list_entries", ["list", "language", "published_at", "object"])
    op.create_index("ix_list_entries_updated_at", "list_entries", ["list", "updated_at", "object"])
    of_slugs = sa.text("noun <> 'article'")
    for name, indexed in (
        ("ix_view_entries_slug", ["view", "noun", "slug"]),
        ("ix_view_entries_modified_at", ["view", "noun", "modified_at", "slug"]),
    ):
        op.create_index(name, "view_entries", indexed, postgresql_where=of_slugs, sqlite_where=of_slugs)
    context.config.attributes["shrink"] = True  # most of a SQLite file is empty now


def downgrade() -> None:
    raise NotImplementedError("Release 0.1 stores texts in another form. Restore the backup that you made of it.")

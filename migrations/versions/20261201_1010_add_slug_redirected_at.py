"""Say of each former slug of a public article since when it has led to the present one."""

import sqlalchemy as sa
from alembic import op

revision = "20261201_1010"
down_revision = "20261130_1530"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
IS_REDIRECT = sa.text("redirected_at IS NOT NULL")
# When a slug was changed was not recorded: at the latest with the last change that readers see.
FILL = """
    UPDATE article_slugs SET redirected_at = (
        SELECT view_entries.modified_at FROM objects
        JOIN view_entries ON view_entries.object = objects.id AND view_entries.view = 'public'
        WHERE objects.noun = 'article' AND objects.ref = article_slugs.article
            AND view_entries.slug <> article_slugs.slug
    )
    WHERE is_public AND article IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("article_slugs", sa.Column("redirected_at", INSTANT, nullable=True))
    op.execute(FILL)
    op.create_index(
        "ix_article_slugs_redirected_at",
        "article_slugs",
        ["redirected_at", "slug"],
        postgresql_where=IS_REDIRECT,
        sqlite_where=IS_REDIRECT,
    )


def downgrade() -> None:
    op.drop_index("ix_article_slugs_redirected_at", "article_slugs")
    op.drop_column("article_slugs", "redirected_at")

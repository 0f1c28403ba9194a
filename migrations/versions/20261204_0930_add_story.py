"""Say of each state of an article which story it is a version of: the original, or what it translates."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "20261204_0930"
down_revision = "20261204_0900"
branch_labels = None
depends_on = None

STORY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
OF_STORIES = sa.text("story IS NOT NULL")
OWN = "UPDATE view_entries SET story = object WHERE noun = 'article'"
PREFIX = "articles:translation:"
TRANSLATIONS = "SELECT id, view, name FROM lists WHERE name LIKE 'articles:translation:%'"
SET = sa.text("""
    UPDATE view_entries SET story = :story
    WHERE view = :view AND object IN (SELECT object FROM list_entries WHERE list = :list)
""").bindparams(sa.bindparam("story", type_=STORY))


def upgrade() -> None:
    op.add_column("view_entries", sa.Column("story", STORY, nullable=True))
    bind = op.get_bind()
    bind.exec_driver_sql(OWN)
    is_sqlite = bind.dialect.name == "sqlite"
    for list_id, view, name in bind.execute(sa.text(TRANSLATIONS)).fetchall():
        original = UUID(name.removeprefix(PREFIX))
        bind.execute(SET, {"story": original.bytes if is_sqlite else original, "view": view, "list": list_id})
    op.create_index(
        "ix_view_entries_story", "view_entries", ["view", "story"],
        postgresql_where=OF_STORIES, sqlite_where=OF_STORIES,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_view_entries_story", "view_entries")
    op.drop_column("view_entries", "story")

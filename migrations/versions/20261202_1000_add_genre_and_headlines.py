"""Add genre, dateline, variants of the headline and flags to the stored documents of articles."""

import sqlalchemy as sa
from alembic import op

revision = "20261202_1000"
down_revision = "20261202_0930"
branch_labels = None
depends_on = None

# A deleted object has `null` for a card.
ADD = """
    UPDATE revisions SET card = substr(card, 1, length(card) - 1) || :members
    WHERE card <> 'null' AND card NOT LIKE :has_genre AND object IN (SELECT id FROM objects WHERE noun = 'article')
"""
# Within a text the quotes would be escaped.
HAS_GENRE = '%"genre":%'
# What a document without these fields means.
MEMBERS = ',"genre":null,"dateline":null,"headlines":{"seo":null,"social":null,"short":null},"flags":[]}'


def upgrade() -> None:
    op.get_bind().execute(sa.text(ADD), {"members": MEMBERS, "has_genre": HAS_GENRE})


def downgrade() -> None:
    """The fields stay; upgrading again leaves them as they are."""

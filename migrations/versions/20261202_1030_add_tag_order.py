"""Give tags an order, which none has yet."""

import sqlalchemy as sa
from alembic import op

revision = "20261202_1030"
down_revision = "20261202_1020"
branch_labels = None
depends_on = None

# A deleted object has `null` for a card. Within a text the quotes would be escaped.
ADD = """
    UPDATE revisions SET card = substr(card, 1, length(card) - 1) || :member
    WHERE card <> 'null' AND card NOT LIKE :has_order AND object IN (SELECT id FROM objects WHERE noun = 'tag')
"""


def upgrade() -> None:
    op.add_column("tags", sa.Column("order", sa.Integer(), nullable=True))
    op.get_bind().execute(sa.text(ADD), {"member": ',"order":null}', "has_order": '%"order":%'})


def downgrade() -> None:
    with op.batch_alter_table("tags") as batch:
        batch.drop_column("order")

"""Remember how far the stored texts are mended: in a new database none are to be, in others all."""

import sqlalchemy as sa
from alembic import op

revision = "20261201_1030"
down_revision = "20261201_1020"
branch_labels = None
depends_on = None

OBJECT_ID = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    op.add_column("log_head", sa.Column("last_mended", OBJECT_ID, nullable=True))
    none = "zeroblob(16)" if op.get_bind().dialect.name == "sqlite" else "'00000000-0000-0000-0000-000000000000'"
    op.execute(f"UPDATE log_head SET last_mended = {none} WHERE EXISTS (SELECT 1 FROM view_entries)")


def downgrade() -> None:
    op.drop_column("log_head", "last_mended")

"""List quotes of articles and facts of notes: what is stored is listed with the index, while the server runs."""

from alembic import op

revision = "20261202_0900"
down_revision = "20261201_1700"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What is stored is indexed from the beginning, and listed with it.
    op.execute(
        "UPDATE index_state SET version = NULL, next_version = NULL, last_view = NULL, last_object = NULL"
        " WHERE EXISTS (SELECT 1 FROM view_entries)"
    )


def downgrade() -> None:
    """The lists stay: nothing before reads them, and they are kept like any others."""

"""When the file of a collection was first given out."""

import sqlalchemy as sa
from alembic import op

from storage import types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("collections", sa.Column("handed_at", types.Instant(), nullable=True))
    op.execute("UPDATE collections SET handed_at = archived_at")  # nobody wrote down otherwise until now


def downgrade() -> None:
    op.drop_column("collections", "handed_at")

"""Call-tracking sheets that are filled between signature and release."""

import sqlalchemy as sa
from alembic import op

from storage import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_tracking_sheets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("data_enc", sa.LargeBinary(), nullable=False),
        sa.Column("filled_by", sa.String(), nullable=False),
        sa.Column("filled_at", types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["orders.id"],
            name=op.f("fk_call_tracking_sheets_order_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_tracking_sheets")),
        sa.UniqueConstraint("order_id", "place", name=op.f("uq_call_tracking_sheets_order_id_place")),
    )


def downgrade() -> None:
    op.drop_table("call_tracking_sheets")

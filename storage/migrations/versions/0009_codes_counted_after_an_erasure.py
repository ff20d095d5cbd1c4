"""What counts of codes whose order was erased."""

import sqlalchemy as sa
from alembic import op

from storage import types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erased_codes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("mobile_hash", sa.String(), nullable=False),
        sa.Column("sent_at", types.Instant(), nullable=False),
        sa.Column("ip", sa.String(), nullable=True),
        sa.Column("rep_id", sa.String(), nullable=True),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erased_codes")),
    )
    for column in ("mobile_hash", "ip", "rep_id", "sent_at"):
        op.create_index(op.f(f"ix_erased_codes_{column}"), "erased_codes", [column])


def downgrade() -> None:
    op.drop_table("erased_codes")

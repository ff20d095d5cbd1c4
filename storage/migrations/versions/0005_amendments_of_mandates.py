"""Amendments of mandates: signed like orders, without a proposal."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ALIVE = sa.text("state NOT IN ('withdrawn', 'declined', 'expired', 'cancelled')")


def upgrade() -> None:
    with op.batch_alter_table("orders") as batch:
        batch.add_column(sa.Column("amends_umr", sa.String(), nullable=True))
        batch.alter_column("proposal_id", existing_type=sa.String(), nullable=True)
        batch.create_check_constraint(op.f("ck_orders_source"), "(proposal_id IS NULL) <> (amends_umr IS NULL)")
    op.create_index(op.f("ix_orders_amends_umr"), "orders", ["amends_umr"])
    op.create_index(
        "uq_orders_amends_umr_alive",
        "orders",
        ["amends_umr"],
        unique=True,
        sqlite_where=ALIVE,
        postgresql_where=ALIVE,
    )


def downgrade() -> None:
    op.drop_index("uq_orders_amends_umr_alive", "orders")
    op.drop_index(op.f("ix_orders_amends_umr"), "orders")
    with op.batch_alter_table("orders") as batch:
        batch.drop_constraint(op.f("ck_orders_source"), type_="check")
        batch.alter_column("proposal_id", existing_type=sa.String(), nullable=False)
        batch.drop_column("amends_umr")

"""What came in for an invoice, and what a human did about an entry of the bank that nothing matched."""

import sqlalchemy as sa
from alembic import op

from storage import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

HANDLED = (("handled_at", types.Instant()), ("handled_by", sa.String()), ("comment", sa.String()))


def upgrade() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("debit_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount", types.Money(), nullable=False),
        sa.Column("by_rate", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.Column("declaration", sa.String(), nullable=False),
        sa.Column("declared_at", types.Instant(), nullable=True),
        sa.CheckConstraint("kind IN ('received', 'taken_back')", name=op.f("ck_receipts_kind")),
        sa.CheckConstraint("declaration IN ('due', 'done', 'none')", name=op.f("ck_receipts_declaration")),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["invoices.id"],
            name=op.f("fk_receipts_invoice_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(
            ["debit_id"], ["debits.id"], name=op.f("fk_receipts_debit_id"), deferrable=True, initially="DEFERRED"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("debit_id", "kind", name=op.f("uq_receipts_debit_id_kind")),
        sa.UniqueConstraint("invoice_id", "number", name=op.f("uq_receipts_invoice_id_number")),
    )
    op.add_column("bank_answer_items", sa.Column("amount", types.Money(), nullable=True))
    for name, kind in HANDLED:
        op.add_column("bank_answer_items", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name in ("amount", *(name for name, _ in HANDLED)):
        op.drop_column("bank_answer_items", name)
    op.drop_table("receipts")

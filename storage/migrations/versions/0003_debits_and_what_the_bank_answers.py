"""Debits and what the bank answers; the archive read back; erasures."""

import sqlalchemy as sa
from alembic import op

from storage import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATES = "state IN ('active', 'amended', 'revoked', 'expired')"
OLD_STATES = "state IN ('active', 'revoked', 'expired')"
REPLACED = "fk_mandates_replaced_by_id"


def refers(column: str, table: str, name: str) -> sa.ForeignKeyConstraint:
    """A foreign key that is checked at commit."""
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(name), deferrable=True, initially="DEFERRED")


def upgrade() -> None:
    _mandates()

    op.add_column("collections", sa.Column("scheme", sa.String(), nullable=False, server_default="CORE"))
    op.add_column("collections", sa.Column("archived_at", types.Instant(), nullable=True))
    op.execute("UPDATE collections SET archived_at = created_at")
    op.add_column("instalments", sa.Column("attempt", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("instalments", sa.Column("present_on", sa.Date(), nullable=True))
    op.add_column("instalments", sa.Column("announced_on", sa.Date(), nullable=True))
    # The schedule of every order so far stands in the form that its customer signed.
    op.execute("UPDATE instalments SET announced_on = (SELECT date(signed_at) FROM orders WHERE orders.id = order_id)")

    op.create_table(
        "debits",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("instalment_id", sa.String(), nullable=False),
        sa.Column("collection_id", sa.String(), nullable=False),
        sa.Column("mandate_id", sa.String(), nullable=False),
        sa.Column("end_to_end_id", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", types.Money(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("answered_at", types.Instant(), nullable=True),
        sa.CheckConstraint("state IN ('sent', 'rejected', 'returned')", name=op.f("ck_debits_state")),
        refers("collection_id", "collections", "fk_debits_collection_id"),
        refers("instalment_id", "instalments", "fk_debits_instalment_id"),
        refers("mandate_id", "mandates", "fk_debits_mandate_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debits")),
        sa.UniqueConstraint("end_to_end_id", name=op.f("uq_debits_end_to_end_id")),
        sa.UniqueConstraint("instalment_id", "attempt", name=op.f("uq_debits_instalment_id_attempt")),
    )
    op.create_index(op.f("ix_debits_collection_id"), "debits", ["collection_id"])
    op.create_index(op.f("ix_debits_mandate_id"), "debits", ["mandate_id"])
    # What was collected so far was presented once, under the instalment's own name.
    op.execute(
        "INSERT INTO debits (id, instalment_id, collection_id, mandate_id, end_to_end_id, attempt, due_on, amount,"
        " state) SELECT id, id, collection_id, mandate_id, end_to_end_id, 1, due_on, amount, 'sent' FROM instalments"
        " WHERE collection_id IS NOT NULL AND mandate_id IS NOT NULL"
    )
    op.execute("UPDATE instalments SET attempt = 2 WHERE collection_id IS NOT NULL AND mandate_id IS NOT NULL")

    op.create_table(
        "bank_answers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.Column("received_by", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('pain.002', 'camt.054')", name=op.f("ck_bank_answers_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_answers")),
        sa.UniqueConstraint("sha256", name=op.f("uq_bank_answers_sha256")),
    )
    op.create_table(
        "bank_answer_items",
        sa.Column("answer_id", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("end_to_end_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('applied', 'known', 'quarantined')", name=op.f("ck_bank_answer_items_state")),
        refers("answer_id", "bank_answers", "fk_bank_answer_items_answer_id"),
        sa.PrimaryKeyConstraint("answer_id", "rank", name=op.f("pk_bank_answer_items")),
    )
    op.create_index(op.f("ix_bank_answer_items_state"), "bank_answer_items", ["state"])

    op.create_table(
        "archive_checks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("done_at", types.Instant(), nullable=False),
        sa.Column("recent", sa.Integer(), nullable=False),
        sa.Column("sampled", sa.Integer(), nullable=False),
        sa.Column("bad", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_checks")),
        sa.UniqueConstraint("checked_on", name=op.f("uq_archive_checks_checked_on")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_hash", sa.String(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("gone", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("kept", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_account_hash"), "erasures", ["account_hash"])


def _mandates() -> None:
    """One more state, and how a mandate ends."""
    with op.batch_alter_table("mandates") as batch:
        batch.add_column(sa.Column("amend_requested_at", types.Instant(), nullable=True))
        batch.add_column(sa.Column("replaced_by_id", sa.String(), nullable=True))
        batch.add_column(sa.Column("ended_at", types.Instant(), nullable=True))
        batch.add_column(sa.Column("reason", sa.String(), nullable=True))
        batch.drop_constraint(op.f("ck_mandates_state"), type_="check")
        batch.create_check_constraint(op.f("ck_mandates_state"), STATES)
        batch.create_foreign_key(
            op.f(REPLACED), "mandates", ["replaced_by_id"], ["id"], deferrable=True, initially="DEFERRED"
        )


def downgrade() -> None:
    for table in ("erasures", "archive_checks", "bank_answer_items", "bank_answers", "debits"):
        op.drop_table(table)
    for column in ("announced_on", "present_on", "attempt"):
        op.drop_column("instalments", column)
    for column in ("archived_at", "scheme"):
        op.drop_column("collections", column)
    op.execute("UPDATE mandates SET state = 'revoked' WHERE state = 'amended'")
    with op.batch_alter_table("mandates") as batch:
        batch.drop_constraint(op.f("ck_mandates_state"), type_="check")
        batch.create_check_constraint(op.f("ck_mandates_state"), OLD_STATES)
        batch.drop_constraint(op.f(REPLACED), type_="foreignkey")
        for column in ("reason", "ended_at", "replaced_by_id", "amend_requested_at"):
            batch.drop_column(column)

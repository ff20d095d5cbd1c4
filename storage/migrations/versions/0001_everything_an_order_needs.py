"""Everything an order needs: the first step."""

import sqlalchemy as sa
from alembic import op

from storage import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


TABLES = (
    "batches",
    "collections",
    "proposals",
    "sequences",
    "users",
    "api_keys",
    "orders",
    "archive_entries",
    "batch_items",
    "ceremonies",
    "events",
    "idempotency_keys",
    "invoices",
    "jobs",
    "mandates",
    "slips",
    "tasks",
    "tracks",
    "web_sessions",
    "instalments",
    "one_time_codes",
)


def upgrade() -> None:  # noqa: PLR0915  # one table after the other
    op.create_table(
        "batches",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("file_name", sa.String(), nullable=True),
        sa.Column("dropped_at", types.Instant(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_batches_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("number", name=op.f("uq_batches_number")),
    )
    op.create_index(op.f("ix_batches_agency_state"), "batches", ["agency", "state"])

    op.create_table(
        "collections",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total", types.Money(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collections")),
        sa.UniqueConstraint("message_id", name=op.f("uq_collections_message_id")),
    )
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("rep_id", sa.String(), nullable=False),
        sa.Column("epj", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("document_enc", sa.LargeBinary(), nullable=False),
        sa.Column("document_sha256", sa.String(), nullable=False),
        sa.Column("total_incl_vat", types.Money(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("updated_at", types.Instant(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'presented', 'validated', 'ordered')", name=op.f("ck_proposals_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("reference", name=op.f("uq_proposals_reference")),
    )
    op.create_index(op.f("ix_proposals_agency_state"), "proposals", ["agency", "state"])
    op.create_index(op.f("ix_proposals_epj"), "proposals", ["epj"])
    op.create_index(op.f("ix_proposals_rep_id_state"), "proposals", ["rep_id", "state"])

    op.create_table(
        "sequences",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sequences")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("mobile_enc", sa.LargeBinary(), nullable=True),
        sa.Column("mobile_hash", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("pin_hash", sa.String(), nullable=True),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until", types.Instant(), nullable=True),
        sa.CheckConstraint("role IN ('rep', 'agency', 'office')", name=op.f("ck_users_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index(op.f("ix_users_mobile_hash"), "users", ["mobile_hash"])

    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("revoked_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("rep_id", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("epj", sa.String(), nullable=False),
        sa.Column("legal_name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("canonical_enc", sa.LargeBinary(), nullable=False),
        sa.Column("canonical_sha256", sa.String(), nullable=False),
        sa.Column("total_excl_vat", types.Money(), nullable=False),
        sa.Column("total_incl_vat", types.Money(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("mobile_enc", sa.LargeBinary(), nullable=False),
        sa.Column("mobile_hash", sa.String(), nullable=False),
        sa.Column("mobile_last2", sa.String(), nullable=False),
        sa.Column("signatory_name", sa.String(), nullable=False),
        sa.Column("signatory_role", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("invoice_delivery", sa.String(), nullable=False),
        sa.Column("payment_method", sa.String(), nullable=False),
        sa.Column("iban_enc", sa.LargeBinary(), nullable=True),
        sa.Column("iban_hash", sa.String(), nullable=True),
        sa.Column("iban_last4", sa.String(), nullable=True),
        sa.Column("bic", sa.String(), nullable=True),
        sa.Column("account_holder", sa.String(), nullable=True),
        sa.Column("mandate_umr", sa.String(), nullable=True),
        sa.Column("withdrawal_applies", sa.Boolean(), nullable=False),
        sa.Column("withdrawal_until", sa.Date(), nullable=True),
        sa.Column("early_start", sa.Boolean(), nullable=False),
        sa.Column("hold_until", sa.Date(), nullable=True),
        sa.Column("form_sha256", sa.String(), nullable=True),
        sa.Column("sealed_sha256", sa.String(), nullable=True),
        sa.Column("evidence_sha256", sa.String(), nullable=True),
        sa.Column("evidence_json_sha256", sa.String(), nullable=True),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("prepared_at", types.Instant(), nullable=False),
        sa.Column("signed_at", types.Instant(), nullable=True),
        sa.Column("sealed_at", types.Instant(), nullable=True),
        sa.Column("released_at", types.Instant(), nullable=True),
        sa.Column("expires_at", types.Instant(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("invoice_delivery IN ('electronic', 'paper')", name=op.f("ck_orders_invoice_delivery")),
        sa.CheckConstraint(
            "state IN ('prepared', 'signing', 'signed', 'sealed', 'held', "
            "'released', 'accepted', 'rejected', 'withdrawn', 'declined', 'expired', 'cancelled')",
            name=op.f("ck_orders_state"),
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_orders_proposal_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    op.create_index(op.f("ix_orders_agency_state"), "orders", ["agency", "state"])
    op.create_index(op.f("ix_orders_epj"), "orders", ["epj"])
    op.create_index(op.f("ix_orders_iban_hash"), "orders", ["iban_hash"])
    op.create_index(op.f("ix_orders_mandate_umr"), "orders", ["mandate_umr"])
    op.create_index(op.f("ix_orders_mobile_hash"), "orders", ["mobile_hash"])
    op.create_index(op.f("ix_orders_proposal_id"), "orders", ["proposal_id"])
    op.create_index(op.f("ix_orders_rep_id_state"), "orders", ["rep_id", "state"])
    op.create_index(op.f("ix_orders_state_expires_at"), "orders", ["state", "expires_at"])
    op.create_index(
        "uq_orders_proposal_id_alive",
        "orders",
        ["proposal_id"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('withdrawn', 'declined', 'expired', 'cancelled')"),
        postgresql_where=sa.text("state NOT IN ('withdrawn', 'declined', 'expired', 'cancelled')"),
    )

    op.create_table(
        "archive_entries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=True),
        sa.Column("stored_at", types.Instant(), nullable=False),
        sa.CheckConstraint("area IN ('drafts', 'signed')", name=op.f("ck_archive_entries_area")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_archive_entries_order_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_entries")),
        sa.UniqueConstraint("order_id", "kind", "sha256", name=op.f("uq_archive_entries_order_id_kind_sha256")),
    )
    op.create_index(op.f("ix_archive_entries_sha256"), "archive_entries", ["sha256"])

    op.create_table(
        "batch_items",
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", types.Instant(), nullable=True),
        sa.CheckConstraint("state IN ('delivered', 'accepted', 'rejected')", name=op.f("ck_batch_items_state")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_batch_items_batch_id"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_batch_items_order_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("batch_id", "order_id", name=op.f("pk_batch_items")),
    )
    op.create_index(op.f("ix_batch_items_order_id"), "batch_items", ["order_id"])

    op.create_table(
        "ceremonies",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("consents", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint("mode IN ('handover', 'link')", name=op.f("ck_ceremonies_mode")),
        sa.CheckConstraint(
            "state IN ('open', 'signed', 'declined', 'expired', 'locked', 'closed')", name=op.f("ck_ceremonies_state")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_ceremonies_order_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ceremonies")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_ceremonies_token_hash")),
    )
    op.create_index(op.f("ix_ceremonies_order_id"), "ceremonies", ["order_id"])
    op.create_index(op.f("ix_ceremonies_state_expires_at"), "ceremonies", ["state", "expires_at"])

    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("ip", sa.String(), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=True),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_events_order_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("order_id", "sequence", name=op.f("uq_events_order_id_sequence")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("api_key_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_sha256", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"],
            ["api_keys.id"],
            name=op.f("fk_idempotency_keys_api_key_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("api_key_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"])

    op.create_table(
        "invoices",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("corrects_id", sa.String(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("total_excl_vat", types.Money(), nullable=False),
        sa.Column("total_vat", types.Money(), nullable=False),
        sa.Column("total_incl_vat", types.Money(), nullable=False),
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("xml_sha256", sa.String(), nullable=True),
        sa.Column("pdf_sha256", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name=op.f("ck_invoices_kind")),
        sa.ForeignKeyConstraint(
            ["corrects_id"],
            ["invoices.id"],
            name=op.f("fk_invoices_corrects_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_invoices_order_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("number", name=op.f("uq_invoices_number")),
        sa.UniqueConstraint("order_id", "kind", name=op.f("uq_invoices_order_id_kind")),
    )
    op.create_index(op.f("ix_invoices_series"), "invoices", ["series"])

    op.create_table(
        "jobs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("staged_at", types.Instant(), nullable=False),
        sa.Column("send_after", types.Instant(), nullable=True),
        sa.Column("sent_at", types.Instant(), nullable=True),
        sa.Column("done_at", types.Instant(), nullable=True),
        sa.Column("due_at", types.Instant(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('staged', 'sent', 'done', 'failed')", name=op.f("ck_jobs_state")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_jobs_order_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("key", name=op.f("uq_jobs_key")),
    )
    op.create_index(op.f("ix_jobs_order_id"), "jobs", ["order_id"])
    op.create_index(op.f("ix_jobs_state_due_at"), "jobs", ["state", "due_at"])
    op.create_index(op.f("ix_jobs_state_send_after"), "jobs", ["state", "send_after"])

    op.create_table(
        "mandates",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("umr", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("epj", sa.String(), nullable=False),
        sa.Column("creditor_id", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("sequence_type", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("iban_enc", sa.LargeBinary(), nullable=False),
        sa.Column("iban_hash", sa.String(), nullable=False),
        sa.Column("iban_last4", sa.String(), nullable=False),
        sa.Column("bic", sa.String(), nullable=True),
        sa.Column("signed_at", types.Instant(), nullable=False),
        sa.Column("last_debit_on", sa.Date(), nullable=True),
        sa.CheckConstraint("scheme IN ('CORE', 'B2B')", name=op.f("ck_mandates_scheme")),
        sa.CheckConstraint("sequence_type IN ('RCUR', 'OOFF')", name=op.f("ck_mandates_sequence_type")),
        sa.CheckConstraint("state IN ('active', 'revoked', 'expired')", name=op.f("ck_mandates_state")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_mandates_order_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandates")),
        sa.UniqueConstraint("umr", name=op.f("uq_mandates_umr")),
    )
    op.create_index(op.f("ix_mandates_epj_creditor_id_state"), "mandates", ["epj", "creditor_id", "state"])
    op.create_index(op.f("ix_mandates_iban_hash"), "mandates", ["iban_hash"])
    op.create_index(op.f("ix_mandates_order_id"), "mandates", ["order_id"])

    op.create_table(
        "slips",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("papers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_slips_order_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slips")),
        sa.UniqueConstraint("number", name=op.f("uq_slips_number")),
    )
    op.create_index(op.f("ix_slips_order_id"), "slips", ["order_id"])

    op.create_table(
        "tasks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("rep_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("closed_at", types.Instant(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'done')", name=op.f("ck_tasks_state")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_tasks_order_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_order_id"), "tasks", ["order_id"])
    op.create_index(op.f("ix_tasks_rep_id_state"), "tasks", ["rep_id", "state"])

    op.create_table(
        "tracks",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("due_at", types.Instant(), nullable=True),
        sa.Column("updated_at", types.Instant(), nullable=False),
        sa.CheckConstraint(
            "name IN ('copy', 'archive', 'invoice', 'mandate', 'papers', 'agency')", name=op.f("ck_tracks_name")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'not_needed')", name=op.f("ck_tracks_state")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_tracks_order_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("order_id", "name", name=op.f("pk_tracks")),
    )
    op.create_index(op.f("ix_tracks_state_due_at"), "tracks", ["state", "due_at"])

    op.create_table(
        "web_sessions",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("csrf", sa.String(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("customer_mode_order_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_mode_order_id"],
            ["orders.id"],
            name=op.f("fk_web_sessions_customer_mode_order_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_web_sessions_user_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_sessions")),
    )
    op.create_index(op.f("ix_web_sessions_expires_at"), "web_sessions", ["expires_at"])
    op.create_index(op.f("ix_web_sessions_user_id"), "web_sessions", ["user_id"])

    op.create_table(
        "instalments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("mandate_id", sa.String(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", types.Money(), nullable=False),
        sa.Column("end_to_end_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("collection_id", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('planned', 'collected', 'returned', 'cancelled')", name=op.f("ck_instalments_state")
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_instalments_collection_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["mandate_id"],
            ["mandates.id"],
            name=op.f("fk_instalments_mandate_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_instalments_order_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instalments")),
        sa.UniqueConstraint("end_to_end_id", name=op.f("uq_instalments_end_to_end_id")),
        sa.UniqueConstraint("order_id", "sequence", name=op.f("uq_instalments_order_id_sequence")),
    )
    op.create_index(op.f("ix_instalments_collection_id"), "instalments", ["collection_id"])
    op.create_index(op.f("ix_instalments_mandate_id"), "instalments", ["mandate_id"])
    op.create_index(op.f("ix_instalments_state_due_on"), "instalments", ["state", "due_on"])

    op.create_table(
        "one_time_codes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("ceremony_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=True),
        sa.Column("document_sha256", sa.String(), nullable=False),
        sa.Column("amount", types.Money(), nullable=False),
        sa.Column("mobile_hash", sa.String(), nullable=False),
        sa.Column("sent_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("delivery", sa.String(), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('live', 'used', 'superseded', 'expired')", name=op.f("ck_one_time_codes_state")),
        sa.ForeignKeyConstraint(
            ["ceremony_id"],
            ["ceremonies.id"],
            name=op.f("fk_one_time_codes_ceremony_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_codes")),
        sa.UniqueConstraint("ceremony_id", "sequence", name=op.f("uq_one_time_codes_ceremony_id_sequence")),
    )
    op.create_index(op.f("ix_one_time_codes_mobile_hash_sent_at"), "one_time_codes", ["mobile_hash", "sent_at"])
    op.create_index(op.f("ix_one_time_codes_provider_id"), "one_time_codes", ["provider_id"])
    op.create_index(
        "uq_one_time_codes_live",
        "one_time_codes",
        ["ceremony_id"],
        unique=True,
        sqlite_where=sa.text("state = 'live'"),
        postgresql_where=sa.text("state = 'live'"),
    )

    # What happened stays as it was written down, whoever holds the connection.
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER events_stay BEFORE UPDATE ON events "
            "BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END"
        )
    else:
        op.execute(
            "CREATE FUNCTION events_stay() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'an event is never changed'; END $$"
        )
        op.execute("CREATE TRIGGER events_stay BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION events_stay()")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION events_stay()")

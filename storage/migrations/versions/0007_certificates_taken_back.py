"""Certificates taken back and the lists that say so; verdicts counted; files of the archive that nothing refers to."""

import sqlalchemy as sa
from alembic import op

from storage import types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

REASONS = (
    "reason IN ('unspecified', 'keyCompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation', "
    "'privilegeWithdrawn')"
)


def upgrade() -> None:
    op.create_table(
        "revoked_certificates",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("revoked_at", types.Instant(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.CheckConstraint(REASONS, name=op.f("ck_revoked_certificates_reason")),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["orders.id"],
            name=op.f("fk_revoked_certificates_order_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revoked_certificates")),
        sa.UniqueConstraint("issuer", "serial", name=op.f("uq_revoked_certificates_issuer_serial")),
    )
    op.create_table(
        "revocation_lists",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("made_at", types.Instant(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("crl", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", name=op.f("pk_revocation_lists")),
    )
    op.create_table(
        "verifications",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifications")),
    )
    op.create_index(op.f("ix_verifications_network_at"), "verifications", ["network", "at"])
    op.create_index(op.f("ix_verifications_at"), "verifications", ["at"])
    with op.batch_alter_table("archive_checks") as batch:
        batch.add_column(sa.Column("unreferenced", sa.JSON(none_as_null=True), nullable=False, server_default="[]"))
    with op.batch_alter_table("archive_checks") as batch:
        batch.alter_column("unreferenced", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("archive_checks") as batch:
        batch.drop_column("unreferenced")
    op.drop_table("verifications")
    op.drop_table("revocation_lists")
    op.drop_table("revoked_certificates")

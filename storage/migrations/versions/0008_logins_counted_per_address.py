"""Logins that failed, counted per address."""

import sqlalchemy as sa
from alembic import op

from storage import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "login_tries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_tries")),
    )
    op.create_index(op.f("ix_login_tries_network_at"), "login_tries", ["network", "at"])
    op.create_index(op.f("ix_login_tries_at"), "login_tries", ["at"])


def downgrade() -> None:
    op.drop_table("login_tries")

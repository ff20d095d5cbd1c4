"""One-time codes by voice call, by a second provider, and counted per address and rep."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CHANNELS = "channel IN ('sms', 'voice')"
COLUMNS = ("cost", "wrong_tries", "rep_id", "ip", "automatic", "channel")
COUNTED = ("ip", "rep_id")


def upgrade() -> None:
    with op.batch_alter_table("ceremonies") as batch:
        batch.add_column(sa.Column("voice_allowed", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("ceremonies") as batch:
        batch.alter_column("voice_allowed", server_default=None)

    with op.batch_alter_table("one_time_codes") as batch:
        batch.add_column(sa.Column("channel", sa.String(), nullable=False, server_default="sms"))
        batch.add_column(sa.Column("automatic", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("ip", sa.String(), nullable=True))
        batch.add_column(sa.Column("rep_id", sa.String(), nullable=True))
        batch.add_column(sa.Column("wrong_tries", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("cost", sa.String(), nullable=True))
        batch.create_check_constraint(op.f("ck_one_time_codes_channel"), CHANNELS)
    with op.batch_alter_table("one_time_codes") as batch:
        for column in ("channel", "automatic", "wrong_tries"):
            batch.alter_column(column, server_default=None)
    for column in COUNTED:
        op.create_index(op.f(f"ix_one_time_codes_{column}_sent_at"), "one_time_codes", [column, "sent_at"])


def downgrade() -> None:
    for column in COUNTED:
        op.drop_index(op.f(f"ix_one_time_codes_{column}_sent_at"), "one_time_codes")
    with op.batch_alter_table("one_time_codes") as batch:
        batch.drop_constraint(op.f("ck_one_time_codes_channel"), type_="check")
        for column in COLUMNS:
            batch.drop_column(column)
    with op.batch_alter_table("ceremonies") as batch:
        batch.drop_column("voice_allowed")

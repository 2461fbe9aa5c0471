"""Pushed events, and the session ids of tasks.

Revision ID: tencent_0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "tencent_0003"
down_revision = "tencent_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was configured so far is pulled; the columns' first values are for these rows only."""
    with op.batch_alter_table("tencent_event_config") as table:
        table.add_column(sa.Column("mode", sa.String(4), nullable=False, server_default="PULL"))
        table.add_column(sa.Column("url", sa.Text, nullable=False, server_default=""))
        table.add_column(sa.Column("sign_key_sealed", sa.Text, nullable=False, server_default=""))
    with op.batch_alter_table("tencent_event_config") as table:
        for name in ("mode", "url", "sign_key_sealed"):
            table.alter_column(name, server_default=None)
    op.create_table(
        "tencent_session_ids",
        sa.Column("account", sa.String(40), primary_key=True),
        sa.Column("app", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("action", sa.String(40), primary_key=True),
        sa.Column("id", sa.String(50), primary_key=True),
        sa.Column("created", sa.Double, nullable=False),
        sa.Index("ix_tencent_session_ids_created", "created"),
    )

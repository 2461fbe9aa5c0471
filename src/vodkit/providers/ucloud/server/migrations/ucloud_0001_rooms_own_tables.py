"""The room's first tables.

Revision ID: ucloud_0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "ucloud_0001"
down_revision = None
branch_labels = ("ucloud",)
depends_on = "base"


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "ucloud_tokens",
        sa.Column("id", sa.String(60), primary_key=True),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("public_key", sa.String(60), nullable=False),
        sa.Column("private_sealed", sa.Text, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Index("uq_ucloud_tokens_public_key", "public_key", unique=True),
        sa.Index("ix_ucloud_tokens_account", "account"),
    )
    op.create_table(
        "ucloud_given_spaces",
        sa.Column("name", sa.String(63), primary_key=True),
        sa.Column("account", sa.String(40), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("given_spaces", "tokens"):
        op.drop_table(f"ucloud_{name}")

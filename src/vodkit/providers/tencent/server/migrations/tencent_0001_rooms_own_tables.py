"""The room's first tables.

Revision ID: tencent_0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "tencent_0001"
down_revision = None
branch_labels = ("tencent",)
depends_on = "base"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "tencent_apps",
        sa.Column("account", sa.String(40), primary_key=True),
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("bucket", sa.String(60), nullable=False),
        sa.Column(
            "primary_app", sa.Boolean, nullable=False, comment="what calls without a SubAppId are about"
        ),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("region", sa.String(64), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Index("uq_tencent_apps_bucket", "bucket", unique=True),
    )
    op.create_table(
        "tencent_sessions",
        sa.Column("key", sa.String(128), primary_key=True),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("app", sa.BigInteger, nullable=False),
        sa.Column("file_id", sa.String(20), nullable=False),
        sa.Column("bucket", sa.String(60), nullable=False),
        sa.Column("media_key", sa.Text, nullable=False),
        sa.Column("cover_key", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
        sa.Index("uq_tencent_sessions_file_id", "file_id", unique=True),
        sa.Index("ix_tencent_sessions_expires", "expires"),
    )
    op.create_table(
        "tencent_classes",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("app", sa.BigInteger, nullable=False),
        sa.Column("parent", sa.BigInteger, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Index("uq_tencent_classes_name", "account", "app", "parent", "name", unique=True),
    )
    op.create_table(
        "tencent_templates",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("app", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("spec", sa.JSON, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("updated", sa.Double, nullable=False),
        sa.Index("ix_tencent_templates_owner", "account", "app", "kind"),
    )
    op.create_table(
        "tencent_event_config",
        sa.Column("account", sa.String(40), primary_key=True),
        sa.Column("app", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("upload", sa.Boolean, nullable=False),
        sa.Column("deletion", sa.Boolean, nullable=False),
        sa.Column("persistence", sa.Boolean, nullable=False),
    )

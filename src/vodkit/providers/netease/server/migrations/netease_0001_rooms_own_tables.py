"""The room's first tables.

Revision ID: netease_0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "netease_0001"
down_revision = None
branch_labels = ("netease",)
depends_on = "base"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "netease_buckets",
        sa.Column("account", sa.String(40), primary_key=True),
        sa.Column("bucket", sa.String(40), nullable=False),
        sa.Index("uq_netease_buckets_bucket", "bucket", unique=True),
    )
    op.create_table(
        "netease_objects",
        sa.Column("bucket", sa.String(40), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("vid", sa.BigInteger),
        sa.Column("image", sa.BigInteger),
        sa.Column("media", sa.String(40), nullable=False, comment="of the catalog, once published"),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("expires", sa.Double, nullable=False, comment="of the upload token"),
        sa.Index("ix_netease_objects_account_name", "account", "name"),
        sa.Index("ix_netease_objects_expires", "expires"),
    )
    op.create_table(
        "netease_contexts",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("bucket", sa.String(40), nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("upload", sa.String(40), nullable=False),
        sa.Column(
            "state", sa.String(8), nullable=False, comment="open, whole (all bytes, no media yet) or done"
        ),
        sa.Column("stored", sa.BigInteger, nullable=False),
        sa.Column("blocks", sa.Integer, nullable=False),
        sa.Column("full", sa.Boolean, nullable=False, comment="late completion may apply"),
        sa.Column("late", sa.Boolean, nullable=False, comment="late completion did apply"),
        sa.Column("md5", sa.String(32), nullable=False, comment="what the client says of the whole"),
        sa.Column("answer", sa.JSON, nullable=False, comment="what the publishing step said"),
        sa.Column("expires", sa.Double, nullable=False),
        sa.Index("ix_netease_contexts_object", "bucket", "object"),
        sa.Index("ix_netease_contexts_expires", "expires"),
    )
    counters = op.create_table(
        "netease_counters",
        sa.Column("name", sa.String(12), primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counters, [{"name": "vid", "last": 1000}, {"name": "image", "last": 1000}])
    op.create_table(
        "netease_entries",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False, comment="type, preset or watermark"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("spec", sa.JSON, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Index("ix_netease_entries_account", "account", "kind"),
    )
    op.create_table(
        "netease_users",
        sa.Column("account", sa.String(40), primary_key=True),
        sa.Column("accid", sa.String(128), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("props", sa.Text, nullable=False),
        sa.Column("token_sealed", sa.Text, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
    )
    op.create_table(
        "netease_callbacks",
        sa.Column("account", sa.String(40), primary_key=True),
        sa.Column("type", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("sign_key", sa.Text, nullable=False),
    )
    op.create_table(
        "netease_nonces",
        sa.Column("account", sa.String(40), primary_key=True),
        sa.Column("nonce", sa.String(128), primary_key=True),
        sa.Column("time", sa.String(20), primary_key=True),
        sa.Column("expires", sa.Double, nullable=False),
        sa.Index("ix_netease_nonces_expires", "expires"),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("nonces", "callbacks", "users", "entries", "counters", "contexts", "objects", "buckets"):
        op.drop_table(f"netease_{name}")

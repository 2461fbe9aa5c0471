"""The tables of the Youku room."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "youku_0001"
down_revision = None
branch_labels = ("youku",)
depends_on = "base"


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "youku_tokens",
        sa.Column("fingerprint", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False, comment="code, access or refresh"),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("family", sa.String(40), nullable=False, comment="all tokens that came from one consent"),
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
        sa.Column("used", sa.Double, comment="when a refresh token was first exchanged"),
        sa.Index("ix_youku_tokens_family", "family"),
        sa.Index("ix_youku_tokens_expires", "expires"),
    )
    op.create_table(
        "youku_uploads",
        sa.Column("fingerprint", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("video_id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(10), nullable=False, comment="created, open or committed"),
        sa.Column("upload", sa.String(40), nullable=False, comment="empty before create_file"),
        sa.Column("object_key", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("md5", sa.String(32), nullable=False),
        sa.Column("slice_bytes", sa.BigInteger, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("cursor", sa.BigInteger, nullable=False, comment="lowest slice that has had no row yet"),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("transferred", sa.BigInteger, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
        sa.Index("uq_youku_uploads_video_id", "video_id", unique=True),
        sa.Index("ix_youku_uploads_expires", "expires"),
    )
    op.create_table(
        "youku_slices",
        sa.Column("fingerprint", sa.String(64), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("md5", sa.String(32), nullable=False),
        sa.Index("ix_youku_slices_state", "fingerprint", "state", "since"),
    )
    op.create_table(
        "youku_items",
        sa.Column("kind", sa.String(12), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("about", sa.String(64), nullable=False, comment="what it belongs to: a video, a show"),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Index("ix_youku_items_owner", "kind", "owner", "created"),
        sa.Index("ix_youku_items_about", "kind", "about", "created"),
    )
    op.create_table(
        "youku_links",
        sa.Column("kind", sa.String(12), primary_key=True),
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("target", sa.String(64), primary_key=True),
        sa.Column("created", sa.Double, nullable=False),
        sa.Index("ix_youku_links_target", "kind", "target"),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("links", "items", "slices", "uploads", "tokens"):
        op.drop_table(f"youku_{name}")

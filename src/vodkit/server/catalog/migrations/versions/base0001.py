"""The shared tables.

Revision ID: base0001
"""

import sqlalchemy as sa
from alembic import op

revision = "base0001"
down_revision = None
branch_labels = ("base",)
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("attrs", sa.JSON(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
    )
    op.create_index("uq_accounts_provider_key", "accounts", ["provider", "key"], unique=True)
    op.create_table(
        "blobs",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digests", sa.JSON(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_blobs"),
    )
    op.create_index("ix_blobs_created", "blobs", ["created"])
    op.create_table(
        "events",
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("media", sa.String(40), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("queue", sa.String(80), nullable=False),
        sa.Column("visible", sa.Double(), nullable=False, comment="hidden from pulls until then"),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
    )
    op.create_index("ix_events_at", "events", ["at"])
    op.create_index("ix_events_pull", "events", ["account", "queue", "confirmed", "seq"])
    op.create_index("uq_events_id", "events", ["id"], unique=True)
    op.create_table(
        "media",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("remote_id", KEY, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("space", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("cover_key", KEY, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("attrs", sa.JSON(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("updated", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=True),
        sa.Column("folder", KEY, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
    )
    op.create_index("ix_media_created", "media", ["created"])
    op.create_index("ix_media_expires", "media", ["expires"])
    op.create_index("ix_media_provider_account_created", "media", ["provider", "account", "created"])
    op.create_index("ix_media_provider_space_cover_key", "media", ["provider", "space", "cover_key"])
    op.create_index("ix_media_provider_space_folder", "media", ["provider", "space", "folder"])
    op.create_index("ix_media_provider_space_key", "media", ["provider", "space", "key"])
    op.create_index("uq_media_provider_remote_id", "media", ["provider", "remote_id"], unique=True)
    op.create_table(
        "spaces",
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("access", sa.String(20), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("attrs", sa.JSON(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "name", name="pk_spaces"),
    )
    op.create_index("ix_spaces_account", "spaces", ["account"])
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("space", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("attrs", sa.JSON(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.Column("blob", sa.String(40), nullable=True),
        sa.Column(
            "slot_first",
            sa.BigInteger(),
            nullable=True,
            comment="number of the part whose home slot is the first",
        ),
        sa.Column(
            "slot_size",
            sa.BigInteger(),
            nullable=True,
            comment="bytes in a home slot; NULL until a part set it",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_expires", "uploads", ["expires"])
    op.create_index("ix_uploads_place", "uploads", ["provider", "space", "state", "key", "id"])
    op.create_table(
        "extents",
        sa.Column("blob", sa.String(40), nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.String(60), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["blob"], ["blobs.id"], name="fk_extents_blob"),
        sa.PrimaryKeyConstraint("blob", "offset", name="pk_extents"),
    )
    op.create_table(
        "objects",
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("space", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("blob", sa.String(40), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("attrs", sa.JSON(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["blob"], ["blobs.id"], name="fk_objects_blob"),
        sa.PrimaryKeyConstraint("provider", "space", "key", name="pk_objects"),
    )
    op.create_index("ix_objects_blob", "objects", ["blob"])
    op.create_table(
        "parts",
        sa.Column("upload", sa.String(40), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("md5", sa.String(32), nullable=True),
        sa.Column("sha1", sa.String(40), nullable=True),
        sa.Column("crc32", sa.String(8), nullable=True),
        sa.Column("crc64", sa.String(16), nullable=True),
        sa.Column("received", sa.Double(), nullable=False),
        sa.Column("file", sa.String(60), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["upload"], ["uploads.id"], name="fk_parts_upload"),
        sa.PrimaryKeyConstraint("upload", "number", name="pk_parts"),
    )

"""The tables that only this room needs."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from vodkit.server.catalog.tables import Serial

METADATA = MetaData()

buckets = Table(
    "netease_buckets",
    METADATA,
    Column("account", String(40), primary_key=True),
    Column("bucket", String(40), nullable=False),
    Index("uq_netease_buckets_bucket", "bucket", unique=True),
)
"""The one bucket of each account."""

objects = Table(
    "netease_objects",
    METADATA,
    Column("bucket", String(40), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("account", String(40), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("vid", BigInteger),
    Column("image", BigInteger),
    Column("media", String(40), nullable=False, comment="of the catalog, once published"),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False, comment="of the upload token"),
    Index("ix_netease_objects_account_name", "account", "name"),
    Index("ix_netease_objects_expires", "expires"),
)
"""Objects from upload/init until their media is deleted, or until an upload that never ended is over."""

contexts = Table(
    "netease_contexts",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("bucket", String(40), nullable=False),
    Column("object", Text, nullable=False),
    Column("upload", String(40), nullable=False),
    Column("state", String(8), nullable=False, comment="open, whole (all bytes, no media yet) or done"),
    Column("stored", BigInteger, nullable=False),
    Column("blocks", Integer, nullable=False),
    Column("full", Boolean, nullable=False, comment="late completion may apply"),
    Column("late", Boolean, nullable=False, comment="late completion did apply"),
    Column("md5", String(32), nullable=False, comment="what the client says of the whole"),
    Column("answer", JSON, nullable=False, comment="what the publishing step said"),
    Column("expires", Double, nullable=False),
    Index("ix_netease_contexts_object", "bucket", "object"),
    Index("ix_netease_contexts_expires", "expires"),
)
"""Uploads as the nodes know them; those that are done stay to answer repeated blocks alike."""

counters = Table(
    "netease_counters",
    METADATA,
    Column("name", String(12), primary_key=True),
    Column("last", BigInteger, nullable=False),
)
"""The last id given to a video and to an image."""

entries = Table(
    "netease_entries",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("account", String(40), nullable=False),
    Column("kind", String(12), nullable=False, comment="type, preset or watermark"),
    Column("name", Text, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Index("ix_netease_entries_account", "account", "kind"),
)
"""What an account keeps beside its media: categories, transcoding templates, watermarks."""

users = Table(
    "netease_users",
    METADATA,
    Column("account", String(40), primary_key=True),
    Column("accid", String(128), primary_key=True),
    Column("name", Text, nullable=False),
    Column("props", Text, nullable=False),
    Column("token_sealed", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
)
"""End users who upload with a token of their own."""

callbacks = Table(
    "netease_callbacks",
    METADATA,
    Column("account", String(40), primary_key=True),
    Column("type", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    Column("sign_key", Text, nullable=False),
)
"""Where an account wants to be called back."""

nonces = Table(
    "netease_nonces",
    METADATA,
    Column("account", String(40), primary_key=True),
    Column("nonce", String(128), primary_key=True),
    Column("time", String(20), primary_key=True),
    Column("expires", Double, nullable=False),
    Index("ix_netease_nonces_expires", "expires"),
)
"""What accounts in strict mode have used up."""

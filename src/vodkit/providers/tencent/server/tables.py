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
    text,
)

from vodkit.server.catalog.tables import Serial

METADATA = MetaData()

apps = Table(
    "tencent_apps",
    METADATA,
    Column("account", String(40), primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("bucket", String(60), nullable=False),
    Column("primary_app", Boolean, nullable=False, comment="what calls without a SubAppId are about"),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("status", String(12), nullable=False),
    Column("region", String(64), nullable=False),
    Column("created", Double, nullable=False),
    Index("uq_tencent_apps_bucket", "bucket", unique=True),
    Index(
        "uq_tencent_apps_primary",
        "account",
        unique=True,
        sqlite_where=text("primary_app"),
        postgresql_where=text("primary_app"),
    ),
)
"""Applications of accounts."""

sessions = Table(
    "tencent_sessions",
    METADATA,
    Column("key", String(128), primary_key=True),
    Column("account", String(40), nullable=False),
    Column("app", BigInteger, nullable=False),
    Column("file_id", String(20), nullable=False),
    Column("bucket", String(60), nullable=False),
    Column("media_key", Text, nullable=False),
    Column("cover_key", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Index("uq_tencent_sessions_file_id", "file_id", unique=True),
    Index("ix_tencent_sessions_expires", "expires"),
)
"""Uploads from ApplyUpload until their session is over."""

classes = Table(
    "tencent_classes",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("account", String(40), nullable=False),
    Column("app", BigInteger, nullable=False),
    Column("parent", BigInteger, nullable=False),
    Column("level", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Index("uq_tencent_classes_name", "account", "app", "parent", "name", unique=True),
)
"""The trees of media classes."""

templates = Table(
    "tencent_templates",
    METADATA,
    Column("id", Serial, primary_key=True),
    Column("account", String(40), nullable=False),
    Column("app", BigInteger, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("name", Text, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Index("ix_tencent_templates_owner", "account", "app", "kind"),
)
"""Custom templates of every kind."""

event_config = Table(
    "tencent_event_config",
    METADATA,
    Column("account", String(40), primary_key=True),
    Column("app", BigInteger, primary_key=True, autoincrement=False),
    Column("upload", Boolean, nullable=False),
    Column("deletion", Boolean, nullable=False),
    Column("persistence", Boolean, nullable=False),
    Column("mode", String(4), nullable=False),
    Column("url", Text, nullable=False),
    Column("sign_key_sealed", Text, nullable=False),
)
"""Which events an application wants, and how it gets them."""

session_ids = Table(
    "tencent_session_ids",
    METADATA,
    Column("account", String(40), primary_key=True),
    Column("app", BigInteger, primary_key=True, autoincrement=False),
    Column("action", String(40), primary_key=True),
    Column("id", String(50), primary_key=True),
    Column("created", Double, nullable=False),
    Index("ix_tencent_session_ids_created", "created"),
)
"""SessionIds that tasks were asked for with: none is taken twice within some days."""

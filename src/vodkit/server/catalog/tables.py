"""The tables that every room shares. Rooms declare their own beside their server (see :mod:`.migrate`)."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by its UTF-8 bytes in every database."""

Serial = BigInteger().with_variant(Integer(), "sqlite")
"""A number that the database hands out in rising order."""

accounts = Table(
    "accounts",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("provider", String(40), nullable=False),
    Column("key", Text, nullable=False),
    Column("secret_sealed", Text, nullable=False),
    Column("attrs", JSON, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created", Double, nullable=False),
    Index("uq_accounts_provider_key", "provider", "key", unique=True),
)

spaces = Table(
    "spaces",
    METADATA,
    Column("provider", String(40), primary_key=True),
    Column("name", Key, primary_key=True),
    Column("account", String(40), nullable=False),
    Column("access", String(20), nullable=False),
    Column("region", Text, nullable=False),
    Column("attrs", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Index("ix_spaces_account", "account"),
)

uploads = Table(
    "uploads",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("account", String(40), nullable=False),
    Column("provider", String(40), nullable=False),
    Column("space", Key, nullable=False),
    Column("key", Key, nullable=False),
    Column("state", String(10), nullable=False),
    Column("content_type", Text, nullable=False),
    Column("attrs", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Column("blob", String(40)),
    Column("slot_first", BigInteger, comment="number of the part whose home slot is the first"),
    Column("slot_size", BigInteger, comment="bytes in a home slot; NULL until a part set it"),
    Index("ix_uploads_place", "provider", "space", "state", "key", "id"),
    Index("ix_uploads_expires", "expires"),
    Index("ix_uploads_account_state", "account", "state"),
)

parts = Table(
    "parts",
    METADATA,
    Column("upload", String(40), ForeignKey(uploads.c.id), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("md5", String(32)),
    Column("sha1", String(40)),
    Column("crc32", String(8)),
    Column("crc64", String(16)),
    Column("received", Double, nullable=False),
    Column("file", String(60), nullable=False),
    Column("start", BigInteger, nullable=False),
)

blobs = Table(
    "blobs",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("digests", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Index("ix_blobs_created", "created"),
)

extents = Table(
    "extents",
    METADATA,
    Column("blob", String(40), ForeignKey(blobs.c.id), primary_key=True),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("length", BigInteger, nullable=False),
    Column("file", String(60), nullable=False),
    Column("start", BigInteger, nullable=False),
)

objects = Table(
    "objects",
    METADATA,
    Column("provider", String(40), primary_key=True),
    Column("space", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("account", String(40), nullable=False),
    Column("blob", String(40), ForeignKey(blobs.c.id), nullable=False),
    Column("content_type", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("attrs", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Index("ix_objects_blob", "blob"),
    Index("ix_objects_account_etag", "account", "etag"),
)

media = Table(
    "media",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("provider", String(40), nullable=False),
    Column("account", String(40), nullable=False),
    Column("remote_id", Key, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("title", Text, nullable=False),
    Column("status", String(12), nullable=False),
    Column("space", Key, nullable=False),
    Column("key", Key, nullable=False),
    Column("cover_key", Key, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("attrs", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Column("expires", Double),
    Column("folder", Key, nullable=False),
    Column("facts", JSON, nullable=False, comment="what a probe found; empty before"),
    Column("access", String(10), nullable=False, comment="who may watch"),
    Column("password_sealed", Text, nullable=False),
    Column("title_folded", Text, nullable=False, comment="the title as it is looked for: see names.folded"),
    Index("uq_media_provider_remote_id", "provider", "remote_id", unique=True),
    Index("ix_media_provider_account_created", "provider", "account", "created"),
    Index("ix_media_provider_space_key", "provider", "space", "key"),
    Index("ix_media_provider_space_cover_key", "provider", "space", "cover_key"),
    Index("ix_media_provider_space_folder", "provider", "space", "folder"),
    Index("ix_media_created", "created"),
    Index("ix_media_expires", "expires"),
)

events = Table(
    "events",
    METADATA,
    Column("seq", Serial, primary_key=True),
    Column("id", String(40), nullable=False),
    Column("type", String(40), nullable=False),
    Column("provider", String(40), nullable=False),
    Column("account", String(40), nullable=False),
    Column("media", String(40), nullable=False),
    Column("at", Double, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("queue", String(80), nullable=False),
    Column("visible", Double, nullable=False, comment="hidden from pulls until then"),
    Column("confirmed", Boolean, nullable=False),
    Index("uq_events_id", "id", unique=True),
    Index("ix_events_pull", "account", "queue", "confirmed", "seq"),
    Index("ix_events_at", "at"),
)

procedures = Table(
    "procedures",
    METADATA,
    Column("account", String(40), primary_key=True, comment="empty for those that everybody has"),
    Column("name", Key, primary_key=True),
    Column("spec", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
)

tasks = Table(
    "tasks",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("provider", String(40), nullable=False),
    Column("account", String(40), nullable=False),
    Column("media", String(40), nullable=False, comment="empty while a pull has not made it"),
    Column("remote_id", Key, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("state", String(10), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("decides", Boolean, nullable=False, comment="whether the media's status follows"),
    Column("wanted", Boolean, nullable=False, comment="false once somebody cancelled it"),
    Column("spec", JSON, nullable=False),
    Column("attrs", JSON, nullable=False),
    Column("error", Text, nullable=False),
    Column("attempt", Integer, nullable=False, comment="only the run of this number may publish"),
    Column("worker", String(40), nullable=False),
    Column("created", Double, nullable=False),
    Column("started", Double),
    Column("finished", Double),
    Column("updated", Double, nullable=False),
    Index("uq_tasks_provider_remote_id", "provider", "remote_id", unique=True),
    Index("ix_tasks_state", "state", "priority", "created"),
    Index("ix_tasks_media", "media"),
    Index("ix_tasks_account_created", "account", "created"),
    Index("ix_tasks_worker", "worker"),
    Index("ix_tasks_finished", "finished"),
)

task_steps = Table(
    "task_steps",
    METADATA,
    Column("task", String(40), ForeignKey(tasks.c.id), primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("state", String(10), nullable=False),
    Column("progress", Double, nullable=False),
    Column("error", Text, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("started", Double),
    Column("finished", Double),
)

workers = Table(
    "workers",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("place", Text, nullable=False, comment="host and process, for people"),
    Column("started", Double, nullable=False),
    Column("beat", Double, nullable=False, comment="the lease is over some seconds after this"),
)

outputs = Table(
    "outputs",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("media", String(40), nullable=False),
    Column("task", String(40), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("name", Key, nullable=False),
    Column("key", Key, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("definition", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Index("ix_outputs_media", "media", "created"),
    Index("ix_outputs_task", "task"),
)

plays = Table(
    "plays",
    METADATA,
    Column("media", String(40), primary_key=True),
    Column("day", String(10), primary_key=True, comment="UTC, as 2030-01-31"),
    Column("count", BigInteger, nullable=False),
    Index("ix_plays_day", "day"),
)

webhooks = Table(
    "webhooks",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("account", String(40), nullable=False),
    Column("url", Text, nullable=False),
    Column("secret_sealed", Text, nullable=False),
    Column("old_secret_sealed", Text, nullable=False, comment="the one before, empty for none"),
    Column("old_until", Double, nullable=False, comment="the one before signs too until then"),
    Column("types", JSON, nullable=False, comment="of events; none for all"),
    Column("disabled", Boolean, nullable=False),
    Column("created", Double, nullable=False),
    Index("ix_webhooks_account", "account"),
)

deliveries = Table(
    "deliveries",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("event", String(40), nullable=False),
    Column("provider", String(40), nullable=False),
    Column("account", String(40), nullable=False),
    Column("style", String(40), nullable=False),
    Column("target", Text, nullable=False),
    Column("receiver", Key, nullable=False, comment="scheme and authority of the target"),
    Column("attrs", JSON, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Double, nullable=False),
    Column("status", Integer, comment="of the last answer"),
    Column("error", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Index("ix_deliveries_state_due", "state", "due"),
    Index("ix_deliveries_turn", "state", "receiver", "due", "id"),
    Index("ix_deliveries_account_created", "account", "created"),
    Index("ix_deliveries_event", "event"),
)

receivers = Table(
    "receivers",
    METADATA,
    Column("receiver", Key, primary_key=True),
    Column("until", Double, nullable=False, comment="nothing is sent there before"),
    Column("failures", Integer, nullable=False, comment="in a row that speak of the receiver"),
)

account_settings = Table(
    "account_settings",
    METADATA,
    Column("account", String(40), primary_key=True),
    Column("settings", JSON, nullable=False),
)

"""The tables that only this room needs."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Double, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData()

tokens = Table(
    "youku_tokens",
    METADATA,
    Column("fingerprint", String(64), primary_key=True),
    Column("kind", String(10), nullable=False, comment="code, access or refresh"),
    Column("account", String(40), nullable=False),
    Column("family", String(40), nullable=False, comment="all tokens that came from one consent"),
    Column("redirect_uri", Text, nullable=False),
    Column("expires", Double, nullable=False),
    Column("used", Double, comment="when a refresh token was first exchanged"),
    Index("ix_youku_tokens_family", "family"),
    Index("ix_youku_tokens_expires", "expires"),
)
"""Tokens and codes by their fingerprints; they themselves are kept nowhere."""

uploads = Table(
    "youku_uploads",
    METADATA,
    Column("fingerprint", String(64), primary_key=True),
    Column("account", String(40), nullable=False),
    Column("video_id", String(40), nullable=False),
    Column("state", String(10), nullable=False, comment="created, open or committed"),
    Column("upload", String(40), nullable=False, comment="empty before create_file"),
    Column("object_key", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("md5", String(32), nullable=False),
    Column("slice_bytes", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("cursor", BigInteger, nullable=False, comment="lowest slice that has had no row yet"),
    Column("received", BigInteger, nullable=False),
    Column("transferred", BigInteger, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Index("uq_youku_uploads_video_id", "video_id", unique=True),
    Index("ix_youku_uploads_expires", "expires"),
)
"""Uploads from create until their token is over."""

slices = Table(
    "youku_slices",
    METADATA,
    Column("fingerprint", String(64), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Integer, nullable=False),
    Column("since", Double, nullable=False),
    Column("md5", String(32), nullable=False),
    Index("ix_youku_slices_state", "fingerprint", "state", "since"),
)
"""Slices that were handed out or received; all others are new."""

items = Table(
    "youku_items",
    METADATA,
    Column("kind", String(12), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("about", String(64), nullable=False, comment="what it belongs to: a video, a show"),
    Column("facts", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Index("ix_youku_items_owner", "kind", "owner", "created"),
    Index("ix_youku_items_about", "kind", "about", "created"),
)
"""Users, comments, playlists, shows, persons and keywords."""

links = Table(
    "youku_links",
    METADATA,
    Column("kind", String(12), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("target", String(64), primary_key=True),
    Column("created", Double, nullable=False),
    Index("ix_youku_links_target", "kind", "target"),
)
"""Who follows whom, favourites, subscriptions, and what is in a playlist or a show."""

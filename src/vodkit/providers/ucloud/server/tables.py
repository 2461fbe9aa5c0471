"""The room's own tables."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Double, Index, MetaData, String, Table, Text

METADATA = MetaData()

tokens = Table(
    "ucloud_tokens",
    METADATA,
    Column("id", String(60), primary_key=True),
    Column("account", String(40), nullable=False),
    Column("name", Text, nullable=False),
    Column("public_key", String(60), nullable=False),
    Column("private_sealed", Text, nullable=False),
    Column("rules", JSON, nullable=False),
    Column("expires", Double, nullable=False),
    Column("created", Double, nullable=False),
    Index("uq_ucloud_tokens_public_key", "public_key", unique=True),
    Index("ix_ucloud_tokens_account", "account"),
)
"""Key pairs that an account has limited."""

given_spaces = Table(
    "ucloud_given_spaces",
    METADATA,
    Column("name", String(63), primary_key=True),
    Column("account", String(40), nullable=False),
)
"""Spaces that accounts have had from the start, so that a deleted one does not come back."""

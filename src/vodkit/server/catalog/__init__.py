"""The database: one catalog over SQLite or PostgreSQL, with the tables that every room shares."""

from .catalog import SqlCatalog, after_commit

__all__ = ["SqlCatalog", "after_commit"]

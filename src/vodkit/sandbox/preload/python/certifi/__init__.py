"""Stands in front of the real certifi: some programs ask it for a bundle and read no variable."""

from .core import contents, where

__all__ = ["contents", "where"]
__version__ = "2026.01.01"

"""Uploads without a dialect: create, receive parts, complete, abort, expire."""

from .uploads import Uploads

__all__ = ["Uploads"]

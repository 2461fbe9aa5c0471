"""The service's side of NetEase VOD: API host, node lookup, upload nodes."""

from .room import Room

__all__ = ["Room"]

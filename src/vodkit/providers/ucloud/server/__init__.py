"""The service's side of UCloud: the file API, its UVideo variant, and the management API."""

from .room import Room

__all__ = ["Room"]

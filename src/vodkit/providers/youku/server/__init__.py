"""The service's side of the Youku open platform: OAuth, uploads in slices, videos and more."""

from .room import Room

__all__ = ["Room"]

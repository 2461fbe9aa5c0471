"""The page that plays a media: ``/watch/<id>``."""

from .pages import WatchPages

__all__ = ["WatchPages"]

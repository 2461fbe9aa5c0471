"""Pulls: sources that the service fetches by itself, as far as its worker may.

::

    fetch     a pull's source, and what belongs to it, as files
    download  one file: bounded, resumable
    playlist  an HLS playlist and everything it names
"""

from .fetch import fetch

__all__ = ["fetch"]

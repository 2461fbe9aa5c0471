"""Why a file could not be worked on.

::

    MediaError
    ├── BadMedia    the file is broken, or not what it says
    ├── TooMuch     it wants more time, memory or disk than it gets
    └── Stopped     somebody wanted it to stop
"""

from __future__ import annotations


class MediaError(Exception):
    """The root. Its text is for the owner of the media: it names no folder of this machine."""


class BadMedia(MediaError):
    """The file cannot be read, or holds nothing that can be used."""


class TooMuch(MediaError):
    """The work was ended because it went beyond its bounds."""


class Stopped(MediaError):
    """The work was ended because it is not wanted any more."""

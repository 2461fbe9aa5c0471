"""Looking into a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from . import child
from .errors import BadMedia
from .facts import Facts
from .formats import FORMATS, PROTOCOLS
from .ready import ready_made

_PROBE = Path(__file__).with_name("probe.py")
_LIMITS = child.Limits(seconds=60.0, cpu=60, memory=4 * child.GIB, output=child.MIB)


def facts_of(
    path: Path,
    scratch: Path,
    *,
    beside: Callable[[str], Path | None] = lambda name: None,
    wanted: Callable[[], bool] = lambda: True,
) -> Facts:
    """Look into a file: in a child process, unless it is a playlist or a manifest.

    Args:
        path: The file. Its name has no extension, as FFmpeg would take that of an image for a pattern.
        scratch: An empty folder that the child may have.
        beside: Where the file is that a playlist names, if it is there.
        wanted: Asked now and then; ``False`` gives up.

    Raises:
        BadMedia: it is broken, of no known kind, or holds neither picture nor sound.
        TooMuch, Stopped: see :func:`.child.run`.
    """
    if ready := ready_made(path, beside):
        return ready
    command = [sys.executable, "-P", str(_PROBE), str(path), PROTOCOLS, FORMATS]
    said = child.run(command, folder=scratch, reads=(path, _PROBE), limits=_LIMITS, wanted=wanted)
    found = Facts.from_dict(json.loads(said))
    if found.audio is None and found.picture is None:
        raise BadMedia("the file holds neither picture nor sound")
    return found

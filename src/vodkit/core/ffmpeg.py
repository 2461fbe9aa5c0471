"""Which ffmpeg to run."""

from __future__ import annotations

import os
import shutil

from vodkit.core.errors import ConfigError


def executable() -> str:
    """``VODKIT_FFMPEG``, else the one that imageio-ffmpeg carries, else the one on the path.

    Raises:
        ConfigError: there is none.
    """
    named = os.environ.get("VODKIT_FFMPEG")
    if named:
        if shutil.which(named) is None:
            raise ConfigError(f"VODKIT_FFMPEG names {named!r}, which cannot be run")
        return named
    try:
        import imageio_ffmpeg
    except ImportError:
        found = shutil.which("ffmpeg")
    else:
        found = imageio_ffmpeg.get_ffmpeg_exe()
    if found is None:
        raise ConfigError("there is no ffmpeg", advice="pip install 'vodkit[server]', or set VODKIT_FFMPEG")
    return str(found)

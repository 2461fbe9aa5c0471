"""A small clip for vendor runs that process what they upload."""

from __future__ import annotations

import subprocess
from pathlib import Path

from vodkit.core.ffmpeg import executable


def make_clip(path: Path, color: str = "") -> Path:
    """Two seconds of 320 × 180 with sound; of one colour, if there is one."""
    picture = f"color={color}:s=320x180:r=25:d=2" if color else "testsrc2=s=320x180:r=25:d=2"
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=r=48000:d=2"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([executable(), "-v", "error", "-nostdin", *inputs, *codecs, str(path)], check=True)
    return path

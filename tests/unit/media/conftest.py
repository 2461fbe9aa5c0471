"""Tiny clips, made once for each run of the tests."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from vodkit.core.ffmpeg import executable

Make = Callable[..., Path]

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s={size}:r={fps}:d={seconds}")
SOUND = ("-f", "lavfi", "-i", "sine=f=440:r=48000:d={seconds}")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def ffmpeg(*arguments: str) -> None:
    subprocess.run(
        [executable(), "-v", "error", "-nostdin", "-y", *arguments], check=True, stdin=subprocess.DEVNULL
    )


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """``make(name, *output options, ...)``: a clip whose file has no extension."""
    folder = tmp_path_factory.mktemp("clips")

    def make(
        name: str,
        *options: str,
        size: str = "320x180",
        fps: str = "25",
        seconds: float = 3,
        picture: bool = True,
        sound: bool = True,
        format: str = "mp4",
    ) -> Path:
        path = folder / name
        if not path.exists():
            values = {"size": size, "fps": fps, "seconds": seconds}
            inputs = [*(PICTURE if picture else ()), *(SOUND if sound else ())]
            chosen = [*(H264 if picture else ()), *(("-c:a", "aac") if sound else ())]
            ffmpeg(*(word.format(**values) for word in inputs), *chosen, *options, "-f", format, str(path))
        return path

    return make


@pytest.fixture(scope="session")
def clip(make: Make) -> Path:
    """Three seconds of 320 × 180 at 25 pictures a second, with sound."""
    return make("clip")

"""A clip with everything that is made of it, and a service that plays it."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from tests.browser import browser, page
from vodkit.core.ffmpeg import executable
from vodkit.server.contract import MediaRecord, Settings
from vodkit.server.links import Links
from vodkit.server.service import tools

from ..unit.service.conftest import Running
from .publish import Made, carry_out

__all__ = ["browser", "page"]

SECONDS = 4


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Four seconds of 640 × 360 with sound: streams in two sizes, files, cover, sprite."""
    folder = tmp_path_factory.mktemp("made")
    source = folder / "clip.mp4"
    inputs = ["-f", "lavfi", "-i", f"testsrc2=s=640x360:r=25:d={SECONDS}"]
    inputs += ["-f", "lavfi", "-i", f"sine=f=440:r=48000:d={SECONDS}"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac"]
    subprocess.run(
        [executable(), "-v", "error", "-nostdin", *inputs, *codecs, "-movflags", "+faststart", str(source)],
        check=True,
    )
    return carry_out(source, folder / "steps")


class Cloud:
    """A running service, and what its tools say beside it."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.running = Running(data, *options)
        self.url = self.running.url

    def watch(self, record: MediaRecord, lifetime: float | None = None) -> str:
        """The page's address; signed if it has a lifetime."""
        with tools(Settings(data=str(self.data))) as parts:
            return Links(parts.vault, self.url, time.time).watch(record, lifetime)

    def views(self, record: MediaRecord) -> int:
        from vodkit.server.views import PlayTable

        with tools(Settings(data=str(self.data))) as parts:
            return parts.catalog.read_now(lambda conn: PlayTable().total(conn, [record.id])).get(record.id, 0)

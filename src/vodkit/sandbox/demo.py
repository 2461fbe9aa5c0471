"""The demo: a service of one's own, a video through every protocol, the same bytes back, and streams."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import platformdirs
import urllib3

from vodkit.core import registry
from vodkit.core.errors import ConfigError, IntegrityError, ProcessingFailed, SourceNotFound, TimedOut
from vodkit.core.ffmpeg import executable
from vodkit.core.media import Processing
from vodkit.engine.progress import Progress
from vodkit.server.embedded import EmbeddedService, embedded

CLIP_SECONDS = 10
PROCEDURE = "default"
PATIENCE = 600.0
"""Seconds that the demo waits for what is made of one upload; a long film goes on being made after that."""

_STALLED = 60.0
"""Seconds without a byte of an answer after which it is given up."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One upload of the demo.

    Attributes:
        provider: Whose protocol carried it.
        id: The id it got.
        url: Where it plays for as long as the service runs.
        hls_url: Its HLS master playlist, or ``""`` before it is made.
        watch: Its watch page.
        status: ``processing``, then ``ready`` or ``failed``.
        error: Why it failed, or ``""``.
        size: Bytes.
        md5: Hex MD5 of what ``url`` served; the same as the file's.
        seconds: What the upload took.
        resumed: Whether it went on where an earlier run was stopped.
    """

    provider: str
    id: str
    url: str
    hls_url: str
    watch: str
    status: str
    error: str
    size: int
    md5: str
    seconds: float
    resumed: bool

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def providers() -> list[str]:
    """The rooms that have both ends."""
    return [name for name in registry.names() if registry.descriptor(name).server is not None]


def home() -> Path:
    """Where an interrupted demo leaves what the next one goes on with."""
    return platformdirs.user_data_path("vodkit") / "demo"


@contextmanager
def service(folder: Path) -> Iterator[EmbeddedService]:
    """The demo's service. Its folder goes when the block ends well, and stays when it is interrupted."""
    with embedded(folder, procedure=PROCEDURE) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


def clip(folder: Path) -> Path:
    """A test clip with picture and sound, made by ffmpeg; the one of an interrupted run is used again.

    Raises:
        ConfigError: there is no ffmpeg that can make it.
    """
    path = folder / "vodkit-demo.mp4"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part.mp4")
    made = subprocess.run(
        [
            executable(), "-nostdin", "-loglevel", "error", "-y",
            "-f", "lavfi", "-i", f"testsrc2=size=1280x720:rate=25:duration={CLIP_SECONDS}",
            "-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={CLIP_SECONDS}",
            "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac",
            "-movflags", "+faststart", str(unfinished),
        ],
        capture_output=True,
        text=True,
    )  # fmt: skip
    if made.returncode != 0:
        raise ConfigError(
            f"ffmpeg could not make the demo's clip: {made.stderr.strip()[-200:]}",
            advice="Name a video of your own: vodkit demo movie.mp4",
        )
    unfinished.rename(path)
    return path


def show(
    running: EmbeddedService,
    provider: str,
    video: Path,
    state: Path,
    on_progress: Callable[[Progress], None] | None = None,
    on_notice: Callable[[str], None] | None = None,
) -> Shown:
    """Upload ``video`` through one protocol, fetch it back from its URL, and compare.

    Raises:
        IntegrityError: what came back is not what was sent.
    """
    with running.connect(provider, state_dir=state) as vod:
        started = time.monotonic()
        result = vod.upload_detailed(video, on_progress=on_progress, on_notice=on_notice)
        seconds = time.monotonic() - started
    media = result.media
    md5, size = _fetch(media.url)
    if md5 != _digest(video):
        raise IntegrityError(f"{media.url} does not serve the bytes of {video}", provider=provider)
    return Shown(
        provider=provider,
        id=media.id,
        url=media.url,
        hls_url=media.hls_url,
        watch=media.watch_url,
        status="processing",
        error="",
        size=size,
        md5=md5,
        seconds=round(seconds, 3),
        resumed=result.resumed,
    )


def finish(
    running: EmbeddedService,
    shown: Shown,
    state: Path,
    on_progress: Callable[[Processing], None] | None = None,
) -> Shown:
    """Wait until an upload's procedure has ended, or :data:`PATIENCE` is over."""
    with running.connect(shown.provider, state_dir=state) as vod:
        try:
            media = vod.media.wait(shown.id, timeout=PATIENCE, on_progress=on_progress)
        except ProcessingFailed as problem:
            return replace(shown, status="failed", error=str(problem))
        except TimedOut:
            return shown
    return replace(shown, status=media.status, hls_url=media.hls_url, watch=media.watch_url or shown.watch)


def check_videos(videos: Sequence[Path]) -> None:
    """Refuse a missing video before anything is started."""
    for video in videos:
        if not video.is_file():
            raise SourceNotFound(f"there is no file {str(video)!r}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _fetch(url: str) -> tuple[str, int]:
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with urllib3.PoolManager(timeout=_STALLED) as pool:
        answer = pool.request("GET", url, preload_content=False)
        if answer.status != 200:
            raise IntegrityError(f"{url} answers HTTP {answer.status}")
        for piece in answer.stream(1 << 20):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size

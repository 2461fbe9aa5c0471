"""A clip uploaded through each of the four protocols becomes something that people can watch.

The service is a real one with its own worker, the clip is made by ffmpeg, the players are those that people
use, unmodified, in a real browser; what they are given are the addresses that the vendor's own status call
tells.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import av
import pytest
import urllib3
from playwright.sync_api import Page

import vodkit
from tests.browser import browser, page, play, progress
from vodkit.core.ffmpeg import executable
from vodkit.core.media import Media
from vodkit.sandbox import demo
from vodkit.server.embedded import EmbeddedService

__all__ = ["browser", "page"]

SECONDS = 6
HEIGHTS = (480, 360)
SHAPE = 854 / 480
_TILE = re.compile(r"^(\S+) --> \S+\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of a moving test picture with a tone."""
    path = tmp_path_factory.mktemp("clip") / "短片 <one>.mp4"
    subprocess.run(
        [
            executable(), "-nostdin", "-loglevel", "error", "-y",
            "-f", "lavfi", "-i", f"testsrc2=size=854x480:rate=25:duration={SECONDS}",
            "-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={SECONDS}",
            "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", str(path),
        ],
        check=True,
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def service() -> Iterator[EmbeddedService]:
    with vodkit.embedded(procedure="default") as running:
        yield running


@dataclass(frozen=True)
class Made:
    """A media that is ready."""

    provider: str
    media: Media


@pytest.fixture(scope="module", params=demo.providers())
def made(
    request: pytest.FixtureRequest,
    service: EmbeddedService,
    clip: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Made:
    """The clip, uploaded through one protocol and waited for by that protocol's own status call."""
    with service.connect(request.param, state_dir=tmp_path_factory.mktemp("state")) as vod:
        sent = vod.upload(clip)
        return Made(request.param, vod.media.wait(sent.id, timeout=120))


@pytest.mark.parametrize(
    ("address", "player"),
    [("hls_url", "hls.js"), ("hls_url", "shaka"), ("dash_url", "dash.js"), ("dash_url", "shaka")],
)
def test_its_streams_play(made: Made, page: Page, address: str, player: str) -> None:
    play(page, player, getattr(made.media, address))
    found = progress(page, 1.5)
    assert found["failed"] is None
    _is_a_rendition(found)
    assert found["duration"] == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize("which", ["original", "file"])
def test_files_seek_by_range(made: Made, page: Page, which: str) -> None:
    url = made.media.url if which == "original" else _told(made)["file"]
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status))
    page.set_content("<video muted></video>")
    page.evaluate(
        """url => new Promise((done, fail) => { const v = document.querySelector('video');
        v.onerror = () => fail(v.error.message); v.onseeked = () => { v.play(); done(); };
        v.onloadedmetadata = () => { v.currentTime = 4; }; v.src = url; })""",
        url,
    )
    found = progress(page, 4.5)
    assert (found["width"], found["height"]) == (854, 480)
    assert 206 in statuses


def test_the_cover_is_a_picture_of_the_clip(made: Made, clip: Path) -> None:
    cover = urllib3.request("GET", made.media.cover_url)
    assert cover.status == 200
    assert cover.headers["content-type"] == "image/jpeg"
    with av.open(io.BytesIO(cover.data)) as opened:
        shown = next(opened.decode(video=0))
    with av.open(str(clip)) as opened:
        wanted = next(
            frame for frame in opened.decode(video=0) if frame.time is not None and frame.time >= SECONDS / 10
        )
    assert _difference(_grey(shown, 160, 90), _grey(wanted, 160, 90)) < 12


def test_the_sprite_is_pictures_of_the_clip(made: Made, clip: Path) -> None:
    address = _told(made)["sprite"]
    index = urllib3.request("GET", address)
    assert index.headers["content-type"] == "text/vtt"
    tiles = _TILE.findall(index.data.decode())
    assert [begins for begins, *_ in tiles] == ["00:00:00.000"]
    _, name, *place = tiles[0]
    left, top, width, height = map(int, place)
    sheet = urllib3.request("GET", urljoin(address, name))
    assert sheet.headers["content-type"] == "image/jpeg"
    with av.open(io.BytesIO(sheet.data)) as opened:
        rows = _grey(next(opened.decode(video=0)))
    with av.open(str(clip)) as opened:
        wanted = _grey(next(opened.decode(video=0)), width, height)
    tile = [row[left : left + width] for row in rows[top : top + height]]
    assert _difference(tile, wanted) < 12


def test_its_page_plays_it(made: Made, page: Page) -> None:
    errors: list[str] = []
    outside: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    origin = "/".join(made.media.watch_url.split("/")[:3])
    page.on("request", lambda asked: outside.append(asked.url) if not _own(asked.url, origin) else None)
    page.goto(made.media.watch_url)
    assert made.media.title in page.title()
    page.evaluate("() => { const v = document.querySelector('video'); v.muted = true; return v.play(); }")
    found = progress(page, 1.5)
    _is_a_rendition(found)
    assert errors == []
    assert outside == []


def _is_a_rendition(found: dict[str, Any]) -> None:
    """The picture has the size of a rung; even numbers of pixels are up to two wide of its shape."""
    assert found["height"] in HEIGHTS
    assert found["width"] == pytest.approx(found["height"] * SHAPE, abs=2)


def _own(url: str, origin: str) -> bool:
    return url.startswith((origin, "blob:", "data:"))


def _told(made: Made) -> dict[str, str]:
    """Addresses that the watch page tells its player: of the sprite's index, and of the best plain file."""
    answer = urllib3.request("GET", made.media.watch_url)
    base = urljoin(made.media.watch_url, answer.geturl() or "")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', answer.data.decode())
    assert found is not None
    told = json.loads(found[1])
    return {
        "sprite": urljoin(base, told["thumbnails"]),
        "file": urljoin(base, told["files"][0]["url"]),
    }


def _grey(frame: av.VideoFrame, width: int = 0, height: int = 0) -> list[bytes]:
    """The brightness of a picture, row by row, in its own size or another."""
    grey = frame.reformat(width or frame.width, height or frame.height, format="gray")
    plane = grey.planes[0]
    return [bytes(plane)[plane.line_size * y :][: grey.width] for y in range(grey.height)]


def _difference(one: list[bytes], other: list[bytes]) -> float:
    """Mean difference of two pictures' brightness, of 255."""
    left, right = b"".join(one), b"".join(other)
    assert len(left) == len(right)
    return sum(abs(a - b) for a, b in zip(left, right)) / len(left)

"""The players that people use, in a browser, on streams as they are packaged."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.browser import browser, page, play, progress
from tests.loopback import Server
from vodkit.server.media.look import facts_of
from vodkit.server.media.plan import plan
from vodkit.server.media.procedure import Procedure, Rendition
from vodkit.server.media.products import TYPES
from vodkit.server.media.render import finder, render

from .conftest import Make

__all__ = ["browser", "page"]

CODECS = ("h264", "hevc", "vp9", "av1")


class Ranges(SimpleHTTPRequestHandler):
    """Serves a folder by byte ranges, as stores do, and refuses to send a whole stream."""

    protocol_version = "HTTP/1.1"
    extensions_map = dict(TYPES)

    def do_GET(self) -> None:
        data = Path(self.translate_path(self.path)).read_bytes()
        asked = self.headers.get("Range", "").removeprefix("bytes=")
        if asked:
            first, _, last = asked.partition("-")
            start, end = int(first), min(int(last or len(data) - 1), len(data) - 1)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end}/{len(data)}")
            data = data[start : end + 1]
        else:
            self.send_response(400 if self.path.endswith(".mp4") else 200)
        self.send_header("Content-Type", self.guess_type(self.path))
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def address(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of the folder with the streams of a clip in four codecs, two sizes each."""
    work = tmp_path_factory.mktemp("players") / "work"
    source = make("to-play", seconds=6)
    (work / "probe").mkdir(parents=True)
    sizes = tuple(Rendition(height, codec=codec) for codec in CODECS for height in (180, 90))
    for step in plan(facts_of(source, work / "probe"), Procedure("mixed", sizes, files="none")):
        (work / step.name).mkdir()
        render(step, work / step.name, finder(work, {"@source": source}))
    handler = partial(Ranges, directory=str(work / "package"))
    with Server(handler) as server:
        yield server.base


@pytest.mark.slow
@pytest.mark.parametrize(
    ("player", "manifest"),
    [
        ("hls.js", "master.m3u8"),
        ("dash.js", "manifest.mpd"),
        ("shaka", "manifest.mpd"),
        ("shaka", "master.m3u8"),
    ],
)
def test_streams_in_several_codecs_play_seek_and_end(
    player: str, manifest: str, address: str, page: Any
) -> None:
    play(page, player, f"{address}/{manifest}")
    state = progress(page, 1.0)
    assert state["failed"] is None
    assert state["duration"] == pytest.approx(6, abs=0.1)
    assert (state["width"], state["height"]) in ((320, 180), (160, 90))
    page.evaluate("document.querySelector('video').currentTime = 4.5")
    # dash.js stops at the end, and does not always say that it has ended.
    page.wait_for_function(
        """() => { const v = document.querySelector('video');
        return v.ended || v.paused && v.currentTime >= v.duration || window.failed; }"""
    )
    assert progress(page, 5.5)["failed"] is None

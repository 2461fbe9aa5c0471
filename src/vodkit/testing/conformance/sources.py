"""Everything that can be uploaded, beside a path."""

from __future__ import annotations

import functools
import http.server
import io
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from vodkit.core.errors import ManifestError

from .rig import Rig


def pieces(data: bytes, length: int) -> Iterator[bytes]:
    """The data in pieces, the last one shorter."""
    for start in range(0, len(data), length):
        yield data[start : start + length]


class Sources:
    """Bytes, files, streams, addresses and folders."""

    def test_bytes(self, rig: Rig) -> None:
        with rig.connect() as vod:
            rig.assert_holds(vod, vod.upload(b"some bytes", name="a.mp4"), b"some bytes")

    def test_an_open_file_stays_open(self, rig: Rig) -> None:
        file = rig.file(2 * rig.part + 5)
        with rig.connect() as vod, file.open("rb") as opened:
            media = vod.upload(opened, part_size=rig.part)
            assert not opened.closed
            rig.assert_holds(vod, media, file)

    def test_a_buffer(self, rig: Rig) -> None:
        data = rig.file(rig.part + 1).read_bytes()
        with rig.connect() as vod:
            media = vod.upload(io.BytesIO(data), name="buffer.mp4", part_size=rig.part)
            rig.assert_holds(vod, media, data)

    @pytest.mark.parametrize("more", [-1, 0, 1])
    def test_a_stream_of_unknown_length(self, rig: Rig, more: int) -> None:
        data = rig.file(2 * rig.part + more).read_bytes()
        with rig.connect() as vod:
            media = vod.upload(pieces(data, 77_777), name="stream.mp4", part_size=rig.part)
            rig.assert_holds(vod, media, data)

    def test_a_short_stream_of_unknown_length(self, rig: Rig) -> None:
        with rig.connect() as vod:
            rig.assert_holds(vod, vod.upload(iter([b"tiny"]), name="stream.mp4"), b"tiny")

    def test_a_stream_survives_a_cut_connection(self, rig: Rig) -> None:
        data = rig.file(3 * rig.part + 9).read_bytes()
        rig.proxy.cut(after=rig.part + rig.part // 2)
        with rig.connect() as vod:
            media = vod.upload(pieces(data, 50_000), name="stream.mp4", part_size=rig.part)
            rig.assert_holds(vod, media, data)

    def test_an_address(self, rig: Rig) -> None:
        file = rig.file(rig.part + 3, "web/clip.mp4")
        handler = functools.partial(QuietHandler, directory=str(file.parent))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
            threading.Thread(target=web.serve_forever, daemon=True).start()
            with rig.connect() as vod:
                media = vod.upload(f"http://127.0.0.1:{web.server_port}/clip.mp4", part_size=rig.part)
                rig.assert_holds(vod, media, file)
            web.shutdown()

    def test_a_manifest_takes_its_folder_along_where_that_is_declared(self, rig: Rig) -> None:
        top = make_hls(rig)
        with rig.connect() as vod:
            media = vod.upload(top)
            rig.assert_holds(vod, media, top)
            if rig.capabilities.manifests:
                assert_playlist_serves(media.url, top.parent)

    def test_a_manifest_that_leaves_its_folder_is_refused(self, rig: Rig) -> None:
        rig.file(10, "secret.ts")
        top = rig.folder / "hls" / "index.m3u8"
        top.parent.mkdir()
        top.write_text("#EXTM3U\n#EXTINF:4,\n../secret.ts\n#EXT-X-ENDLIST\n")
        with rig.connect() as vod:
            if not rig.capabilities.manifests:
                rig.assert_holds(vod, vod.upload(top), top)
                return
            with pytest.raises(ManifestError):
                vod.upload(top)
        assert rig.proxy.connections == 0


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def make_hls(rig: Rig) -> Path:
    """A master playlist with two nested ones and their segments."""
    top = rig.folder / "hls" / "master.m3u8"
    lines = ["#EXTM3U"]
    for number in (1, 2):
        playlist = [
            "#EXTM3U",
            '#EXT-X-MAP:URI="init.mp4"',
            "#EXTINF:4,",
            "./a.ts",
            "#EXTINF:4,",
            "b 二.ts",
            "#EXT-X-ENDLIST",
        ]
        for name in ("init.mp4", "a.ts", "b 二.ts"):
            rig.file(2000 + number, f"hls/v{number}/{name}", seed=number)
        (top.parent / f"v{number}" / "index.m3u8").write_text("\n".join(playlist) + "\n")
        lines += ["#EXT-X-STREAM-INF:BANDWIDTH=1000", f"v{number}/index.m3u8"]
    top.write_text("\n".join(lines) + "\n")
    return top


def assert_playlist_serves(url: str, folder: Path) -> None:
    """Every file of the folder is served beside the playlist's address, under its own name."""
    for path in folder.rglob("*"):
        if path.is_file() and path.parent != folder:
            name = urllib.parse.quote(path.relative_to(folder).as_posix())
            with urllib.request.urlopen(urllib.parse.urljoin(url, name)) as answer:
                assert answer.read() == path.read_bytes(), name

"""A service whose disk is full says so, loses nothing, and goes on when there is room again."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import vodkit
from vodkit.core.errors import VodError
from vodkit.server.embedded import embedded

MIB = 1 << 20
NAMED = {"ucloud": {"key": "another.mp4"}}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize(
    ("provider", "gives_up"), [("tencent", True), ("netease", False), ("ucloud", True), ("youku", True)]
)
def test_a_full_disk(small_disk: Path, tmp_path: Path, provider: str, gives_up: bool) -> None:
    """NetEase's protocol has no word for giving an upload up: its bytes stay as long as its token."""
    small, large = tmp_path / "small.mp4", tmp_path / "large.mp4"
    small.write_bytes(b"s" * 2 * MIB)
    large.write_bytes(b"l" * 40 * MIB)
    with embedded(small_disk / "data") as service:
        options = {"state_dir": str(tmp_path / "state")}
        with service.connect(provider, **options) as vod:
            first = vod.upload(small)
            with pytest.raises(VodError) as caught:
                vod.upload(large)
            assert re.search("storage is full|has no room left", str(caught.value))
            vod.media.download(first.id, tmp_path / "back.mp4")
            assert (tmp_path / "back.mp4").read_bytes() == small.read_bytes()
            (unfinished,) = [upload for upload in vod.uploads.list() if upload.status == "open"]
            vod.uploads.abort(unfinished.id)
            if gives_up:
                second: vodkit.Media = vod.upload(small, **NAMED.get(provider, {}))
                assert second.id != first.id

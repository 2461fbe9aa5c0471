"""A service whose disk is full says so, loses nothing, and goes on when there is room again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import vodkit
from vodkit.core.errors import VodError
from vodkit.server.embedded import embedded

MIB = 1 << 20


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


def test_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    small, large = tmp_path / "small.mp4", tmp_path / "large.mp4"
    small.write_bytes(b"s" * 2 * MIB)
    large.write_bytes(b"l" * 40 * MIB)
    with embedded(small_disk / "data") as service:
        options = {"state_dir": str(tmp_path / "state")}
        with service.connect("tencent", **options) as vod:
            first = vod.upload(small)
            with pytest.raises(VodError) as caught:
                vod.upload(large)
            assert "full" in str(caught.value).lower() or "storage" in str(caught.value).lower()
            vod.media.download(first.id, tmp_path / "back.mp4")
            assert (tmp_path / "back.mp4").read_bytes() == small.read_bytes()
            (unfinished,) = [upload for upload in vod.uploads.list() if upload.status == "open"]
            vod.uploads.abort(unfinished.id)
            second: vodkit.Media = vod.upload(small)
            assert second.id != first.id

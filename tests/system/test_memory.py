"""Memory does not depend on the size of the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vodkit.server.embedded import EmbeddedService

from .shell import to, vodkit

MIB = 1 << 20


def sparse(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        os.truncate(file.fileno(), size)
    return path


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_4_gib_take_no_more_memory_than_64_mib(vodkit_service: EmbeddedService, tmp_path: Path) -> None:
    peaks = {}
    for size in (64 * MIB, 4096 * MIB):
        file = sparse(tmp_path / f"{size}.mp4", size)
        done = vodkit(
            "upload",
            str(file),
            "-q",
            "--json",
            *to(vodkit_service, "tencent"),
            VODKIT_STATE_DIR=str(tmp_path / "s"),
        )
        assert done.code == 0, done.err
        assert done.lines[0]["size"] == size
        peaks[size] = done.peak
    assert peaks[4096 * MIB] - peaks[64 * MIB] <= 20

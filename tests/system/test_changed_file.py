"""A file that changed while its upload lay interrupted: the stale upload is forgotten on the service too."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

import pytest

from tests.processes import child
from tests.waiting import until
from vodkit.server.embedded import EmbeddedService, embedded

from .shell import to, vodkit

MIB = 1 << 20


def rows(service: EmbeddedService, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{service.data}/vodkit.db?mode=ro", uri=True) as catalog:
        return catalog.execute(query).fetchall()


OPEN_PARTS = "SELECT u.id FROM uploads u JOIN parts p ON p.upload = u.id WHERE u.state = 'open'"


@pytest.mark.timeout(120)
def test_the_stale_upload_is_aborted_and_one_line_says_so(tmp_path: Path) -> None:
    video = tmp_path / "video.mp4"
    video.write_bytes(os.urandom(24 * MIB))
    state = {"VODKIT_STATE_DIR": str(tmp_path / "state")}
    with embedded() as service:
        slowly = [
            "upload",
            str(video),
            "-q",
            "--part-size",
            "1M",
            "--bandwidth",
            "6M",
            *to(service, "tencent"),
        ]
        with child([sys.executable, "-m", "vodkit", *slowly], env={**os.environ, **state}) as running:
            until(lambda: running.poll() is not None or len(rows(service, OPEN_PARTS)) >= 3)
            assert running.poll() is None
        ((stale,),) = set(rows(service, OPEN_PARTS))

        video.write_bytes(os.urandom(8 * MIB))
        done = vodkit("upload", str(video), "--json", *to(service, "tencent"), **state)
        assert done.code == 0, done.err
        assert done.lines[0]["size"] == 8 * MIB
        assert len([line for line in done.err.splitlines() if "changed" in line]) == 1
        assert rows(service, f"SELECT state FROM uploads WHERE id = '{stale}'") in ([("aborted",)], [])
        assert not rows(service, OPEN_PARTS)

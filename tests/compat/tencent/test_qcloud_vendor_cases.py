"""What the vendor's own test suite checks, checked with the drop-in in place of the vendor's package."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vodkit.server.embedded import EmbeddedService

from ..service import environment

PROGRAM = Path(__file__).parent / "vendor_cases.py"
CASES = re.findall(r"def (test_\w+)", PROGRAM.read_text())


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory, cloud_service: EmbeddedService) -> str:
    """What unittest printed, case by case."""
    folder = tmp_path_factory.mktemp("vendor-cases")
    for name in ("Wildlife", "Wildlife.mp4", "Wildlife-cover", "Wildlife-cover.png"):
        (folder / name).write_bytes(os.urandom(1_500_000 if name == "Wildlife.mp4" else 1000))
    lines = ["#EXTM3U"]
    for gear in ("gear1", "gear2"):
        playlist(folder / "hls" / gear)
        lines += ["#EXT-X-STREAM-INF:BANDWIDTH=200000", f"{gear}/prog_index.m3u8"]
    playlist(folder / "hls")
    (folder / "hls" / "bipbopall.m3u8").write_text("\n".join([*lines, ""]))
    done = subprocess.run(
        [sys.executable, PROGRAM, "-v"],
        cwd=folder,
        env=environment(cloud_service, folder),
        capture_output=True,
        text=True,
        timeout=200,
    )
    return done.stderr


def playlist(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fileSequence0.ts").write_bytes(os.urandom(3000))
    (folder / "prog_index.m3u8").write_text("#EXTM3U\n#EXTINF:9,\nfileSequence0.ts\n#EXT-X-ENDLIST\n")


@pytest.mark.covers("tencent G-24", "tencent F-29")
@pytest.mark.parametrize("case", CASES)
def test_case(case: str, outcome: str) -> None:
    assert re.search(rf"^{case} .*\.\.\. ok$", outcome, re.MULTILINE), outcome


def test_all_fourteen_are_there() -> None:
    assert len(CASES) == 14
    assert not [node for node in ast.walk(ast.parse(PROGRAM.read_text())) if isinstance(node, ast.Try)]

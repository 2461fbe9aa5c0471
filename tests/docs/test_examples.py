"""Every Python example of the README and the docs runs, against a service on this machine."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vodkit.server.embedded import EmbeddedService, embedded

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
EXAMPLES = [
    pytest.param(code, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, code in enumerate(BLOCK.findall(page.read_text()), 1)
]


@pytest.fixture(scope="module")
def open_service() -> Iterator[EmbeddedService]:
    """A service that takes any access key: the examples print placeholders for keys."""
    with embedded(strict=False) as service:
        yield service


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "movie.mp4").write_bytes(random.Random(0).randbytes(300_000))
    (tmp_path / "cover.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    hls = tmp_path / "hls"
    hls.mkdir()
    (hls / "index.m3u8").write_text("#EXTM3U\n#EXTINF:4,\na.ts\n#EXT-X-ENDLIST\n")
    (hls / "a.ts").write_bytes(bytes(1000))
    return tmp_path


@pytest.mark.parametrize("code", EXAMPLES)
def test_example(code: str, folder: Path, open_service: EmbeddedService) -> None:
    env = {**os.environ, "VODKIT_SERVICE": open_service.url, "VODKIT_STATE_DIR": str(folder / "state")}
    # The examples' ellipses stand for keys; any will do here.
    done = subprocess.run(
        [sys.executable, "-c", code.replace('"…"', '"example"')],
        cwd=folder, env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target

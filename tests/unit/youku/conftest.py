"""A platform that misbehaves when told to, and a file to send to it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .platform import Platform, serving


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving(Platform()) as running:
        yield running


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    def make(size: int, name: str = "movie.mp4", seed: int = 0) -> Path:
        path = tmp_path / "videos" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(random.Random(f"{seed}-{size}").randbytes(size))
        return path

    return make

"""Files to upload, and uploads that meet trouble."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from vodkit.core.errors import (
    VodError,
)

from .conftest import Connect
from .fake_cloud import DROP, FakeCloud, Seen


def make(folder: Path, size: int, name: str = "clip.mp4") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def once(cloud: FakeCloud, answer: Any, do: str = "block", number: int = 1, times: int = 1) -> None:
    """Let the ``number``-th request of a kind, and those after it, fail ``times`` times."""
    left = [times]

    def fault(seen: Seen) -> Any:
        if seen.do != do or len(cloud.did(do)) < number or not left[0]:
            return None
        left[0] -= 1
        return answer

    cloud.fault = fault


def interrupt(connect: Connect, cloud: FakeCloud, path: Path, after: int, **settings: Any) -> None:
    """Upload until ``after`` blocks are stored; then nothing is answered any more."""
    cloud.fault = lambda seen: DROP if len(cloud.did("block")) > after else None
    with connect(part_tries=1, **settings) as vod, pytest.raises(VodError):
        vod.upload(path)
    cloud.fault = lambda seen: None


def only(cloud: FakeCloud) -> bytes:
    (data,) = cloud.published.values()
    return data

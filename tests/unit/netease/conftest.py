"""A cloud in memory, and connections to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vodkit.providers.netease import NetEase
from vodkit.providers.netease.client import session

from .fake_cloud import FakeCloud, serving

Connect = Callable[..., NetEase]


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def connect(cloud: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Makes connections to the cloud; waits between tries are short."""
    monkeypatch.setattr(session, "POLL_SECONDS", 0.01)
    made: list[NetEase] = []
    with serving(cloud) as service:

        def connect(**settings: Any) -> NetEase:
            vod = NetEase(
                "key", "secret", **{"service": service, "state_dir": tmp_path / "state", **settings}
            )
            object.__setattr__(vod.settings, "backoff_base", 0.01)
            made.append(vod)
            return vod

        yield connect
        for vod in made:
            vod.close()

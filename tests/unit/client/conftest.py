from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import vodkit
import vodkit.providers
from vodkit.core import registry

from .toy_cloud import Cloud


def forget_rooms() -> None:
    for cached in (registry.names, registry._modules, registry.descriptor):
        cached.cache_clear()


@pytest.fixture
def toy_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The toy among the providers, and no configuration but what the test makes."""
    rooms = str(Path(__file__).parent / "rooms")
    monkeypatch.setattr(vodkit.providers, "__path__", [*vodkit.providers.__path__, rooms])
    monkeypatch.setenv("VODKIT_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("VODKIT_STATE_DIR", str(tmp_path / "state"))
    forget_rooms()
    yield
    forget_rooms()


@pytest.fixture
def cloud(toy_room: None) -> Iterator[Cloud]:
    running = Cloud()
    yield running
    running.close()


@pytest.fixture
def options(cloud: Cloud) -> dict[str, Any]:
    return {"key": "K", "secret": "S3cret", "service": cloud.base, "proxy": ""}


@pytest.fixture
def connect(options: dict[str, Any]) -> Callable[..., vodkit.Vod]:
    return lambda **more: vodkit.connect("toy", **{**options, **more})

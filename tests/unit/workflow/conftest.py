"""Clips to process, and a world to do it in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import fresh
from tests.unit.media.conftest import clip, make

from .world import World, opened

__all__ = ["clip", "make"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "data") as world:
        yield world


@pytest.fixture
def long_clip(make) -> Path:  # type: ignore[no-untyped-def]
    """Takes long enough to encode for something to happen meanwhile."""
    return make("long", size="1280x720", seconds=60)  # type: ignore[no-any-return]


@pytest.fixture(params=["sqlite", "postgresql"])
def any_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The same over each database."""
    with fresh(request.param) as database, opened(tmp_path / "data", database) as world:
        yield world

"""Fixtures of modules whose tests run on each database there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .studio import Studio
from .world import World, running


@pytest.fixture(scope="module")
def world(service_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One service for these tests, on each database there is."""
    with running(tmp_path_factory.mktemp("service"), database=service_database) as world:
        yield world


@pytest.fixture
def studio(world: World) -> Studio:
    return Studio(world)

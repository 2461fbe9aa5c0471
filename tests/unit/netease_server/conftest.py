"""One service for a module's tests: they use accounts and names of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .world import Caller, World, running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("service")) as world:
        yield world


@pytest.fixture
def one(world: World) -> Caller:
    return world.caller("one")


@pytest.fixture
def two(world: World) -> Caller:
    return world.caller("two")

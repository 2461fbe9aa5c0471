"""One service for a module's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .world import World, running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("service")) as world:
        yield world

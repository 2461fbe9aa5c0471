"""One service for a module's tests: they use accounts, applications and names of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .world import Caller, World, running


@pytest.fixture(scope="module")
def world(service_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("service"), database=service_database) as world:
        yield world


@pytest.fixture
def one(world: World) -> Caller:
    return world.caller("AKIDone")


@pytest.fixture
def two(world: World) -> Caller:
    return world.caller("AKIDtwo")


@pytest.fixture
def app(one: Caller) -> dict[str, Any]:
    """A new application, which tells of uploads by events to pull."""
    app = {"SubAppId": one("CreateSubAppId", Name="tasks")["SubAppId"]}
    one("ModifyEventConfig", Mode="PULL", UploadMediaCompleteEventSwitch="ON", **app)
    return app

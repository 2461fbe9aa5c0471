"""A storage on a fresh folder, over SQLite and, where there is one, PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from .world import World


@pytest.fixture
def world(database: str, tmp_path: Path) -> World:
    return World(database, tmp_path)

"""kill -9 of the workers, at every step of a procedure and between the steps."""

from __future__ import annotations

import asyncio
import os
import random
from functools import partial
from pathlib import Path

import pytest

from tests.unit.media.conftest import clip, make
from tests.unit.workflow.world import MADE, World, opened

from .rig import trials
from .rigged import POINTS, rig

__all__ = ["clip", "make"]

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

LEASE = 0.9
AT_ONCE = 8
"""Points of one data folder."""

PARTS = -(-len(POINTS) // AT_ONCE) if "VODKIT_CHAOS_TRIALS" in os.environ else 3
"""All points in the full count, else a sample of them."""


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("seed", trials(sample=1))
def test_a_killed_worker_costs_time_only(seed: int, part: int, tmp_path: Path, clip: Path) -> None:
    """Each worker dies at its point while it does a task of its own, or what the one before it left."""
    points = random.Random(seed).sample(POINTS, len(POINTS))[part * AT_ONCE : (part + 1) * AT_ONCE]
    with opened(tmp_path / "data") as world:
        tasks = []
        for point in points:
            tasks.append(world.process(world.media(clip)))
            worker = world.worker(partial(rig, point, seed), lease=LEASE)
            worker.join(90)
            assert worker.exitcode == -9, point
        world.worker(lease=LEASE)
        for task in tasks:
            assert_done_once(world, task.id)
        world.until(lambda: not world.programs())
        forget_unnamed(world)
        world.until(lambda: not world.leftovers())


def assert_done_once(world: World, id: str) -> None:
    ended = world.ended(id)
    assert (ended.state, ended.error) == ("done", "")
    assert world.said(ended.media) == ["procedure.changed"] * 2
    assert {kind: len(files) for kind, files in world.files(ended.media).items()} == MADE
    assert world.record(ended.media).status == "ready"
    assert {step.state for step in ended.steps} == {"done"}


def forget_unnamed(world: World) -> None:
    """What the service's sweep does an hour later."""
    asyncio.run(world.service.storage.sweep(world.service.now() + 3601))

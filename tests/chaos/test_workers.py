"""kill -9 of the workers, at every step of a procedure and between the steps."""

from __future__ import annotations

import asyncio
import os
import random
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.unit.callbacks.receiver import Receiver, receiving
from tests.unit.media.conftest import clip, make
from tests.unit.workflow.world import MADE, World, opened
from tests.waiting import until
from vodkit.server.accounts_file import Entry
from vodkit.server.catalog.tables import deliveries, events, receivers
from vodkit.server.deliveries.admin import add_webhook

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
    """Each worker dies at its point while it does a task of its own, or what the one before it left.

    A receiver hears of every change, whoever dies while telling it.
    """
    points = random.Random(seed).sample(POINTS, len(POINTS))[part * AT_ONCE : (part + 1) * AT_ONCE]
    with receiving() as receiver, opened(tmp_path / "data", private_targets=True) as world:
        account = told_account(world, receiver)
        tasks = []
        for point in points:
            tasks.append(world.process(world.media(clip, account)))
            worker = world.worker(partial(rig, point, seed), lease=LEASE)
            worker.join(90)
            assert worker.exitcode == -9, point
        world.worker(lease=LEASE)
        for task in tasks:
            assert_done_once(world, task.id)
        assert_told(world, receiver)
        until(lambda: not world.programs())
        forget_unnamed(world)
        until(lambda: not world.leftovers())


def assert_done_once(world: World, id: str) -> None:
    ended = world.ended(id)
    assert (ended.state, ended.error) == ("done", "")
    assert world.said(ended.media) == ["procedure.changed"] * 2
    assert {kind: len(files) for kind, files in world.files(ended.media).items()} == MADE
    assert world.record(ended.media).status == "ready"
    assert {step.state for step in ended.steps} == {"done"}


def told_account(world: World, receiver: Receiver) -> str:
    """An account whose events the receiver hears of."""
    accounts = world.service.accounts
    world.write(lambda conn: accounts.store(conn, [Entry("tencent", "key", "secret")]))
    add_webhook(world.service.settings, receiver.url, "", ())
    return world.read(lambda conn: accounts.all(conn, "tencent"))[0].id


def assert_told(world: World, receiver: Receiver) -> None:
    """Every event came, again only under its own id."""
    waiting = deliveries.c.state == "waiting"

    def all_told() -> bool:
        # What its worker did not live to see, or what failed, is left alone for a while; that is over now.
        soon = world.service.now() + 1
        put_off = update(deliveries).where(waiting, deliveries.c.due > soon).values(due=0.0)
        in_peace = update(receivers).where(receivers.c.until > soon).values(until=0.0)
        world.write(lambda conn: (conn.execute(put_off), conn.execute(in_peace)))
        return not world.read(lambda conn: conn.scalar(select(deliveries.c.id).where(waiting).limit(1)))

    until(all_told)
    happened = world.read(lambda conn: list(conn.scalars(select(events.c.id))))
    assert set(receiver.ids) == set(happened)


def forget_unnamed(world: World) -> None:
    """What the service's sweep does an hour later."""
    asyncio.run(world.service.storage.sweep(world.service.now() + 3601))

"""``vodkit tasks`` on a data folder, beside whoever works on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vodkit.cli.tasks import command
from vodkit.core.errors import NotFound
from vodkit.server.task_admin import NothingToRetry, TaskEnded

from .world import World


def run(world: World, *arguments: str) -> str:
    result: Result = CliRunner().invoke(command, ["--data", str(world.data), *arguments])
    if result.exception is not None:
        raise result.exception
    return result.output


def test_tasks_are_listed_shown_cancelled_and_done_again(world: World, clip: Path) -> None:
    media = world.media(clip)
    task = world.process(media, remote_id="the-wire's-id")
    listed = json.loads(run(world, "list", "--json", "--state", "waiting"))
    assert (listed["id"], listed["state"], listed["media"]) == (task.id, "waiting", media.remote_id)
    assert not run(world, "list", "--json", "--state", "running")

    assert run(world, "cancel", "the-wire's-id") == "cancelled the-wire's-id\n"
    world.worker()
    assert world.ended(task.id).state == "cancelled"
    with pytest.raises(TaskEnded):
        run(world, "cancel", task.id)

    run(world, "retry", task.id)
    assert world.ended(task.id).state == "done"
    shown = json.loads(run(world, "show", task.id, "--json"))
    assert shown["progress"] == 1.0
    assert [step["name"] for step in shown["steps"]][:3] == ["probe", "encode", "package"]
    assert {step["state"] for step in shown["steps"]} == {"done"}
    assert "encode\tdone\t100%" in run(world, "show", task.id)
    assert f"{task.id}\ttoy" in run(world, "list")


def test_what_cannot_be_done_again_is_refused(world: World, clip: Path) -> None:
    task = world.process(world.media(clip))
    with pytest.raises(NothingToRetry):
        run(world, "retry", task.id)
    with pytest.raises(NotFound, match="no step 'nonsense'"):
        run(world, "retry", task.id, "--step", "nonsense")
    with pytest.raises(NotFound):
        run(world, "show", "nonsense")

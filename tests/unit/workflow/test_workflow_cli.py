"""``vodkit tasks`` on a data folder, beside whoever works on it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vodkit.cli.tasks import command
from vodkit.core.errors import ConfigError, NotFound
from vodkit.server.procedures import change_settings
from vodkit.server.task_admin import NothingToRetry, TaskEnded

from .world import ACCOUNT, World


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


def test_a_procedure_is_run_over_a_media_that_is_there(world: World, clip: Path) -> None:
    media = world.media(clip)
    added = run(world, "add", media.remote_id, "--procedure", "snapshot-only", "--priority", "3").strip()
    task = world.task(added)
    assert (task.media, task.spec["name"], task.priority) == (media.id, "snapshot-only", 3)
    assert world.record(media.id).status == "ready"
    world.worker()
    assert world.ended(added).state == "done"
    assert set(world.files(media.id)) == {"cover", "snapshot", "sprite"}
    assert run(world, "list", "--media", media.remote_id).count(added) == 1
    assert added not in run(world, "list", "--media", world.media(clip).remote_id)


def test_the_procedure_is_the_one_of_the_account_and_gives_a_failed_media_its_status(
    world: World, clip: Path
) -> None:
    media = world.media(clip)
    with pytest.raises(ConfigError, match="chosen no procedure"):
        run(world, "add", media.remote_id)
    world.write(lambda conn: change_settings(conn, ACCOUNT, procedure="as-is"))
    failed = replace(media, status="failed")
    world.write(lambda conn: world.service.media.update(conn, failed))
    task = world.task(run(world, "add", media.id).strip())
    assert task.spec["name"] == "as-is"
    assert world.record(media.id).status == "processing"
    world.worker()
    assert world.ended(task.id).state == "done"
    assert world.record(media.id).status == "ready"


def test_what_cannot_be_added_is_refused(world: World, clip: Path) -> None:
    media = world.media(clip)
    with pytest.raises(NotFound, match="no media 'nonsense'"):
        run(world, "add", "nonsense", "--procedure", "as-is")
    with pytest.raises(NotFound, match="no procedure 'nonsense'"):
        run(world, "add", media.id, "--procedure", "nonsense")
    world.write(lambda conn: world.service.objects.delete(conn, media.provider, media.space, media.key))
    with pytest.raises(NotFound, match="original"):
        run(world, "add", media.id, "--procedure", "as-is")
    with pytest.raises(NotFound, match="no media 'nonsense'"):
        run(world, "list", "--media", "nonsense")
    assert not run(world, "list", "--json")

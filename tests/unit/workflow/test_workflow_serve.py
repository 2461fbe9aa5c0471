"""The service keeps a worker while there is work, and ends with it; commands and real uploads throughout."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import vodkit
from tests.processes import child, command_lines
from tests.waiting import until
from vodkit.core import registry
from vodkit.server.children import command, environment
from vodkit.server.contract import Settings
from vodkit.server.embedded import EmbeddedService, ServiceFailed
from vodkit.server.procedure_admin import add_procedure, remove_procedure
from vodkit.server.task_admin import list_tasks

from .world import World

PROVIDER = registry.names()[0]


def workers_of(data: Path) -> list[int]:
    return [id for id, words in command_lines().items() if "worker" in words and str(data) in words]


def the_task(data: Path, state: str) -> dict[str, Any] | None:
    found = list_tasks(Settings(data=str(data)))
    return next((task for task in found if task["state"] == state), None)


def test_without_work_there_is_no_worker_and_with_work_there_is(tmp_path: Path, clip: Path) -> None:
    data = tmp_path / "data"
    with vodkit.embedded(data, procedure="snapshot-only") as service:
        time.sleep(1.2)
        assert not workers_of(data)
        with service.connect(PROVIDER) as vod:
            media = vod.upload(clip)
        until(lambda: the_task(data, "done"))
        assert workers_of(data)
        with service.connect(PROVIDER) as vod:
            assert vod.media.get(media.id).status == "ready"
    assert not workers_of(data)


def test_a_worker_that_dies_is_replaced_and_its_task_goes_on_at_once(tmp_path: Path, long_clip: Path) -> None:
    data = tmp_path / "data"
    with vodkit.embedded(data, procedure="default") as service, service.connect(PROVIDER) as vod:
        vod.upload(long_clip)
        until(lambda: the_task(data, "running"))
        (first,) = workers_of(data)
        os.kill(first, signal.SIGKILL)
        # A lease lasts 15 seconds; the service knows better.
        until(lambda: (task := the_task(data, "running")) and task["attempt"] == 2, patience=12.0)
        (second,) = workers_of(data)
        assert second != first
    until(lambda: not workers_of(data), patience=15.0)


def test_a_service_that_is_killed_takes_its_worker_along_and_the_next_goes_on(
    tmp_path: Path, make: Any
) -> None:
    data, clip = tmp_path / "data", make("half", size="640x360", seconds=20)
    with vodkit.embedded(data, procedure="default") as service, service.connect(PROVIDER) as vod:
        media = vod.upload(clip)
        until(lambda: the_task(data, "running"))
        os.kill(service.pid, signal.SIGKILL)
        until(lambda: not workers_of(data), patience=15.0)
    with vodkit.embedded(data) as service, service.connect(PROVIDER) as vod:
        task = until(lambda: the_task(data, "done"))
        assert task["attempt"] >= 2
        assert vod.media.get(media.id).status == "ready"


def test_a_worker_started_by_hand_works_beside_a_service_without(tmp_path: Path, clip: Path) -> None:
    data = tmp_path / "data"
    serve = command("serve", "--workers", "0", "--procedure", "snapshot-only", "--data", str(data))
    with child([*serve, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, env=environment()) as run:
        assert run.stdout is not None
        url = run.stdout.readline().decode().split()[-1]
        account = EmbeddedAccount(data)
        with vodkit.connect(PROVIDER, **account.options(url)) as vod:
            vod.upload(clip)
        time.sleep(1.2)
        assert the_task(data, "waiting")
        hand = [*command("worker", "--data", str(data)), "--log-level", "error"]
        # It would speak to its maker's service, if we let it.
        surroundings = {**environment(), "DBOS__CLOUD": "true"}
        with child(hand, stdout=subprocess.PIPE, env=surroundings) as worker:
            until(lambda: the_task(data, "done"))
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(20) == 0
        run.send_signal(signal.SIGTERM)
        assert run.wait(20) == 0


@pytest.mark.parametrize("provider", registry.names())
def test_an_upload_says_that_it_is_processed_still(provider: str, tmp_path: Path, clip: Path) -> None:
    with vodkit.embedded(tmp_path / "data", procedure="snapshot-only") as service:
        file = shutil.copy(clip, tmp_path / "clip.mp4")
        with service.connect(provider) as vod:
            media = vod.upload(file)
            assert media.status == "processing"
            assert vod.media.wait(media.id, timeout=120).status == "ready"


@pytest.mark.parametrize("provider", registry.names())
def test_uploads_go_on_when_the_default_is_removed(provider: str, tmp_path: Path, clip: Path) -> None:
    data, own = tmp_path / "data", tmp_path / "mine.toml"
    own.write_text('name = "mine"\n')
    settings = Settings(data=str(data))
    with vodkit.embedded(data):
        pass
    add_procedure(settings, "", own)
    with vodkit.embedded(data, procedure="mine") as service:
        remove_procedure(settings, "", "mine")
        with service.connect(provider) as vod:
            media = vod.upload(shutil.copy(clip, tmp_path / "clip.mp4"))
            assert vod.media.get(media.id).size == clip.stat().st_size
    # Where an upload's procedure has a task of its own anyway, that says it.
    assert all("'mine'" in task["error"] for task in list_tasks(settings))


class EmbeddedAccount(EmbeddedService):
    """The accounts of a data folder that somebody else serves."""

    def __init__(self, data: Path) -> None:
        self._accounts = data / "accounts.toml"

    def options(self, url: str) -> dict[str, Any]:  # type: ignore[override]
        self.url = url
        return super().options(PROVIDER)


def test_an_unknown_procedure_stops_the_start(tmp_path: Path) -> None:
    with (
        pytest.raises(ServiceFailed, match="there is no procedure 'nonsense'"),
        vodkit.embedded(tmp_path / "data", procedure="nonsense"),
    ):
        pass


def test_a_worker_wants_a_folder_of_a_service(tmp_path: Path) -> None:
    done = subprocess.run(
        command("worker", "--data", str(tmp_path)), capture_output=True, text=True, env=environment()
    )
    assert done.returncode == 2
    assert "there is no service's data" in done.stderr


def _note_connections(path: str) -> None:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.getaddrinfo"):
            with open(path, "a") as file:
                file.write(f"{event} {arguments[1:]}\n")

    sys.addaudithook(hook)


def test_a_worker_speaks_to_nobody(world: World, clip: Path, tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    world.worker(partial(_note_connections, str(noted)))
    assert world.ended(world.process(world.media(clip)).id).state == "done"
    assert not noted.exists(), noted.read_text()

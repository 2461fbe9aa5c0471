"""kill -9 of the client and of the service, at random moments of an upload."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from vodkit.engine.uploads import ledger_uploads
from vodkit.testing.faults import FaultProxy

from .rig import (
    PARALLEL,
    SIZE,
    Service,
    assert_same_bytes,
    finish_upload,
    kill_at,
    part_of,
    rooms,
    run_upload,
    start_upload,
    trials,
    upload_command,
)

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

BANDWIDTH = 48 << 20
"""Bytes per second: slow enough for the kills to fall everywhere, from start-up to commit."""
LONGEST = 0.6 + SIZE / BANDWIDTH
HEADERS = 4096
"""Bytes of request head that go with a part, at most."""


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "video.mp4"
    path.write_bytes(random.Random(64).randbytes(SIZE))
    return path


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("service") / "data").start()
    yield running
    running.kill()


@pytest.mark.parametrize("seed", trials(sample=4))
@pytest.mark.parametrize("provider", rooms())
def test_a_killed_client_goes_on_and_sends_little_again(
    provider: str, seed: int, video: Path, service: Service, tmp_path: Path
) -> None:
    file = tmp_path / f"video {seed}.mp4"
    os.link(video, file)
    proxy = FaultProxy(("127.0.0.1", service.port))
    command = upload_command(service, provider, proxy.url, file, BANDWIDTH)
    state = tmp_path / "state"
    killed = kill_at(start_upload(command, state), random.Random(seed).uniform(0.0, LONGEST))
    # Killed between the end of the upload and its own, it has nothing left to go on with.
    interrupted = killed and not any(upload.status == "done" for upload in ledger_uploads(state_dir=state))
    result = run_upload(command[:-2], state)
    proxy.close()

    assert result["size"] == SIZE
    assert_same_bytes(result["url"], file)
    if interrupted:
        spent, part = proxy.sent - SIZE, part_of(provider)
        assert spent <= (PARALLEL + 1) * part + (SIZE // part + 32) * HEADERS, f"{spent / part:.1f} parts"


@pytest.mark.parametrize("seed", trials(sample=2))
@pytest.mark.parametrize("provider", rooms())
def test_a_killed_service_loses_nothing_it_acknowledged(
    provider: str, seed: int, video: Path, tmp_path: Path
) -> None:
    service = Service(tmp_path / "data").start()
    try:
        url = f"http://127.0.0.1:{service.port}"
        command = upload_command(service, provider, url, video, BANDWIDTH)
        uploading = start_upload(command, tmp_path / "state")
        time.sleep(random.Random(seed).uniform(0.2, LONGEST))
        service.kill()
        service.start()
        result = finish_upload(uploading, command[:-2], tmp_path / "state")
        assert result["size"] == SIZE
        assert_same_bytes(result["url"], video)
    finally:
        service.kill()

"""An upload through bad weather ends with the right bytes, or says that it failed and goes on later."""

from __future__ import annotations

import contextlib
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from vodkit.testing.faults import FaultProxy

from .rig import (
    Service,
    assert_same_bytes,
    finish_upload,
    rooms,
    start_upload,
    trials,
    upload_command,
)
from .weather import MIB, Weather

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

SIZE = 24 * MIB + 7
BANDWIDTH = 8 * MIB
STORM = 4.0
"""Seconds of bad weather: past the end of an upload on a quiet day."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("weather") / "data").start()
    yield running
    running.kill()


@pytest.mark.parametrize("seed", trials(sample=3))
@pytest.mark.parametrize("provider", rooms())
def test_bad_weather(provider: str, seed: int, service: Service, tmp_path: Path) -> None:
    video = tmp_path / f"video {seed}.mp4"
    video.write_bytes(random.Random(seed).randbytes(SIZE))
    with FaultProxy(("127.0.0.1", service.port)) as line:
        command = upload_command(service, provider, line.url, video, BANDWIDTH)
        uploading = start_upload(command, tmp_path / "state")
        with Weather(line, seed) as weather, contextlib.suppress(subprocess.TimeoutExpired):
            uploading.wait(STORM)
        media = finish_upload(uploading, command[:-2], tmp_path / "state")
        assert weather.seen
        assert media["size"] == SIZE, weather.seen
        assert_same_bytes(media["url"], video)

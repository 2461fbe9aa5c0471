"""Waiting in a shell: exit codes, what is printed, and Ctrl-C."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.processes import child
from tests.waiting import until
from vodkit.server.embedded import EmbeddedService, embedded
from vodkit.testing.conformance.waiting import Work
from vodkit.testing.faults import FaultProxy

from . import shell

PROVIDER = "netease"


@pytest.fixture(scope="module")
def service() -> Iterator[EmbeddedService]:
    with embedded() as running:
        yield running


def upload(service: EmbeddedService) -> str:
    with service.connect(PROVIDER) as vod:
        return str(vod.upload(b"x" * 1000, name="a.mp4").id)


def work(service: EmbeddedService) -> Work:
    """A procedure that runs over the newest media."""
    return Work(cast(Any, SimpleNamespace(provider=PROVIDER, service=service)))


def test_ready_failed_and_too_late(service: EmbeddedService) -> None:
    id = upload(service)
    done = shell.vodkit("media", "wait", id, *shell.to(service, PROVIDER))
    assert (done.code, done.out.split("\t")[0]) == (0, id)
    under_way = work(service)
    late = shell.vodkit("media", "wait", id, "--timeout", "0.1", *shell.to(service, PROVIDER))
    assert (late.code, late.out) == (4, "")
    assert "not ready after 0.1 seconds" in late.err and "Wait again" in late.err
    under_way.end("failed", "it holds nothing that plays")
    failed = shell.vodkit("media", "wait", id, *shell.to(service, PROVIDER))
    assert (failed.code, failed.out) == (5, "")
    assert "it holds nothing that plays" in failed.err


def test_what_becomes_ready_while_somebody_waits(service: EmbeddedService) -> None:
    id = upload(service)
    under_way = work(service)
    timer = threading.Timer(2.0, lambda: under_way.end("done"))
    timer.start()
    done = shell.vodkit("media", "wait", id, "--json", *shell.to(service, PROVIDER))
    timer.join()
    (media,) = done.lines
    assert (media["id"], media["status"]) == (id, "ready")


def test_an_upload_that_is_waited_for_in_vain_says_what_it_became(
    service: EmbeddedService, tmp_path: Path
) -> None:
    source = tmp_path / "a.mp4"
    source.write_bytes(b"no film")
    options = ("-o", "procedure=default", *shell.to(service, "tencent"))
    late = shell.vodkit("upload", str(source), "--wait", "--timeout", "0", *options)
    assert (late.code, late.out) == (4, "")
    found = re.search(r"is uploaded as (\d+); waiting", late.err)
    assert found is not None
    assert shell.vodkit("media", "wait", found[1], *shell.to(service, "tencent")).code == 5


def test_ctrl_c_ends_the_wait_and_nothing_else(service: EmbeddedService) -> None:
    id = upload(service)
    under_way = work(service)
    proxy = FaultProxy.before(service.url)
    options = [proxy.url if option == service.url else option for option in shell.to(service, PROVIDER)]
    command = [sys.executable, "-m", "vodkit", "media", "wait", id, *options]
    with child(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background of a shell has Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        until(lambda: proxy.connections)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    proxy.close()
    assert (process.returncode, out, err.strip()) == (130, "", "stopped")
    under_way.end("done")
    assert shell.vodkit("media", "wait", id, *shell.to(service, PROVIDER)).code == 0

"""A plugin: what ends a process of the test run is told in the run's report, and not only that it ended.

pytest-xdist names the test. This adds how the process ended and, where it could still tell, the stacks of its
threads: when it crashed in C, or when a test hung where the time-out cannot reach, in its clean-up say.
"""

from __future__ import annotations

import faulthandler
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

_HANGS = 960.0
"""Seconds after which a test hangs; what pytest-timeout bounds has ended long before."""

_RUNNERS = ("/_pytest/", "/pluggy/", "/xdist/", "/execnet/")
"""Whose lines of a stack say nothing."""

_stacks: IO[str] | None = None
_ended: list[str] = []


def _file(run: str, worker: str) -> Path:
    return Path(tempfile.gettempdir(), f"vodkit-tests-{run}-{worker}")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """In a worker: have its stacks written where the one who reports finds them."""
    global _stacks
    here = getattr(config, "workerinput", None)
    if here is not None:
        _stacks = _file(here["testrunuid"], here["workerid"]).open("w")
        faulthandler.enable(_stacks)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """End a process whose test hangs."""
    _watch()
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(trylast=True)
def pytest_exception_interact() -> None:
    """Go on watching a test that failed: it may hang in its clean-up. pytest's own plugin stops here."""
    _watch()


def _watch() -> None:
    if _stacks is not None:
        faulthandler.dump_traceback_later(_HANGS, exit=True, file=_stacks)


def pytest_unconfigure() -> None:
    """In a worker that ends as it should: nothing is to be told."""
    if _stacks is not None:
        faulthandler.disable()
        _stacks.close()
        Path(_stacks.name).unlink(missing_ok=True)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """In the process that reports: a worker is gone."""
    if error is None:
        return
    file = _file(node.workerinput["testrunuid"], node.workerinput["workerid"])
    told = file.read_text(errors="replace").splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    ours = [line for line in told if not any(name in line for name in _RUNNERS)]
    _ended.append("\n".join((_how(node.gateway._io.popen), *ours)))


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(report: pytest.TestReport) -> None:
    """In the process that reports: say of the test that it ran what is known."""
    while _ended:
        report.longrepr = f"{report.longrepr}\n{_ended.pop(0)}"


def _how(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(5)
    except subprocess.TimeoutExpired:
        return "it still runs, and said nothing more"
    if code >= 0:
        return f"it exited with {code}"
    return f"it was ended by {signal.Signals(-code).name}"

"""Processes: what runs on this machine, and what a test runs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def command_lines() -> dict[int, list[str]]:
    """The words of each process's command line, by its id."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes()
        except OSError:
            continue
        found[int(entry.parent.name)] = line.decode(errors="replace").split("\0")
    return found


@contextmanager
def child(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Run a command; it is killed when the block ends, if it still runs then.

    A test that fails waits for nobody; one that asks how the command ends waits for that in the block.

    Args:
        command: The program and its arguments.
        options: Those of ``subprocess.Popen``.
    """
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            process.kill()

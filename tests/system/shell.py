"""Running ``vodkit`` as a user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.processes import child


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did.

    Attributes:
        code: Exit code.
        out, err: What it printed.
        peak: Peak resident memory in MiB.
    """

    code: int
    out: str
    err: str
    peak: float

    @property
    def lines(self) -> list[Any]:
        """Standard output, as one JSON value per line."""
        return [json.loads(line) for line in self.out.splitlines()]


def vodkit(*args: str, cwd: Path | None = None, **env: str) -> Outcome:
    """Run ``vodkit ARGS`` to its end."""
    with tempfile.TemporaryFile("w+") as errors:
        with child(
            [sys.executable, "-m", "vodkit", *args],
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd=cwd,
            env={**os.environ, **env},
        ) as process:
            assert process.stdout is not None
            out = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        return Outcome(process.returncode, out, errors.read(), usage.ru_maxrss / 1024)


def to(service: Any, provider: str) -> Sequence[str]:
    """The options that send an upload to an embedded service."""
    from vodkit.core import registry

    room = registry.descriptor(provider)
    account = service.account(provider)
    settings = {**(room.defaults or {}), room.account_id: account.key, room.account_secret: account.secret}
    options = ["--to", provider, "--service", service.url]
    for name, value in settings.items():
        options += ["--set", f"{name}={value}"]
    return options

"""Talking to a driver that runs a vendor's SDK inside ``vodkit sandbox``."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.processes import child

ROOT = Path(__file__).parents[2]
DRIVERS = Path(__file__).parent / "drivers"

ACCOUNTS = """\
[[account]]
provider = "tencent"
id = "Your SecretId"
secret = "Your SecretKey"
app_id = 1256712345
sub_app = 1500000001
sub_apps = [1500000002]

[[account]]
provider = "tencent"
id = "your secretId"
secret = "your secretKey"
app_id = 1256712346
"""

LOCAL_CHECKS = (
    (None, None, "lack media path"),
    ("WildlifeA", None, "media path is invalid"),
    ("Wildlife", None, "lack media type"),
    ("Wildlife.mp4", "Wildlife-coverA", "cover path is invalid"),
    ("Wildlife.mp4", "Wildlife-cover", "lack cover type"),
)
"""Media, cover, and what Tencent's SDKs say of them before they send anything; not all files exist."""


def environment(name: str) -> Path:
    """A vendor's environment; the test is skipped where it has not been built."""
    found = ROOT / ".venvs" / name
    if not found.exists():
        pytest.skip(f"there is no {name} environment; run scripts/vendor-env {name}")
    return found


class Driver:
    """A driver in a strict sandbox, which answers one job at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def do(self, **job: Any) -> dict[str, Any]:
        """Hand over a job and wait for what came of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the driver ended; its last words are on stderr"
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.contextmanager
def driver(
    command: Sequence[str | Path],
    folder: Path,
    *,
    strict: bool = True,
    accounts: str = ACCOUNTS,
    procedure: str = "",
    **variables: str,
) -> Iterator[Driver]:
    """Run ``command`` as ``vodkit sandbox -- command`` for as long as the block runs.

    Args:
        command: The vendor's interpreter and the driver.
        folder: Receives the accounts file, the service's data and a home for what SDKs leave behind.
        strict: Whether signatures are verified, and only the file's accounts are known.
        accounts: Text of the accounts file.
        procedure: What is made of every upload.
        variables: Further environment variables.
    """
    (folder / "accounts.toml").write_text(accounts)
    options = ["--accounts", folder / "accounts.toml", "--data", folder / "data", "--procedure", procedure]
    if strict:
        options.append("--strict")
    sandbox = [sys.executable, "-m", "vodkit", "sandbox", *options, "--"]
    with started([*sandbox, *command], folder, {**os.environ, **variables}) as running:
        yield running


@contextlib.contextmanager
def started(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> Iterator[Driver]:
    """Run a driver in ``environment``, with a home of its own in ``folder``; it must end well."""
    (folder / "home").mkdir()
    with child(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**environment, "HOME": str(folder / "home")},
        text=True,
    ) as process:
        yield Driver(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


def fetch(url: str) -> bytes:
    """What a play URL serves."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=60) as answer:
        body: bytes = answer.read()
    return body


def near(url: str, name: str) -> str:
    """The URL of a file beside the one at ``url``."""
    return url.rpartition("/")[0] + "/" + name

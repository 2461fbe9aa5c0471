"""What the chaos tests share: a service and a client that can be killed, and the check that follows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

from vodkit.core import registry

MIB = 1 << 20
SIZE = 64 * MIB
PART = 1 * MIB
"""What uploads ask for; see :func:`part_of`."""
PARALLEL = 4


def trials(sample: int) -> list[int]:
    """Seeds of the trials to run: a sample, or as many as ``VODKIT_CHAOS_TRIALS`` says (scripts/chaos)."""
    return list(range(int(os.environ.get("VODKIT_CHAOS_TRIALS", sample))))


def part_of(provider: str) -> int:
    """Bytes of a part: as asked for, unless the provider alone decides."""
    return registry.descriptor(provider).capabilities.part_size or PART


def rooms() -> list[str]:
    return [name for name in registry.names() if registry.descriptor(name).server is not None]


class Service:
    """``vodkit serve`` on one data folder, at one address, as often as it is started."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> Service:
        command = [
            sys.executable,
            "-m",
            "vodkit",
            "serve",
            "--listen",
            f"127.0.0.1:{self.port}",
            "--data",
            str(self.data),
        ]
        log = (self.data.parent / "serve.log").open("a")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("vodkit ready http://"), line
        self.port = int(line.rpartition(":")[2])
        return self

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def account(self, provider: str) -> dict[str, Any]:
        with (self.data / "accounts.toml").open("rb") as file:
            accounts = tomllib.load(file)["account"]
        return next(account for account in accounts if account["provider"] == provider)


def upload_command(service: Service, provider: str, url: str, file: Path, bandwidth: int | None) -> list[str]:
    """A ``vodkit upload`` of ``file`` in small parts."""
    room = registry.descriptor(provider)
    account = service.account(provider)
    settings = {
        **(room.defaults or {}),
        room.account_id: account["id"],
        room.account_secret: account["secret"],
    }
    command = [
        sys.executable,
        "-m",
        "vodkit",
        "upload",
        str(file),
        "--to",
        provider,
        "--service",
        url,
        "--json",
        "-q",
    ]
    command += ["--part-size", str(PART), "--parallel", str(PARALLEL)]
    for name, value in settings.items():
        command += ["--set", f"{name}={value}"]
    return command + (["--bandwidth", str(bandwidth)] if bandwidth else [])


def run_upload(command: list[str], state: Path, timeout: float = 120) -> dict[str, Any]:
    """Run an upload to its end; its result."""
    env = {**os.environ, "VODKIT_STATE_DIR": str(state)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert isinstance(result, dict)
    return result


def start_upload(command: list[str], state: Path) -> subprocess.Popen[str]:
    env = {**os.environ, "VODKIT_STATE_DIR": str(state)}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def finish_upload(process: subprocess.Popen[str], command: list[str], state: Path) -> dict[str, Any]:
    """The result of a started upload, or, where it gave up, of running it once more."""
    printed, _ = process.communicate(timeout=120)
    if process.returncode != 0:
        return run_upload(command, state)
    result = json.loads(printed)
    assert isinstance(result, dict)
    return result


def kill_at(process: subprocess.Popen[str], seconds: float) -> bool:
    """Kill -9 after ``seconds``; whether the process was still running."""
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True


def assert_same_bytes(url: str, file: Path) -> None:
    with urllib.request.urlopen(url) as answer, file.open("rb") as source:
        while piece := source.read(MIB):
            assert answer.read(len(piece)) == piece
        assert answer.read(1) == b""

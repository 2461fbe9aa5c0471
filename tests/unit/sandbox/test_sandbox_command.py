"""``vodkit sandbox`` as a command."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import termios
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.processes import child

VODKIT = [sys.executable, "-m", "vodkit"]


def sandbox(*command: str, options: tuple[str, ...] = (), **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*VODKIT, "sandbox", *options, "--", *command],
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_streams_options_and_exit_code_are_the_programs() -> None:
    done = subprocess.run(
        [*VODKIT, "sandbox", "sh", "-c", 'cat; echo "$@" >&2; exit 7', "sh", "--strict", "--help"],
        input="in",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (7, "in", "--strict --help\n")


@pytest.mark.parametrize(
    ("program", "code"), [("no-such-program-here", 127), ("/etc/passwd", 126), ("/", 126)]
)
def test_what_cannot_run_is_said_in_one_line(program: str, code: int) -> None:
    done = sandbox(program)
    assert (done.returncode, done.stdout) == (code, "")
    assert len(done.stderr.splitlines()) == 1
    assert program in done.stderr


def test_a_signal_that_ends_the_program_shows_in_the_code() -> None:
    assert sandbox("sh", "-c", "kill -TERM $$").returncode == 128 + signal.SIGTERM


def test_signals_reach_the_program() -> None:
    script = "trap 'echo caught; exit 5' TERM; echo ready; while :; do sleep 0.05; done"
    with child(
        [*VODKIT, "sandbox", "sh", "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        assert process.stdout.read() == "caught\n"
        assert process.wait(60) == 5


def test_nothing_is_left_behind_but_the_data_that_was_asked_for(tmp_path: Path) -> None:
    data, scratch = tmp_path / "data", tmp_path / "scratch"
    scratch.mkdir()
    script = 'echo "$VODKIT_SERVICE $SSL_CERT_FILE"; test -f "$SSL_CERT_FILE"'
    done = sandbox("sh", "-c", script, options=("--data", str(data)), TMPDIR=str(scratch))
    assert done.returncode == 0
    service, bundle = done.stdout.split()
    assert bundle.startswith(str(scratch))
    assert list(scratch.iterdir()) == []
    assert list(data.iterdir())
    address = urlsplit(service)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port))


def test_a_bad_accounts_file_is_refused_before_the_program_starts(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.toml"
    accounts.write_text('[[account]]\nprovider = "nobody"\nid = "x"\nsecret = "y"\n')
    done = sandbox("echo", "started", options=("--accounts", str(accounts)))
    assert done.returncode != 0
    assert done.stdout == ""
    assert "nobody" in done.stderr


COUNT_INTERRUPTS = """
import signal, sys, time
caught = []
signal.signal(signal.SIGINT, lambda *_: caught.append(1))
print("ready", flush=True)
while not caught:
    time.sleep(0.02)
time.sleep(0.3)
sys.exit(40 + len(caught))
"""


def test_ctrl_c_at_a_terminal_reaches_the_program_once() -> None:
    ours, theirs = os.openpty()
    with child(
        [*VODKIT, "sandbox", sys.executable, "-c", COUNT_INTERRUPTS],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    ) as process:
        os.close(theirs)
        shown = b""
        while b"ready" not in shown:
            shown += os.read(ours, 1000)
        os.write(ours, b"\x03")
        assert process.wait(60) == 41
    os.close(ours)

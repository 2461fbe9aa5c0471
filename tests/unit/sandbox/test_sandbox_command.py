"""``vodkit sandbox`` as a command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

VODKIT = [sys.executable, "-m", "vodkit"]


def sandbox(*command: str, options: tuple[str, ...] = (), **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*VODKIT, "sandbox", *options, "--", *command],
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_exits_with_the_programs_code_and_prints_nothing_itself() -> None:
    done = sandbox("sh", "-c", "cat >&2; echo out; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "")


def test_standard_input_is_the_programs() -> None:
    done = subprocess.run([*VODKIT, "sandbox", "cat"], input=b"in", capture_output=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, b"in")


def test_a_programs_own_options_are_not_ours() -> None:
    assert (
        sandbox("sh", "-c", 'echo "$@"', "x", "--strict", "--data", "--help").stdout
        == "--strict --data --help\n"
    )


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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_reach_the_program(number: signal.Signals, tmp_path: Path) -> None:
    name = number.name.removeprefix("SIG")
    script = f"trap 'echo caught; exit 5' {name}; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen(
        [*VODKIT, "sandbox", "sh", "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.read() == "caught\n"
    assert process.returncode == 5


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    done = sandbox(
        "sh", "-c", 'echo "$VODKIT_SERVICE $SSL_CERT_FILE"; test -f "$SSL_CERT_FILE"', TMPDIR=str(tmp_path)
    )
    assert done.returncode == 0
    service, bundle = done.stdout.split()
    assert bundle.startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    assert subprocess.run(["curl", "-s", service], timeout=30).returncode == 7


def test_data_is_kept_where_it_was_asked_for(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert sandbox("true", options=("--data", str(data))).returncode == 0
    assert list(data.iterdir())


def test_a_bad_accounts_file_is_refused_before_the_program_starts(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.toml"
    accounts.write_text('[[account]]\nprovider = "nobody"\nid = "x"\nsecret = "y"\n')
    done = sandbox("echo", "started", options=("--accounts", str(accounts)))
    assert done.returncode != 0
    assert done.stdout == ""
    assert "nobody" in done.stderr


def test_foreign_hosts_are_out_of_reach() -> None:
    done = sandbox("curl", "-sS", "https://foreign.example/")
    assert done.returncode == 56
    assert "403" in done.stderr

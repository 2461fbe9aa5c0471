"""Starting, stopping, locking and dropping: the service as a process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import child
from tests.waiting import until
from vodkit.core.errors import ConfigError
from vodkit.server import run
from vodkit.server.contract import Settings

from .conftest import HERE, SOURCES, Running, Wire

Start = Callable[..., Running]
PUT = b"PUT /k?note HTTP/1.1\r\nHost: a.toy\r\nContent-Length: 10\r\n\r\n"


def test_ready_line_keys_and_an_orderly_end(tmp_path: Path, start: Start) -> None:
    service = start(tmp_path / "data")
    assert service.ready == f"vodkit ready http://127.0.0.1:{service.port}\n"
    assert service.port > 0
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in service.data.iterdir()}
    assert {files[name] for name in ("keys", "accounts.toml", "vodkit.db")} == {0o600}
    assert stat.S_IMODE(service.data.stat().st_mode) == 0o700
    accounts = tomllib.loads((service.data / "accounts.toml").read_text())["account"]
    assert "toy" in [account["provider"] for account in accounts]
    code, errors = service.stop()
    assert (code, "Traceback" in errors) == (0, False)


def test_a_log_that_has_no_room_fails_no_request(tmp_path: Path) -> None:
    serve = ["-m", "vodkit", "serve", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data")]
    with (
        Path("/dev/full").open("w") as full,
        child([sys.executable, *serve], stdout=subprocess.PIPE, stderr=full, text=True) as process,
    ):
        assert process.stdout is not None
        wire = Wire(int(process.stdout.readline().strip().rpartition(":")[2]))
        with wire:
            for _ in range(3):
                assert wire.send(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n").answer()[0] == 200


def test_whoever_reads_the_address_reads_one_that_was_written(tmp_path: Path, start: Start) -> None:
    first = start(tmp_path / "data")
    first.stop()
    kept = tmp_path / "kept"
    kept.hardlink_to(first.data / "url")
    second = start(tmp_path / "data")
    assert ((second.data / "url").read_text(), kept.read_text()) == (second.url, first.url)


def test_generated_keys_stay_over_restarts(tmp_path: Path, start: Start) -> None:
    start(tmp_path / "data").stop()
    before = (tmp_path / "data" / "accounts.toml").read_text()
    start(tmp_path / "data").stop()
    assert (tmp_path / "data" / "accounts.toml").read_text() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_a_request_in_flight_finish(tmp_path: Path, start: Start, number: int) -> None:
    service = start(tmp_path / "data")
    with service.wire() as wire, service.wire() as idle:
        wire.send(PUT + b"12345")
        until((service.data / "begun").exists)
        service.process.send_signal(number)
        assert idle.status() == 0
        status, headers, _ = wire.send(b"67890").answer()
        assert (status, headers["connection"]) == (200, "close")
        assert wire.status() == 0
    assert service.process.wait(30) == 0


def test_a_request_that_does_not_finish_is_cancelled(tmp_path: Path, start: Start) -> None:
    service = start(tmp_path / "data")
    with service.wire() as wire:
        wire.send(PUT + b"12345")
        until((service.data / "begun").exists)
        service.process.terminate()
        assert wire.status() == 503
    assert service.process.wait(30) == 0
    assert (service.data / "refused").read_text() == "cancelled"


def test_one_data_folder_has_one_service(tmp_path: Path, start: Start) -> None:
    first = start(tmp_path / "data")
    second = start(tmp_path / "data", fails=True)
    code, errors = second.stop()
    assert (second.ready, code) == ("", 2)
    assert f"is used by another vodkit service (process {first.process.pid})" in errors
    assert "Traceback" not in errors
    with first.wire() as wire:
        assert wire.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").status() == 200


def test_a_killed_service_leaves_no_lock(tmp_path: Path, start: Start) -> None:
    start(tmp_path / "data").stop(signal.SIGKILL)
    assert start(tmp_path / "data").stop()[0] == 0


def refused(data: Path, **settings: str) -> str:
    """What a start that must fail says."""
    with pytest.raises(ConfigError) as caught:
        run.serve(Settings(**{"data": str(data), "listen": "127.0.0.1:0", **settings}))
    return str(caught.value)


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        said = refused(tmp_path / "data", listen=address)
    assert f"cannot listen on {address}: Address already in use" in said


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1"])
def test_no_address(tmp_path: Path, address: str) -> None:
    assert "Give host:port" in refused(tmp_path / "data", listen=address)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("mine")
    assert "cannot be used" in refused(tmp_path / "data")
    assert (tmp_path / "data").read_text() == "mine"


def test_mistakes_in_the_accounts_file_stop_the_start(tmp_path: Path) -> None:
    accounts = tmp_path / "mine.toml"
    accounts.write_text('[[account]]\nprovider = "nobody"\nid = "a"\nsecret = "hush"\n')
    said = refused(tmp_path / "data", accounts=str(accounts))
    assert "account 1 (nobody, id 'a'): there is no provider 'nobody'" in said
    assert "hush" not in said


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "sqlite:////dev/null/all.db"])
def test_a_database_that_cannot_be_used(tmp_path: Path, url: str) -> None:
    assert "--database" in refused(tmp_path / "data", database=url)


def ended(wire: Wire) -> bool:
    """Whether the connection ends without an answer."""
    try:
        return wire.status() == 0
    except ConnectionError:
        return True


@pytest.mark.parametrize("input", ["/dev/null", __file__])
def test_an_input_that_has_ended_already_stops_it(tmp_path: Path, input: str) -> None:
    command = [sys.executable, "-m", "vodkit", "serve", "--stop-on-eof", "--listen", "127.0.0.1:0"]
    command += ["--data", str(tmp_path / "data")]
    with open(input) as stdin:
        done = subprocess.run(
            command,
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONPATH": str(SOURCES)},
        )
    assert (done.returncode, done.stdout.startswith("vodkit ready ")) == (0, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_room_whose_server_cannot_be_imported_stops_the_start(tmp_path: Path) -> None:
    package = tmp_path / "installed"
    shutil.copytree(HERE / "toy", package)
    server = package / "vodkit_toy" / "server.py"
    server.write_text("import vodkit_toy.absent\n" + server.read_text())
    done = subprocess.run(
        [sys.executable, "-m", "vodkit", "serve", "--data", str(tmp_path / "data")],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCES), str(package)])},
    )
    assert done.returncode == 2
    assert "the server side of toy cannot be imported: No module named 'vodkit_toy.absent'" in done.stderr


def test_stalled_clients_are_dropped(tmp_path: Path, start: Start) -> None:
    service = start(tmp_path / "data", request_timeout=1.0)
    big = b"x" * 30_000_000
    with service.wire() as silent, service.wire() as head, service.wire() as body, service.wire() as deaf:
        deaf.send(b"PUT /toy/put/s/big HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(big) + big)
        assert deaf.answer()[0] == 200
        deaf.send(b"GET /v/toy/s/big HTTP/1.1\r\nHost: a\r\n\r\n")
        head.send(b"GET / HTTP/1.1\r\nHo")
        body.send(PUT + b"12345")
        assert ended(silent) and ended(head) and ended(body)
        # The answer that nobody takes ends too, which shows as the request's line in the log.
        until(lambda: service.said.read_text().count('"method": "GET"') == 1)
    until((service.data / "refused").exists)
    assert (service.data / "refused").read_text() == "Truncated"
    assert "Traceback" not in service.stop()[1]


def test_the_sweep_runs(tmp_path: Path, start: Start) -> None:
    service = start(tmp_path / "data", sweep_interval=0.05)
    note = service.data / "swept"
    until(note.exists)
    first = note.read_text()
    until(lambda: note.read_text() not in ("", first))


def test_logs_are_json_with_a_request_id_and_no_query(tmp_path: Path, start: Start) -> None:
    service = start(tmp_path / "data")
    with service.wire() as wire:
        wire.send(b"GET /?q-signature=hush HTTP/1.1\r\nHost: a.toy\r\nAuthorization: hush\r\n\r\n").answer()
    _, errors = service.stop()
    lines = [json.loads(line) for line in errors.splitlines()]
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["room"], line["status"], len(line["request"])) == ("toy", 200, 16)
    assert "hush" not in errors

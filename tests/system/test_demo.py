"""``vodkit demo``: what it prints is true, and killing it does no harm."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import child
from tests.waiting import until
from vodkit.sandbox import demo

from .shell import vodkit

MIB = 1 << 20


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "XDG_DATA_HOME": str(tmp_path / "data")}


def test_it_makes_a_clip_and_uploads_it_through_every_protocol(home: dict[str, str]) -> None:
    done = vodkit("demo", "--json", **home)
    assert done.code == 0, done.err
    assert [line["provider"] for line in done.lines] == demo.providers()
    for line in done.lines:
        assert set(line) >= {"provider", "id", "url", "hls_url", "size", "md5", "seconds"}
        assert line["size"] > 100_000
        assert line["status"] == "ready"
        assert line["hls_url"].endswith("/master.m3u8")
        assert "/watch/" in line["watch"]


def test_its_own_video(home: dict[str, str], tmp_path: Path) -> None:
    video = tmp_path / "我的 视频.mp4"
    video.write_bytes(os.urandom(3 * MIB))
    done = vodkit("demo", str(video), "--json", **home)
    assert done.code == 0, done.err
    assert {line["md5"] for line in done.lines} == {hashlib.md5(video.read_bytes()).hexdigest()}
    assert {line["status"] for line in done.lines} == {"failed"}, "random bytes are no film"
    assert all(line["error"] for line in done.lines)


def test_what_it_uploads_is_in_one_catalog(home: dict[str, str], tmp_path: Path) -> None:
    video = tmp_path / "video.mp4"
    video.write_bytes(os.urandom(5 * MIB))
    command = [sys.executable, "-m", "vodkit", "demo", str(video), "--json", "--keep"]
    with child(
        command,
        env={**os.environ, **home},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background of a shell has Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as running:
        assert running.stdout is not None
        shown = [json.loads(running.stdout.readline()) for _ in demo.providers()]
        folder = tmp_path / "data" / "vodkit" / "demo"
        listed = vodkit("media", "list", "--json", "--data", str(folder), **home)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=30)
        assert running.returncode == 0
    md5 = hashlib.md5(video.read_bytes()).hexdigest()
    found = {(media["provider"], media["id"], media["size"], media["md5"]) for media in listed.lines}
    assert found == {(one["provider"], one["id"], 5 * MIB, md5) for one in shown}


def test_killed_and_run_again_it_goes_on(home: dict[str, str], tmp_path: Path) -> None:
    video = tmp_path / "long.mp4"
    with video.open("wb") as file:
        for _ in range(10):
            file.write(os.urandom(32 * MIB))
    command = [sys.executable, "-m", "vodkit", "demo", str(video), "--json"]
    ledger = tmp_path / "data" / "vodkit" / "demo" / "client" / "ledger.sqlite3"
    with child(
        command, env={**os.environ, **home}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        until(lambda: process.poll() is not None or _has_receipts(ledger))
    done = vodkit("demo", str(video), "--json", **home)
    assert done.code == 0, done.err
    first = json.loads(done.out.splitlines()[0])
    assert first["size"] == video.stat().st_size
    assert first["resumed"]


def _has_receipts(ledger: Path) -> bool:
    if not ledger.exists():
        return False
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as opened:
        try:
            return bool(opened.execute("SELECT count(*) FROM receipt").fetchone()[0] >= 2)
        except sqlite3.OperationalError:
            return False


def test_a_missing_video_is_said_before_anything_starts(home: dict[str, str], tmp_path: Path) -> None:
    done = vodkit("demo", "nowhere.mp4", **home)
    assert done.code == 3
    assert "nowhere.mp4" in done.err
    assert not (tmp_path / "data").exists()

"""The commands: exit codes, one clear line per error, JSON where scripts want it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vodkit.server.embedded import EmbeddedService

from .shell import to, vodkit


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "视频 one.mp4"
    path.write_bytes(os.urandom(100_000))
    return path


def one_line(err: str) -> str:
    lines = [line for line in err.splitlines() if line.strip()]
    assert len(lines) == 1, err
    assert lines[0].startswith("vodkit: ")
    return lines[0]


def test_upload_show_download_verify_delete(
    vodkit_service: EmbeddedService, video: Path, tmp_path: Path
) -> None:
    there = to(vodkit_service, "tencent")
    state = {"VODKIT_STATE_DIR": str(tmp_path / "state")}
    uploaded = vodkit("upload", str(video), "--json", "-q", "--title", "A title", *there, **state)
    assert uploaded.code == 0, uploaded.err
    (result,) = uploaded.lines
    assert result["size"] == 100_000
    shown = vodkit("media", "show", result["id"], *there)
    assert shown.lines[0]["title"] == "A title"
    listed = vodkit("media", "list", "--json", *there)
    assert result["id"] in {media["id"] for media in listed.lines}
    back = tmp_path / "back.mp4"
    assert vodkit("media", "download", result["id"], str(back), "--parallel", "2", "-q", *there).code == 0
    assert back.read_bytes() == video.read_bytes()
    assert vodkit("verify", result["id"], *there, **state).code == 0
    (recorded,) = vodkit("uploads", "list", "--all", "--json", **state).lines
    assert recorded["status"] == "done"
    assert vodkit("media", "delete", "--yes", result["id"], *there).code == 0
    gone = vodkit("media", "show", result["id"], *there)
    assert gone.code == 5
    one_line(gone.err)


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [("nowhere.mp4", 3, "nowhere.mp4"), (".", 3, ""), ("empty.mp4", 3, "--allow-empty"), ("", 3, "")],
    ids=["missing", "folder", "empty", "no-name"],
)
def test_sources_that_cannot_be(
    source: str, code: int, says: str, vodkit_service: EmbeddedService, tmp_path: Path
) -> None:
    (tmp_path / "empty.mp4").touch()
    done = vodkit(
        "upload",
        source,
        *to(vodkit_service, "tencent"),
        cwd=tmp_path,
        VODKIT_STATE_DIR=str(tmp_path / "state"),
    )
    assert done.code == code, done.err
    assert says in one_line(done.err)


AS_NOBODY = """
import contextlib, io, os, sys
from vodkit.cli.main import main
with contextlib.suppress(SystemExit), contextlib.redirect_stderr(io.StringIO()):
    main(["upload", "/nowhere.mp4", *sys.argv[3:]])
os.setgid(65534)
os.setuid(65534)
main(sys.argv[1:])
"""


def test_an_unreadable_file_for_an_ordinary_user(video: Path, tmp_path: Path) -> None:
    """The interpreter itself may be root's, so a first run loads everything that the second needs."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    video.chmod(0o600)
    options = ["--to", "tencent", "--set", "secret_id=a", "--set", "secret_key=b"]
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, "upload", str(video), *options],
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": "/nonexistent", "VODKIT_STATE_DIR": "/nonexistent"},
    )
    assert done.returncode == 3, done.stderr
    assert "permission" in one_line(done.stderr).lower()


def test_typos(tmp_path: Path) -> None:
    assert "Did you mean" in vodkit("uplaod").err
    wrong = vodkit("upload", "--to", "tencnt", "a.mp4")
    assert wrong.code == 2
    assert "tencent" in one_line(wrong.err)
    assert vodkit("upload", "--to", "tencent", "--part-size", "8Q", "a.mp4").code == 2


def test_nothing_configured_says_how_to_start(video: Path, tmp_path: Path) -> None:
    done = vodkit("upload", str(video), VODKIT_CONFIG=str(tmp_path / "none.toml"))
    assert done.code == 2
    assert "vodkit demo" in one_line(done.err)


def test_a_wrong_secret_is_named_and_not_shown(
    vodkit_service: EmbeddedService, video: Path, tmp_path: Path
) -> None:
    options = [*to(vodkit_service, "tencent"), "--set", "secret_key=certainly-wrong"]
    done = vodkit("upload", str(video), *options, "-q", VODKIT_STATE_DIR=str(tmp_path / "state"))
    assert done.code == 5
    line = one_line(done.err)
    assert "AuthFailure.SignatureFailure" in line
    assert "certainly-wrong" not in line


def test_doctor() -> None:
    done = vodkit("doctor", "--json")
    subjects = {finding["subject"] for finding in done.lines}
    assert {"python", "state folder", "service", "ffmpeg"} <= subjects


def test_every_command_explains_itself() -> None:
    listed = vodkit("--help")
    assert listed.code == 0
    for name in ("demo", "serve", "upload", "uploads", "verify", "media", "accounts", "doctor", "sandbox"):
        assert name in listed.out
        assert vodkit(name, "--help").code == 0

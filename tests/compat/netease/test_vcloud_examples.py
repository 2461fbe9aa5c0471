"""Every code example of the vendor's document runs over the drop-in, as a program of its own.

The file that an example names, and where it matters the object, are exchanged for what the test made;
nothing else is.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from ast import literal_eval
from pathlib import Path

import pytest

from vodkit.providers.netease import NetEase
from vodkit.sandbox.run import sandbox
from vodkit.server.embedded import EmbeddedService

from ..service import SOURCES, environment, run

EXAMPLES = Path(__file__).parent / "examples"
FILE = "/Users/Royen/Documents/video/beauty.mp4"
MIB = 1 << 20


def example(
    name: str, service: EmbeddedService, folder: Path, exchanged: dict[str, str], then: str = ""
) -> list[str]:
    """Run an example, and a line after it; what was printed."""
    code = (EXAMPLES / f"{name}.py").read_text()
    for text, value in exchanged.items():
        assert text in code
        code = code.replace(text, value)
    program = folder / "example.py"
    program.write_text(f"{code}\n{then}\n")
    return run(program, service, folder)


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    path = tmp_path / "beauty.mp4"
    path.write_bytes(os.urandom(9 * MIB))
    return path


def stored(service: EmbeddedService, vid: int, folder: Path) -> bytes:
    """What the service has under an id."""
    with NetEase("Your AppKey", "Your AppSecret", service=service.url, state_dir=folder / "look") as vod:
        vod.media.download(str(vid), folder / "stored.mp4")
    return (folder / "stored.mp4").read_bytes()


def test_there_is_a_file_for_every_example() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {
        "callback",
        "initialise",
        "query",
        "upload",
        "upload_progress",
    }


def test_initialise(cloud_service: EmbeddedService, tmp_path: Path) -> None:
    printed = example("initialise", cloud_service, tmp_path, {}, "print(sorted(vars(client)))")
    assert printed == ["['auth', 'transport']"]


@pytest.mark.covers("netease 13-60")
def test_upload(cloud_service: EmbeddedService, tmp_path: Path, movie: Path) -> None:
    (line,) = example("upload", cloud_service, tmp_path, {FILE: str(movie)}, "print(vars(res))")
    found = literal_eval(line)
    assert found["imgId"] is None
    assert found["objectName"].endswith(".mp4")
    assert stored(cloud_service, found["vid"], tmp_path) == movie.read_bytes()


@pytest.mark.covers("netease 13-61")
@pytest.mark.parametrize(
    ("size", "shares"),
    [(9 * MIB, ["44.4", "88.9", "100.0"]), (8 * MIB, ["50.0", "100.0"]), (1, ["100.0"]), (0, ["0.0"])],
)
def test_upload_with_progress(
    cloud_service: EmbeddedService, tmp_path: Path, movie: Path, size: int, shares: list[str]
) -> None:
    os.truncate(movie, size)
    *said, last = example("upload_progress", cloud_service, tmp_path, {FILE: str(movie)}, "print(res.vid)")
    assert said == [f"upload process ... {share:>5}%" for share in shares]
    assert last.isdigit()


def test_query(cloud_service: EmbeddedService, tmp_path: Path, movie: Path) -> None:
    (line,) = example("upload", cloud_service, tmp_path, {FILE: str(movie)}, "print(vars(res))")
    name = literal_eval(line)["objectName"]
    (answer,) = example("query", cloud_service, tmp_path, {"sdfs.mp4": name})
    assert answer == f"client.query_id res : {line}"


@pytest.mark.covers("netease D-17")
def test_query_as_it_is_printed(cloud_service: EmbeddedService, tmp_path: Path) -> None:
    """Nobody has such an object: what comes back is a text, and ``vars`` of it works."""
    (line,) = example("query", cloud_service, tmp_path, {})
    found = literal_eval(line.removeprefix("client.query_id res : "))
    assert found["code"] == 404
    assert found["msg"]


def test_callback(cloud_service: EmbeddedService, tmp_path: Path) -> None:
    assert example("callback", cloud_service, tmp_path, {}) == ["client.set_callback res : 设置成功"]


def test_a_killed_script_goes_on(cloud_service: EmbeddedService, tmp_path: Path, movie: Path) -> None:
    code = (EXAMPLES / "upload_progress.py").read_text().replace(FILE, str(movie))
    kill = "        import os, signal\n\n        os.kill(os.getpid(), signal.SIGKILL)\n"
    (tmp_path / "killed.py").write_text(code.replace("\n\nappKey", f"\n{kill}\nappKey"))
    killed = subprocess.run(
        [sys.executable, "killed.py"],
        cwd=tmp_path,
        env=environment(cloud_service, tmp_path),
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL
    *said, line = example("upload_progress", cloud_service, tmp_path, {FILE: str(movie)}, "print(vars(res))")
    assert said == ["upload process ...  88.9%", "upload process ... 100.0%"]
    assert stored(cloud_service, literal_eval(line)["vid"], tmp_path) == movie.read_bytes()


def test_in_the_sandbox(tmp_path: Path, movie: Path) -> None:
    program = tmp_path / "example.py"
    code = (EXAMPLES / "upload.py").read_text().replace(FILE, str(movie))
    program.write_text(f"{code}\nprint(vars(res))\n")
    with sandbox() as box:
        paths = [*SOURCES, *filter(None, box.environment.get("PYTHONPATH", "").split(os.pathsep))]
        own = {"PYTHONPATH": os.pathsep.join(paths), "VODKIT_STATE_DIR": str(tmp_path / "state")}
        done = subprocess.run(
            [sys.executable, program],
            cwd=tmp_path,
            env={**box.environment, **own},
            capture_output=True,
            text=True,
        )
    assert literal_eval(done.stdout)["vid"], done.stderr

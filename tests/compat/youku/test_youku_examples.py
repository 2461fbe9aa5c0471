"""Every code example of the two blogs runs over the drop-in, as a program of its own.

The video that an example names is in its folder, under that name; only the id of a video is exchanged.
"""

from __future__ import annotations

import os
import subprocess
import sys
from ast import literal_eval
from pathlib import Path

import pytest

from vodkit.providers.youku import Youku
from vodkit.sandbox.run import attached
from vodkit.server.embedded import EmbeddedService

from ..service import SOURCES, run

EXAMPLES = Path(__file__).parent / "examples"
MIB = 1 << 20


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "UPLOAD_FILE"
    path.write_bytes(os.urandom(5 * MIB))
    return path


def example(name: str, service: EmbeddedService, folder: Path) -> list[str]:
    return run(EXAMPLES / f"{name}.py", service, folder)


def holds(service: EmbeddedService, id: str, video: Path) -> bool:
    folder = video.parent
    with Youku(
        "CLIENT_ID", access_token="ACCESS_TOKEN", service=service.url, state_dir=folder / "look"
    ) as vod:
        vod.media.download(id, folder / "stored.mp4")
    return (folder / "stored.mp4").read_bytes() == video.read_bytes()


def test_there_is_a_file_for_every_example() -> None:
    names = {"upload", "prepare", "create", "upload_slice", "sdk", "demo", "select_video", "state_folder"}
    assert {path.stem for path in EXAMPLES.glob("*.py")} == names


def test_upload(cloud_service: EmbeddedService, video: Path) -> None:
    (id,) = example("upload", cloud_service, video.parent)
    assert holds(cloud_service, id, video)
    assert not list(video.parent.glob("*.upload"))


def test_prepare(cloud_service: EmbeddedService, video: Path) -> None:
    params, id = example("prepare", cloud_service, video.parent)
    assert literal_eval(params) == {
        "title": "UPLOAD_FILE",
        "tags": "Others",
        "description": "",
        "copyright_type": "original",
        "public_type": "all",
    }
    assert holds(cloud_service, id, video)


def test_create(cloud_service: EmbeddedService, video: Path) -> None:
    same, token, server, id = example("create", cloud_service, video.parent)
    assert (same, token) == ("True", "True")
    assert server
    assert holds(cloud_service, id, video)


def test_upload_slice(cloud_service: EmbeddedService, video: Path) -> None:
    *lines, id = example("upload_slice", cloud_service, video.parent)
    assert lines == [
        f"1 0 {2 * MIB} 0",
        f"2 {2 * MIB} {2 * MIB} 40",
        f"3 {4 * MIB} {MIB} 80",
        f"0 {5 * MIB} True",
    ]
    assert holds(cloud_service, id, video)


def test_sdk(cloud_service: EmbeddedService, video: Path) -> None:
    *said, id = example("sdk", cloud_service, video.parent)
    assert said == ["True"] * 4
    assert holds(cloud_service, id, video)


def test_demo(cloud_service: EmbeddedService, video: Path) -> None:
    (id,) = example("demo", cloud_service, video.parent)
    assert holds(cloud_service, id, video)


def test_select_video(cloud_service: EmbeddedService, seeded: str, tmp_path: Path) -> None:
    """``requests`` knows nothing of vodkit: the sandbox brings it to the service."""
    code = (EXAMPLES / "select_video.py").read_text()
    assert "VIDEO_ID" in code
    program = tmp_path / "example.py"
    program.write_text(code.replace("VIDEO_ID", seeded))
    with attached(cloud_service.url) as box:
        inner = dict(box.environment)
        guard = str(Path(__file__).parents[1] / "guard")
        paths = [guard, *SOURCES, *filter(None, [inner.get("PYTHONPATH")])]
        done = subprocess.run(
            [sys.executable, program],
            cwd=tmp_path,
            env={**inner, "PYTHONPATH": os.pathsep.join(paths), "VODKIT_CONFIG": str(tmp_path / "none")},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [seeded, "normal", "True"]


def test_state_folder(cloud_service: EmbeddedService, video: Path) -> None:
    (id,) = example("state_folder", cloud_service, video.parent)
    assert holds(cloud_service, id, video)
    assert (video.parent / "youku-state" / "ledger.sqlite3").exists()
    assert not (video.parent / "state").exists()
    log = (video.parent / "youku.log").read_text()
    assert f"INFO:youku.youku_upload:video {id} is opened for UPLOAD_FILE" in log
    assert f"INFO:youku.youku_upload:video {id} holds UPLOAD_FILE" in log

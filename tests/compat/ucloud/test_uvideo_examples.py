"""Every code example of the vendor's page runs over the drop-in, as a program of its own.

The page leaves names empty; a name that a test gives stands in the place of the empty text, and nothing
else is exchanged. Every program begins with the page's first example, the settings.
"""

from __future__ import annotations

import os
import subprocess
import sys
from ast import literal_eval
from pathlib import Path

import pytest

from vodkit.server.embedded import EmbeddedService

from ..service import environment, run
from .cloud import KEYS, get, keys, put, vod

EXAMPLES = Path(__file__).parent / "examples"
SETTINGS = {
    "public_key": KEYS[0],
    "private_key": KEYS[1],
    "locallogname": "ucloud.log",
    "YOUR_UPLOAD_SUFFIX": "uploadvideo.auto-ai.com.cn",
    "YOUR_DOWNLOAD_SUFFIX": ".uvideo.auto-ai.com.cn",
}


def program(name: str, folder: Path, **given: str) -> Path:
    """The settings and an example, with the names given."""
    code = "".join((EXAMPLES / f"{part}.py").read_text() for part in dict.fromkeys(["settings", name]))
    for what, value in (SETTINGS | given).items():
        text, whole = (
            (f'{what} = ""', f"{what} = {value!r}")
            if what.isidentifier() and what.islower()
            else (
                f'"{what}"',
                repr(value),
            )
        )
        assert text in code, what
        code = code.replace(text, whole)
    assert '= ""' not in code
    path = folder / "example.py"
    path.write_text(code)
    return path


def test_there_is_a_file_for_every_example() -> None:
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    assert names == {"settings", "download", "delete", "upload", "spaces"}


@pytest.mark.covers("ucloud 12-55")
def test_settings(cloud_service: EmbeddedService, tmp_path: Path) -> None:
    path = program("settings", tmp_path)
    path.write_text(
        path.read_text()
        + "\nfor key in ('upload_suffix', 'download_suffix', 'connection_timeout', 'expires'):"
        + "\n    print(config.get_default(key))\n"
    )
    assert run(path, cloud_service, tmp_path) == [
        "uploadvideo.auto-ai.com.cn",
        ".uvideo.auto-ai.com.cn",
        "60",
        "60",
    ]
    assert (tmp_path / "ucloud.log").exists()


@pytest.mark.covers("ucloud 12-55")
def test_download(cloud_service: EmbeddedService, tmp_path: Path) -> None:
    data = os.urandom(5_000_000)
    for space in ("public-space", "private-space"):
        put(cloud_service, space, "download/demo.mp4", data)
    names = {f"{kind}_savefile": f"{kind}.mp4" for kind in ("public", "private", "range")}
    path = program(
        "download",
        tmp_path,
        public_space="public-space",
        private_space="private-space",
        put_key="download/demo.mp4",
        stream_key="unused",
        **names,
    )
    run(path, cloud_service, tmp_path)
    assert (tmp_path / "public.mp4").read_bytes() == data
    assert (tmp_path / "private.mp4").read_bytes() == data
    assert (tmp_path / "range.mp4").read_bytes() == data[:51]


@pytest.mark.covers("ucloud 12-55")
def test_delete(cloud_service: EmbeddedService, tmp_path: Path) -> None:
    spaces = ("public-space", "private-space")
    for space in spaces:
        put(cloud_service, space, "delete me.mp4", b"data")
    path = program(
        "delete",
        tmp_path,
        public_space="public-space",
        private_space="private-space",
        delete_key="delete me.mp4",
    )
    run(path, cloud_service, tmp_path)
    for space in spaces:
        assert "delete me.mp4" not in keys(cloud_service, space)


@pytest.mark.covers("ucloud 12-55")
def test_upload(cloud_service: EmbeddedService, tmp_path: Path) -> None:
    (tmp_path / "movie.mp4").write_bytes(os.urandom(9_000_000))
    path = program(
        "upload",
        tmp_path,
        public_space="public-space",
        sharding_key="第一集.mp4",
        localfile="movie.mp4",
    )
    assert run(path, cloud_service, tmp_path) == []
    assert get(cloud_service, "public-space", "第一集.mp4") == "你好".encode()
    log = (tmp_path / "ucloud.log").read_text()
    assert log.count("upload of public-space/第一集.mp4: 200") == 2


def test_upload_of_the_file_alone(cloud_service: EmbeddedService, tmp_path: Path) -> None:
    """The page gives file and stream one key: the example up to the stream, to see the file."""
    data = os.urandom(9_000_000)
    (tmp_path / "movie.mp4").write_bytes(data)
    path = program(
        "upload", tmp_path, public_space="public-space", sharding_key="file.mp4", localfile="movie.mp4"
    )
    code, stream, _ = path.read_text().partition("# 分片上传一个全新的二进制数据流")
    assert stream
    path.write_text(code)
    assert run(path, cloud_service, tmp_path) == []
    assert get(cloud_service, "public-space", "file.mp4") == data


@pytest.mark.covers("ucloud 12-55", "ucloud O-12")
def test_spaces(cloud_service: EmbeddedService, tmp_path: Path) -> None:
    with vod(cloud_service, "public-space") as connection:
        for name in ("seed-deleted", "seed-updated", "seed-listed"):
            connection.spaces.create(name)
    put(cloud_service, "seed-listed", "one.mp4", b"one")
    path = program(
        "spaces",
        tmp_path,
        public_space="public-space",
        **{
            "space to create": "seed-created",
            "space to delete": "seed-deleted",
            "space to describe": "unused",
            "space to update": "seed-updated",
            "space to list": "seed-listed",
        },
    )
    deleted, described, listed = map(literal_eval, run(path, cloud_service, tmp_path))
    assert (deleted["RetCode"], deleted["BucketName"]) == (0, "seed-deleted")
    assert described["DataSet"][0]["Type"] == "public"
    assert [entry["FileName"] for entry in listed["DataSet"]] == ["one.mp4"]
    with vod(cloud_service, "public-space") as connection:
        access = {space.name: space.access for space in connection.spaces.list()}
    assert access["seed-created"] == access["seed-updated"] == "public"
    assert "seed-deleted" not in access


def test_a_page_with_a_wrong_space_says_so(cloud_service: EmbeddedService, tmp_path: Path) -> None:
    (tmp_path / "movie.mp4").write_bytes(b"data")
    path = program("upload", tmp_path, public_space="no-such-space", sharding_key="x", localfile="movie.mp4")
    done = subprocess.run(
        [sys.executable, path],
        cwd=tmp_path,
        env=environment(cloud_service, tmp_path),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["bucket not exists"] * 2
    assert "400 bucket not exists" in done.stderr

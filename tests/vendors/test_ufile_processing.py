"""ufile 3.2.11, unmodified: what it uploads is processed, and processed anew when it is replaced."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

import vodkit
from vodkit.core.media import Media

from .clip import make_clip
from .driver import DRIVERS, Driver, driver, environment, fetch
from .test_ufile import ACCOUNTS, PRIVATE, PUBLIC_KEY, files

pytestmark = pytest.mark.vendor

PATIENCE = 120.0
SECRET = "46f09bb9fab4f12dfc160dae12273d5332b5debe"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ucloud-processing")


@pytest.fixture(scope="module")
def sdk(folder: Path) -> Iterator[Driver]:
    python = environment("ucloud-python") / "bin" / "python"
    command = [python, DRIVERS / "ucloud_python.py"]
    with driver(command, folder, accounts=ACCOUNTS, procedure="default") as running:
        yield running


@pytest.fixture(scope="module")
def service(sdk: Driver) -> str:
    """Where the sandbox's service is; the SDK itself has no call that tells of processing."""
    url = sdk.do(do="service")["url"]
    assert isinstance(url, str)
    return url


def waited(service: str, folder: Path, key: str) -> Media:
    options: dict[str, Any] = {"public_key": PUBLIC_KEY, "private_key": SECRET, "space": PRIVATE}
    with vodkit.connect("ucloud", service=service, state_dir=str(folder / "state"), **options) as vod:
        return vod.media.wait(f"{PRIVATE}/{key}", timeout=PATIENCE)


@pytest.mark.covers("ucloud media", "ucloud media-replaced", "ucloud media-private")
def test_a_clip_becomes_something_to_watch(sdk: Driver, service: str, folder: Path, tmp_path: Path) -> None:
    first = make_clip(tmp_path / "first.mp4", "red")
    assert files(sdk, "putfile", PRIVATE, "clip.mp4", str(first))["status_code"] == 200
    media = waited(service, folder, "clip.mp4")
    assert (media.status, media.width, media.height) == ("ready", 320, 180)
    assert media.duration is not None and abs(media.duration - 2) < 0.1
    assert b"#EXTM3U" in fetch(media.hls_url)
    assert b"<MPD" in fetch(media.dash_url)
    red = fetch(media.cover_url)
    assert red.startswith(b"\xff\xd8\xff")

    second = make_clip(tmp_path / "second.mp4", "blue")
    answer = sdk.do(
        do="MultipartUploadUFile.uploadfile", args=[PRIVATE, "clip.mp4", str(second)], kwargs={"maxthread": 2}
    )
    assert answer["status_code"] == 200
    anew = waited(service, folder, "clip.mp4")
    blue = fetch(anew.cover_url)
    assert anew.size == second.stat().st_size
    assert blue.startswith(b"\xff\xd8\xff") and blue != red

    # Replaced while the old bytes wait for the worker, or are in its hands.
    for delay in (0.0, 0.7):
        assert files(sdk, "putfile", PRIVATE, "raced.mp4", str(first))["status_code"] == 200
        time.sleep(delay)
        assert files(sdk, "putfile", PRIVATE, "raced.mp4", str(second))["status_code"] == 200
        assert fetch(waited(service, folder, "raced.mp4").cover_url) == blue

    listed = files(sdk, "getfilelist", PRIVATE)["ret"]["DataSet"]
    assert [entry["FileName"] for entry in listed] == ["clip.mp4", "raced.mp4"]
    assert files(sdk, "deletefile", PRIVATE, "clip.mp4")["status_code"] == 204
    for url in (anew.hls_url, anew.cover_url):
        with pytest.raises(HTTPError, match="404"):
            fetch(url)

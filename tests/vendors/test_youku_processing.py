"""youku 0.1.1, unmodified: it uploads a clip, and polls the platform until it can be watched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import until

from .clip import make_clip
from .driver import DRIVERS, Driver, driver, environment, fetch
from .test_youku import ACCOUNTS, ME, call, show

pytestmark = pytest.mark.vendor

PATIENCE = 120.0


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    python = environment("youku-python") / "bin" / "python"
    folder = tmp_path_factory.mktemp("youku-processing")
    command = [python, DRIVERS / "youku_python.py"]
    with driver(command, folder, accounts=ACCOUNTS, procedure="default") as running:
        yield running


def ended(sdk: Driver, id: str) -> list[str]:
    """The states that a video goes through, as one polls it."""
    states = [show(sdk, id)["state"]]
    end = time.monotonic() + PATIENCE
    while states[-1] == "encoding":
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.3)
        state = show(sdk, id)["state"]
        states += [state] if state != states[-1] else []
    return states


@pytest.mark.covers("youku state", "youku streamtypes", "youku view_count")
def test_a_clip_becomes_something_to_watch(sdk: Driver, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4")
    answer = sdk.do(do="upload", **ME, file=str(clip), params={"title": "a clip", "tags": "one"})
    assert "raised" not in answer, answer["text"]
    id = answer["id"]
    assert ended(sdk, id) == ["encoding", "normal"]
    found = show(sdk, id)
    assert abs(float(found["duration"]) - 2) < 0.1
    assert found["streamtypes"] == ["flvhd", "mp4"]
    assert fetch(found["thumbnail"]).startswith(b"\xff\xd8\xff")
    assert b"#EXTM3U" in fetch(found["playback"]["hls"])
    assert b"<MPD" in fetch(found["playback"]["dash"])
    mine = call(sdk, "YoukuVideos", "find_videos_by_me", "access-token")["videos"]
    assert [(video["id"], video["state"]) for video in mine] == [(id, "normal")]
    assert (mine[0]["thumbnail"], mine[0]["duration"]) == (found["thumbnail"], found["duration"])
    assert call(sdk, "YoukuVideos", "find_video_by_url", found["link"])["id"] == id
    assert b"<video" in fetch(found["link"])
    # Views are written some seconds after they were counted.
    until(lambda: show(sdk, id)["view_count"] == 1, pause=0.5)


def test_what_is_no_video_fails_and_says_so(sdk: Driver, tmp_path: Path) -> None:
    file = tmp_path / "broken.mp4"
    file.write_bytes(b"this is no video " * 1000)
    answer = sdk.do(do="upload", **ME, file=str(file), params={"title": "broken", "tags": "one"})
    assert "raised" not in answer, answer["text"]
    assert ended(sdk, answer["id"])[-1] == "fail"
    mine = call(sdk, "YoukuVideos", "find_videos_by_me", "access-token")["videos"]
    assert {video["id"]: video["state"] for video in mine}[answer["id"]] == "fail"

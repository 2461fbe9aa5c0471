"""Sources that the service fetches by itself, from asking in a shell to the bytes of the media."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

import vodkit
from tests.unit.pull.conftest import DATA
from tests.unit.pull.source import Source
from vodkit.server.admin import set_allowances, usage
from vodkit.server.contract import Settings
from vodkit.server.embedded import EmbeddedService, embedded
from vodkit.server.quota import CACHE_SECONDS
from vodkit.server.service import tools
from vodkit.server.task_admin import list_tasks
from vodkit.server.tasks import TaskTable

from . import shell

PROVIDER = "tencent"


@pytest.fixture(scope="module")
def service() -> Iterator[EmbeddedService]:
    with embedded() as running:
        yield running


@pytest.fixture(autouse=True)
def allowed(service: EmbeddedService) -> None:
    """The account may pull from this machine, and store what it likes."""
    allow(service, private_targets="true")


def allow(service: EmbeddedService, *unset: str, **values: str) -> None:
    names = {"quota", "private_targets", *unset} - set(values)
    set_allowances(Settings(data=str(service.data)), PROVIDER, service.account(PROVIDER).key, values, names)


@pytest.fixture
def source() -> Iterator[Source]:
    with Source() as running:
        running.files["/films/a film.mp4"] = DATA
        yield running


def stored(service: EmbeddedService) -> int:
    key = service.account(PROVIDER).key
    (mine,) = [one for one in usage(Settings(data=str(service.data)), PROVIDER) if one["key"] == key]
    return int(mine["used"])


def change(service: EmbeddedService, pull: str, how: Callable[[TaskTable, Connection, str], object]) -> None:
    """Cancel a pull, or have it done again."""
    tasks = TaskTable(time.time)

    def work(conn: Connection) -> object:
        task = tasks.get(conn, PROVIDER, pull)
        return task and how(tasks, conn, task.id)

    with tools(Settings(data=str(service.data))) as parts:
        assert parts.catalog.write_now(work)


def test_pull_in_a_shell(service: EmbeddedService, source: Source, tmp_path: Path) -> None:
    source.files["/films/a film.mp4"] = DATA
    source.files["/films/a%20film.mp4"] = DATA
    source.files["/c.png"] = b"\x89PNG\r\n\x1a\n" + bytes(100)
    url = source.url("/films/a%20film.mp4")
    cover = source.url("/c.png")
    done = shell.vodkit("pull", url, *shell.to(service, PROVIDER), "--cover", cover, "--wait", "--json")
    assert done.code == 0, done.err
    (media,) = done.lines
    assert (media["title"], media["size"], media["status"]) == ("a film", len(DATA), "ready")
    assert media["cover_url"]
    got = shell.vodkit("media", "download", media["id"], str(tmp_path / "back"), *shell.to(service, PROVIDER))
    assert got.code == 0, got.err
    assert (tmp_path / "back").read_bytes() == DATA
    with service.connect(PROVIDER) as vod:
        before = stored(service)
        vod.media.delete(media["id"])
    assert stored(service) == before - len(DATA) - 108


def test_a_playlist_plays_from_the_service(service: EmbeddedService, source: Source) -> None:
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ns/1.ts\n#EXTINF:4,\ns/2.ts\n#EXT-X-ENDLIST\n"
    source.files.update({"/v/i.m3u8": playlist, "/v/s/1.ts": b"1" * 1000, "/v/s/2.ts": b"2" * 999})
    with service.connect(PROVIDER) as vod:
        media = vod.media.pulled(vod.media.pull(source.url("/v/i.m3u8")), timeout=60)
        assert (media.size, media.title) == (len(playlist) + 1999, "i")
        assert media.hls_url == media.url
        answers = [
            vod.transport.bind()("GET", f"{media.url.rpartition('/')[0]}/s/{n}.ts").body for n in (1, 2)
        ]
        assert answers == [b"1" * 1000, b"2" * 999]
        before = stored(service)
        vod.media.delete(media.id)
    assert stored(service) == before - len(playlist) - 1999


@pytest.mark.parametrize(
    ("path", "problem"),
    [("/none.mp4", "answers 404"), ("/v/live.m3u8", "live streams"), ("/empty.mp4", "empty")],
)
def test_a_source_that_cannot_be_had(
    service: EmbeddedService, source: Source, path: str, problem: str
) -> None:
    source.files["/v/live.m3u8"] = b"#EXTM3U\n#EXTINF:4,\na.ts\n"
    source.files["/empty.mp4"] = b""
    done = shell.vodkit("pull", source.url(path), *shell.to(service, PROVIDER), "--wait")
    assert done.code == 5
    assert problem in done.err


def test_what_is_pulled_is_made_into_what_the_service_makes_of_all(source: Source, tmp_path: Path) -> None:
    source.files["/a.mp4"] = DATA
    with embedded(tmp_path / "data", procedure="as-is", private_targets=True) as service:
        with service.connect(PROVIDER) as vod:
            media = vod.media.pulled(vod.media.pull(source.url("/a.mp4")), timeout=60)
        tasks = list_tasks(Settings(data=str(service.data)), media_id=media.id)
    assert {task["kind"] for task in tasks} == {"pull", "procedure"}


def test_private_addresses_are_refused(service: EmbeddedService, source: Source) -> None:
    allow(service)
    with service.connect(PROVIDER) as vod:
        for url in (source.url("/films/a%20film.mp4"), "http://169.254.169.254/a.mp4"):
            with pytest.raises(vodkit.ProcessingFailed, match="private"):
                vod.media.pulled(vod.media.pull(url), timeout=60)
    assert source.asked == []


def test_the_quota_is_minded(service: EmbeddedService, source: Source) -> None:
    source.files["/a.mp4"] = DATA
    allow(service, private_targets="true", quota=str(stored(service) + len(DATA) - 1))
    # That there was no quota counts this long for whoever looked just before.
    time.sleep(CACHE_SECONDS)
    with service.connect(PROVIDER) as vod, pytest.raises(vodkit.ProcessingFailed, match="quota"):
        vod.media.pulled(vod.media.pull(source.url("/a.mp4")), timeout=60)


def test_a_pull_can_be_stopped(service: EmbeddedService, source: Source) -> None:
    source.files["/a.mp4"] = DATA
    source.hold = threading.Event()
    with service.connect(PROVIDER) as vod:
        pull = vod.media.pull(source.url("/a.mp4"))
        with pytest.raises(vodkit.TimedOut):
            vod.media.pulled(pull, timeout=2)
        change(service, pull, TaskTable.cancel)
        with pytest.raises(vodkit.ProcessingFailed):
            vod.media.pulled(pull, timeout=60)


def test_a_pull_that_failed_can_be_done_again(service: EmbeddedService, source: Source) -> None:
    with service.connect(PROVIDER) as vod:
        pull = vod.media.pull(source.url("/later.mp4"))
        with pytest.raises(vodkit.ProcessingFailed, match="404"):
            vod.media.pulled(pull, timeout=60)
        source.files["/later.mp4"] = DATA
        change(service, pull, TaskTable.retry)
        assert vod.media.pulled(pull, timeout=60).size == len(DATA)

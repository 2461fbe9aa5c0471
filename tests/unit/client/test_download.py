from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import vodkit

from .toy_cloud import Cloud

Connect = Callable[..., vodkit.Vod]
DATA = os.urandom(300_000)


@pytest.fixture
def id(connect: Connect, cloud: Cloud) -> str:
    with connect() as vod:
        return vod.upload(DATA, name="a.mp4").id


def test_whole_and_in_place_of_an_old_file(connect: Connect, id: str, tmp_path: Path) -> None:
    target = tmp_path / "back.mp4"
    target.write_bytes(b"old")
    seen: list[vodkit.Progress] = []
    with connect() as vod:
        assert vod.media.download(id, target, on_progress=seen.append) == target
    assert target.read_bytes() == DATA
    assert seen[-1].sent == seen[-1].total == len(DATA)
    assert [path.name for path in tmp_path.glob("*.part")] == []


@pytest.mark.parametrize("wanted", [(0, 0), (100, 199), (299_999, 299_999), (299_990, 400_000)])
def test_ranges(connect: Connect, id: str, tmp_path: Path, wanted: tuple[int, int]) -> None:
    with connect() as vod:
        vod.media.download(id, tmp_path / "range", byte_range=wanted)
    assert (tmp_path / "range").read_bytes() == DATA[wanted[0] : wanted[1] + 1]


@pytest.mark.parametrize("wanted", [(5, 4), (-1, 4), (300_000, 300_001)])
def test_ranges_that_are_none(connect: Connect, id: str, tmp_path: Path, wanted: tuple[int, int]) -> None:
    with connect() as vod, pytest.raises(vodkit.InvalidRequest):
        vod.media.download(id, tmp_path / "range", byte_range=wanted)
    assert not (tmp_path / "range").exists()


def test_empty(connect: Connect, tmp_path: Path) -> None:
    with connect() as vod:
        media = vod.upload(b"", name="e.mp4", allow_empty=True)
        vod.media.download(media.id, tmp_path / "e")
    assert (tmp_path / "e").read_bytes() == b""


def test_broken_connections_cost_no_byte_twice(
    connect: Connect, cloud: Cloud, id: str, tmp_path: Path
) -> None:
    cloud.cut_after = 131_072
    with connect() as vod:
        vod.media.download(id, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == DATA


def test_a_later_run_goes_on(connect: Connect, cloud: Cloud, id: str, tmp_path: Path) -> None:
    cloud.cut_after = 131_072
    with connect(part_tries=1) as vod, pytest.raises(vodkit.TransferError):
        vod.media.download(id, tmp_path / "back")
    (part,) = tmp_path.glob("back.*.part")
    assert not (tmp_path / "back").exists()
    cloud.cut_after = None
    seen: list[vodkit.Progress] = []
    with connect() as vod:
        vod.media.download(id, tmp_path / "back", on_progress=seen.append)
    assert seen[0].sent == 131_072
    assert (tmp_path / "back").read_bytes() == DATA
    assert not part.exists()


def test_another_content_is_not_gone_on_with(connect: Connect, cloud: Cloud, id: str, tmp_path: Path) -> None:
    cloud.cut_after = 131_072
    with connect(part_tries=1) as vod, pytest.raises(vodkit.TransferError):
        vod.media.download(id, tmp_path / "back")
    cloud.cut_after = None
    cloud.media[id][0] = DATA[::-1]
    with connect() as vod:
        vod.media.download(id, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == DATA[::-1]


def test_wrong_bytes_are_not_put_in_place(connect: Connect, cloud: Cloud, id: str, tmp_path: Path) -> None:
    cloud.crc = "0123456789abcdef"
    with connect() as vod, pytest.raises(vodkit.IntegrityError, match="crc64"):
        vod.media.download(id, tmp_path / "back")
    assert list(tmp_path.glob("back*")) == []


def test_missing(connect: Connect, cloud: Cloud, id: str, tmp_path: Path) -> None:
    with connect() as vod:
        vod.media.delete(id)
        with pytest.raises(vodkit.NotFound):
            vod.media.download(id, tmp_path / "back")
    assert list(tmp_path.glob("back*")) == []


def test_places_that_cannot_be_written(connect: Connect, cloud: Cloud, id: str, tmp_path: Path) -> None:
    cloud.requests.clear()
    with connect() as vod:
        for path in (tmp_path, tmp_path / "no" / "back"):
            with pytest.raises(vodkit.ConfigError):
                vod.media.download(id, path)
    assert cloud.requests == []


def test_only_one_at_a_time(connect: Connect, cloud: Cloud, id: str, tmp_path: Path) -> None:
    inside, leave = threading.Event(), threading.Event()

    def hold(progress: vodkit.Progress) -> None:
        inside.set()
        leave.wait(60)

    with connect() as vod:
        first = threading.Thread(target=lambda: vod.media.download(id, tmp_path / "back", on_progress=hold))
        first.start()
        assert inside.wait(60)
        with pytest.raises(vodkit.UploadBusy):
            vod.media.download(id, tmp_path / "back")
        leave.set()
        first.join()
    assert (tmp_path / "back").read_bytes() == DATA


def test_cancel(connect: Connect, id: str, tmp_path: Path) -> None:
    cancel = vodkit.Cancel()
    with connect() as vod, pytest.raises(vodkit.Cancelled):
        vod.media.download(id, tmp_path / "back", cancel=cancel, on_progress=lambda _: cancel.cancel())
    assert not (tmp_path / "back").exists()

from __future__ import annotations

import io
import json
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import vodkit
from vodkit.core.capabilities import Capabilities

from .toy_cloud import Cloud

Connect = Callable[..., vodkit.Vod]
PART = 64 * 1024


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    path = tmp_path / "movie.mp4"
    path.write_bytes(os.urandom(5 * PART + 17))
    return path


def only_media(cloud: Cloud) -> list[bytes]:
    (items,) = cloud.media.values()
    return items


def test_upload(connect: Connect, cloud: Cloud, movie: Path) -> None:
    seen: list[vodkit.Progress] = []
    with connect() as vod:
        result = vod.upload_detailed(movie, title="A title", on_progress=seen.append)
    assert only_media(cloud) == [movie.read_bytes()]
    assert (result.media.title, result.media.size, result.resumed) == ("A title", 5 * PART + 17, False)
    assert seen[-1].sent == seen[-1].total == result.sent_bytes == result.total_bytes
    json.dumps(result.as_dict())


def test_every_kind_of_source(connect: Connect, cloud: Cloud, movie: Path) -> None:
    data = movie.read_bytes()

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(data), 10_001):
            yield data[start : start + 10_001]

    with connect() as vod, movie.open("rb") as opened:
        for source in (data, pieces(), opened, io.BytesIO(data), str(movie)):
            media = vod.upload(source, name="a.mp4")
            assert cloud.media[media.id] == [data]
        assert not opened.closed


def test_cover_and_options(connect: Connect, cloud: Cloud, movie: Path, tmp_path: Path) -> None:
    (tmp_path / "c.png").write_bytes(b"picture")
    with connect() as vod:
        vod.upload(movie, cover=tmp_path / "c.png", name="other.mp4", tags=["a"])
    assert only_media(cloud) == [movie.read_bytes(), b"picture"]
    assert list(cloud.names.values()) == [[["media", "other.mp4"], ["cover", "c.png"]]]


def test_a_folder_travels_with_its_manifest_last(connect: Connect, cloud: Cloud, tmp_path: Path) -> None:
    folder = tmp_path / "show"
    (folder / "sub").mkdir(parents=True)
    (folder / "P.M3U8").write_text(
        '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="https://k/1"\nsub/a%20b.ts\n#EXT-X-ENDLIST'
    )
    (folder / "sub" / "a b.ts").write_bytes(b"segment")
    notices: list[str] = []
    with connect() as vod:
        vod.upload(folder / "P.M3U8", on_notice=notices.append)
    assert list(cloud.names.values()) == [[["media", "P.M3U8"], ["segment", "sub/a b.ts"]]]
    assert cloud.order == [1, 0]
    assert any("key" in line for line in notices)


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"titel": "x"}, vodkit.UnsupportedOption),
        ({"procedure": "x"}, vodkit.UnsupportedOption),
        ({"cover": "nowhere.png"}, vodkit.SourceNotFound),
        ({"part_size": 0}, vodkit.ConfigError),
        ({"parallel": 17}, vodkit.ConfigError),
        ({"name": "a/b"}, vodkit.SourceUnreadable),
    ],
)
def test_refused_before_a_byte_is_sent(
    connect: Connect, cloud: Cloud, movie: Path, wanted: dict[str, Any], error: type[Exception]
) -> None:
    with connect() as vod, pytest.raises(error):
        vod.upload(movie, **wanted)
    assert cloud.requests == []


def test_empty_sources(connect: Connect, cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "e.mp4").write_bytes(b"")
    with connect() as vod:
        for source in (tmp_path / "e.mp4", b"", iter([b"", b""])):
            with pytest.raises(vodkit.EmptySource):
                vod.upload(source, name="e.mp4")
        assert cloud.requests == []
        media = vod.upload(tmp_path / "e.mp4", allow_empty=True)
    assert cloud.media[media.id] == [b""]


def test_streams_are_spooled_where_the_provider_must_know_the_length(
    connect: Connect, cloud: Cloud, movie: Path
) -> None:
    notices: list[str] = []
    with connect() as vod:
        vod.provider.capabilities = Capabilities(options={}, unknown_length=False)
        data = movie.read_bytes()
        vod.upload(iter([data[:1000], data[1000:]]), name="a.mp4", on_notice=notices.append)
        assert only_media(cloud) == [data]
        assert any("temporary file" in line for line in notices)
        vod.provider.needs = frozenset({"size", "md5"})
        media = vod.upload(iter([data]), name="a.mp4", on_notice=notices.append)
        assert cloud.media[media.id] == [data]


def test_an_interrupted_upload_goes_on(connect: Connect, cloud: Cloud, movie: Path) -> None:
    sent = 0

    def fail(method: str, path: str) -> int | None:
        nonlocal sent
        sent += method == "PUT"
        return 500 if sent > 3 and method == "PUT" else None

    cloud.fail = fail
    with connect(part_tries=1, parallel=1) as vod:
        with pytest.raises(vodkit.ServerError):
            vod.upload(movie, title="t")
        (entry,) = vod.uploads.list("open")
        assert entry.sent == 3 * PART
        cloud.fail = lambda method, path: None
        result = vod.uploads.resume(entry.id)
        assert (result.resumed, result.upload_id, result.media.title) == (True, entry.id, "t")
        assert result.sent_bytes == 2 * PART + 17
        assert only_media(cloud) == [movie.read_bytes()]
        with pytest.raises(vodkit.NotResumable, match="over"):
            vod.uploads.resume(entry.id)
        assert vod.uploads.clean(0) == 1
        assert vod.uploads.list() == []


def test_resume_by_id_of_a_folder_with_a_cover(connect: Connect, cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "p.m3u8").write_text("#EXTM3U\na.ts\n#EXT-X-ENDLIST")
    (tmp_path / "a.ts").write_bytes(b"segment")
    (tmp_path / "c.png").write_bytes(b"picture")
    cloud.fail = lambda method, path: 500 if method == "PUT" and "/0/" in path else None
    with connect(part_tries=1, parallel=1) as vod:
        with pytest.raises(vodkit.ServerError):
            vod.upload(tmp_path / "p.m3u8", cover=tmp_path / "c.png")
        cloud.fail = lambda method, path: None
        (entry,) = vod.uploads.list("open")
        result = vod.uploads.resume(entry.id)
    assert result.upload_id == entry.id
    assert only_media(cloud)[1:] == [b"picture", b"segment"]


def test_abort(connect: Connect, cloud: Cloud, movie: Path) -> None:
    cloud.fail = lambda method, path: 500 if method == "PUT" else None
    with connect(part_tries=1) as vod:
        with pytest.raises(vodkit.ServerError):
            vod.upload(movie)
        (entry,) = vod.uploads.list()
        movie.unlink()
        vod.uploads.abort(entry.id)
        assert vod.uploads.list()[0].status == "aborted"
        assert cloud.uploads == {}
        with pytest.raises(vodkit.UnknownUpload):
            vod.uploads.abort("nothing")


def test_another_accounts_uploads_are_not_shown(connect: Connect, movie: Path) -> None:
    with connect() as vod:
        upload_id = vod.upload_detailed(movie).upload_id
    with connect(key="other") as vod:
        assert vod.uploads.list() == []
        with pytest.raises(vodkit.UnknownUpload, match="belongs to"):
            vod.uploads.get(upload_id)


def test_cancelling_stops_at_once_and_leaves_a_resumable_upload(
    connect: Connect, cloud: Cloud, movie: Path
) -> None:
    cancel = vodkit.Cancel()
    cloud.delay = 30.0

    def stop(progress: vodkit.Progress) -> None:
        if progress.sent:
            cancel.cancel()

    with connect() as vod:
        with pytest.raises(vodkit.Cancelled):
            vod.upload(movie, on_progress=stop, cancel=cancel)
        cloud.delay = 0.0
        assert vod.upload_detailed(movie).resumed


def test_a_state_folder_that_cannot_be(connect: Connect, cloud: Cloud, movie: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    notices: list[str] = []
    with connect(state_dir=tmp_path / "file" / "state") as vod:
        vod.upload(movie, on_notice=notices.append)
        assert any("resum" in line for line in notices)
        with pytest.raises(vodkit.NotResumable):
            vod.upload(movie, require_resume=True)
        with pytest.raises(vodkit.LedgerError):
            vod.uploads.list()


def test_media(connect: Connect, cloud: Cloud, tmp_path: Path) -> None:
    with connect() as vod:
        made = [vod.upload(b"x" * n, name="a.mp4", title=f"title {n}") for n in range(1, 6)]
        assert [media.id for media in vod.media.list()] == [media.id for media in made]
        assert [media.id for media in vod.media.list(title="title 3")] == [made[2].id]
        with pytest.raises(vodkit.UnsupportedOption, match="'title'"):
            vod.media.list(titel="x")
        assert vod.media.update(made[0].id, title="new").title == "new"
        assert vod.media.get(made[0].id).title == "new"
        vod.media.delete(made[0].id)
        with pytest.raises(vodkit.NotFound):
            vod.media.get(made[0].id)


def test_calls_that_read_are_tried_again(connect: Connect, cloud: Cloud) -> None:
    answers = iter([500, "hang up", None, None, None])
    with connect() as vod:
        media = vod.upload(b"x", name="a.mp4")
        cloud.fail = lambda method, path: next(answers)
        assert vod.media.get(media.id).id == media.id
        cloud.requests.clear()
        cloud.fail = lambda method, path: 500
        with pytest.raises(vodkit.ServerError):
            vod.media.delete(media.id)
        assert len(cloud.requests) == 1


def test_verify(connect: Connect, cloud: Cloud, movie: Path) -> None:
    with connect() as vod:
        result = vod.upload_detailed(movie)
        for id in (result.upload_id, result.media.id):
            report = vod.verify(id)
            assert {check.what for check in report.checks} == {"size", "crc64"}
            assert report.ok
            assert report.as_dict()["ok"]
        whole = cloud.media[result.media.id][0]
        cloud.media[result.media.id][0] = whole[:-1] + bytes([whole[-1] ^ 1])
        with pytest.raises(vodkit.IntegrityError, match="crc64"):
            vod.verify(result.upload_id)
        vod.media.delete(result.media.id)
        with pytest.raises(vodkit.NotFound):
            vod.verify(result.upload_id)
        with pytest.raises(vodkit.UnknownUpload):
            vod.verify("nothing")


def test_spaces_and_callbacks_where_there_are_none(connect: Connect) -> None:
    with connect() as vod:
        with pytest.raises(vodkit.UnsupportedOption, match="toy"):
            _ = vod.spaces
        with pytest.raises(vodkit.UnsupportedOption, match="toy"):
            _ = vod.callbacks


def test_secrets_and_services(connect: Connect) -> None:
    with connect() as vod:
        assert "S3cret" not in repr(vod) + repr(vod.provider) + repr(vod.settings)
    with pytest.raises(vodkit.ConfigError, match="base address"):
        connect(service="127.0.0.1:8600")
    with pytest.raises(vodkit.UnsupportedOption, match="secret"):
        connect(sekret="x")


def test_profiles_lead_to_a_connection(cloud: Cloud, tmp_path: Path, movie: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        f'[profiles.work]\nprovider = "toy"\nkey = "K"\nsecret = "s"\nservice = "{cloud.base}"\nproxy = ""\n'
    )
    path.chmod(0o600)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in (None, "work"):
            with vodkit.connect(name) as vod:
                vod.upload(movie)


def test_uploads_from_many_threads_over_one_connection(connect: Connect, cloud: Cloud) -> None:
    data = [os.urandom(PART + n) for n in range(6)]
    ids: dict[int, str] = {}
    with connect() as vod:

        def one(number: int) -> None:
            ids[number] = vod.upload(data[number], name=f"{number}.mp4").id

        threads = [threading.Thread(target=one, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert all(cloud.media[ids[n]] == [data[n]] for n in range(6))

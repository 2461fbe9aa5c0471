"""The defects of the vendor's SDK (tencent.md §F), each with the input that shows it there and what we do.

F12 and F13 are about the SDK's request classes and are tests of the drop-in; F27 is about Node's.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import vodkit
from vodkit.core.contract import Reply
from vodkit.core.errors import (
    ConfigError,
    ConnectionLost,
    EmptySource,
    InvalidRequest,
    ManifestError,
    PermissionDenied,
    ProtocolError,
    SourceChanged,
)
from vodkit.providers.tencent import Tencent, wire

from .cloud_server import serving
from .fake_cloud import ID, KEY, TEMP_KEY, TEMP_TOKEN, FakeCloud, Seen, api_answer, api_fault, cos_fault

Connect = Callable[..., Tencent]


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def connect(cloud: FakeCloud, tmp_path: Path) -> Iterator[Connect]:
    """Connections to ``cloud``; ``before`` sees every request first."""
    with ExitStack() as keep:

        def open_one(before: Callable[[str, str], None] | None = None, **settings: Any) -> Tencent:
            service = keep.enter_context(serving(cloud, before))
            keys = {} if "credentials" in settings else {"secret_id": ID, "secret_key": KEY}
            given = {"state_dir": tmp_path / "state", "service": service, **keys, **settings}
            return keep.enter_context(Tencent(**given))

        yield open_one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An HLS folder."""
    made = tmp_path / "hls"
    (made / "sub").mkdir(parents=True)
    (made / "p.m3u8").write_text("#EXTM3U\n#EXTINF:1,\na.ts\n#EXTINF:1,\nsub/b.ts\n#EXT-X-ENDLIST\n")
    (made / "a.ts").write_bytes(b"a" * 100)
    (made / "sub" / "b.ts").write_bytes(b"b" * 200)
    return made


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "movie.mp4"
    path.write_bytes(os.urandom(10_000))
    return path


def names(cloud: FakeCloud) -> dict[str, bytes]:
    """Stored objects by their path below the media's folder."""
    return {key.split("/", 2)[2]: data for key, data in cloud.objects.items()}


def write_playlist(folder: Path, *lines: str) -> Path:
    path = folder / "p.m3u8"
    path.write_text("\n".join(["#EXTM3U", *lines, "#EXT-X-ENDLIST", ""]))
    return path


@pytest.mark.covers("tencent F-1", "tencent G-20")
def test_f01_manifest_without_a_directory_part(
    cloud: FakeCloud, connect: Connect, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    connect().upload("p.m3u8")
    assert set(names(cloud)) == {"f0.m3u8", "a.ts", "sub/b.ts"}


@pytest.mark.covers("tencent F-2", "tencent G-20")
@pytest.mark.parametrize("line", ["../up.ts", "/abs/a.ts", "http://h.example/a.ts"])
def test_f02_segments_outside_the_folder(cloud: FakeCloud, connect: Connect, folder: Path, line: str) -> None:
    (folder.parent / "up.ts").write_bytes(b"secret")
    path = write_playlist(folder, "#EXTINF:1,", line)
    with pytest.raises(ManifestError):
        connect().upload(path)
    assert not cloud.seen


@pytest.mark.covers("tencent F-3", "tencent G-20")
def test_f03_segments_are_named_as_players_ask_for_them(
    cloud: FakeCloud, connect: Connect, folder: Path
) -> None:
    connect().upload(write_playlist(folder, "#EXTINF:1,", "./a.ts", "#EXTINF:1,", "sub/./b.ts"))
    assert set(names(cloud)) == {"f0.m3u8", "a.ts", "sub/b.ts"}


@pytest.mark.covers("tencent F-4", "tencent G-20")
def test_f04_a_segment_named_twice_is_sent_once(cloud: FakeCloud, connect: Connect, folder: Path) -> None:
    lines = ["#EXTINF:1,", "#EXT-X-BYTERANGE:50@0", "a.ts", "#EXTINF:1,", "#EXT-X-BYTERANGE:50@50", "a.ts"]
    connect().upload(write_playlist(folder, *lines))
    assert len(cloud.did("PUT")) == 2


@pytest.mark.covers("tencent F-5", "tencent G-20")
def test_f05_upper_case_manifest(cloud: FakeCloud, connect: Connect, folder: Path) -> None:
    (folder / "p.m3u8").rename(folder / "U.M3U8")
    connect().upload(folder / "U.M3U8")
    assert set(names(cloud)) == {"f0.m3u8", "a.ts", "sub/b.ts"}
    assert cloud.did("ApplyUpload")[0].fields["MediaType"] == "m3u8"


@pytest.mark.covers("tencent F-6", "tencent G-20")
def test_f06_byte_order_mark_and_other_encodings(cloud: FakeCloud, connect: Connect, folder: Path) -> None:
    body = b"#EXTM3U\r\n# \xff\r\n#EXTINF:1,\r\na.ts\r\n#EXT-X-ENDLIST\r\n"
    (folder / "p.m3u8").write_bytes(b"\xef\xbb\xbf" + body)
    connect().upload(folder / "p.m3u8")
    assert set(names(cloud)) == {"f0.m3u8", "a.ts"}
    assert names(cloud)["f0.m3u8"] == b"\xef\xbb\xbf" + body


@pytest.mark.covers("tencent F-7", "tencent G-20")
def test_f07_cover_type_without_cover(cloud: FakeCloud, connect: Connect, video: Path) -> None:
    with pytest.raises(InvalidRequest, match="cover"):
        connect().upload(video, cover_type="png")
    assert not cloud.seen


@pytest.mark.covers("tencent F-8", "tencent G-20")
def test_f08_path_objects(cloud: FakeCloud, connect: Connect, video: Path) -> None:
    class PathLike:
        def __fspath__(self) -> str:
            return str(video)

    assert connect().upload(PathLike()).title == "movie"
    assert connect().upload(video, title="again").title == "again"


@pytest.mark.covers("tencent F-9", "tencent G-20")
def test_f09_nothing_of_one_upload_stays_for_the_next(
    cloud: FakeCloud, connect: Connect, tmp_path: Path
) -> None:
    vod = connect()
    for name in ("first.mp4", "second.mp3"):
        (tmp_path / name).write_bytes(name.encode())
        vod.upload(tmp_path / name)
    asked = [(seen.fields["MediaName"], seen.fields["MediaType"]) for seen in cloud.did("ApplyUpload")]
    assert asked == [("first", "mp4"), ("second", "mp3")]


@pytest.mark.covers("tencent F-10", "tencent G-20")
def test_f10_no_parts_at_once_is_refused(cloud: FakeCloud, connect: Connect, video: Path) -> None:
    with pytest.raises(ConfigError, match="parallel"):
        connect().upload(video, parallel=0)
    assert not cloud.seen


@pytest.mark.covers("tencent F-11", "tencent G-20")
def test_f11_parallel_as_text(cloud: FakeCloud, tmp_path: Path, video: Path) -> None:
    with (
        serving(cloud) as service,
        vodkit.connect(
            "tencent", secret_id=ID, secret_key=KEY, service=service, parallel="5", state_dir=str(tmp_path)
        ) as vod,
    ):
        assert vod.settings.parallel == 5
        vod.upload(video)


@pytest.mark.covers("tencent F-14", "tencent G-20")
def test_f14_no_secret_in_logs_reprs_or_errors(
    cloud: FakeCloud, connect: Connect, video: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vod = connect(token="")
    said: list[str] = []
    cloud.fault = lambda seen: cos_fault(403, "AccessDenied", "no") if seen.do == "PUT" else None
    with pytest.raises(PermissionDenied) as caught:
        vod.upload(video, on_notice=said.append)
    api = vod.provider.api  # type: ignore[attr-defined]
    said += [caplog.text, repr(vod), repr(vod.provider), repr(api), repr(api.credentials)]
    said += [str(caught.value), repr(caught.value), str(caught.value.as_dict())]
    for secret in (KEY, TEMP_KEY, TEMP_TOKEN):
        assert secret not in "\n".join(said)


@pytest.mark.covers("tencent F-15", "tencent G-20", "tencent G-22")
def test_f15_token_without_temporary_certificate(cloud: FakeCloud, connect: Connect, video: Path) -> None:
    cloud.certificate, cloud.token = False, "session token"
    connect(token="session token").upload(video, part_size=4000)
    store = [seen for seen in cloud.seen if seen.key]
    assert store
    assert {seen.headers["x-cos-security-token"] for seen in store} == {"session token"}


@pytest.mark.covers("tencent F-16", "tencent G-20")
def test_f16_errors_are_read_by_their_body(cloud: FakeCloud, connect: Connect, video: Path) -> None:
    cloud.fault = lambda seen: api_fault(
        wire.codes.MEDIA_TYPE, "invalid media type", charset="; charset=utf-8"
    )
    with pytest.raises(InvalidRequest, match="invalid media type") as caught:
        connect().upload(video)
    assert caught.value.code == "InvalidParameterValue.MediaType"


@pytest.mark.covers("tencent F-17", "tencent G-20")
def test_f17_manifests_are_read_here(cloud: FakeCloud, connect: Connect, folder: Path) -> None:
    connect(sub_app=101).upload(folder / "p.m3u8")
    assert not cloud.did("ParseStreamingManifest")
    assert cloud.did("ApplyUpload")[0].fields["SubAppId"] == 101


@pytest.mark.covers("tencent F-18", "tencent G-20")
@pytest.mark.parametrize("manifest", [False, True])
def test_f18_progress_is_told_for_small_files_and_whole_folders(
    cloud: FakeCloud, connect: Connect, folder: Path, manifest: bool
) -> None:
    told: list[tuple[int, int | None]] = []
    path = folder / ("p.m3u8" if manifest else "a.ts")
    connect().upload(path, on_progress=lambda progress: told.append((progress.sent, progress.total)))
    total = sum(len(data) for data in cloud.objects.values())
    assert told[-1] == (total, total)
    done = [count for count, _ in told]
    assert done == sorted(done)


@pytest.mark.covers("tencent F-19", "tencent G-20")
def test_f19_the_cause_of_a_failed_part(cloud: FakeCloud, connect: Connect, video: Path) -> None:
    def refuse(seen: Seen) -> Reply | None:
        third = seen.do == "PUT uploadId partNumber" and seen.fields["partNumber"] == "3"
        return cos_fault(403, "AccessDenied", "no such right") if third else None

    cloud.fault = refuse
    vod = connect()
    with pytest.raises(PermissionDenied, match="no such right") as caught:
        vod.upload(video, part_size=1000, parallel=1)
    assert (caught.value.code, caught.value.part) == ("AccessDenied", "3")
    assert not cloud.did("CommitUpload")
    cloud.fault = None
    media = vod.upload(video, part_size=1000, parallel=1)
    assert cloud.objects[media.url.partition(".com/")[2]] == video.read_bytes()
    numbers = [seen.fields["partNumber"] for seen in cloud.did("PUT uploadId partNumber")]
    assert sorted(set(numbers), key=int) == [str(n) for n in range(1, 11)]
    assert numbers.count("1") == 1


@pytest.mark.covers("tencent F-20", "tencent G-20")
def test_f20_an_unreachable_api_is_tried_with_pauses(tmp_path: Path, video: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[int] = []

        def hang_up() -> None:
            while True:
                try:
                    listener.accept()[0].close()
                except OSError:
                    return
                taken.append(1)

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        service = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with (
            Tencent(ID, KEY, service=service, part_tries=3, state_dir=tmp_path) as vod,
            pytest.raises(ConnectionLost),
        ):
            vod.upload(video)
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert len(taken) == 3


@pytest.mark.covers("tencent F-21", "tencent G-20")
def test_f21_an_upload_that_outlives_its_key(cloud: FakeCloud, connect: Connect, video: Path) -> None:
    def grow_old(seen: Seen) -> None:
        first = len(cloud.sessions) == 1
        if first and seen.do == "PUT uploadId partNumber" and seen.fields["partNumber"] == "5":
            next(iter(cloud.sessions.values()))["until"] = 0

    cloud.life, cloud.fault = 30, grow_old
    said: list[str] = []
    media = connect().upload(video, part_size=1000, parallel=1, on_notice=said.append)
    assert cloud.objects[media.url.partition(".com/")[2]] == video.read_bytes()
    assert len(cloud.did("ApplyUpload")) == 2
    assert said


@pytest.mark.covers("tencent F-22", "tencent G-20")
def test_f22_a_file_that_changes_while_it_is_sent(cloud: FakeCloud, connect: Connect, video: Path) -> None:
    def change(seen: Seen) -> None:
        if seen.do == "PUT uploadId partNumber" and seen.fields["partNumber"] == "2":
            video.write_bytes(os.urandom(10_000))

    cloud.fault = change
    with pytest.raises(SourceChanged):
        connect().upload(video, part_size=1000, parallel=1)
    assert not cloud.did("CommitUpload")
    assert not cloud.uploads


@pytest.mark.covers("tencent F-23", "tencent G-20")
def test_f23_segments_travel_together(cloud: FakeCloud, connect: Connect, folder: Path) -> None:
    together = threading.Barrier(2, timeout=20)

    def meet(method: str, path: str) -> None:
        if path.endswith(".ts"):
            together.wait()

    connect(before=meet).upload(folder / "p.m3u8")
    assert not together.broken
    assert cloud.did("PUT")[-1].key.endswith(".m3u8")


@pytest.mark.covers("tencent F-24", "tencent G-20")
def test_f24_empty_files_only_when_meant(cloud: FakeCloud, connect: Connect, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    vod = connect()
    with pytest.raises(EmptySource):
        vod.upload(empty)
    assert not cloud.seen
    assert vod.upload(empty, allow_empty=True).size == 0


@pytest.mark.covers("tencent F-25", "tencent G-20")
def test_f25_proxy_timeouts_and_endpoint_are_settings(cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.fault = lambda seen: api_answer({"ClassInfoSet": []}) if seen.do == "DescribeAllClass" else None
    seen: list[str] = []
    with (
        serving(cloud, lambda method, path: seen.append(path)) as proxy,
        Tencent(
            ID, KEY, endpoint="http://vod.tencentcloudapi.com", proxy=proxy, timeout=5, state_dir=tmp_path
        ) as vod,
    ):
        assert vod.classes.list() == []
        assert vod.settings.answer_timeout == 5
    assert seen == ["http://vod.tencentcloudapi.com/"]


@pytest.mark.covers("tencent F-26")
def test_f26_hostile_xml_is_refused(cloud: FakeCloud, connect: Connect, video: Path) -> None:
    bomb = (
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><InitiateMultipartUploadResult>&a;</InitiateMultipartUploadResult>'
    )
    cloud.fault = lambda seen: Reply(200, {}, bomb) if seen.do == "POST uploads" else None
    with pytest.raises(ProtocolError):
        connect().upload(video, part_size=1000)


@pytest.mark.covers("tencent F-28")
def test_f28_only_the_last_extension_is_cut(cloud: FakeCloud, connect: Connect, tmp_path: Path) -> None:
    path = tmp_path / "a.tar.mp4"
    path.write_bytes(b"x")
    assert connect().upload(path).title == "a.tar"

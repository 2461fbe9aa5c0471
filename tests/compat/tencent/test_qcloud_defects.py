"""The inputs that go wrong in the vendor's SDK, and what the drop-in makes of them."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from qcloud_vod.exception import VodClientException
from qcloud_vod.model import VodUploadRequest, VodUploadResponse
from qcloud_vod.vod_upload_client import VodUploadClient, models, vod_client
from tencentcloud.common.exception import TencentCloudSDKException

from tests.processes import child
from tests.unit.tencent.cloud_server import serving
from tests.unit.tencent.fake_cloud import ID, KEY, TEMP_KEY, TEMP_TOKEN, FakeCloud, Seen, api_fault, cos_fault
from vodkit.core.contract import Reply
from vodkit.core.errors import VodError

from ..service import SOURCES

MIB = 1 << 20
REGION = "ap-guangzhou"


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCloud]:
    """The cloud in memory, which every upload of the test goes to."""
    made = FakeCloud()
    with serving(made) as address:
        monkeypatch.setenv("VODKIT_SERVICE", address)
        monkeypatch.setenv("VODKIT_STATE_DIR", str(tmp_path / "state"))
        monkeypatch.setenv("VODKIT_CONFIG", str(tmp_path / "config.toml"))
        yield made


@pytest.fixture
def client(cloud: FakeCloud) -> VodUploadClient:
    return VodUploadClient(ID, KEY)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return made(tmp_path / "movie.mp4", 1000)


def made(path: Path, size: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def asking(path: object, **fields: Any) -> VodUploadRequest:
    request = VodUploadRequest()
    request.MediaFilePath = path  # type: ignore[assignment]
    for name, value in fields.items():
        setattr(request, name, value)
    return request


def folder(place: Path, *lines: str, name: str = "p.m3u8") -> Path:
    made(place / "a.ts", 100)
    made(place / "sub" / "b.ts", 200)
    playlist = place / name
    playlist.write_text("\n".join(["#EXTM3U", *lines, "#EXT-X-ENDLIST", ""]))
    return playlist


@pytest.mark.covers("tencent G-24")
def test_checks_come_in_the_vendors_order_and_before_the_keys(cloud: FakeCloud, tmp_path: Path) -> None:
    client, request = VodUploadClient("", ""), asking(None, CoverFilePath=str(tmp_path / "c"))
    steps: list[tuple[str, Callable[[], object]]] = [
        ("lack media path", lambda: setattr(request, "MediaFilePath", str(tmp_path / "m"))),
        ("media path is invalid", lambda: made(tmp_path / "m", 10)),
        ("lack media type", lambda: setattr(request, "MediaType", "mp4")),
        ("cover path is invalid", lambda: made(tmp_path / "c", 10)),
        ("lack cover type", lambda: setattr(request, "CoverType", "png")),
    ]
    with pytest.raises(VodClientException, match=r"\Alack region\Z"):
        client.upload("", request)
    for complaint, mend in steps:
        with pytest.raises(VodClientException) as caught:
            client.upload(REGION, request)
        assert (str(caught.value), caught.value.message) == (complaint, complaint)
        mend()
    for secret_id in ("", "id "):
        client.secret_id, client.secret_key = secret_id, "key"
        with pytest.raises(TencentCloudSDKException) as refused:
            client.upload(REGION, request)
        assert refused.value.get_code() == "InvalidCredential"
    assert not cloud.seen


@pytest.mark.covers("tencent F-7")
def test_a_cover_type_without_a_cover(cloud: FakeCloud, client: VodUploadClient, video: Path) -> None:
    with pytest.raises(VodClientException, match=r"\Alack cover path\Z"):
        client.upload(REGION, asking(video, CoverType="png"))
    assert not cloud.seen


@pytest.mark.covers("tencent F-8")
def test_paths_need_not_be_text(cloud: FakeCloud, client: VodUploadClient, video: Path) -> None:
    cover = made(video.parent / "c.png", 10)
    client.upload(REGION, asking(video, CoverFilePath=cover))
    assert sorted(map(len, cloud.objects.values())) == [10, 1000]


@pytest.mark.covers("tencent F-9")
def test_one_request_serves_for_several_files(
    cloud: FakeCloud, client: VodUploadClient, tmp_path: Path
) -> None:
    request = asking(None)
    for name in ("first.mp4", "second.mp3"):
        request.MediaFilePath = str(made(tmp_path / name, 10))
        before = dict(vars(request))
        client.upload(REGION, request)
        assert vars(request) == before
    asked = [(seen.fields["MediaName"], seen.fields["MediaType"]) for seen in cloud.did("ApplyUpload")]
    assert asked == [("first", "mp4"), ("second", "mp3")]


@pytest.mark.covers("tencent F-9")
def test_defaults_are_written_where_that_is_wanted(client: VodUploadClient, video: Path) -> None:
    client.write_defaults = True
    request = asking(video, CoverFilePath=str(made(video.parent / "c.PNG", 10)))
    client.upload(REGION, request)
    assert (request.MediaType, request.MediaName, request.CoverType) == ("mp4", "movie", "PNG")


def test_every_field_reaches_the_api(cloud: FakeCloud, client: VodUploadClient, video: Path) -> None:
    fields = {
        "MediaType": "flv",
        "SubAppId": 101,
        "MediaName": "名字",
        "Procedure": "Your Procedure Name",
        "ExpireTime": "2199-01-02T03:04:05Z",
        "StorageRegion": "ap-beijing",
        "ClassId": 7,
        "SourceContext": "source",
        "SessionContext": "session",
        "ExtInfo": "ext",
        "MediaStoragePath": "/wanted/name.mp4",
    }
    client.upload(REGION, asking(video, **fields))
    assert cloud.did("ApplyUpload")[0].fields == fields
    assert cloud.did("ApplyUpload")[0].headers["x-tc-region"] == REGION
    assert cloud.did("CommitUpload")[0].fields["SubAppId"] == 101


@pytest.mark.covers("tencent F-10", "tencent F-11")
@pytest.mark.parametrize("number", [0, "0", 1, "5", 20])
def test_any_number_of_parts_at_once(
    cloud: FakeCloud, client: VodUploadClient, tmp_path: Path, number: object
) -> None:
    video = made(tmp_path / "long.mp4", 17 * MIB)
    client.upload(REGION, asking(video, ConcurrentUploadNumber=number))
    assert list(cloud.objects.values()) == [video.read_bytes()]


def test_a_number_that_is_none(cloud: FakeCloud, client: VodUploadClient, video: Path) -> None:
    with pytest.raises(VodClientException, match="ConcurrentUploadNumber"):
        client.upload(REGION, asking(video, ConcurrentUploadNumber="many"))
    assert not cloud.seen


@pytest.mark.covers("tencent F-14")
def test_the_log_holds_the_id_and_no_secret(
    client: VodUploadClient, video: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    response = client.upload(REGION, asking(video))
    assert response.FileId in caplog.text
    assert "qcloud_vod.vod_upload_client" in {record.name for record in caplog.records}
    for secret in (KEY, TEMP_KEY, TEMP_TOKEN):
        assert secret not in caplog.text


@pytest.mark.covers("tencent F-16")
@pytest.mark.parametrize("charset", ["", "; charset=utf-8"])
def test_the_apis_refusal_is_the_vendors_exception(
    cloud: FakeCloud, client: VodUploadClient, video: Path, charset: str
) -> None:
    code, words = "FailedOperation.InvalidVodUser", "开通服务"
    cloud.fault = lambda seen: api_fault(code, words, charset=charset)
    with pytest.raises(TencentCloudSDKException) as caught:
        client.upload(REGION, asking(video))
    assert (caught.value.code, caught.value.message, caught.value.requestId) == (code, words, "req-1")
    assert isinstance(caught.value.__cause__, VodError)


@pytest.mark.parametrize(
    ("field", "code"),
    [("MediaType", "InvalidParameterValue.MediaType"), ("ExpireTime", "InvalidParameter.ExpireTime")],
)
def test_what_is_refused_here_has_the_vendors_code(
    cloud: FakeCloud, client: VodUploadClient, video: Path, field: str, code: str
) -> None:
    with pytest.raises(TencentCloudSDKException) as caught:
        client.upload(REGION, asking(video, **{field: "test"}))
    assert caught.value.get_code() == code
    assert not cloud.seen


@pytest.mark.covers("tencent F-18", "tencent F-24")
@pytest.mark.parametrize("size", [0, 1, 1000, 9 * MIB])
def test_progress_ends_at_the_total(client: VodUploadClient, tmp_path: Path, size: int) -> None:
    told: list[tuple[int, int]] = []
    cover = made(tmp_path / "c.png", 77)
    request = asking(made(tmp_path / "movie.mp4", size), CoverFilePath=str(cover))
    client.upload(REGION, request, lambda consumed, total: told.append((consumed, total)))
    assert told[-1] == (size + 77, size + 77)
    assert {total for _, total in told} == {size + 77}
    assert told == sorted(told)


@pytest.mark.covers("tencent F-18")
def test_progress_counts_a_whole_folder(client: VodUploadClient, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    playlist = folder(tmp_path, "#EXTINF:1,", "a.ts", "#EXTINF:1,", "sub/b.ts")
    client.upload(REGION, asking(playlist), lambda *pair: told.append(pair))
    whole = 300 + playlist.stat().st_size
    assert told[-1] == (whole, whole)
    assert told == sorted(told)


def test_what_the_callback_raises_ends_the_upload(client: VodUploadClient, video: Path) -> None:
    def stop(consumed: int, total: int) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        client.upload(REGION, asking(video), stop)


@pytest.mark.covers("tencent F-24")
def test_empty_files_are_refused_where_that_is_wanted(
    cloud: FakeCloud, client: VodUploadClient, tmp_path: Path
) -> None:
    client.allow_empty = False
    with pytest.raises(VodClientException, match="empty"):
        client.upload(REGION, asking(made(tmp_path / "empty.mp4", 0)))
    assert not cloud.seen


@pytest.mark.covers("tencent F-19")
def test_a_failing_part_tells_its_cause_and_the_next_call_goes_on(
    cloud: FakeCloud, client: VodUploadClient, tmp_path: Path
) -> None:
    from qcloud_cos import CosServiceError

    def refuse(seen: Seen) -> Reply | None:
        second = seen.do == "PUT uploadId partNumber" and seen.fields["partNumber"] == "2"
        return cos_fault(403, "AccessDenied", "no such right") if second else None

    video = made(tmp_path / "long.mp4", 25 * MIB)
    request = asking(video, ConcurrentUploadNumber=1)
    cloud.fault = refuse
    with pytest.raises(CosServiceError) as caught:
        client.upload(REGION, request)
    error = caught.value
    assert (error.get_status_code(), error.get_error_code()) == (403, "AccessDenied")
    assert error.get_error_msg() == "no such right"
    assert not cloud.did("CommitUpload")
    cloud.fault = None
    client.upload(REGION, request)
    assert list(cloud.objects.values()) == [video.read_bytes()]
    numbers = [seen.fields["partNumber"] for seen in cloud.did("PUT uploadId partNumber")]
    assert numbers.count("1") == 1
    assert len(cloud.did("ApplyUpload")) == 1


@pytest.mark.covers("tencent F-20")
def test_an_api_that_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch, client: VodUploadClient, video: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    monkeypatch.setenv("VODKIT_SERVICE", address)
    client.retry_time = 2
    with pytest.raises(TencentCloudSDKException) as caught:
        client.upload(REGION, asking(video))
    assert caught.value.get_code() == "ClientNetworkError"
    assert not caught.value.get_request_id()
    assert caught.value.__notes__


@pytest.mark.parametrize("retry_time", [1, 2])
def test_retry_time_is_how_often_a_request_is_tried(
    cloud: FakeCloud, client: VodUploadClient, video: Path, retry_time: int
) -> None:
    cloud.fault = lambda seen: api_fault("InternalError", "no", request_id="")
    client.retry_time = retry_time
    with pytest.raises(TencentCloudSDKException):
        client.upload(REGION, asking(video))
    assert len(cloud.did("ApplyUpload")) == retry_time


def test_how_often_can_be_said_from_outside(
    cloud: FakeCloud, client: VodUploadClient, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VODKIT_PART_TRIES", "1")
    cloud.fault = lambda seen: api_fault("InternalError", "no", request_id="")
    with pytest.raises(TencentCloudSDKException):
        client.upload(REGION, asking(video))
    assert len(cloud.did("ApplyUpload")) == 1


def test_a_path_is_never_an_address_nor_standard_input(
    cloud: FakeCloud, client: VodUploadClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made(tmp_path / "-", 10)
    made(tmp_path / "file:x.png", 20)
    client.upload(REGION, asking("-", MediaType="mp4", CoverFilePath="file:x.png"))
    assert sorted(map(len, cloud.objects.values())) == [10, 20]


def test_an_expired_token_says_what_to_do(cloud: FakeCloud, video: Path) -> None:
    with pytest.raises(TencentCloudSDKException) as caught:
        VodUploadClient(ID, KEY, "old").upload(REGION, asking(video))
    assert caught.value.get_code() == "AuthFailure.TokenFailure"
    assert "new temporary credentials" in caught.value.__notes__[0]


@pytest.mark.covers("tencent F-1", "tencent F-3", "tencent F-4", "tencent F-5")
def test_playlists_take_their_files_along(
    cloud: FakeCloud, client: VodUploadClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(tmp_path, "#EXTINF:1,", "./a.ts", "#EXTINF:1,", "sub/b.ts", "#EXTINF:1,", "a.ts", name="U.M3U8")
    monkeypatch.chdir(tmp_path)
    client.upload(REGION, asking("U.M3U8"))
    assert {key.split("/", 2)[2] for key in cloud.objects} == {"f0.m3u8", "a.ts", "sub/b.ts"}
    assert len(cloud.did("PUT")) == 3


@pytest.mark.covers("tencent F-2")
@pytest.mark.parametrize("line", ["../up.ts", "/a.ts", "http://h.example/a.ts", "missing.ts"])
def test_playlists_that_reach_outside(
    cloud: FakeCloud, client: VodUploadClient, tmp_path: Path, line: str
) -> None:
    made(tmp_path / "up.ts", 10)
    with pytest.raises(VodClientException):
        client.upload(REGION, asking(folder(tmp_path / "hls", "#EXTINF:1,", line)))
    assert not cloud.seen


@pytest.mark.parametrize(("name", "kind"), [("p.txt", "m3u8"), ("p.m3u8", "mp4")])
def test_playlists_under_a_false_flag(
    cloud: FakeCloud, client: VodUploadClient, tmp_path: Path, name: str, kind: str
) -> None:
    """The vendor's client goes by MediaType alone; here its files never stay behind unnoticed."""
    with pytest.raises(TencentCloudSDKException):
        client.upload(REGION, asking(folder(tmp_path, "#EXTINF:1,", "a.ts", name=name), MediaType=kind))
    assert not cloud.seen


def test_the_list_of_a_playlists_files(client: VodUploadClient, tmp_path: Path) -> None:
    folder(tmp_path / "gear", "#EXTINF:1,", "a.ts")
    top = folder(tmp_path, "#EXT-X-STREAM-INF:BANDWIDTH=1", "gear/p.m3u8")
    manifests: list[str] = []
    files: list[str] = []
    for _ in range(2):
        client.parse_manifest(None, str(top), "m3u8", manifests, files)
    assert manifests == [str(top), str(tmp_path / "gear" / "p.m3u8")]
    assert files == [str(tmp_path / "gear" / "p.m3u8"), str(tmp_path / "gear" / "a.ts")]


def test_the_state_cannot_be_written(
    client: VodUploadClient,
    cloud: FakeCloud,
    video: Path,
    bad_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("VODKIT_STATE_DIR", str(bad_folder))
    warned: list[bool] = []
    cloud.fault = lambda seen: warned.append("will not be resumable" in caplog.text)  # type: ignore[func-returns-value]
    client.upload(REGION, asking(video))
    assert warned
    assert all(warned)
    assert list(cloud.objects.values()) == [video.read_bytes()]


def test_two_uploads_have_two_ids(client: VodUploadClient, video: Path) -> None:
    request = asking(video)
    assert client.upload(REGION, request).FileId != client.upload(REGION, request).FileId


def test_uploads_at_once_do_not_mix(cloud: FakeCloud, client: VodUploadClient, tmp_path: Path) -> None:
    videos = [made(tmp_path / f"{number}.mp4", 9 * MIB + number) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda video: client.upload(REGION, asking(video)), videos))
    assert len({response.FileId for response in done}) == 4
    for video, response in zip(videos, done, strict=True):
        assert cloud.objects[response.MediaUrl.partition(".com/")[2]] == video.read_bytes()


def test_a_script_that_is_killed_goes_on_when_it_is_run_again(cloud: FakeCloud, tmp_path: Path) -> None:
    video = made(tmp_path / "long.mp4", 25 * MIB)
    program = (
        "from qcloud_vod.vod_upload_client import VodUploadClient\n"
        "from qcloud_vod.model import VodUploadRequest\n"
        "request = VodUploadRequest()\n"
        f"request.MediaFilePath = {str(video)!r}\n"
        "request.ConcurrentUploadNumber = 1\n"
        f"print(VodUploadClient({ID!r}, {KEY!r}).upload({REGION!r}, request).FileId)\n"
    )
    command, env = [sys.executable, "-c", program], {**os.environ, "PYTHONPATH": os.pathsep.join(SOURCES)}

    def kill(seen: Seen) -> None:
        if seen.do == "PUT uploadId partNumber" and seen.fields["partNumber"] == "3":
            running.kill()

    cloud.fault = kill
    with child(command, env=env) as running:
        assert running.wait() == -signal.SIGKILL
    cloud.fault = None
    assert subprocess.run(command, env=env, capture_output=True, text=True).stdout.strip().isdigit()
    assert list(cloud.objects.values()) == [video.read_bytes()]
    numbers = [seen.fields["partNumber"] for seen in cloud.did("PUT uploadId partNumber")]
    assert (numbers.count("1"), numbers.count("2")) == (1, 1)
    assert len(cloud.did("ApplyUpload")) == 1


def test_checks_can_be_left_to_the_engine(cloud: FakeCloud, client: VodUploadClient, video: Path) -> None:
    client.ignore_check = True
    assert client.upload(REGION, asking(video)).FileId
    for path in (None, str(video.parent / "nowhere.mp4")):
        with pytest.raises(VodClientException):
            client.upload(REGION, asking(path))


def test_the_steps_can_be_taken_one_by_one(cloud: FakeCloud, client: VodUploadClient, video: Path) -> None:
    api = vod_client.VodClient(client, REGION)
    request = models.ApplyUploadRequest()
    request.MediaType = "mp4"
    applied = client.apply_upload(api, request)
    assert applied.TempCertificate.Token == TEMP_TOKEN
    sent: list[dict[str, Any]] = []

    class Store:
        def upload_file(self, **options: Any) -> None:
            sent.append(options)
            cloud.objects[options["Key"]] = video.read_bytes()

    client.upload_cos(Store(), str(video), applied.StorageBucket, applied.MediaStoragePath[1:], 7, None)
    assert sent[0]["MAXThread"] == 7
    commit = models.CommitUploadRequest()
    commit.VodSessionKey = applied.VodSessionKey
    committed = VodUploadResponse()
    committed._deserialize(client.commit_upload(api, commit)._serialize())
    assert committed.FileId


@pytest.mark.parametrize(("request_id", "tries"), [("", 3), ("id", 1)])
def test_a_step_is_repeated_only_where_nobody_answered(request_id: str, tries: int) -> None:
    asked: list[object] = []

    class Api:
        def ApplyUpload(self, request: object) -> None:
            asked.append(request)
            raise TencentCloudSDKException("InternalError", "no", request_id)

    with pytest.raises(TencentCloudSDKException):
        VodUploadClient("a", "b").apply_upload(Api(), models.ApplyUploadRequest())
    assert len(asked) == tries

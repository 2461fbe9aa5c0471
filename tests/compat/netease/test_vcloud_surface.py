"""Import paths, names, signatures, results and progress that callers of the vendor's SDK rely on."""

from __future__ import annotations

import importlib
import inspect
import logging
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
import vcloud
from vcloud import Client, UploadHost, UploadInit, UploadProgressRecorder, config
from vcloud.http import ResponseInfo
from vcloud.storage.uploader import _Resume

from tests.unit.netease import fake_cloud
from vodkit import ConfigError, VodError
from vodkit.core.part import Part, Sent
from vodkit.engine.journal import Journal

MIB = 1 << 20
BLOCK = 4 * MIB
BODY = {"originFileName": "beauty.mp4"}
PUT = [
    "upload_init",
    "upload_host",
    "file_name",
    "file_path",
    "file_size",
    "modify_time",
    "offset",
    "context",
    "upload_progress_recorder",
    "mime_type",
    "progress_handler",
]
STREAM = [
    "upload_init",
    "upload_host",
    "file_name",
    "size",
    "modify_time",
    "offset",
    "context",
    "input_stream",
    "upload_progress_recorder",
    "mime_type",
    "progress_handler",
]


def make(folder: Path, size: int, name: str = "clip.mp4") -> str:
    path = folder / name
    path.write_bytes(os.urandom(size))
    return str(path)


def client(key: str = "Your AppKey", secret: str = "Your AppSecret") -> Client:
    return Client(key, secret)


@pytest.mark.covers("netease 13-59")
@pytest.mark.parametrize(
    ("module", "names"),
    [
        (
            "vcloud",
            "Transport Auth UploadInit UploadHost QueryResult VcloudResp put_file UploadProgressRecorder "
            "Client __version__ config http utils transport client model storage",
        ),
        (
            "vcloud.config",
            "VCLOUD_API_HOST WANPROXY_HOST _BLOCK_SIZE POOL_CONNECTIONS CONNECTION_TIMEOUT "
            "CONNECTION_RETRIES TMP_FILE",
        ),
        ("vcloud.http", "_init _return_wrapper _get _post_json _post _post_file ResponseInfo"),
        ("vcloud.utils", "_file_iter"),
        ("vcloud.transport", "Transport"),
        ("vcloud.client.auth", "Auth"),
        ("vcloud.client.vcloud_client", "Client"),
        ("vcloud.model.upload_init", "UploadInit"),
        ("vcloud.model.upload_host", "UploadHost"),
        ("vcloud.model.query_result", "QueryResult"),
        ("vcloud.model.vcloud_response", "VcloudResp"),
        ("vcloud.storage.uploader", "put_file put_stream _Resume"),
        ("vcloud.storage.upload_progress_recorder", "UploadProgressRecorder"),
    ],
)
def test_names(module: str, names: str) -> None:
    loaded = importlib.import_module(module)
    for name in names.split():
        assert getattr(loaded, name) is not None
    assert hasattr(vcloud.http, "_session")
    assert vcloud.__version__ == "1.0.2"


@pytest.mark.covers("netease 13-59")
@pytest.mark.parametrize(
    ("what", "parameters"),
    [
        (Client, ["access_key_id", "access_key_secret", "transport_class"]),
        (Client.upload_file, ["self", "body", "file_path", "progress_handler", "mime_type"]),
        (Client.upload_init, ["self", "body"]),
        (Client.get_upload_host, ["self"]),
        (Client.query_id, ["self", "body"]),
        (Client.set_callback, ["self", "body"]),
        (vcloud.Auth, ["AppKey", "AppSecret"]),
        (vcloud.Transport, ["access_key_id", "access_key_secret"]),
        (vcloud.Transport.vcloud_api_request, ["self", "operator", "headers", "body"]),
        (vcloud.Transport.get_offset, ["self", "upload_host", "upload_init", "context"]),
        (vcloud.Transport().upload_file, PUT),
        (vcloud.put_file, PUT),
        (vcloud.storage.uploader.put_stream, STREAM),
        (_Resume, STREAM),
        (_Resume.block_upload, ["self", "url", "block"]),
        (_Resume.block_url, ["self", "host", "offset", "context"]),
        (_Resume.record_upload_progress, ["self", "context"]),
        (_Resume.as_parent, ["num", "den"]),
        (ResponseInfo, ["response", "exception"]),
        (UploadInit, ["bucket", "objectName", "xNosToken"]),
        (UploadHost, ["upload_host", "upload_host_backup"]),
        (vcloud.QueryResult, ["objectName", "vid", "imgId"]),
        (vcloud.VcloudResp, ["code", "ret", "msg"]),
        (UploadProgressRecorder, ["record_folder"]),
        (UploadProgressRecorder.set_upload_record, ["self", "file_name", "key", "data"]),
        (vcloud.http._get, ["url", "body", "headers"]),
        (vcloud.http._post_json, ["url", "body", "headers"]),
        (vcloud.http._post, ["url", "headers", "stream"]),
        (vcloud.http._post_file, ["url", "headers", "stream"]),
        (vcloud.utils._file_iter, ["input_stream", "size", "offset"]),
    ],
)
def test_parameters(what: Any, parameters: list[str]) -> None:
    assert list(inspect.signature(what).parameters) == parameters


def test_defaults() -> None:
    upload = inspect.signature(Client.upload_file).parameters
    assert upload["progress_handler"].default is None
    assert upload["mime_type"].default == "application/octet-stream"
    recorder = inspect.signature(UploadProgressRecorder).parameters
    assert recorder["record_folder"].default == tempfile.gettempdir()
    made = client()
    assert sorted(vars(made)) == ["auth", "transport"]
    assert isinstance(made.transport, vcloud.Transport)
    auth = vars(vcloud.Auth("k", "s"))
    assert len(auth["Nonce"]) == 128
    assert isinstance(auth["CurTime"], int)


@pytest.mark.covers("netease 13-60")
def test_results_of_what_goes_well(at_service: None, tmp_path: Path) -> None:
    made = client()
    result = made.upload_file(BODY, make(tmp_path, 1000))
    assert isinstance(result, vcloud.QueryResult)
    assert isinstance(result.vid, int)
    again = made.query_id({"objectNames": [result.objectName]})
    assert vars(again) == vars(result)
    assert made.set_callback({"callbackUrl": "http://1.111.11.1"}) == "设置成功"
    init, host = made.upload_init(BODY), made.get_upload_host()
    assert init is not None
    assert host is not None
    assert sorted(vars(init)) == ["bucket", "objectName", "xNosToken"]
    assert host.upload_host.startswith("http://127.0.0.1:")
    picture = made.upload_file({"originFileName": "a.png"}, make(tmp_path, 10, "a.png"))
    assert (picture.vid, type(picture.imgId)) == (None, int)


@pytest.mark.covers("netease 13-60", "netease D-17")
def test_results_of_what_is_refused(at_service: None, tmp_path: Path, caplog: Any) -> None:
    stranger = client(secret="wrong")
    assert stranger.upload_init(BODY) is None
    assert "upload/init: " in caplog.text
    assert stranger.upload_file(BODY, make(tmp_path, 1000)) is None
    assert "code 710" in caplog.text
    for answer in (
        stranger.query_id({"objectNames": ["a"]}),
        stranger.set_callback({"callbackUrl": "http://a"}),
    ):
        assert isinstance(answer, str)
        assert vars(answer) == {"code": 710, "msg": str(answer)}
    assert client().upload_init({}) is None
    assert client().upload_file({}, make(tmp_path, 1000)) is None
    assert client().set_callback({"callbackUrl": "nowhere"}).code == 400


@pytest.mark.covers("netease 13-60", "netease D-17")
@pytest.mark.parametrize("fault", [fake_cloud.DROP, (503, b"{}"), (200, b"no JSON")])
def test_results_where_nothing_answers(cloud: Any, tmp_path: Path, monkeypatch: Any, fault: Any) -> None:
    monkeypatch.setattr(config, "CONNECTION_RETRIES", 0)
    cloud.fault = lambda seen: fault
    made = client()
    assert made.upload_init(BODY) is None
    assert made.get_upload_host() is None
    assert made.upload_file(BODY, make(tmp_path, 1000)) is None
    assert made.query_id({"objectNames": ["a"]}) == "请求异常"
    assert made.set_callback({"callbackUrl": "http://a"}) == "请求异常"


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (fake_cloud.no(721, "not opened"), "not opened"),
        (fake_cloud.DROP, "请求异常"),
    ],
)
def test_an_id_that_cannot_be_had_is_told_by_a_text(
    cloud: Any, tmp_path: Path, monkeypatch: Any, fault: Any, text: str
) -> None:
    monkeypatch.setattr(config, "CONNECTION_RETRIES", 0)
    cloud.tell_id = False
    cloud.fault = lambda seen: fault if seen.do == "video/query" else None
    path = make(tmp_path, 1000)
    assert client().upload_file(BODY, path) == text
    cloud.fault = lambda seen: None
    assert client().upload_file(BODY, path).vid == 1001
    assert len(cloud.did("block")) == 1


def test_files_that_cannot_be_read(cloud: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        client().upload_file(BODY, str(tmp_path / "none.mp4"))
    with pytest.raises(IsADirectoryError):
        client().upload_file(BODY, str(tmp_path))
    assert cloud.seen == []


def test_errors_can_be_had_instead(cloud: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(Client, "raise_errors", True)
    cloud.fault = lambda seen: fake_cloud.no(720, "the balance is insufficient")
    with pytest.raises(VodError, match="the balance is insufficient"):
        client().upload_file(BODY, make(tmp_path, 1000))
    with pytest.raises(ConfigError):
        client().upload_file({}, make(tmp_path, 1000))


@pytest.mark.covers("netease 13-61")
@pytest.mark.parametrize("size", [0, 1, BLOCK, 9 * MIB])
def test_progress(cloud: Any, tmp_path: Path, size: int) -> None:
    told: list[tuple[int, int]] = []
    client().upload_file(BODY, make(tmp_path, size), lambda *pair: told.append(pair))
    offsets = [*range(BLOCK, size, BLOCK), size]
    assert told == [(offset, size) for offset in offsets]


@pytest.mark.covers("netease 13-61")
def test_an_exception_in_the_handler_stops_and_leaves_what_is_stored(cloud: Any, tmp_path: Path) -> None:
    path = make(tmp_path, 9 * MIB)

    def stop(offset: int, size: int) -> None:
        raise RuntimeError(f"{offset} of {size}")

    with pytest.raises(RuntimeError, match=f"{BLOCK} of {9 * MIB}"):
        client().upload_file(BODY, path, stop)
    assert len(cloud.did("block")) == 1
    told: list[int] = []
    assert client().upload_file(BODY, path, lambda offset, size: told.append(offset)).vid == 1001
    assert told == [2 * BLOCK, 9 * MIB]
    assert cloud.published == {"object 1.mp4": Path(path).read_bytes()}


def test_what_the_body_says_is_sent(cloud: Any, tmp_path: Path, caplog: Any) -> None:
    body = {
        **BODY,
        "userFileName": "beauty",
        "typeId": "1056",
        "presetId": 7,
        "uploadCallbackUrl": "http://a.example/u",
        "callbackUrl": "http://a.example/t",
        "description": "text",
        "watermarkId": 8,
        "userDefInfo": "mine",
        "transOffset": 1,
        "transDuration": 2,
    }
    assert client().upload_file({**body, "color": "red"}, make(tmp_path, 10)) is not None
    (init,) = cloud.did("upload/init")
    assert init.json == {**body, "typeId": 1056}
    assert "knows no color" in caplog.text


def test_settings_are_read_at_call_time(cloud: Any, tmp_path: Path, monkeypatch: Any) -> None:
    url = os.environ["VODKIT_SERVICE"]
    monkeypatch.delenv("VODKIT_SERVICE")
    made = client()
    cloud.nodes = [url]
    monkeypatch.setattr(config, "VCLOUD_API_HOST", url)
    monkeypatch.setattr(config, "WANPROXY_HOST", url)
    monkeypatch.setattr(config, "_BLOCK_SIZE", MIB)
    assert made.upload_file(BODY, make(tmp_path, 3 * MIB)) is not None
    assert [len(block.body) for block in cloud.did("block")] == [MIB] * 3
    assert made.get_upload_host().upload_host == url
    assert (tmp_path / "records").is_dir()


def test_the_handlers_thread_is_the_callers(cloud: Any, tmp_path: Path) -> None:
    import threading

    threads: set[int] = set()
    client().upload_file(BODY, make(tmp_path, 5 * MIB), lambda *_: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}


def test_the_handler_is_told_of_what_would_survive_a_kill(
    cloud: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, kept = Journal.record, [0]

    def slowly(self: Journal, part: Part, sent: Sent, crc64: str | None) -> None:
        time.sleep(0.2)
        record(self, part, sent, crc64)
        kept.append(part.offset + part.length)

    told: list[tuple[int, int]] = []
    monkeypatch.setattr(Journal, "record", slowly)
    client().upload_file(BODY, make(tmp_path, 9 * MIB), lambda offset, _: told.append((offset, max(kept))))
    assert told == [(offset, offset) for offset in (4 * MIB, 8 * MIB, 9 * MIB)]


def test_the_calls_of_an_upload_one_by_one(cloud: Any, tmp_path: Path) -> None:
    made, path = client(), make(tmp_path, 9 * MIB)
    recorder = UploadProgressRecorder(str(tmp_path / "mine"))
    init, host = made.upload_init(BODY), made.get_upload_host()
    assert init is not None
    assert host is not None

    def stop(offset: int, size: int) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        vcloud.put_file(init, host, "clip.mp4", path, 9 * MIB, 1.5, 0, "", recorder, progress_handler=stop)
    record = recorder.get_upload_record("clip.mp4", 1.5)
    assert record is not None
    assert recorder.get_upload_record("clip.mp4", 2.5) is None
    offset = made.transport.get_offset(host, init, record["context"])
    assert offset == BLOCK
    told: list[int] = []
    ret, info = made.transport.upload_file(
        init, host, "clip.mp4", path, record["size"], 1.5, offset, record["context"], recorder,
        progress_handler=lambda offset, size: told.append(offset),
    )  # fmt: skip
    assert info.ok()
    assert ret["offset"] == 9 * MIB
    assert told == [2 * BLOCK, 9 * MIB]
    assert cloud.published == {init.objectName: Path(path).read_bytes()}
    assert recorder.get_upload_record("clip.mp4", 1.5) is None
    assert made.transport.get_offset(host, init, "another") == 0


def test_a_block_is_sent_again_to_the_other_node(cloud: Any, tmp_path: Path) -> None:
    made, path = client(), make(tmp_path, 5 * MIB)
    init, host = made.upload_init(BODY), made.get_upload_host()
    cloud.fault = lambda seen: (
        (503, b'{"errCode":"Busy","errMsg":"later"}') if seen.host == "node1.test" else None
    )
    recorder = UploadProgressRecorder(str(tmp_path / "mine"))
    ret, _ = vcloud.put_file(init, host, "clip.mp4", path, 5 * MIB, 1.5, 0, "", recorder)
    assert ret is not None
    assert cloud.published == {init.objectName: Path(path).read_bytes()}
    assert [block.host for block in cloud.did("block")] == ["node1.test", "node2.test", "node2.test"]


def test_put_file_says_that_a_file_is_not_what_it_was(cloud: Any, tmp_path: Path) -> None:
    made, path = client(), make(tmp_path, 5 * MIB)
    init, host = made.upload_init(BODY), made.get_upload_host()
    recorder = UploadProgressRecorder(str(tmp_path / "mine"))
    for size in (4 * MIB, 6 * MIB):
        ret, _ = vcloud.put_file(init, host, "clip.mp4", path, size, 1.5, 0, "", recorder)
        assert ret is None
    assert cloud.published == {}


def test_response_info(cloud: Any) -> None:
    good = vcloud.http._get("http://node1.test/lbs?version=1.0")[1]
    assert (good.ok(), good.need_retry(), good.connect_failed(), good.status_code) == (
        True,
        False,
        False,
        200,
    )
    assert not hasattr(good, "error")
    assert "status_code:200" in str(good)
    cloud.fault = lambda seen: (503, b"{}")
    busy = vcloud.http._get("http://node1.test/lbs?version=1.0")[1]
    assert (busy.ok(), busy.need_retry(), busy.connect_failed()) == (False, True, False)
    none = ResponseInfo(None, OSError("gone"))
    assert (none.status_code, none.error, none.text_body, none.connect_failed()) == (-1, "gone", None, True)


def test_every_defect_is_in_the_table() -> None:
    page = (Path(__file__).parents[3] / "docs" / "compat" / "netease.md").read_text()
    assert all(f"\n| D{number} " in page for number in range(1, 29))


def test_secrets_are_not_logged(at_service: None, tmp_path: Path, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    client().upload_file(BODY, make(tmp_path, 1000))
    client(secret="wrong secret").upload_file(BODY, make(tmp_path, 1000, "b.mp4"))
    for secret in ("Your AppSecret", "wrong secret", "UPLOAD "):
        assert secret not in caplog.text

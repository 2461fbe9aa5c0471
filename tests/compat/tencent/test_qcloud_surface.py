"""Import paths, names, signatures and texts that callers of the vendor's SDK rely on."""

from __future__ import annotations

import importlib
import inspect
import logging
import pickle
from pathlib import Path

import pytest
from qcloud_vod.common import FileUtil, StringUtil
from qcloud_vod.exception import VodClientException
from qcloud_vod.model import VodUploadRequest, VodUploadResponse
from qcloud_vod.vod_upload_client import VodUploadClient

REQUEST_FIELDS = [
    "MediaFilePath",
    "SubAppId",
    "MediaType",
    "MediaName",
    "CoverFilePath",
    "CoverType",
    "Procedure",
    "ExpireTime",
    "ClassId",
    "SourceContext",
    "SessionContext",
    "ExtInfo",
    "MediaStoragePath",
    "StorageRegion",
    "ConcurrentUploadNumber",
]


@pytest.mark.covers("tencent G-24")
@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("qcloud_vod", []),
        ("qcloud_vod.common", ["StringUtil", "FileUtil"]),
        ("qcloud_vod.exception", ["VodClientException"]),
        ("qcloud_vod.model", ["VodUploadRequest", "VodUploadResponse"]),
        (
            "qcloud_vod.vod_upload_client",
            [
                "VodUploadClient",
                "VodClientException",
                "VodUploadResponse",
                "StringUtil",
                "FileUtil",
                "TencentCloudSDKException",
                "CosConfig",
                "CosS3Client",
                "credential",
                "vod_client",
                "models",
                "logger",
            ],
        ),
        ("tencentcloud.common.exception", ["TencentCloudSDKException"]),
        ("tencentcloud.common.exception.tencent_cloud_sdk_exception", ["TencentCloudSDKException"]),
        ("qcloud_cos", ["CosClientError", "CosServiceError"]),
        ("qcloud_cos.cos_exception", ["CosClientError", "CosServiceError"]),
    ],
)
def test_names(module: str, names: list[str]) -> None:
    loaded = importlib.import_module(module)
    for name in names:
        assert getattr(loaded, name) is not None


def test_one_class_under_all_its_paths() -> None:
    from qcloud_cos import CosServiceError
    from qcloud_vod.vod_upload_client import TencentCloudSDKException

    for module, one in (("tencentcloud.common.exception", TencentCloudSDKException),
                        ("qcloud_cos.cos_exception", CosServiceError)):  # fmt: skip
        assert getattr(importlib.import_module(module), one.__name__) is one


@pytest.mark.covers("tencent G-24")
@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("__init__", ["self", "secret_id", "secret_key", "token"]),
        ("upload", ["self", "region", "request", "progress_callback"]),
        ("apply_upload", ["self", "api_client", "request"]),
        ("commit_upload", ["self", "api_client", "request"]),
        ("parse_Streaming_manifest", ["self", "api_client", "request"]),
        (
            "parse_manifest",
            [
                "self",
                "api_client",
                "manifest_file_path",
                "manifest_media_type",
                "parsed_manifest_list",
                "segment_file_path_list",
            ],
        ),
        (
            "upload_cos",
            ["cos_client", "local_path", "bucket", "cos_path", "max_thread", "progress_callback"],
        ),
        ("_is_manifest_media_tpe", ["media_type"]),
        ("_prefix_check_and_set_default_val", ["region", "request"]),
    ],
)
def test_methods(method: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(VodUploadClient, method)).parameters) == parameters


def test_attributes_of_the_client() -> None:
    client = VodUploadClient("id", "key")
    assert vars(client) == {
        "secret_id": "id",
        "secret_key": "key",
        "token": None,
        "ignore_check": False,
        "retry_time": 3,
    }
    assert VodUploadClient("id", "key", token="token").token == "token"


def test_the_logger_has_the_vendors_name() -> None:
    from qcloud_vod import vod_upload_client

    assert vod_upload_client.logger is logging.getLogger("qcloud_vod.vod_upload_client")


def test_requests_begin_empty() -> None:
    request = VodUploadRequest()
    assert {name: getattr(request, name) for name in REQUEST_FIELDS} == dict.fromkeys(REQUEST_FIELDS)
    assert request.headers is None
    response = VodUploadResponse()
    assert [response.FileId, response.MediaUrl, response.CoverUrl, response.RequestId] == [None] * 4


@pytest.mark.covers("tencent F-12", "tencent F-13")
def test_requests_travel_through_json() -> None:
    request = VodUploadRequest()
    for number, name in enumerate(REQUEST_FIELDS):
        setattr(request, name, f"中文 {number}")
    again = VodUploadRequest()
    again.from_json_string(request.to_json_string())
    assert vars(again) == vars(request)
    assert set(again._serialize()) == set(REQUEST_FIELDS)
    assert "中文" in request.to_json_string()
    assert "\\u" in request.to_json_string(ensure_ascii=True)


def test_empty_fields_are_left_out_unless_wanted() -> None:
    request = VodUploadRequest()
    request.MediaFilePath = Path("a.mp4")
    assert request._serialize() == {"MediaFilePath": Path("a.mp4")}
    assert request._serialize(allow_none=True).keys() == set(REQUEST_FIELDS)
    assert '"MediaFilePath": "a.mp4"' in request.to_json_string()


def test_fields_that_nobody_knows_are_a_warning() -> None:
    with pytest.warns(UserWarning, match="Meaning fileds are useless"):
        VodUploadResponse().from_json_string('{"FileId": "1", "Meaning": 42}')


@pytest.mark.covers("tencent G-24")
def test_exceptions() -> None:
    from qcloud_cos import CosClientError, CosServiceError
    from tencentcloud.common.exception import TencentCloudSDKException

    local = VodClientException("lack region")
    assert str(local) == local.message == "lack region"
    api = TencentCloudSDKException("Code", "words", "id")
    assert (api.code, api.message, api.requestId) == ("Code", "words", "id")
    assert (api.get_code(), api.get_message(), api.get_request_id()) == ("Code", "words", "id")
    assert str(api) == "[TencentCloudSDKException] code:Code message:words requestId:id"
    assert str(CosClientError("words")) == "words"
    facts = {"code": "AccessDenied", "message": "m", "resource": "r", "requestid": "i", "traceid": "t"}
    store = CosServiceError("PUT", facts, 403)
    assert store.get_status_code() == 403
    assert (store.get_error_code(), store.get_error_msg()) == ("AccessDenied", "m")
    assert store.get_request_id() == "i"
    assert (store.get_resource_location(), store.get_trace_id()) == ("r", "t")
    assert store.get_digest_msg() == facts
    assert str(store) == str(facts)
    for error in (local, api, CosClientError("words"), store):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize(("value", "empty"), [(None, True), ("", True), ("a", False), (0, False)])
def test_empty_texts(value: object, empty: bool) -> None:
    assert StringUtil.is_empty(value) is empty
    assert StringUtil.is_not_empty(value) is not empty


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("/a/b.mp4", "mp4", "b"),
        ("b.tar.MP4", "MP4", "b.tar"),
        ("/a.b/c", "", "c"),
        (".mp4", "", ".mp4"),
        ("c.", "", "c"),
    ],
)
def test_types_and_names_of_files(path: str, kind: str, name: str) -> None:
    assert (FileUtil.get_file_type(path), FileUtil.get_file_name(path)) == (kind, name)


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (("a", "b"), "a/b"),
        (("a/", "b", "c"), "a/b/c"),
        (("a\\", "/b"), "a/b"),
        (("a", "\\b"), "a\\b"),
        (("", "b"), "/b"),
        (("/", "b"), "/b"),
    ],
)
def test_joined_paths(parts: tuple[str, ...], joined: str) -> None:
    assert FileUtil.join_path(*parts) == joined


def test_files_exist_and_folders_do_not(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert FileUtil.is_file_exist(tmp_path / "a")
    assert not FileUtil.is_file_exist(str(tmp_path))

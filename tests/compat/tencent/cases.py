"""Inputs for the side-by-side table of Tencent's Python SDK; see :mod:`tests.compat.table`."""

from __future__ import annotations

import io
import json
import logging
import os
import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

VENDOR = "vod-python-sdk 1.4.4 (cos-python-sdk-v5 1.9.44)"
ENVIRONMENT = "tencent-python"
NOTE = (
    "The vendor's client asks the API which files a playlist names, and believes it. In F3, F4 and F6 it is "
    "saved by what vodkit's service answers; with a plainer parser there it stores a wrong key, sends the "
    "segment twice, and looks for a file whose name begins with the mark."
)

_CLIENT = "qcloud_vod.vod_upload_client"
NAMES = {
    "qcloud_vod.common": [
        "StringUtil.is_empty",
        "StringUtil.is_not_empty",
        "FileUtil.is_file_exist",
        "FileUtil.get_file_type",
        "FileUtil.get_file_name",
        "FileUtil.join_path",
    ],
    "qcloud_vod.exception": ["VodClientException"],
    "qcloud_vod.model": [
        "VodUploadRequest",
        "VodUploadRequest.to_json_string",
        "VodUploadRequest.from_json_string",
        "VodUploadRequest._serialize",
        "VodUploadRequest._deserialize",
        "VodUploadRequest.headers",
        "VodUploadResponse",
    ],
    _CLIENT: [
        "VodUploadClient",
        "VodUploadClient.upload",
        "VodUploadClient.apply_upload",
        "VodUploadClient.commit_upload",
        "VodUploadClient.parse_Streaming_manifest",
        "VodUploadClient.parse_manifest",
        "VodUploadClient.upload_cos",
        "VodUploadClient._is_manifest_media_tpe",
        "VodUploadClient._prefix_check_and_set_default_val",
        "TencentCloudSDKException",
        "CosConfig",
        "CosS3Client",
        "credential",
        "vod_client",
        "models",
        "logger",
        "logger.name",
    ],
    "tencentcloud.common.exception": ["TencentCloudSDKException"],
    "tencentcloud.common.exception.tencent_cloud_sdk_exception": [
        "TencentCloudSDKException",
        "TencentCloudSDKException.get_code",
        "TencentCloudSDKException.get_message",
        "TencentCloudSDKException.get_request_id",
    ],
    "qcloud_cos": ["CosClientError", "CosServiceError"],
    "qcloud_cos.cos_exception": [
        "CosServiceError.get_status_code",
        "CosServiceError.get_error_code",
        "CosServiceError.get_error_msg",
        "CosServiceError.get_resource_location",
        "CosServiceError.get_trace_id",
        "CosServiceError.get_request_id",
        "CosServiceError.get_digest_msg",
        "CosServiceError.get_origin_msg",
    ],
}
STATED = {
    "F21": (
        "the upload lasts longer than its temporary key",
        "fails: keys are never renewed",
        "a new ApplyUpload, one line that says so, the upload goes on",
    ),
    "F25": (
        "proxy, time-outs, endpoint",
        "cannot be reached through the client",
        "`VODKIT_PROXY`, `VODKIT_TIMEOUT`, `VODKIT_TENCENT_ENDPOINT` or a profile",
    ),
    "F26": (
        "answers in XML",
        "are turned into the text of a dictionary, which is evaluated",
        "are read by a parser that takes no entities",
    ),
    "F27": (
        "Node: a 4xx without x-cos-request-id",
        "signs for the wrong host at the third try",
        "not affected",
    ),
    "F29": (
        "the vendor's unit tests on a case-sensitive disk",
        "4 of 14 fail; most assertions stand in except branches",
        "the same 14 cases, asserted both ways",
    ),
}


def request(path: Any, **fields: Any) -> Any:
    from qcloud_vod.model import VodUploadRequest

    made = VodUploadRequest()
    made.MediaFilePath = path
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def client(*token: str) -> Any:
    from qcloud_vod.vod_upload_client import VodUploadClient

    return VodUploadClient("example-id", "example-key", *token)


def upload(path: Any, callback: Any = None, **fields: Any) -> str:
    """Upload; that it went well."""
    given = request(path, **fields)
    done = (
        client().upload("ap-guangzhou", given, callback)
        if callback
        else client().upload("ap-guangzhou", given)
    )
    return "uploaded" if done.FileId else "no FileId"


def file(name: str, size: int = 1000) -> str:
    """A file in this folder, by its full path."""
    path = Path(name).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return str(path)


def playlist(*lines: str, name: str = "hls/p.m3u8", head: bytes = b"") -> str:
    path = Path(file(name))
    segments = [part for line in lines for part in ("#EXTINF:1,", line)]
    path.write_bytes(head + "\n".join(["#EXTM3U", *segments, "#EXT-X-ENDLIST", ""]).encode())
    return str(path)


def stored(asked: Iterable[Any]) -> str:
    """The objects that were sent, below the media's folder."""
    keys = [unquote(one.path) for one in asked if one.method == "PUT" and "?" not in one.path]
    names = [key.split("/", 3)[3] for key in keys]
    media = (".m3u8", ".M3U8", ".mp4")
    shown = ["the media" if name.endswith(media) else f"`{name}`" for name in names]
    return "sent " + ", ".join(shown) if shown else "nothing sent"


def F1() -> str:
    """`p.m3u8` without a directory part, in the current folder"""
    file("a.ts")
    playlist("a.ts", name="p.m3u8")
    return upload("p.m3u8")


def F2() -> str:
    """a playlist that names `../up.ts`, which exists"""
    file("up.ts")
    return upload(playlist("../up.ts"))


def F3() -> str:
    """a playlist that names `./a.ts`"""
    file("hls/a.ts")
    return upload(playlist("./a.ts"))


def F4() -> str:
    """a playlist that names one segment twice"""
    file("hls/a.ts")
    return upload(playlist("a.ts", "a.ts"))


def F5() -> str:
    """a playlist called `U.M3U8`"""
    file("hls/a.ts")
    return upload(playlist("a.ts", name="hls/U.M3U8"))


def F6() -> str:
    """a playlist with a byte order mark"""
    file("hls/a.ts")
    return upload(playlist("a.ts", head=b"\xef\xbb\xbf"))


def F6b() -> str:
    """a playlist with a byte 0xFF in a comment"""
    file("hls/a.ts")
    return upload(playlist("a.ts", head=b"#EXTM3U\n# \xff\n"))


def F7() -> str:
    """CoverType without CoverFilePath"""
    return upload(file("movie.mp4"), CoverType="png")


watch_F1 = watch_F2 = watch_F3 = watch_F4 = watch_F5 = watch_F6 = watch_F6b = watch_F7 = stored


def F8() -> str:
    """a `pathlib.Path` as MediaFilePath"""
    return upload(Path(file("movie.mp4")))


def F9() -> str:
    """one request object for `first.mp4`, then for `second.mp3`"""
    given = request(file("first.mp4"))
    client().upload("ap-guangzhou", given)
    given.MediaFilePath = file("second.mp3")
    client().upload("ap-guangzhou", given)
    return "uploaded"


def watch_F9(asked: list[Any]) -> str:
    """What the API was told."""
    bodies = [json.loads(one.body) for one in asked if one.headers.get("x-tc-action") == "ApplyUpload"]
    return "told the API " + ", then ".join(f"`{body['MediaName']}` ({body['MediaType']})" for body in bodies)


def F10() -> str:
    """ConcurrentUploadNumber = 0, 3 MiB"""
    return upload(file("movie.mp4", 3 << 20), ConcurrentUploadNumber=0)


def F11() -> str:
    """ConcurrentUploadNumber = "5", 3 MiB"""
    return upload(file("movie.mp4", 3 << 20), ConcurrentUploadNumber="5")


def F12() -> str:
    """`to_json_string()` of a request with MediaFilePath"""
    keys = sorted(json.loads(request("a.mp4").to_json_string()))
    return ", ".join(f"`{key}`" for key in keys if key.endswith(("FilePath", "UploadNumber")))


def F13() -> str:
    """`from_json_string('{"MediaFilePath": "a.mp4"}')`"""
    made = request(None)
    made.from_json_string('{"MediaFilePath": "a.mp4"}')
    return f"MediaFilePath is {made.MediaFilePath!r}"


def F14() -> str:
    """logging at INFO"""
    heard = io.StringIO()
    logging.basicConfig(level=logging.INFO, stream=heard)
    upload(file("movie.mp4"))
    leaks = '"SecretKey"' in heard.getvalue()
    return "the temporary SecretKey and Token are in the log" if leaks else "no key in the log"


def F15() -> str:
    """a client with a session token, ApplyUpload without TempCertificate"""
    client("session-token").upload("ap-guangzhou", request(file("movie.mp4")))
    return "uploaded"


def meddle_F15(asked: Any, forward: Any) -> Any:
    """Take the certificate out."""
    answer = forward(asked)
    if asked.headers.get("x-tc-action") == "ApplyUpload":
        body = json.loads(answer.body)
        body["Response"]["TempCertificate"] = None
        answer.body = json.dumps(body).encode()
    return answer


def watch_F15(asked: list[Any]) -> str:
    """Whether the store was shown the token."""
    puts = [one for one in asked if one.method == "PUT"]
    shown = bool(puts) and all("x-cos-security-token" in one.headers for one in puts)
    return "the store was shown the token" if shown else "the store was shown no token"


def F16() -> str:
    """an API error with `application/json; charset=utf-8`"""
    return upload(file("movie.mp4"))


def meddle_F16(asked: Any, forward: Any) -> Any:
    """Refuse, with a charset."""
    answer = forward(asked)
    answer.headers["content-type"] = "application/json; charset=utf-8"
    error = {"Code": "FailedOperation.InvalidVodUser", "Message": "no such user"}
    answer.body = json.dumps({"Response": {"Error": error, "RequestId": "request-1"}}).encode()
    return answer


def F17() -> str:
    """SubAppId and a playlist"""
    file("hls/a.ts")
    return upload(playlist("a.ts"), SubAppId=1500000001)


def watch_F17(asked: list[Any]) -> str:
    """Who parsed it."""
    parsed = [one for one in asked if one.headers.get("x-tc-action") == "ParseStreamingManifest"]
    return "parsed by the API, which is not told the application" if parsed else "parsed here"


def F18() -> str:
    """progress of a file of 1000 bytes with a cover of 1000"""
    told: list[Any] = []
    upload(file("movie.mp4"), lambda *pair: told.append(pair), CoverFilePath=file("c.png"))
    return f"last told {told[-1]}" if told else "never called"


def F18b() -> str:
    """progress of a file of 3 MiB with a cover of 2 MiB"""
    told: list[Any] = []
    upload(file("movie.mp4", 3 << 20), lambda *pair: told.append(pair), CoverFilePath=file("c.png", 2 << 20))
    back = "goes back" if told != sorted(told) else "never goes back"
    return f"totals {sorted({total for _, total in told})}, {back}, last told {told[-1]}"


def F19() -> str:
    """the store answers a part with 403 (25 MiB)"""
    return upload(file("movie.mp4", 25 << 20))


def meddle_F19(asked: Any, forward: Any) -> Any:
    """Refuse the second part."""
    answer = forward(asked)
    if "partNumber=2&" in asked.path + "&":
        answer.status, answer.headers["content-type"] = 403, "application/xml"
        words = "<Code>AccessDenied</Code><Message>no such right</Message><Resource>r</Resource>"
        answer.body = f"<Error>{words}<RequestId>request-1</RequestId></Error>".encode()
    return answer


def F20() -> str:
    """the API breaks every connection"""
    return upload(file("movie.mp4"))


def meddle_F20(asked: Any, forward: Any) -> None:
    """Break it."""


def watch_F20(asked: list[Any]) -> str:
    """How often, how fast."""
    return f"{len(asked)} tries within {asked[-1].started - asked[0].started:.1f} s" if asked else "no try"


def F22() -> str:
    """the file is overwritten while it is sent (25 MiB, one part at a time)"""
    path = Path(file("movie.mp4", 25 << 20))
    before = path.read_bytes()
    changed: list[bytes] = []

    def change(consumed: int, total: int) -> None:
        if not changed:
            changed.append(os.urandom(total))
            path.write_bytes(changed[0])

    given = request(str(path), ConcurrentUploadNumber=1)
    url = client().upload("ap-guangzhou", given, change).MediaUrl
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as answer:
        data = answer.read()
    kind = {before: "the old file", changed[0]: "the new file"}.get(data, "half old, half new")
    return f"uploaded; what is stored is {kind}"


def meddle_F22(asked: Any, forward: Any) -> Any:
    """Leave time for it."""
    time.sleep(0.3 if asked.method == "PUT" else 0)
    return forward(asked)


def F23() -> str:
    """eight segments, the store taking 0.3 s for each"""
    lines = [f"{number}.ts" for number in range(8)]
    for name in lines:
        file(f"hls/{name}")
    return upload(playlist(*lines))


meddle_F23 = meddle_F22


def watch_F23(asked: list[Any]) -> str:
    """How many travelled together."""
    puts = [one for one in asked if one.path.endswith(".ts")]
    together = max(sum(one.started < at.started < one.ended for one in puts) + 1 for at in puts)
    return f"at most {together} at once"


def F24() -> str:
    """a file of 0 bytes"""
    return upload(file("movie.mp4", 0))


def F28() -> str:
    """the name `a.tar.mp4`"""
    return upload(file("a.tar.mp4"))


watch_F28 = watch_F9

"""Messages of NetEase VOD: API envelope, node lookup, block upload. No I/O."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

API_PREFIX = "/app/vod/"
LBS_PATH = "/lbs"
STATS_PATH = "/stat/sdk"
API_HOSTS = ("vcloud.163.com", "vcloud.yunxinapi.com", "vcloud-sea.yunxinapi.com", "api-sea.yunxinvcloud.com")
LBS_HOSTS = (
    "wanproxy.127.net", "wanproxy-hz.127.net", "wanproxy-bj.127.net", "wanproxy-oversea.127.net"
)  # fmt: skip
TOKEN_HEADER = "x-nos-token"
BLOCK_SIZE = 4 * 1024 * 1024
"""The most that a block may hold; a smaller one is as good (netease.md §6.3)."""
RESERVED_BUCKETS = frozenset({"app", "lbs", "stat"})
MAX_BATCH = 100
MAX_USER_DEFINED = 256
MAX_CALLBACK_URL = 200
SIGN_KEY = "vcloud"
"""What callbacks are signed with until the account chooses a key (netease.md §7)."""

OK = 200
BAD_REQUEST = 400
NOT_FOUND = 404
INTERNAL = 700
AUTH_FAILED = 710
NO_BALANCE = 720
NOT_OPENED = 721
UNDER_REVIEW = 722
QUOTA_EXCEEDED = 723

STORED_NOT_PUBLISHED = 520
"""A node's status for a last block that is stored, and whose publishing step failed (netease.md §6.2)."""

OVER_QUOTA = "QuotaExceeded"
"""A node's code, our own, for a block that is more than the account may store."""

IMAGE_EXTENSIONS = frozenset({"jpg", "jpeg", "png", "gif", "bmp", "webp"})
AUDIO_EXTENSIONS = frozenset({"mp3", "aac", "m4a", "wav", "flac", "ogg", "wma"})
_TYPES = {
    "mp4": "video/mp4", "m4v": "video/x-m4v", "mov": "video/quicktime", "qt": "video/quicktime",
    "mpg": "video/mpeg", "mpeg": "video/mpeg", "mpe": "video/mpeg", "ts": "video/mp2t", "mts": "video/mp2t",
    "m2ts": "video/mp2t", "mkv": "video/x-matroska", "webm": "video/webm", "flv": "video/x-flv",
    "f4v": "video/mp4", "avi": "video/x-msvideo", "wmv": "video/x-ms-wmv", "asf": "video/x-ms-asf",
    "3gp": "video/3gpp", "ogm": "video/ogg", "mp3": "audio/mpeg", "aac": "audio/aac", "m4a": "audio/mp4",
    "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg", "wma": "audio/x-ms-wma",
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "bmp": "image/bmp",
    "webp": "image/webp",
}  # fmt: skip
QUALITIES = ("sd", "hd", "shd")
FORMATS = ("Mp4", "Flv", "Hls")
STYLES = tuple(f"{quality}{form}" for form in FORMATS for quality in QUALITIES)
"""Outputs as the vendor names them; the number of a style is its place, counted from 1 (netease.md §8)."""
ADAPTIVE = "adaptHls"
SOUNDS = ("aacAudio", "mp3Audio")
"""Outputs that templates may have beside the styles; their addresses are named by analogy."""
SNAPSHOT_SIZES = {1: (640, 360), 2: (400, 300), 3: (320, 180), 4: (200, 150)}
_FORBIDDEN = re.compile(r'[\x00-\x1f\\/:*?"<>|]')
_CALLBACK_URL = re.compile(r"https?://[^\s/?#]+\S*", re.I)
_NUMBER = re.compile(r"-?[0-9]{1,19}")
_MAX_EXTENSION = 32
MAX_OFFSET_DIGITS = 16

IMAGE_MARK = "img-"
"""Begins the id of an image, whose numbers the vendor counts apart from those of videos (netease.md §6.7)."""

STATUS_INITIAL, STATUS_FAILED, STATUS_PROCESSING, STATUS_SUCCESS, STATUS_BLOCKED = 10, 20, 30, 40, 50


@dataclass(frozen=True, slots=True)
class Answer:
    """An API answer (netease.md §3.4).

    Attributes:
        code: 200, or the failure's number.
        message: Text of a failure.
        request_id: The vendor's id, or ``""``.
        result: The ``ret`` member; ``{}`` where there is none.
    """

    code: int
    message: str
    request_id: str
    result: Mapping[str, Any]


def success(result: Mapping[str, Any], request_id: str) -> bytes:
    """A success; always with ``ret``, which the vendor's Python client demands (netease.md §3.4)."""
    return _json({"code": OK, "requestId": request_id, "msg": "", "ret": result})


def failure(code: int, message: str, request_id: str) -> bytes:
    """A failure; ``msg`` is always text (netease.md §3.4)."""
    return _json({"code": code, "requestId": request_id, "msg": message})


def parse_answer(body: bytes) -> Answer | None:
    """An API answer, or ``None`` for what is none."""
    data = _object(body)
    code = data.get("code") if data is not None else None
    if data is None or not isinstance(code, int | str) or not _NUMBER.fullmatch(str(code)):
        return None
    result = data.get("ret")
    return Answer(
        int(code),
        str(data.get("msg") or ""),
        str(data.get("requestId") or data.get("requestID") or ""),
        result if isinstance(result, dict) else {},
    )


def clean_name(name: str) -> str:
    """The base name, with the characters that the vendor forbids replaced by ``_`` (netease.md §4.1)."""
    return _FORBIDDEN.sub("_", re.split(r"[\\/]", name)[-1]).strip()


def extension(name: str) -> str:
    """The last extension in lower case, without the dot; ``""`` if there is none."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem else ""


def is_image(name: str) -> bool:
    """Whether a file of this name is an image, which gets an ``imgId`` (netease.md §6.7)."""
    return extension(name) in IMAGE_EXTENSIONS


def kind(name: str) -> str:
    """What a file of this name is: ``image``, ``audio`` or ``video``."""
    if is_image(name):
        return "image"
    return "audio" if extension(name) in AUDIO_EXTENSIONS else "video"


def content_type(name: str) -> str:
    """The MIME type of a file of this name."""
    return _TYPES.get(extension(name), "application/octet-stream")


def allows_name(name: str) -> bool:
    """Whether the vendor takes this file or display name as it is (netease.md §4.1)."""
    return bool(name.strip()) and _FORBIDDEN.search(name) is None


def is_callback_url(text: str) -> bool:
    """Whether callbacks can be sent to an address (netease.md §4.1, §4.3)."""
    return len(text) <= MAX_CALLBACK_URL and _CALLBACK_URL.fullmatch(text) is not None


def object_name(unique: str, original: str) -> str:
    """An object's name: ``unique`` and the original's own extension (netease.md §4.1)."""
    stem, dot, last = original.rpartition(".")
    return f"{unique}.{last}" if dot and stem and last and len(last) <= _MAX_EXTENSION else unique


def media_id(vid: Any, image: Any) -> str:
    """Our id of a media: the vendor's video id, or that of an image, marked as one."""
    return f"{IMAGE_MARK}{image}" if vid is None else str(vid)


def numbers(id: str) -> tuple[int | None, int | None]:
    """The vendor's numbers that our id of a media stands for: of a video, of an image; one is ``None``."""
    if id.startswith(IMAGE_MARK):
        return None, int(id.removeprefix(IMAGE_MARK))
    return int(id), None


def lbs_query(bucket: str) -> str:
    """The lookup's query (netease.md §5)."""
    return f"version=1.0&bucketname={quote(bucket, safe='')}"


def parse_lbs_query(query: str) -> str:
    """The bucket that a lookup asks nodes for; ``""`` for none."""
    return dict(parse_qsl(query)).get("bucketname", "")


def is_versioned(query: str) -> bool:
    """Whether a query says ``version``, as every request to the lookup does (netease.md §5)."""
    return any(piece.startswith("version=") for piece in query.split("&"))


def is_node_query(query: str) -> bool:
    """Whether a query is a block's or a resume query's, and of no other protocol (netease.md §6.1, §6.5)."""
    names = {piece.partition("=")[0] for piece in query.split("&")}
    return "version" in names and ("uploadContext" in names or {"offset", "complete"} <= names)


def lbs_answer(lookup: str, nodes: Sequence[str]) -> bytes:
    """A lookup's answer: at least two nodes, or the vendor's Python client fails (netease.md §5)."""
    listed = list(nodes) if len(nodes) > 1 else [*nodes, *nodes]
    return _json({"lbs": lookup, "upload": listed})


def parse_lbs(body: bytes) -> tuple[str, ...]:
    """The nodes of a lookup's answer, best first; empty for what is no such answer."""
    data = _object(body)
    nodes = data.get("upload") if data is not None else None
    if not isinstance(nodes, list):
        return ()
    return tuple(node.rstrip("/") for node in nodes if isinstance(node, str) and "://" in node)


def object_path(bucket: str, name: str) -> str:
    """The path of an object on a node; ``/`` within its name is ``%2F`` (netease.md §6.1)."""
    return f"/{quote(bucket, safe='')}/{quote(name, safe='')}"


def parse_object_path(path: str) -> tuple[str, str] | None:
    """Bucket and object of a raw path, or ``None``."""
    bucket, slash, name = path.removeprefix("/").partition("/")
    if not slash or not bucket or not name or bucket in RESERVED_BUCKETS:
        return None
    return unquote(bucket), unquote(name)


def block_query(offset: int, complete: bool, context: str) -> str:
    """The query of a block (netease.md §6.1); no context opens an upload."""
    named = f"&context={quote(context, safe='')}" if context else ""
    return f"offset={offset}&complete={'true' if complete else 'false'}{named}&version=1.0"


def resume_query(context: str) -> str:
    """The query that asks how far an upload has come (netease.md §6.5)."""
    return f"uploadContext&context={quote(context, safe='')}&version=1.0"


@dataclass(frozen=True, slots=True)
class BlockRequest:
    """A block's query, taken apart (netease.md §6.1).

    Attributes:
        offset: Where the block begins.
        complete: Whether it is the last.
        context: The upload; ``""`` opens one.
    """

    offset: int
    complete: bool
    context: str


def parse_block_query(query: str) -> BlockRequest:
    """A block's query.

    Raises:
        ValueError: with a sentence that says what is wrong.
    """
    values = dict(parse_qsl(query, keep_blank_values=True))
    if values.get("version") != "1.0":
        raise ValueError("version must be 1.0")
    if values.get("complete") not in ("true", "false"):
        raise ValueError("complete must be true or false")
    offset = values.get("offset", "0")
    if not (offset.isascii() and offset.isdigit() and len(offset) < MAX_OFFSET_DIGITS):
        raise ValueError("offset must be a number of bytes")
    return BlockRequest(int(offset), values["complete"] == "true", values.get("context", ""))


def is_resume_query(query: str) -> bool:
    """Whether the query carries ``uploadContext``, which has no value (netease.md §6.1)."""
    return any(piece.partition("=")[0] == "uploadContext" for piece in query.split("&"))


def parse_resume_query(query: str) -> str:
    """The context that a resume query asks about; ``""`` for none."""
    return dict(parse_qsl(query)).get("context", "")


@dataclass(frozen=True, slots=True)
class BlockReply:
    """A node's answer to a block or to a resume query (netease.md §6.2).

    Attributes:
        offset: Bytes accepted so far.
        context: The upload; ``""`` in answers to resume queries.
        callback: What the publishing step answered, decoded; ``None`` before the last block.
        request_id: The vendor's id.
    """

    offset: int
    context: str
    callback: Mapping[str, Any] | None
    request_id: str


def block_answer(offset: int, context: str, callback: Mapping[str, Any] | None, request_id: str) -> bytes:
    """A node's answer to a block; both spellings of the request id (netease.md §6.2)."""
    message = base64.b64encode(_json(callback)).decode() if callback is not None else ""
    ids = {"requestId": request_id, "requestID": request_id}
    return _json({**ids, "offset": offset, "context": context, "callbackRetMsg": message})


def resume_answer(offset: int, request_id: str) -> bytes:
    """A node's answer to a resume query (netease.md §6.5)."""
    return _json({"requestId": request_id, "requestID": request_id, "offset": offset})


def node_failure(code: str, message: str, request_id: str) -> bytes:
    """A node's failure (netease.md §6.2)."""
    ids = {"requestId": request_id, "requestID": request_id}
    return _json({**ids, "errCode": code, "errMsg": message})


def parse_block_reply(body: bytes) -> BlockReply | None:
    """A node's success, or ``None`` for what is none."""
    data = _object(body)
    offset = data.get("offset") if data is not None else None
    if data is None or not isinstance(offset, int) or isinstance(offset, bool) or offset < 0:
        return None
    return BlockReply(
        offset,
        str(data.get("context") or ""),
        _callback(data.get("callbackRetMsg")),
        str(data.get("requestId") or data.get("requestID") or ""),
    )


def parse_node_failure(body: bytes) -> tuple[str, str, str]:
    """Code, message and request id of a node's failure; each ``""`` where it is missing."""
    data = _object(body) or {}
    return (
        str(data.get("errCode") or data.get("Code") or ""),
        str(data.get("errMsg") or data.get("Message") or ""),
        str(data.get("requestId") or data.get("requestID") or ""),
    )


def published(vid: int | None, image: int | None, request_id: str) -> dict[str, Any]:
    """What the publishing step answers: the id of the video or of the image (netease.md §6.2, §6.7)."""
    found = {"imgId": image} if image is not None else {"vid": vid}
    return {"code": OK, "requestId": request_id, "ret": found}


def upload_callback(
    id: Mapping[str, int | None], name: str, address: str, object: str, user_defined: str | None
) -> dict[str, Any]:
    """What a callback says of an upload that has ended (netease.md §7).

    Args:
        id: ``vid`` of a video, or ``imgId`` of an image.
        name: The media's.
        address: Where the original is.
        object: Name of the object.
        user_defined: As it was given at init.
    """
    said = {"type": "upload", **id, "name": name, "origAddr": address, "objectName": object}
    return {**said, **_user_defined(user_defined)}


def transcode_callback(
    vid: int, name: str, status: int, addresses: Mapping[str, str], user_defined: str | None, error: str
) -> dict[str, Any]:
    """What a callback says of a job of transcoding that has ended (netease.md §7).

    Args:
        vid: Of the video.
        name: The video's.
        status: The vendor's number.
        addresses: Of the outputs, by the vendor's names for these (``shdMp4`` ...).
        user_defined: As it was given with the job.
        error: Why something could not be made, or ``""``.
    """
    said: dict[str, Any] = {"type": "transcode", "vid": vid, "name": name, "status": status}
    said.update({f"{style}Addr": address for style, address in addresses.items()})
    return {**said, **_user_defined(user_defined), **({"errMsg": error} if error else {})}


def callback_body(said: Mapping[str, Any], id: str) -> bytes:
    """The body of a callback; ``id`` is the message's own, the same in every try (netease.md §7)."""
    return _json({**said, "nId": id})


def _user_defined(text: str | None) -> dict[str, str]:
    return {} if text is None else {"userDefInfo": text, "user_defined": text}


def _callback(text: Any) -> Mapping[str, Any] | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        return _object(base64.b64decode(text, validate=True))
    except binascii.Error:
        return None


def _json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None

"""Messages of the Youku open platform (youku.md §1, §2, §4, §5): what both ends write and read. No I/O."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

KIB: Final = 1024
DEFAULT_SLICE: Final = 2048
"""Slice length in KiB that the vendor's documents begin with."""
MAX_SLICE: Final = 10240
"""Largest slice length in KiB."""

TITLE_LIMIT: Final = 80
DESCRIPTION_LIMIT: Final = 2000
MAX_TAGS: Final = 10
TAG_LIMIT: Final = 20
COPYRIGHT_TYPES: Final = ("original", "reproduced")
ACCESS: Final = {"all": "all", "friend": "private", "password": "password", "private": "private"}
"""Who may watch, by public type: nobody has friends where nobody can be asked for them."""
PUBLIC_TYPES: Final = tuple(ACCESS)

CATEGORIES: Final = (
    "TV", "Movies", "Variety", "Anime", "Music", "Education", "Documentary", "News", "Entertainment",
    "Sports", "Autos", "Tech", "Games", "LifeStyle", "Fashion", "Travel", "Parenting", "Humor",
    "Wdyg", "Wgju", "Pker", "Chyi", "Zpai", "Ads", "Others",
)  # fmt: skip


class Codes:
    """Error codes (§2.1, §2.2)."""

    UNAVAILABLE: Final = 1001
    FAILED: Final = 1002
    CLIENT_ID: Final = 1005
    TOKEN: Final = 1008
    TOKEN_EXPIRED: Final = 1009
    MISSING: Final = 1012
    INVALID: Final = 1013
    IGNORED: Final = 120010221
    UPLOAD_TOKEN: Final = 120010223
    HASH: Final = 120010225
    NO_VIDEO: Final = 120020001


QUOTA: Final = "QuotaException"
"""Type of the refusal of a file that the user's quota has no room for; a vodkit service's own word."""

TEXTS: Final[Mapping[int, tuple[str, str]]] = {
    Codes.UNAVAILABLE: ("SystemException", "Service temporarily unavailable"),
    Codes.FAILED: ("SystemException", "Service exception occured"),
    Codes.CLIENT_ID: ("SystemException", "Client id invalid"),
    Codes.TOKEN: ("SystemException", "Access token invalid"),
    Codes.TOKEN_EXPIRED: ("SystemException", "Access token expired"),
    Codes.MISSING: ("SystemException", "Necessary parameter missing"),
    Codes.INVALID: ("SystemException", "Invalid parameter"),
    Codes.UPLOAD_TOKEN: ("UploadsException", "Expired upload token"),
    Codes.HASH: ("UploadsException", "Hash check error"),
    Codes.NO_VIDEO: ("FileNotFoundException", "The video clip does not exist"),
}
"""Type and description by code."""


class Malformed(ValueError):
    """A message that is not of the form it must have; the text says what is wrong, without its values."""


@dataclass(frozen=True, slots=True)
class RemoteFault:
    """An error as the wire carries it.

    Attributes:
        code: As a number; 0 where the answer has none.
        type: Such as ``UploadsException``.
        description: For people.
    """

    code: int
    type: str
    description: str


def error_body(fault: RemoteFault) -> dict[str, Any]:
    """The error envelope: an integer code and all three members (§2)."""
    return {"error": {"code": fault.code, "type": fault.type, "description": fault.description}}


def parse_answer(body: bytes) -> Mapping[str, Any] | RemoteFault:
    """An answer's object, or the error that it carries: as JSON with any status, or as URL-encoded text.

    Raises:
        Malformed: it is neither.
    """
    try:
        data = json.loads(body)
    except ValueError:
        return _parse_encoded(body)
    if not isinstance(data, dict):
        raise Malformed("the answer is not a JSON object")
    error = data.get("error")
    if error is None:
        return data
    if not isinstance(error, dict):
        return RemoteFault(0, "", "")
    return RemoteFault(_code(error.get("code")), _text(error.get("type")), _text(error.get("description")))


def _parse_encoded(body: bytes) -> RemoteFault:
    fields = dict(parse_qsl(body.decode("utf-8", "replace").strip(), keep_blank_values=True))
    if not {"code", "type", "description"} & set(fields):
        raise Malformed("the answer is not JSON")
    return RemoteFault(_code(fields.get("code")), fields.get("type", ""), fields.get("description", ""))


def _code(value: Any) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def form(fields: Mapping[str, Any]) -> str:
    """A query or a form: every value percent-encoded, ``None`` left out."""
    return urlencode({name: value for name, value in fields.items() if value is not None})


# Creating (§4.1)


@dataclass(frozen=True, slots=True)
class Created:
    """What create answers.

    Attributes:
        video_id: Allocated here already.
        upload_token: Names the upload on the upload server. A secret; not part of the repr.
        upload_server: As the answer says; see :func:`upload_base`.
    """

    video_id: str
    upload_token: str = field(repr=False)
    upload_server: str

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Created:
        """Raises :class:`Malformed`: a member is missing."""
        values = [_text(data.get(name)) for name in ("video_id", "upload_token", "upload_server_uri")]
        if not values[1] or not values[2]:
            raise Malformed("the answer to create names no upload")
        return cls(*values)

    def as_json(self) -> dict[str, Any]:
        """The answer; ``instant_upload_ok`` is always there and always ``no``."""
        return {
            "video_id": self.video_id,
            "upload_token": self.upload_token,
            "upload_server_uri": self.upload_server,
            "instant_upload_ok": "no",
        }


def upload_base(uri: str) -> str:
    """The base URL of an upload server: ``host``, ``host:port``, ``[v6]:port``, bare v6 or a URL (§5).

    Raises:
        Malformed: it is none of these.
    """
    uri = uri.strip()
    if uri.count(":") > 1 and "/" not in uri and not uri.startswith("["):
        uri = f"[{uri}]"
    whole = uri if "://" in uri else f"http://{uri}"
    try:
        parts = urlsplit(whole)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username is not None or re.search(r"[\s?#]", whole):
        raise Malformed("the answer names no usable upload server")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def base_name(path: str) -> str:
    """The last component of a file name, which some clients send with its whole local path."""
    return re.split(r"[/\\]", path)[-1]


def extension(text: str) -> str:
    """An ``ext`` in lower case without its leading dot."""
    return text.removeprefix(".").lower()


def split_tags(values: Iterable[str]) -> list[str]:
    """Tags of one or more texts, separated by commas or blanks, without repetition."""
    found = [tag for value in values for tag in re.split(r"[,\s]+", value) if tag]
    return list(dict.fromkeys(found))


# Slices (§4.2-§4.6, §6)


@dataclass(frozen=True, slots=True)
class Slice:
    """A range of the file with its number, counted from 1 in file order."""

    number: int
    offset: int
    length: int


def slice_count(size: int, slice_bytes: int) -> int:
    """How many slices a file has."""
    return -(-size // slice_bytes)


def slice_at(number: int, size: int, slice_bytes: int) -> Slice | None:
    """One slice of the plan; ``None`` where there is none of this number (S1)."""
    offset = (number - 1) * slice_bytes
    if number < 1 or offset >= size:
        return None
    return Slice(number, offset, min(slice_bytes, size - offset))


@dataclass(frozen=True, slots=True)
class Assignment:
    """The answer to new_slice and to upload_slice.

    Attributes:
        slice: What is handed out, or ``None``.
        transferred: Bytes of the whole file that have been received.
        finished: Whether every slice was received.
    """

    slice: Slice | None
    transferred: int
    finished: bool

    def as_json(self) -> dict[str, Any]:
        """All five members, all numbers; offset and length are 0 where nothing is handed out (S5)."""
        given = self.slice or Slice(0, 0, 0)
        return {
            "slice_task_id": given.number,
            "offset": given.offset,
            "length": given.length,
            "transferred": self.transferred,
            "finished": self.finished,
        }

    @classmethod
    def parse(cls, data: Mapping[str, Any], size: int) -> Assignment:
        """Read an assignment for a file of ``size`` bytes.

        Raises:
            Malformed: a member is missing or no number, or the range is not in the file.
        """
        number, offset, length = (whole(data, name) for name in ("slice_task_id", "offset", "length"))
        transferred = whole(data, "transferred") if "transferred" in data else 0
        finished = data.get("finished") is True
        if number == 0:
            return cls(None, transferred, finished)
        if length < 1 or offset + length > size:
            raise Malformed("the slice that was handed out is not in the file")
        return cls(Slice(number, offset, length), transferred, finished)


@dataclass(frozen=True, slots=True)
class Check:
    """The answer to check.

    Attributes:
        status: 1 complete, 2 slices on their way, 3 being stored, 4 slices to send.
        server_ip: What commit and cancel must echo.
        transferred: Percent received, 0 to 100.
        confirmed: Percent stored; 100 only with status 1.
        empty: Slices that were not handed out.
    """

    status: int
    server_ip: str
    transferred: int
    confirmed: int
    empty: int

    def as_json(self) -> dict[str, Any]:
        """All six members."""
        return {
            "status": self.status,
            "upload_server_ip": self.server_ip,
            "transferred_percent": self.transferred,
            "confirmed_percent": self.confirmed,
            "empty_tasks": self.empty,
            "finished": self.status == 1,
        }

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Check:
        """Raises :class:`Malformed`: there is no status that is known."""
        status = whole(data, "status")
        if status not in (1, 2, 3, 4):
            raise Malformed("the answer to check has an unknown status")
        numbers = (
            whole(data, name) if name in data else 0
            for name in ("transferred_percent", "confirmed_percent", "empty_tasks")
        )
        return cls(status, _text(data.get("upload_server_ip")), *numbers)


def percent(part: int, all: int) -> int:
    """Whole percent, rounded down; 100 of nothing (S8)."""
    return 100 if all == 0 else 100 * part // all


def whole(data: Mapping[str, Any], name: str) -> int:
    """A member that is a whole number, or its decimal text.

    Raises:
        Malformed: it is not.
    """
    value = data.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise Malformed(f"{name} is missing or not a number")


def same_digest(first: str, second: str) -> bool:
    """Whether two hex digests are the same number: clients drop leading zeros and send either case (§4.1)."""
    try:
        return int(first, 16) == int(second, 16)
    except ValueError:
        return False


def hex_digest(text: str, digits: int) -> str | None:
    """A hex digest in lower case with all its digits; ``None`` for what is none."""
    if not re.fullmatch(r"[0-9A-Fa-f]+", text) or len(text.lstrip("0")) > digits:
        return None
    return text.lstrip("0").lower().rjust(digits, "0")


# Ids (§4.1)


def public_id(letter: str, number: int) -> str:
    """``X`` or ``U`` and the base64 of a decimal number."""
    return letter + base64.b64encode(str(number).encode()).decode()


def number_of(id: str, letter: str) -> int | None:
    """The inverse of :func:`public_id`; ``None`` for what is no such id."""
    if not id.startswith(letter):
        return None
    try:
        digits = base64.b64decode(id[1:] + "=" * (-len(id[1:]) % 4), validate=True)
    except ValueError:
        return None
    return int(digits) if digits.isdigit() else None


VIDEO_URL = re.compile(r"/id_(X[A-Za-z0-9+/]+=*)")
"""Finds the video id in the address of a watch page."""

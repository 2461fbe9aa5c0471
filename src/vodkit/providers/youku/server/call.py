"""One request, its parameters from wherever they came, and the answers (youku.md §1, §2)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from vodkit.server.contract import Account, Head, Send, Service
from vodkit.server.spelling import Spelled

from .. import wire
from ..wire import Codes, RemoteFault

PROVIDER: Final = "youku"
_MOST_FIELDS: Final = 200


class Refused(Exception):
    """A request that is refused.

    Attributes:
        fault: What the answer says; holds no secret.
        status: HTTP status.
    """

    def __init__(self, code: int, description: str = "", *, type: str = "", status: int = 400) -> None:
        kind, text = wire.TEXTS[code]
        self.fault = RemoteFault(code, type or kind, description or text)
        self.status = status
        super().__init__(f"{code}: {self.fault.description}")


def missing(name: str) -> Refused:
    """A required parameter is not there."""
    return Refused(Codes.MISSING, f"Necessary parameter missing: {name}")


def invalid(name: str) -> Refused:
    """A parameter is malformed, out of range, or contradicts what is known."""
    return Refused(Codes.INVALID, f"Invalid parameter: {name}")


@dataclass(slots=True)
class Call:
    """One call of the API.

    Attributes:
        service: What the room works with.
        params: Its parameters; the query wins over the body. A name that comes several times has all of its
            values, joined by commas.
        now: Seconds since the epoch.
        account: The application, once it is known.
    """

    service: Service
    params: Mapping[str, str]
    now: float
    account: Account | None = None

    @property
    def who(self) -> Account:
        """The application; calls that need none have no use for this."""
        assert self.account is not None
        return self.account

    def text(self, name: str, default: str = "", *, limit: int = 4096) -> str:
        """A parameter as it came. Raises 1013 where it is too long or holds NUL."""
        value = self.params.get(name, default)
        if len(value) > limit or "\0" in value:
            raise invalid(name)
        return value

    def need(self, name: str, *, limit: int = 4096) -> str:
        """A parameter that must be there and not empty. Raises 1012."""
        if not self.params.get(name):
            raise missing(name)
        return self.text(name, limit=limit)

    def number(self, name: str, default: int | None = None, *, low: int = 0, high: int = 1 << 53) -> int:
        """A whole number. Raises 1012 where there is none and no default, 1013 where it cannot be."""
        text = self.params.get(name) or ""
        if not text:
            if default is None:
                raise missing(name)
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
            raise invalid(name)
        return int(text)

    def several(self, name: str, *, most: int = 100) -> list[str]:
        """A list separated by commas. Raises 1012 where it is empty, 1013 where it is too long."""
        values = [value.strip() for value in self.need(name).split(",") if value.strip()]
        if len(values) > most:
            raise invalid(name)
        return list(dict.fromkeys(values))


@dataclass(frozen=True, slots=True)
class Action:
    """One call that the room knows.

    Attributes:
        run: Answers it.
        methods: That it may come with.
        login: ``none``, ``client`` (client_id) or ``user`` (client_id and access_token).
        status: Of success.
    """

    run: Callable[[Call], Awaitable[Mapping[str, Any]]]
    methods: tuple[str, ...] = ("GET", "POST")
    login: str = "client"
    status: int = 200


@dataclass(slots=True)
class Fields:
    """Parameters as they are collected."""

    values: dict[str, str] = field(default_factory=dict)

    def add(self, pairs: list[tuple[str, str]]) -> None:
        """Take over pairs whose names are new; repeated names join their values."""
        fresh: dict[str, list[str]] = {}
        for name, value in pairs:
            fresh.setdefault(name.removesuffix("[]"), []).append(value)
        for name, values in fresh.items():
            self.values.setdefault(name, ",".join(values))


def read_params(head: Head, body: bytes) -> dict[str, str]:
    """The parameters of query and body together.

    Raises:
        Refused: they cannot be read.
    """
    fields = Fields()
    kind = head.headers.get("content-type", "")
    try:
        fields.add(_pairs(head.query))
        if kind.lower().startswith("multipart/form-data") and (boundary := boundary_of(kind)):
            fields.add([(name, data.decode()) for name, data in multipart(body, boundary)])
        elif body:
            fields.add(_pairs(body.decode()))
    except (UnicodeDecodeError, ValueError):
        raise Refused(Codes.INVALID, "the parameters cannot be read") from None
    return fields.values


def _pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text.strip(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)


def boundary_of(content_type: str) -> str:
    """The boundary of a multipart content type; ``""`` where it has none."""
    for piece in content_type.split(";")[1:]:
        name, _, value = piece.strip().partition("=")
        if name.lower() == "boundary":
            return value.strip('"')
    return ""


def multipart(body: bytes, boundary: str) -> list[tuple[str, bytes]]:
    """Names and contents of the parts of a ``multipart/form-data`` body."""
    found: list[tuple[str, bytes]] = []
    mark = b"--" + boundary.encode("latin-1", "replace")
    for piece in (b"\r\n" + body).split(b"\r\n" + mark)[1:]:
        if piece.startswith(b"--"):
            break
        head, gap, data = piece.partition(b"\r\n\r\n")
        if gap:
            found.append((_part_name(head), data))
    return found


def _part_name(head: bytes) -> str:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            for piece in value.split(";")[1:]:
                key, _, text = piece.strip().partition("=")
                if key.lower() == "name":
                    return text.strip('"')
    return ""


async def reply(send: Send, status: int, data: Mapping[str, Any]) -> None:
    """Answer with a JSON object and its length; one client searches the text for ``Content-Length``."""
    body = json.dumps(data, ensure_ascii=False).encode()
    await respond(send, status, body, "application/json")


async def refuse(send: Send, refused: Refused) -> None:
    """Answer with the error envelope."""
    await reply(send, refused.status, wire.error_body(refused.fault))


async def respond(
    send: Send, status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
) -> None:
    """Answer with bytes."""
    given = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        **(headers or {}),
    }
    raw = [(Spelled(name.encode()), value.encode("latin-1")) for name, value in given.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})

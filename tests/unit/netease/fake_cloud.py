"""The vendor in memory, behind a real socket: what it was asked, and how it goes wrong on demand."""

from __future__ import annotations

import base64
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.loopback import Handler, Server

MIB = 1 << 20
DROP = "drop"
"""A fault: the connection ends without an answer."""

HANG = "hang"
"""A fault: there is never an answer."""


@dataclass(frozen=True)
class Seen:
    """A request."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def do(self) -> str:
        """What it is: an operation of the API, ``lbs``, ``block`` or ``ask``."""
        if self.path.startswith("/app/vod/"):
            return self.path.removeprefix("/app/vod/")
        if self.path == "/lbs":
            return "lbs"
        return "ask" if "uploadContext" in self.query else "block"

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Fault = Callable[[Seen], "tuple[int, bytes] | str | None"]


@dataclass
class Stored:
    """An object."""

    token: str
    data: bytearray = field(default_factory=bytearray)
    context: str = ""
    id: int | None = None
    hidden: int = 0
    """How many more queries do not find it."""


class FakeCloud:
    """The API host, the lookup and two nodes.

    Attributes:
        seen: Every request, in order.
        fault: Asked before a request is carried out.
        lose: Asked after it was; a true answer drops the reply.
        accept: How many bytes of a block are taken, from (offset, length).
        nodes: What the lookup says.
        tell_id: Whether the last block's answer carries the id.
        objects: By name.
        name: Of the next object.
    """

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.fault: Fault = lambda seen: None
        self.lose: Callable[[Seen], bool] = lambda seen: False
        self.accept: Callable[[int, int], int] = lambda offset, length: length
        self.nodes = ["http://node1.test", "http://node2.test"]
        self.tell_id = True
        self.objects: dict[str, Stored] = {}
        self.published: dict[str, bytes] = {}
        self.name = "object {}.mp4"
        self.image = False
        self._ids = 1000
        self._lock = threading.Lock()
        self.over = threading.Event()

    def did(self, do: str) -> list[Seen]:
        """The requests of one kind."""
        return [seen for seen in self.seen if seen.do == do]

    def answer(self, seen: Seen) -> tuple[int, bytes] | str:
        with self._lock:
            self.seen.append(seen)
            fault = self.fault(seen)
            if fault is not None:
                return fault
            found = self._carry_out(seen)
            return DROP if self.lose(seen) else found

    def _carry_out(self, seen: Seen) -> tuple[int, bytes]:
        if seen.do == "lbs":
            return 200, json.dumps({"lbs": "http://lbs.test/lbs", "upload": self.nodes}).encode()
        if seen.do in ("block", "ask"):
            return self._node(seen)
        name = seen.do.replace("/", "_")
        return getattr(self, f"_{name}")(seen.json)  # type: ignore[no-any-return]

    def _upload_init(self, body: dict[str, Any]) -> tuple[int, bytes]:
        name = self.name.format(len(self.objects) + 1)
        self.objects[name] = Stored(f"UPLOAD token {len(self.objects)}")
        return ok({"bucket": "vodtest", "object": name, "xNosToken": self.objects[name].token})

    def _video_query(self, body: dict[str, Any]) -> tuple[int, bytes]:
        found = []
        for name in body["objectNames"]:
            stored = self.objects.get(name)
            if stored is None or stored.id is None:
                continue
            if stored.hidden:
                stored.hidden -= 1
                continue
            ids = {"vid": None, "imgId": stored.id} if self.image else {"vid": stored.id}
            found.append({"objectName": name, **ids})
        return ok({"count": len(found), "list": found}) if found else no(404, "not found")

    def _video_get(self, body: dict[str, Any]) -> tuple[int, bytes]:
        for name, stored in self.objects.items():
            if stored.id == body["vid"]:
                size = len(self.published[name])
                return ok({"vid": stored.id, "videoName": name, "status": 40, "initialSize": size,
                           "origUrl": f"http://play.test/{stored.id}"})  # fmt: skip
        return no(404, "no such video")

    def _upload_setcallback(self, body: dict[str, Any]) -> tuple[int, bytes]:
        return 200, b'{"code":200}'

    def _node(self, seen: Seen) -> tuple[int, bytes]:
        bucket, _, name = seen.path[1:].partition("/")
        stored = self.objects.get(unquote(name))
        if unquote(bucket) != "vodtest" or stored is None:
            return bad(403, "AccessDenied")
        if seen.headers.get("x-nos-token") != stored.token:
            return bad(403, "AccessDenied")
        context = seen.query.get("context", "")
        if context and (context != stored.context or stored.id is not None):
            return bad(404, "ContextNotFound")
        if seen.do == "ask":
            return 200, json.dumps({"requestId": "r", "offset": len(stored.data)}).encode()
        return self._block(seen, unquote(name), stored, context)

    def _block(self, seen: Seen, name: str, stored: Stored, context: str) -> tuple[int, bytes]:
        offset = int(seen.query["offset"])
        if not context:
            stored.data.clear()
            stored.context = f"context/{len(self.seen)} +&"
        if offset != len(stored.data):
            return bad(400, "InvalidOffset")
        taken = self.accept(offset, len(seen.body))
        stored.data += seen.body[:taken]
        message = b""
        if seen.query["complete"] == "true" and taken == len(seen.body):
            self._ids += stored.id is None
            stored.id = stored.id or self._ids
            self.published[name] = bytes(stored.data)
            if self.tell_id:
                ids = {"imgId": stored.id} if self.image else {"vid": stored.id}
                message = base64.b64encode(json.dumps({"code": 200, "requestId": "r", "ret": ids}).encode())
        answer = {"requestId": "r", "requestID": "r", "offset": len(stored.data), "context": stored.context,
                  "callbackRetMsg": message.decode()}  # fmt: skip
        return 200, json.dumps(answer).encode()


def ok(ret: dict[str, Any]) -> tuple[int, bytes]:
    return 200, json.dumps({"code": 200, "requestId": "r", "msg": "", "ret": ret}).encode()


def no(code: int, message: str) -> tuple[int, bytes]:
    return 200, json.dumps({"code": code, "requestId": "r", "msg": message}).encode()


def bad(status: int, code: str) -> tuple[int, bytes]:
    return status, json.dumps({"requestID": "r", "errCode": code, "errMsg": f"this is {code}"}).encode()


@contextmanager
def serving(cloud: FakeCloud) -> Iterator[str]:
    """Serve ``cloud`` on loopback; yields the base address for ``service``."""

    class Answering(Handler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True
                return
            path, _, query = self.path.partition("?")
            seen = Seen(
                self.command,
                self.headers["Host"],
                path,
                dict(parse_qsl(query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                body,
            )
            found = cloud.answer(seen)
            if found == HANG:
                cloud.over.wait(30)
            if isinstance(found, str):
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
                return
            status, document = found
            self.answer(status, document)

        do_GET = do_POST = _answer

    with Server(Answering) as server:
        try:
            yield server.base
        finally:
            cloud.over.set()

"""The toy room's cloud: a real server, with switches for what goes wrong."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.loopback import Handler, Server
from vodkit.engine.integrity import digest


def crc64(data: bytes) -> str:
    hasher = digest("crc64")
    hasher.update(memoryview(data))
    return hasher.hexdigest()


class Cloud(Server):
    """Keeps uploads and media in memory.

    Attributes:
        uploads: Parts by ``item/offset`` of each upload.
        names: Role and name of each upload's items.
        media: What uploads became: each item's bytes.
        facts: What is told about each media.
        pulls: What is told about each pull.
        becomes: What the facts of a media turn into, look by look.
        order: Items in the order in which their parts came.
        requests: Method and path of every request.
        fail: Called with method and path before a request is served; a status that it returns is the answer.
        crc: What to tell as CRC-64 of a file in place of the truth.
        cut_after: Bytes of a file after which the connection is cut.
        delay: Seconds that each part takes.
    """

    def __init__(self) -> None:
        super().__init__(Answering)
        self.lock = threading.Lock()
        self.uploads: dict[str, dict[str, bytes]] = {}
        self.names: dict[str, list[list[str]]] = {}
        self.media: dict[str, list[bytes]] = {}
        self.facts: dict[str, dict[str, Any]] = {}
        self.pulls: dict[str, dict[str, Any]] = {}
        self.becomes: list[dict[str, Any]] = []
        self.order: list[int] = []
        self.requests: list[str] = []
        self.fail: Any = lambda method, path: None
        self.crc: str | None = None
        self.cut_after: int | None = None
        self.delay = 0.0

    def assemble(self, id: str) -> list[bytes]:
        items = []
        for index in range(len(self.names[id])):
            parts = {
                int(key.partition("/")[2]): data
                for key, data in self.uploads[id].items()
                if key.startswith(f"{index}/")
            }
            whole = b""
            for offset in sorted(parts):
                assert offset == len(whole), "a hole"
                whole += parts[offset]
            items.append(whole)
        return items


class Answering(Handler):
    server: Cloud

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def do_any(self) -> None:
        cloud = self.server
        body = self.received()
        with cloud.lock:
            cloud.requests.append(f"{self.command} {self.path}")
        status = cloud.fail(self.command, self.path)
        if status == "hang up":
            self.close_connection = True
            return
        if status is not None:
            self.answer(status, b"{}")
            return
        parts = urlsplit(self.path)
        kind, *rest = [unquote(piece) for piece in parts.path.strip("/").split("/")]
        if kind == "files":
            self.file(rest[0])
            return
        with cloud.lock:
            status, data = getattr(self, f"{kind}_{self.command.lower()}")(rest, body, parse_qs(parts.query))
        if kind == "uploads" and self.command == "PUT":
            time.sleep(cloud.delay)
        self.answer(status, json.dumps(data).encode())

    do_GET = do_POST = do_PUT = do_DELETE = do_any

    def uploads_post(self, rest: list[str], body: bytes, query: dict[str, list[str]]) -> tuple[int, Any]:
        cloud = self.server
        if not rest:
            id = f"u{len(cloud.names) + 1}"
            cloud.uploads[id], cloud.names[id] = {}, json.loads(body)
            return 200, {"id": id}
        id = rest[0]
        if id not in cloud.names:
            return 404, {}
        cloud.media[id] = cloud.assemble(id)
        title = json.loads(body).get("title", "")
        cloud.facts[id] = {"id": id, "title": title, "size": len(cloud.media[id][0]), "url": f"toy:{id}"}
        return 200, cloud.facts[id]

    def uploads_get(self, rest: list[str], body: bytes, query: dict[str, list[str]]) -> tuple[int, Any]:
        found = self.server.uploads.get(rest[0])
        return (404, {}) if found is None else (200, {"parts": sorted(found)})

    def uploads_put(self, rest: list[str], body: bytes, query: dict[str, list[str]]) -> tuple[int, Any]:
        id, item, offset = rest
        if id not in self.server.uploads:
            return 404, {}
        self.server.uploads[id][f"{item}/{offset}"] = body
        self.server.order.append(int(item))
        return 200, {"md5": hashlib.md5(body).hexdigest()}

    def uploads_delete(self, rest: list[str], body: bytes, query: dict[str, list[str]]) -> tuple[int, Any]:
        return (200, {}) if self.server.uploads.pop(rest[0], None) is not None else (404, {})

    def pulls_post(self, rest: list[str], body: bytes, query: dict[str, list[str]]) -> tuple[int, Any]:
        cloud = self.server
        id, media = f"p{len(cloud.pulls) + 1}", f"m{len(cloud.pulls) + 1}"
        wanted = json.loads(body)
        cloud.facts[media] = {"id": media, "title": wanted.get("title", ""), "url": wanted["url"]}
        cloud.pulls[id] = {"status": "processing", "progress": 0.5, "media": media}
        return 200, {"id": id}

    def pulls_get(self, rest: list[str], body: bytes, query: dict[str, list[str]]) -> tuple[int, Any]:
        found = self.server.pulls.get(rest[0])
        return (404, {}) if found is None else (200, found)

    def media_get(self, rest: list[str], body: bytes, query: dict[str, list[str]]) -> tuple[int, Any]:
        if rest:
            found = self.server.facts.get(rest[0])
            if found is not None and self.server.becomes:
                found.update(self.server.becomes.pop(0))
            return (404, {}) if found is None else (200, found)
        wanted = query.get("title", [""])[0]
        return 200, [facts for facts in self.server.facts.values() if wanted in facts["title"]]

    def media_post(self, rest: list[str], body: bytes, query: dict[str, list[str]]) -> tuple[int, Any]:
        self.server.facts[rest[0]].update(json.loads(body))
        return 200, self.server.facts[rest[0]]

    def media_delete(self, rest: list[str], body: bytes, query: dict[str, list[str]]) -> tuple[int, Any]:
        self.server.media.pop(rest[0], None)
        return (200, {}) if self.server.facts.pop(rest[0], None) is not None else (404, {})

    def file(self, id: str) -> None:
        cloud = self.server
        if id not in cloud.media:
            self.answer(404)
            return
        body, status = cloud.media[id][0], 200
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        headers = {"ETag": etag, "x-crc64": cloud.crc or crc64(body)}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted and self.headers.get("If-Range") in (None, etag):
            first, last = int(wanted[1]), int(wanted[2] or len(body) - 1)
            if first >= len(body):
                self.answer(416, headers={"Content-Range": f"bytes */{len(body)}"})
                return
            last = min(last, len(body) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
            body, status = body[first : last + 1], 206
        self.answer(status, body, headers, cut=cloud.cut_after)

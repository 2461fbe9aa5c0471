"""A platform in memory behind a real socket, which can be told to misbehave."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import vodkit
from tests.loopback import Handler, Server

Scripted = tuple[int, Any]


@dataclass
class Remote:
    """An upload as the platform sees it; ``given`` has the numbers of the slices that are out or here."""

    video_id: str
    fields: dict[str, str]
    slice_bytes: int = 0
    parts: dict[int, bytes] = field(default_factory=dict)
    given: set[int] = field(default_factory=set)
    committed: bool = False

    @property
    def size(self) -> int:
        return int(self.fields["file_size"])

    @property
    def count(self) -> int:
        return -(-self.size // self.slice_bytes)

    @property
    def data(self) -> bytes:
        return b"".join(self.parts[number] for number in sorted(self.parts))


@dataclass
class Seen:
    """One request."""

    method: str
    name: str
    host: str
    target: str
    fields: dict[str, str]


class Platform:
    """Attributes:
    script: Answers that come before the ordinary ones, by the last word of the path; a status and an object
        or bytes. ``None`` for the object: no answer, the connection hangs until the platform ends.
    new_slice_status: Of a handed-out slice.
    server: What create names.
    """

    def __init__(self) -> None:
        self.script: dict[str, list[Scripted]] = defaultdict(list)
        self.seen: list[Seen] = []
        self.uploads: dict[str, Remote] = {}
        self.new_slice_status = 201
        self.server = "127.0.0.1"
        self.connections = 0
        self.made = 0
        self.ended = threading.Event()
        self.url = ""
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        return [seen.name for seen in self.seen]

    def connect(self, folder: Path, **settings: Any) -> vodkit.Vod:
        given: dict[str, Any] = {"client_id": "me", "access_token": "the-token", "parallel": 2}
        place = {"service": self.url, "state_dir": str(folder / "state")}
        return vodkit.connect("youku", **{**given, **place, **settings})

    def answer(self, seen: Seen, body: bytes) -> Scripted:
        with self._lock:
            self.seen.append(seen)
            if self.script[seen.name]:
                return self.script[seen.name].pop(0)
            return self._ordinary(seen, body)

    def _ordinary(self, seen: Seen, body: bytes) -> Scripted:
        fields = seen.fields
        match seen.name:
            case "create":
                token = f"upload-token-{self.made}"
                self.uploads[token] = Remote(f"XVIDEO{self.made}", fields)
                self.made += 1
                made = {"video_id": self.uploads[token].video_id, "upload_token": token}
                return 201, {**made, "upload_server_uri": self.server, "instant_upload_ok": "no"}
            case "show":
                found = next((r for r in self.uploads.values() if r.video_id == fields["video_id"]), None)
                title = found.fields["title"] if found else ""
                return 200, {"id": fields["video_id"], "title": title, "state": "normal"}
            case "token":
                return 200, {"access_token": "renewed", "expires_in": "3600", "refresh_token": "next"}
        remote = self.uploads.get(fields.get("upload_token", ""))
        if remote is None:
            return 400, error(120010223)
        return getattr(self, f"_{seen.name}")(remote, fields, body)  # type: ignore[no-any-return]

    def _create_file(self, remote: Remote, fields: dict[str, str], body: bytes) -> Scripted:
        remote.slice_bytes = int(fields["slice_length"]) * 1024
        return 201, {}

    def _assignment(self, remote: Remote) -> dict[str, Any]:
        sent = sum(map(len, remote.parts.values()))
        number = next((n for n in range(1, remote.count + 1) if n not in remote.given), None)
        if number is None:
            done = sent == remote.size
            return {"slice_task_id": 0, "offset": 0, "length": 0, "transferred": sent, "finished": done}
        remote.given.add(number)
        offset = (number - 1) * remote.slice_bytes
        length = min(remote.slice_bytes, remote.size - offset)
        place = {"slice_task_id": number, "offset": offset, "length": length}
        return {**place, "transferred": sent, "finished": False}

    def _new_slice(self, remote: Remote, fields: dict[str, str], body: bytes) -> Scripted:
        return self.new_slice_status, self._assignment(remote)

    def _upload_slice(self, remote: Remote, fields: dict[str, str], body: bytes) -> Scripted:
        assert hashlib.md5(body).hexdigest() == fields["hash"]
        remote.parts[int(fields["slice_task_id"])] = body
        return 201, self._assignment(remote)

    def _check(self, remote: Remote, fields: dict[str, str], body: bytes) -> Scripted:
        done = bool(remote.slice_bytes) and len(remote.parts) == remote.count
        return 200, {"status": 1 if done else 4, "upload_server_ip": "10.0.0.1", "empty_tasks": 0}

    def _slices(self, remote: Remote, fields: dict[str, str], body: bytes) -> Scripted:
        states = {n: 2 if n in remote.parts else 1 for n in sorted(remote.given)}
        return 200, {"slices": [{"sid": n, "status": state} for n, state in states.items()]}

    def _reset_slice(self, remote: Remote, fields: dict[str, str], body: bytes) -> Scripted:
        back = set(map(int, fields["slice_task_id"].split(","))) - set(remote.parts)
        remote.given -= back
        return 200, {"reset": len(back)}

    def _commit(self, remote: Remote, fields: dict[str, str], body: bytes) -> Scripted:
        remote.committed = True
        return 200, {"video_id": remote.video_id}

    def _cancel(self, remote: Remote, fields: dict[str, str], body: bytes) -> Scripted:
        del self.uploads[fields["upload_token"]]
        return 200, {"upload_token": fields["upload_token"]}


def error(code: int | str, description: str = "no") -> dict[str, Any]:
    return {"error": {"code": code, "type": "SystemException", "description": description}}


@contextmanager
def serving(platform: Platform) -> Iterator[Platform]:
    """Serve it on loopback until the block ends."""

    class Answering(Handler):
        def setup(self) -> None:
            super().setup()
            platform.connections += 1

        def _answer(self) -> None:
            body = self.received()
            parts = urlsplit(self.path)
            name = parts.path.rpartition("/")[2].removesuffix(".json")
            fields = dict(parse_qsl(parts.query, keep_blank_values=True))
            if "urlencoded" in self.headers.get("Content-Type", ""):
                fields |= dict(parse_qsl(body.decode(), keep_blank_values=True))
            seen = Seen(self.command, name, self.headers["Host"], self.path, fields)
            status, data = platform.answer(seen, body)
            if data is None:
                platform.ended.wait(60)
                self.close_connection = True
                return
            payload = data if isinstance(data, bytes) else json.dumps(data).encode()
            self.answer(status, payload)

        do_GET = do_POST = _answer

    with Server(Answering) as server:
        platform.url = server.base
        try:
            yield platform
        finally:
            platform.ended.set()

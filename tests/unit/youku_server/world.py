"""A running service in this process, with a clock of its own, and a caller who speaks the wire by hand."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from .. import serving

API = "api.youku.com"
OPEN = "openapi.youku.com"
UPLOAD = "127.0.0.1"
KIB = 1024

ACCOUNTS = """
[[account]]
provider = "youku"
id = "one"
secret = "secret-of-one"
user_name = "Alice"
user_password = "password-of-alice"
access_tokens = ["access-of-one"]

[[account]]
provider = "youku"
id = "two"
secret = "secret-of-two"
user_name = "Bob"
access_tokens = ["access-of-two"]
token_error_status = 401
password_grant = true
new_slice_status = 200
upload_server = "upload.example:8080"
max_file_size = 1000000
allow_empty = true
token_life = 60
"""


@dataclass(frozen=True)
class Answer(serving.Answer):
    """An answer of the API."""

    @property
    def data(self) -> dict[str, Any]:
        found = self.json
        assert isinstance(found, dict)
        return found

    @property
    def code(self) -> int:
        """The error's code; 0 where there is no error."""
        return int(self.data.get("error", {}).get("code", 0))


def content(size: int, seed: int = 0) -> bytes:
    return random.Random(f"{seed}-{size}").randbytes(size)


class World(serving.World[Answer]):
    """A service, and how the vendor's clients speak to it."""

    provider = "youku"

    def call(
        self, method: str, host: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One HTTP request to a host."""
        return self.send(method, target, {"Host": host, **(headers or {})}, body)

    def get(self, path: str, host: str = API, **query: Any) -> Answer:
        return self.call("GET", host, f"/{path}?{urlencode(query)}")

    def post(self, path: str, host: str = API, **form: Any) -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.call("POST", host, f"/{path}", urlencode(form).encode(), kind)

    def sweep(self) -> None:
        super().sweep()
        self.do(self.service.storage.sweep(self.clock.now()))

    def upload(self, data: bytes, who: str = "one", **fields: Any) -> Upload:
        """A created upload of ``data``; nothing is sent yet."""
        answer = self.get("uploads/create.json", **{**create_fields(data, who), **fields})
        assert answer.status == 201, answer.body
        return Upload(self, data, answer.data, who)


def create_fields(data: bytes, who: str = "one") -> dict[str, Any]:
    return {
        "client_id": who,
        "access_token": f"access-of-{who}",
        "title": "A title",
        "tags": "one,two",
        "file_name": "movie.mp4",
        "file_size": len(data),
        "file_md5": hashlib.md5(data).hexdigest(),
    }


class Upload:
    """One upload, step by step."""

    def __init__(self, world: World, data: bytes, created: Mapping[str, Any], who: str) -> None:
        self.world, self.data, self.who = world, data, who
        self.video_id = created["video_id"]
        self.token = created["upload_token"]
        self.server = created["upload_server_uri"]

    def file(self, kib: int = 1, **fields: Any) -> Upload:
        given = {"upload_token": self.token, "file_size": len(self.data), "ext": "mp4", "slice_length": kib}
        answer = self.world.post("gupload/create_file", UPLOAD, **{**given, **fields})
        assert (answer.status, answer.data) == (201, {}), answer.body
        return self

    def ask(self, verb: str, **fields: Any) -> Answer:
        return self.world.get(f"gupload/{verb}", UPLOAD, upload_token=self.token, **fields)

    def next(self) -> dict[str, Any]:
        return self.ask("new_slice").data

    def put(self, given: Mapping[str, Any], data: bytes | None = None, **more: Any) -> Answer:
        """Send the slice that was handed out, or other bytes in its place."""
        start, length = given["offset"], given["length"]
        body = self.data[start : start + length] if data is None else data
        headers = more.pop("headers", {})
        query = {
            "upload_token": self.token,
            "slice_task_id": given["slice_task_id"],
            "offset": start,
            "length": length,
            **more,
        }
        return self.world.call("POST", UPLOAD, f"/gupload/upload_slice?{urlencode(query)}", body, headers)

    def send_all(self) -> Upload:
        given = self.next()
        while given["slice_task_id"]:
            answer = self.put(given)
            assert answer.status == 201, answer.body
            given = answer.data
        return self

    def slice(self, number: int, kib: int = 1) -> dict[str, int]:
        start = (number - 1) * kib * KIB
        length = min(kib * KIB, len(self.data) - start)
        return {"slice_task_id": number, "offset": start, "length": length}

    def check(self) -> dict[str, Any]:
        return self.ask("check").data

    def commit(self, **more: Any) -> Answer:
        mine = {"client_id": self.who, "access_token": f"access-of-{self.who}", "upload_token": self.token}
        return self.world.post("uploads/commit.json", **{**mine, "upload_server_ip": "10.0.0.1", **more})

    def cancel(self) -> Answer:
        mine = {"client_id": self.who, "access_token": f"access-of-{self.who}", "upload_token": self.token}
        return self.world.get("uploads/cancel.json", **mine)

    def stored(self) -> bytes:
        """What the committed video's original holds."""
        mine = {"client_id": self.who, "access_token": f"access-of-{self.who}", "video_id": self.video_id}
        shown = self.world.get("videos/show.json", **mine).data
        answer = self.world.play(shown["original"]["url"])
        assert answer.status == 200
        return answer.body


@contextmanager
def running(folder: Path, **settings: Any) -> Iterator[World]:
    """A service until the block ends."""
    with serving.serving(folder, ACCOUNTS, **settings) as served:
        yield World(served, Answer)

"""Transcripts of clients, replayed: recorded ones, and ones written from the specification."""

from __future__ import annotations

import http.client
import json
import random
from pathlib import Path
from typing import Any

import pytest

from .world import World

FOLDER = Path(__file__).parents[2] / "golden" / "youku"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


class Replay:
    """One client's run."""

    def __init__(self, world: World, record: dict[str, Any]) -> None:
        who = record.get("account", "one")
        self.content = random.Random(record["content"]).randbytes(record["size"])
        self.words = {"CLIENTID": who, "ACCESSTOKEN": f"access-of-{who}"}
        self.wire = http.client.HTTPConnection("127.0.0.1", world.port, timeout=60)

    def fill(self, text: str) -> str:
        for word, value in self.words.items():
            text = text.replace(word, value)
        return text

    def body(self, request: dict[str, Any]) -> bytes:
        if "slice" not in request:
            return self.fill(request.get("body", "")).encode()
        start, length = request["slice"]
        piece = self.content[start : start + length]
        if "frame" not in request:
            return piece
        mark = request["frame"].encode()
        head = b'Content-Disposition: form-data; name="data"; filename="data"\r\nContent-Type: x/y\r\n\r\n'
        return b"--" + mark + b"\r\n" + head + piece + b"\r\n--" + mark + b"--\r\n"

    def send(self, request: dict[str, Any]) -> dict[str, Any]:
        body = self.body(request)
        target = self.fill(request["target"])
        if request.get("bare"):
            # This client leaves the first slash out.
            target = target.removeprefix("/")
        self.wire.putrequest(request["method"], target, skip_host=True, skip_accept_encoding=True)
        for name, value in request["headers"].items():
            if name.lower() != "content-length":
                self.wire.putheader(name, self.fill(value))
        if request["method"] == "POST":
            self.wire.putheader("Content-Length", str(len(body)))
        self.wire.endheaders(body)
        answer = self.wire.getresponse()
        data = answer.read()
        assert answer.status == request["status"], (request["target"], data)
        assert answer.headers["content-length"] == str(len(data))
        found = json.loads(data)
        assert isinstance(found, dict)
        return found


@pytest.mark.covers("youku 10-1", "youku 10-2", "youku 10-8", "youku 10-9", "youku 10-10", "youku 10-26")
@pytest.mark.covers("youku 10-11", "youku 10-14", "youku 10-15", "youku D-39")
@pytest.mark.parametrize("name", NAMES)
def test_the_client_completes(world: World, name: str) -> None:
    record = json.loads((FOLDER / f"{name}.json").read_text())
    replay = Replay(world, record)
    upload = world.upload(replay.content, replay.words["CLIENTID"])
    video = upload.video_id
    if record["received"]:
        upload.file(2048)
        for number in range(1, record["received"] + 1):
            assert upload.put(upload.slice(number, 2048)).status == 201
        replay.words["UPLOADTOKEN"] = upload.token
    for request in record["requests"]:
        answer = replay.send(request)
        if "upload_token" in answer:
            replay.words["UPLOADTOKEN"], video = answer["upload_token"], answer["video_id"]
            assert answer["instant_upload_ok"] == "no"
    assert answer["video_id"] == video
    replay.wire.close()
    mine = {"client_id": replay.words["CLIENTID"], "access_token": replay.words["ACCESSTOKEN"]}
    shown = world.get("videos/show.json", **mine, video_id=video).data
    assert world.play(shown["original"]["url"]).body == replay.content

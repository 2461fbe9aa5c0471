"""Transcripts of the vendor's eight SDKs, written from the specification, replayed over raw sockets."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import random
import socket
from pathlib import Path
from typing import Any

import pytest

from .world import Target, World

FOLDER = Path(__file__).parents[2] / "golden" / "netease"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


class Replay:
    """One SDK's run: what later requests quote of earlier answers, and the connection they share."""

    def __init__(self, world: World, record: dict[str, Any]) -> None:
        self.world = world
        self.record = record
        self.content = random.Random(record["sdk"]).randbytes(record["size"])
        self.known = {"context": "", "md5": hashlib.md5(self.content).hexdigest()}
        self.vid: int | None = None
        self.wire = world.raw()
        self.input = self.wire.makefile("rb")

    def close(self) -> None:
        self.input.close()
        self.wire.close()

    def reconnect(self) -> None:
        self.close()
        self.wire = self.world.raw()
        self.input = self.wire.makefile("rb")

    def fill(self, text: str) -> str:
        for name, value in self.known.items():
            text = text.replace("{" + name + "}", value)
        return text

    def bytes_of(self, request: dict[str, Any]) -> bytes:
        body = b""
        if "body" in request:
            body = self.fill(json.dumps(request["body"])).encode()
        elif "block" in request:
            start, length = request["block"]
            body = self.content[start : start + length]
        lines = [f"{request['method']} {self.fill(request['target'])} HTTP/1.1"]
        lines += [f"{name}: {self.fill(value)}" for name, value in request["headers"].items()]
        if request["method"] == "POST":
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + body

    def read(self) -> tuple[int, dict[str, str], bytes]:
        status = int(self.input.readline().split()[1])
        headers: dict[str, str] = {}
        while line := self.input.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        return status, headers, self.input.read(int(headers.get("content-length", 0)))

    def check(self, request: dict[str, Any], answer: tuple[int, dict[str, str], bytes]) -> None:
        status, headers, body = answer
        expect = request["expect"]
        assert status == expect["status"], body
        if expect.get("cors"):
            assert headers["access-control-allow-origin"] == "*"
        if request["method"] == "OPTIONS":
            allowed = headers["access-control-allow-headers"].split(", ")
            assert {*request["headers"]["Access-Control-Request-Headers"].split(",")} <= {*allowed}
            return
        data = json.loads(body)
        for name, value in expect.get("json", {}).items():
            assert data[name] == value, data
        if "init" in expect:
            assert data["code"] == 200, data
            ret = data["ret"]
            self.known |= {"bucket": ret["bucket"], "object": ret["object"], "token": ret["xNosToken"]}
        if "nodes" in expect:
            assert data["lbs"]
            assert len(data["upload"]) == expect["nodes"]
            assert all(node.startswith("http://") and node[-1] != "/" for node in data["upload"])
        if "context" in data:
            assert data["requestId"] == data["requestID"]
            assert "errMsg" not in data
            self.known["context"] = data["context"]
        if expect.get("final"):
            message = json.loads(base64.b64decode(data["callbackRetMsg"]))
            assert message["code"] == 200
            assert self.vid in (None, message["ret"]["vid"])
            self.vid = message["ret"]["vid"]
        elif "callbackRetMsg" in data:
            assert data["callbackRetMsg"] == ""
        if "found" in expect:
            (found,) = data["ret"]["list"]
            assert data["ret"]["count"] == 1
            assert set(found) == {"objectName", "vid"}
            assert found["objectName"] == self.known["object"]
            assert self.vid in (None, found["vid"])
            self.vid = found["vid"]

    def run(self) -> None:
        """Every request after the answer to the one before, but for those that the SDK sends at once."""
        requests = self.record["requests"]
        for together, group in itertools.groupby(requests, lambda one: one.get("pipelined", False)):
            batch = list(group)
            for one in [batch] if together else [[request] for request in batch]:
                self.exchange(one)

    def exchange(self, batch: list[dict[str, Any]]) -> None:
        self.wire.sendall(b"".join(map(self.bytes_of, batch)))
        for request in batch:
            self.check(request, self.read())
        if batch[-1]["headers"].get("Connection") == "close":
            self.wire.shutdown(socket.SHUT_WR)
            self.reconnect()


@pytest.mark.covers(
    "netease 13-3",
    "netease 13-4",
    "netease 13-8",
    "netease 13-16",
    "netease 13-20",
    "netease 13-21",
    "netease 13-32",
    "netease 13-33",
    "netease 13-34",
    "netease 13-35",
)
@pytest.mark.parametrize("name", NAMES)
def test_a_transcript(world: World, name: str) -> None:
    record = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    caller = world.caller(record["app_key"])
    if user := record.get("user"):
        owner = type(caller)(world, record["app_key"], "golden-app-secret")
        owner("thirdpart/user/create", accid=user["accid"], name="", type=2, token=user["token"])
    replay = Replay(world, record)
    try:
        replay.run()
    finally:
        replay.close()
    known = replay.known
    assert world.stored(Target(known["bucket"], known["object"], "")) == replay.content
    media = world.media(replay.vid or 0)
    assert media.size == record["size"]
    if "type" in record:
        assert content_type(world, known) == record["type"]


def content_type(world: World, known: dict[str, str]) -> str:
    async def look() -> str:
        found = await world.service.catalog.read(
            lambda conn: world.service.objects.get(conn, "netease", known["bucket"], known["object"])
        )
        assert found is not None
        return found.content_type

    return world.do(look())


def test_every_sdk_of_the_table_is_there() -> None:
    sdks = {name.partition("-")[0] for name in NAMES}
    assert sdks == {"python", "java", "go", "node", "php", "browser", "ios", "android"}

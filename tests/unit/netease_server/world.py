"""A running service in this process, with a clock of its own, and callers that sign by hand."""

from __future__ import annotations

import hashlib
import json
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .. import serving
from ..serving import Answer

MIB = 1 << 20
BLOCK = 4 * MIB
PYTHON = {"User-Agent": "python-requests/2.18.4"}


@dataclass(frozen=True)
class Target:
    """What an init named."""

    bucket: str
    object: str
    token: str

    @property
    def path(self) -> str:
        return f"/{self.bucket}/{quote(self.object, safe='')}"


@dataclass(frozen=True)
class Caller:
    """Somebody with keys."""

    world: World
    key: str
    secret: str = field(repr=False)

    def headers(self, nonce: str | None = None, at: int | str | None = None) -> dict[str, str]:
        nonce = secrets.token_hex(16) if nonce is None else nonce
        at = int(self.world.clock.now()) if at is None else at
        checksum = hashlib.sha1(f"{self.secret}{nonce}{at}".encode()).hexdigest()
        return {"AppKey": self.key, "Nonce": nonce, "CurTime": str(at), "CheckSum": checksum}

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Host": "vcloud.163.com", **(self.headers() if headers is None else headers)}
        answer = self.world.send("POST", f"/app/vod/{path}", sent, raw)
        assert answer.status == 200
        assert type(answer.json["code"]) is int
        assert isinstance(answer.json["msg"], str)
        return answer

    def __call__(self, path: str, **params: Any) -> Any:
        """Call what must succeed; the members of ``ret``."""
        found = self.post(path, params).json
        assert found["code"] == 200, found
        return found["ret"]

    def refused(self, path: str, **params: Any) -> int:
        """Call what must fail; its code."""
        found = self.post(path, params).json
        assert found["code"] != 200, found
        assert found["msg"]
        return int(found["code"])

    def init(self, name: str = "beauty.mp4", **params: Any) -> Target:
        ret = self("upload/init", originFileName=name, **params)
        return Target(ret["bucket"], ret["object"], ret["xNosToken"])

    def upload(self, content: bytes, name: str = "beauty.mp4", **params: Any) -> tuple[Target, Any]:
        """Init and blocks of 4 MiB; the target and what the publishing step said."""
        target, context = self.init(name, **params), ""
        for start in range(0, max(len(content), 1), BLOCK):
            data = content[start : start + BLOCK]
            answer = self.world.block(target, start, data, start + len(data) == len(content), context)
            assert answer.status == 200, answer.body
            context = answer.json["context"]
        return target, self.world.message(answer)

    def id_of(self, target: Target) -> int | None:
        """The vid of an object, or ``None``."""
        found = self.post("video/query", {"objectNames": [target.object]}).json
        return found["ret"]["list"][0]["vid"] if found["code"] == 200 else None


class World(serving.World[Answer]):
    """A service, and how the vendor's clients speak to it."""

    provider = "netease"

    def caller(self, key: str) -> Caller:
        """The holder of one of the accounts' keys."""
        return Caller(self, key, f"secret-of-{key}")

    def block(
        self,
        target: Target,
        offset: int,
        data: bytes,
        complete: bool,
        context: str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        token: str | None = None,
    ) -> Answer:
        """One block."""
        named = "" if context is None else f"&context={context}"
        query = f"offset={offset}&complete={'true' if complete else 'false'}{named}&version=1.0"
        sent = {"x-nos-token": target.token if token is None else token, **(headers or {})}
        return self.send("POST", f"{target.path}?{query}", sent, data)

    def resume(self, target: Target, context: str, token: str | None = None) -> Answer:
        """One resume query."""
        sent = {"x-nos-token": target.token if token is None else token}
        return self.send("GET", f"{target.path}?uploadContext&context={context}&version=1.0", sent)

    def message(self, answer: Answer) -> Any:
        """What the publishing step said, as a last block's answer carries it."""
        import base64

        return json.loads(base64.b64decode(answer.json["callbackRetMsg"]))

    def stored(self, target: Target) -> bytes | None:
        """The bytes of a published object."""
        return self.do(self._stored(target))

    async def _stored(self, target: Target) -> bytes | None:
        found = await self.service.catalog.read(
            lambda conn: self.service.objects.get(conn, "netease", target.bucket, target.object)
        )
        if found is None:
            return None
        return b"".join([piece async for piece in self.service.objects.stream(found.blob)])

    def media(self, vid: int) -> Any:
        """The media record of a video."""

        async def look() -> Any:
            return await self.service.catalog.read(
                lambda conn: self.service.media.get(conn, "netease", str(vid))
            )

        return self.do(look())

    def raw(self) -> socket.socket:
        """A connection to write bytes to."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


ACCOUNTS = "".join(
    f'[[account]]\nprovider = "netease"\nid = "{key}"\nsecret = "secret-of-{key}"\n{more}\n'
    for key, more in {
        "one": "",
        "two": "",
        "strict": 'auth_mode = "strict"',
        "short": "token_life = 60",
        "far": 'nodes = ["http://node1.example:8600/", "http://node2.example:8600"]',
    }.items()
)
GOLDEN = '[[account]]\nprovider = "netease"\nid = "golden-app-key"\nsecret = "golden-app-secret"\n'


@contextmanager
def running(folder: Path, **settings: Any) -> Iterator[World]:
    """A service until the block ends; a second one on the same folder goes on with its data."""
    with serving.serving(folder, ACCOUNTS + GOLDEN, **settings) as served:
        yield World(served, Answer)

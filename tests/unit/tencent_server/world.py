"""A running service in this process, with a clock of its own, and callers that sign by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from vodkit.providers.tencent import sign
from vodkit.providers.tencent.cos import sign as cos_sign
from vodkit.providers.tencent.server import events
from vodkit.providers.tencent.wire import flatten

from .. import serving

HOST = "vod.tencentcloudapi.com"
JSON = "application/json"


@dataclass(frozen=True)
class Answer(serving.Answer):
    """An answer of the API."""

    @property
    def response(self) -> dict[str, Any]:
        return self.json["Response"]

    @property
    def code(self) -> str:
        return self.response.get("Error", {}).get("Code", "")

    @property
    def message(self) -> str:
        return self.response["Error"]["Message"]


@dataclass(frozen=True)
class Caller:
    """Somebody with keys, who talks to the service under the vendor's names."""

    world: World
    key: str
    secret: str = field(repr=False)
    token: str = ""

    def __call__(self, action: str, **params: Any) -> dict[str, Any]:
        """Call an action that must succeed."""
        answer = self.tc3(action, params)
        assert not answer.code, answer.body
        return answer.response

    def refused(self, action: str, **params: Any) -> str:
        """Call an action that must fail; its error code."""
        answer = self.tc3(action, params)
        assert answer.code, answer.body
        return answer.code

    def tc3(
        self,
        action: str,
        params: Mapping[str, Any] | bytes,
        *,
        host: str = HOST,
        service: str = "vod",
        version: str = "2018-07-17",
        skew: int = 0,
        signed_host: str | None = None,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        tamper: Callable[[bytes], bytes] = lambda body: body,
    ) -> Answer:
        """One request under TC3."""
        get = method == "GET"
        content_type = "application/x-www-form-urlencoded" if get else JSON
        query = urlencode(flatten(params)) if get and not isinstance(params, bytes) else ""
        body = params if isinstance(params, bytes) else b"" if get else json.dumps(params).encode()
        timestamp = int(self.world.clock.now()) + skew
        sent = {
            "Host": host,
            "Content-Type": content_type,
            "X-TC-Action": action,
            "X-TC-Version": version,
            "X-TC-Timestamp": str(timestamp),
            "X-TC-Region": "ap-guangzhou",
            "Authorization": sign.sign_tc3(
                self.key,
                self.secret,
                host=signed_host or host,
                content_type=content_type,
                payload=body,
                timestamp=timestamp,
                method=method,
                query=query,
                service=service,
            ),
        }
        if self.token:
            sent["X-TC-Token"] = self.token
        path = f"/?{query}" if query else "/"
        return self.world.send(method, path, {**sent, **(headers or {})}, tamper(body))

    def v1(
        self,
        action: str,
        params: Mapping[str, Any],
        *,
        algorithm: str = "HmacSHA256",
        method: str = "POST",
        host: str = HOST,
        signed_host: str | None = None,
        skew: int = 0,
    ) -> Answer:
        """One request under the older scheme."""
        fields = {
            **flatten(params),
            "Action": action,
            "Version": "2018-07-17",
            "Region": "ap-guangzhou",
            "Timestamp": str(int(self.world.clock.now()) + skew),
            "Nonce": "12345",
            "SecretId": self.key,
            "SignatureMethod": algorithm,
        }
        if self.token:
            fields["Token"] = self.token
        fields["Signature"] = sign.sign_v1(self.secret, fields, host=signed_host or host, method=method)
        form = urlencode(fields)
        if method == "GET":
            return self.world.send("GET", f"/?{form}", {"Host": host}, b"")
        headers = {"Host": host, "Content-Type": "application/x-www-form-urlencoded"}
        return self.world.send("POST", "/", headers, form.encode())

    def cos(
        self,
        method: str,
        bucket: str,
        key: str,
        body: bytes = b"",
        region: str = "ap-chongqing",
        **query: str,
    ) -> Answer:
        """One request to the object store."""
        host = f"{bucket}.cos.{region}.myqcloud.com"
        headers = {"host": host}
        if self.token:
            headers[cos_sign.TOKEN] = self.token
        now = int(self.world.clock.now())
        fields = cos_sign.sign(
            self.key,
            self.secret,
            method,
            f"/{key}",
            query.items(),
            headers.items(),
            cos_sign.Window(now - 60, now + 600),
        )
        signed = {**headers, "Authorization": cos_sign.authorization(fields)}
        path = f"/{quote(key)}" + (f"?{urlencode(query)}" if query else "")
        return self.world.send(method, path, signed, body)

    def upload(self, content: bytes = b"movie", cover: bytes | None = None, **params: Any) -> dict[str, Any]:
        """Apply, store, commit; the answer of the commit."""
        applied = self("ApplyUpload", **{"MediaType": "mp4", **params})
        self.fill(applied, content, cover)
        app = {"SubAppId": params["SubAppId"]} if "SubAppId" in params else {}
        return self("CommitUpload", VodSessionKey=applied["VodSessionKey"], **app)

    def fill(self, applied: Mapping[str, Any], content: bytes, cover: bytes | None = None) -> None:
        """Store what a session was opened for."""
        uploader = self.uploader(applied)
        for path, data in ((applied["MediaStoragePath"], content), (applied["CoverStoragePath"], cover)):
            if data is not None:
                stored = uploader.cos(
                    "PUT", applied["StorageBucket"], path[1:], data, region=applied["StorageRegion"]
                )
                assert stored.status == 200, stored.body

    def uploader(self, applied: Mapping[str, Any]) -> Caller:
        """The holder of a session's temporary keys, or of the caller's own when there are none."""
        certificate = applied["TempCertificate"]
        if certificate is None:
            return self
        return replace(
            self, key=certificate["SecretId"], secret=certificate["SecretKey"], token=certificate["Token"]
        )


class World(serving.World[Answer]):
    """A service, and who may call it."""

    provider = "tencent"

    def caller(self, key: str = "AKIDone") -> Caller:
        """The holder of one of the accounts' keys."""
        return Caller(self, key, f"secret-of-{key}")


ACCOUNTS = """
[[account]]
provider = "tencent"
id = "AKIDone"
secret = "secret-of-AKIDone"
sub_app = 1500000101
sub_apps = [1500000102]

[[account]]
provider = "tencent"
id = "AKIDtwo"
secret = "secret-of-AKIDtwo"

[[account]]
provider = "tencent"
id = "AKIDlarge"
secret = "secret-of-AKIDlarge"

[[account]]
provider = "tencent"
id = "AKIDatonce"
secret = "secret-of-AKIDatonce"

[[account]]
provider = "tencent"
id = "AKIDpermanent"
secret = "secret-of-AKIDpermanent"
token_life = 0

[[account]]
provider = "tencent"
id = "AKIDshort"
secret = "secret-of-AKIDshort"
token_life = 60
regions = ["ap-shanghai"]

[[account]]
provider = "tencent"
id = "AKIDprotected"
secret = "secret-of-AKIDprotected"
playback_key = "examplekey12"

[[account]]
provider = "tencent"
id = "AKIDapps"
secret = "secret-of-AKIDapps"
app_id = 1500000201
sub_app = 1500000201
require_sub_app = true
region = "ap-singapore"
"""


@contextmanager
def running(folder: Path, **settings: Any) -> Iterator[World]:
    """A service until the block ends."""
    with pytest.MonkeyPatch.context() as patch, serving.serving(folder, ACCOUNTS, **settings) as served:
        patch.setattr(events, "LONGEST_WAIT", 0.2)
        yield World(served, Answer)

"""A service in a child process, and callers that sign by hand under the vendor's host names."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import urllib3

from vodkit.providers.ucloud import sign, wire

from .. import serving

BLOCK = wire.BLOCK
SUFFIX = ".cn-bj.ufileos.com"

ACCOUNTS = """
[[account]]
provider = "ucloud"
id = "one@example.com"
secret = "secret-one"
spaces = ["one-private", "one-other", "one-brief"]
public_spaces = ["one-public"]

[[account]]
provider = "ucloud"
id = "two@example.com"
secret = "secret-two"
spaces = ["two-private"]

[[account]]
provider = "ucloud"
id = "strict@example.com"
secret = "secret-strict"
spaces = ["strict-private"]
lenient_finish = false
endless_links = false
young_spaces = false
projects = ["org-abc"]
"""


@dataclass(frozen=True)
class Answer(serving.Answer):
    """An answer of the file API or of the management API."""

    @property
    def etag(self) -> str:
        quoted = self.headers["etag"]
        assert quoted == f'"{quoted[1:-1]}"'
        return quoted[1:-1]

    @property
    def refusal(self) -> tuple[int, int]:
        """Status and RetCode of a failure, whose form is checked."""
        assert self.headers["content-type"] == "application/json"
        assert self.headers["x-sessionid"]
        assert set(self.json) == {"RetCode", "ErrMsg"}
        return self.status, self.json["RetCode"]


@dataclass
class Caller:
    """Somebody with a key pair."""

    url: str
    public: str
    private: str = field(repr=False)
    bucket: str
    word: str = "UCloud"

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        self._pool = urllib3.HTTPConnectionPool(parts.hostname or "", parts.port, maxsize=8, retries=False)

    def send(self, method: str, target: str, headers: Mapping[str, str], body: Any = None) -> Answer:
        """One request as it is."""
        reply = self._pool.urlopen(
            method, target, headers=headers, body=body, redirect=False, assert_same_host=False
        )
        told = {name.lower(): value for name, value in reply.headers.items()}
        if reply.status >= 400:
            assert "x-sessionid" in told
        else:
            assert "x-sessionid" not in told
        return Answer(reply.status, told, reply.data)

    def do(
        self,
        method: str,
        key: str,
        body: Any = None,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        bucket: str = "",
        signed: bool = True,
        target: str = "",
        host: str = "",
        policy: str = "",
        signed_key: str | None = None,
    ) -> Answer:
        """One signed request to a space's virtual host."""
        bucket = bucket or self.bucket
        sent = dict(headers or {})
        if signed:
            sent["Authorization"] = sign.authorization(
                self.public,
                self.private,
                method,
                bucket,
                key if signed_key is None else signed_key,
                headers=sent,
                policy=policy,
                scheme=self.word,
            )
        path = target or "/" + quote(key)
        sent["Host"] = host or bucket + SUFFIX
        return self.send(method, path + (f"?{query}" if query else ""), sent, body)

    def put(self, key: str, data: bytes = b"hello", **more: Any) -> Answer:
        """PutFile that must succeed."""
        headers = {"Content-Type": "video/mp4", **more.pop("headers", {})}
        answer = self.do("PUT", key, data, headers=headers, **more)
        assert (answer.status, answer.body) == (200, b""), answer.body
        assert answer.headers["content-length"] == "0"
        return answer

    def get(self, key: str, **more: Any) -> Answer:
        return self.do("GET", key, **more)

    def link(self, method: str, key: str, expires: str, *, encode: bool = True, **more: Any) -> Answer:
        """A request by a signed URL."""
        bucket = more.get("bucket", self.bucket)
        made = sign.url_signature(self.private, method, bucket, key, "" if expires == "None" else expires)
        shown = {"UCloudPublicKey": self.public, "Expires": expires, "Signature": made}
        if expires == "absent":
            made = sign.url_signature(self.private, method, bucket, key, "")
            shown = {"UCloudPublicKey": self.public, "Signature": made}
        query = urlencode(shown) if encode else "&".join(f"{name}={value}" for name, value in shown.items())
        return self.send(method, f"/{quote(key)}?{query}", {"Host": bucket + SUFFIX})

    def open(self, key: str, **more: Any) -> str:
        """InitiateMultipartUpload; the upload's id."""
        answer = self.do("POST", key, b"", query="uploads", **more)
        assert answer.status == 200, answer.body
        assert answer.json["BlkSize"] == BLOCK
        assert set(answer.json) == {"UploadId", "BlkSize", "Bucket", "Key"}
        return str(answer.json["UploadId"])

    def part(self, key: str, id: str, number: int, data: bytes, **more: Any) -> Answer:
        query = f"uploadId={id}&partNumber={number}"
        return self.do("PUT", key, data, query=query, headers={"Content-Type": "video/mp4"}, **more)

    def parts(self, key: str, id: str, *data: bytes) -> list[str]:
        """Parts in order; their ETags."""
        found = []
        for number, piece in enumerate(data):
            answer = self.part(key, id, number, piece)
            assert (answer.status, answer.json) == (200, {"PartNumber": number}), answer.body
            assert answer.etag == base64.urlsafe_b64encode(hashlib.sha1(piece).digest()).decode()
            found.append(answer.etag)
        return found

    def finish(self, key: str, id: str, etags: list[str], more: str = "", **options: Any) -> Answer:
        return self.do("POST", key, ",".join(etags).encode(), query=f"uploadId={id}{more}", **options)

    def manage(self, action: str, *, code: int = 0, method: str = "GET", **fields: Any) -> dict[str, Any]:
        """A management call with this outcome."""
        given = wire.parameters({"Action": action, "PublicKey": self.public, **fields})
        given["Signature"] = sign.management_signature(self.private, given)
        return self.manage_raw(given, code=code, method=method)

    def manage_raw(self, given: Mapping[str, str], *, code: int, method: str = "GET") -> dict[str, Any]:
        form = urlencode(given)
        host = {"Host": "api.ucloud.cn"}
        if method == "POST":
            host["Content-Type"] = "application/x-www-form-urlencoded"
            answer = self.send("POST", "/", host, form.encode())
        else:
            answer = self.send("GET", f"/?{form}", host)
        assert (answer.status, answer.json["RetCode"]) == (200, code), answer.body
        assert answer.json["Action"] == given.get("Action", "") + "Response"
        found: dict[str, Any] = answer.json
        return found


def soon() -> str:
    """A time in the near future."""
    return str(int(time.time()) + 600)

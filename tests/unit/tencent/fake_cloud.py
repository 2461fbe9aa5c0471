"""The API and the object store in memory, behind the engine's ``Exchange``; every signature is verified."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from fastcrc import crc64

from vodkit.core.contract import Body, Reply
from vodkit.core.errors import ConnectFailed, ConnectionLost
from vodkit.providers.tencent import sign, wire
from vodkit.providers.tencent.cos import sign as cos_sign
from vodkit.providers.tencent.cos import wire as cos

ID, KEY, NOW = "AKIDEXAMPLEpublicid", "examplesecretkey", 1735689600
TEMP_KEY, TEMP_TOKEN = "temporary key", "temporary token"
BUCKET, REGION = "vodkit-1250000000", "ap-chongqing"


@dataclass
class Seen:
    """One request as it arrived; ``do`` is the API's action, or the store's method and query names."""

    do: str
    host: str
    key: str
    fields: dict[str, Any]
    headers: dict[str, str]
    body: bytes


Fault = Callable[[Seen], Reply | Exception | None]


@dataclass
class FakeCloud:
    """See the module; ``fault`` may answer in a request's place, or raise after it took effect (``lose``)."""

    now: float = NOW
    secret: str = KEY
    token: str = ""
    certificate: bool = True
    life: int = 7200
    fault: Fault | None = None
    lose: Callable[[Seen], bool] | None = None
    seen: list[Seen] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    media: dict[str, dict[str, Any]] = field(default_factory=dict)
    crc_headers: bool = True
    lock: threading.RLock = field(default_factory=threading.RLock)

    def did(self, do: str) -> list[Seen]:
        """The requests of one kind."""
        return [seen for seen in self.seen if seen.do == do]

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | Body | None = None,
        timeout: float | None = None,
    ) -> Reply:
        raw = (
            b"".join(bytes(piece) for piece in body)
            if body is not None and not isinstance(body, bytes)
            else body or b""
        )
        given = {name.lower(): value for name, value in (headers or {}).items()}
        parts = urlsplit(url)
        with self.lock:
            api = parts.netloc == "vod.tencentcloudapi.com"
            query = dict(cos.decode_query(parts.query))
            if api:
                seen = Seen(given["x-tc-action"], parts.netloc, "", json.loads(raw or b"{}"), given, raw)
            else:
                names = [name for name in ("uploads", "uploadId", "partNumber") if name in query]
                do = " ".join([method, *names])
                seen = Seen(do, parts.netloc, cos.decode_path(parts.path)[1:], dict(query), given, raw)
            self.seen.append(seen)
            answer = self.fault(seen) if self.fault is not None else None
            if isinstance(answer, Exception):
                raise answer
            if answer is None:
                answer = self._api(seen) if api else self._store(method, parts.netloc, seen)
            if self.lose is not None and self.lose(seen):
                raise ConnectionLost("the answer was lost")
            return answer

    # --- the API ---

    def _api(self, seen: Seen) -> Reply:
        parsed = sign.parse_tc3(seen.headers["authorization"])
        assert parsed is not None
        verdict = sign.verify_tc3(
            parsed, self.secret, method="POST", query="", headers=seen.headers,
            authority=seen.host, body=seen.body, now=self.now,
        )  # fmt: skip
        if not verdict.ok:
            return api_fault(str(verdict), "refused")
        if seen.headers.get("x-tc-token", "") != self.token:
            return api_fault(wire.codes.TOKEN_FAILURE, "the token is not valid")
        fields = wire.check_fields(seen.do, seen.fields)
        assert fields == seen.fields
        return getattr(self, f"_{seen.do}")(fields)

    def _ApplyUpload(self, fields: dict[str, Any]) -> Reply:
        number = len(self.sessions) + 1
        folder = f"/0123abcd/{number:08}24820810452266399"
        session = {
            "VodSessionKey": f"session+/{number}=",
            "StorageBucket": BUCKET,
            "StorageRegion": fields.get("StorageRegion", REGION),
            "MediaStoragePath": f"{folder}/f0.{fields['MediaType']}",
            "CoverStoragePath": f"{folder}/cover.{fields['CoverType']}" if "CoverType" in fields else "",
            "TempCertificate": {
                "SecretId": f"TEMP{number}",
                "SecretKey": TEMP_KEY,
                "Token": TEMP_TOKEN,
                "ExpiredTime": int(self.now) + self.life,
            }
            if self.certificate
            else None,
        }
        self.sessions[session["VodSessionKey"]] = {**session, "fields": fields, "until": self.now + self.life}
        return api_answer(session)

    def _CommitUpload(self, fields: dict[str, Any]) -> Reply:
        session = self.sessions.get(fields["VodSessionKey"])
        if session is None:
            return api_fault(wire.codes.VOD_SESSION_KEY, "bad session")
        if session["MediaStoragePath"][1:] not in self.objects:
            return api_fault(wire.codes.RESOURCE_NOT_FOUND, "no object")
        number = list(self.sessions).index(fields["VodSessionKey"])
        host = "http://1250000000.vod2.myqcloud.com"
        cover = session["CoverStoragePath"]
        answer = {
            "FileId": f"52858907842735331{number:02}",
            "MediaUrl": host + session["MediaStoragePath"],
            "CoverUrl": host + cover if cover else "",
        }
        self.media.setdefault(answer["FileId"], {**answer, **session["fields"]})
        return api_answer(answer)

    def _ModifyMediaInfo(self, fields: dict[str, Any]) -> Reply:
        self.media[fields["FileId"]].update(fields)
        return api_answer({})

    # --- the store ---

    def _store(self, method: str, host: str, seen: Seen) -> Reply:
        refused = self._check_store(method, host, seen)
        if refused is not None:
            return refused
        key, upload = seen.key, seen.fields.get("uploadId", "")
        if upload and upload not in self.uploads:
            return cos_fault(404, "NoSuchUpload", "no such upload")
        match seen.do:
            case "PUT":
                self.objects[key] = seen.body
                return self._answer(seen.body)
            case "POST uploads":
                upload = f"upload{sum(s.do == seen.do for s in self.seen)}"
                self.uploads[upload] = {}
                return Reply(200, {}, cos.write_initiated(BUCKET, key, upload))
            case "PUT uploadId partNumber":
                self.uploads[upload][int(seen.fields["partNumber"])] = seen.body
                return self._answer(seen.body)
            case "GET uploadId":
                return self._list(key, upload, int(seen.fields["part-number-marker"]))
            case "POST uploadId":
                return self._complete(key, upload, seen.body)
            case "DELETE uploadId":
                del self.uploads[upload]
                return Reply(204, {})
            case "HEAD":
                if key not in self.objects:
                    return Reply(404, {cos.REQUEST_ID: "r"})
                answer = self._answer(self.objects[key])
                return Reply(200, {**answer.headers, "content-length": str(len(self.objects[key]))})
        raise AssertionError(seen.do)

    def _check_store(self, method: str, host: str, seen: Seen) -> Reply | None:
        claim = cos_sign.claim(seen.headers, seen.fields)
        assert claim is not None
        if self.certificate:
            secret, token = TEMP_KEY, TEMP_TOKEN
            session = list(self.sessions.values())[int(claim.key.removeprefix("TEMP")) - 1]
            if self.now > session["until"]:
                return cos_fault(403, "AccessDenied", "Request has expired")
        else:
            secret, token = self.secret, self.token
        if claim.token != token:
            return cos_fault(403, "ExpiredToken", "the token is not valid")
        headers = {**seen.headers, "host": host, "content-length": str(len(seen.body))}
        cos_sign.verify(claim, secret, method, f"/{seen.key}", seen.fields, headers, now=self.now)
        return None

    def _answer(self, data: bytes) -> Reply:
        headers = {"etag": f'"{hashlib.md5(data).hexdigest()}"', cos.REQUEST_ID: "r"}
        if self.crc_headers:
            headers[cos.CRC64] = str(crc64.xz(data))
        return Reply(200, headers)

    def _list(self, key: str, upload: str, marker: int) -> Reply:
        parts = [
            cos.PartEntry(number, hashlib.md5(data).hexdigest(), len(data))
            for number, data in sorted(self.uploads[upload].items())
            if number > marker
        ]
        page = parts[:3]
        return Reply(
            200,
            {},
            cos.write_parts(
                cos.PartList(
                    BUCKET, key, upload, tuple(page), marker=marker,
                    next_marker=page[-1].number if page else 0, truncated=len(parts) > 3,
                )
            ),
        )  # fmt: skip

    def _complete(self, key: str, upload: str, body: bytes) -> Reply:
        have = self.uploads.pop(upload)
        named = cos.read_completion(body)
        for number, etag in named:
            assert hashlib.md5(have[number]).hexdigest() == etag
        data = b"".join(have[number] for number, _ in named)
        self.objects[key] = data
        etag = cos.multipart_etag([etag for _, etag in named])
        headers = {cos.CRC64: str(crc64.xz(data))} if self.crc_headers else {}
        return Reply(200, headers, cos.write_completed(cos.Completed("l", BUCKET, key, etag)))


def api_answer(fields: Mapping[str, Any]) -> Reply:
    """A success of the API."""
    return Reply(200, {"content-type": "application/json"}, wire.success_body("req-1", fields))


def api_fault(code: str, message: str, *, request_id: str = "req-1", charset: str = "") -> Reply:
    """An error of the API."""
    headers = {"content-type": f"application/json{charset}"}
    return Reply(200, headers, wire.error_body(request_id, code, message))


def cos_fault(status: int, code: str, message: str) -> Reply:
    """An error of the store."""
    return Reply(status, {cos.REQUEST_ID: "r"}, cos.write_fault(cos.Fault(code, message, "/", "r", "t")))


def unreachable(suffix: str) -> Fault:
    """No connection to hosts that end so."""
    return lambda seen: ConnectFailed("refused") if seen.host.endswith(suffix) else None

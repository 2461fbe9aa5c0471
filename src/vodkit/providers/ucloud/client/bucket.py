"""Calling the file API over an engine's wire: one signed request, its answer checked (ucloud.md §4, §6)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vodkit.core.answers import Doubt
from vodkit.core.contract import PLAY_URL_HEADER, Body, Digests, Exchange, Reply
from vodkit.core.part import Part

from .. import sign, wire
from ..errors import PROVIDER, error

FINISH_TIMEOUT = 600.0
"""Seconds to wait for the answer to a finish."""

_DOUBT = Doubt(PROVIDER, wire.SESSION_ID)
Query = Sequence[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Connection:
    """What requests are addressed and signed with; see the settings of the descriptor.

    Attributes:
        public_key, private_key: The key pair.
        word: ``UCloud`` or ``AutoAI``.
        scheme: ``https`` or ``http``.
        upload_suffix, download_suffix: With their leading dots.
        upload_host: Of the UVideo variant; ``""`` where uploads go to the space's own host.
        headers: Sent with every request beside its own, and signed where the protocol signs them.
        clock: Seconds since the epoch.
    """

    public_key: str
    private_key: str = field(repr=False)
    word: str = "UCloud"
    scheme: str = "https"
    upload_suffix: str = ".cn-bj.ufileos.com"
    download_suffix: str = ".cn-bj.ufileos.com"
    upload_host: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    clock: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as the service describes it.

    Attributes:
        size: Bytes.
        etag: Without quotes.
        headers: Of the answer, names in lower case.
    """

    size: int
    etag: str
    headers: Mapping[str, str]

    @property
    def url(self) -> str:
        """Where a vodkit service plays it; ``""`` from anybody else."""
        return self.headers.get(PLAY_URL_HEADER, "")


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer to what made an object.

    Attributes:
        etag: Without quotes.
        headers: Of the answer, names in lower case.
        callback: What the upload policy's callback answered: read from JSON, else as text; ``None`` where
            there was none.
    """

    etag: str
    headers: Mapping[str, str] = field(default_factory=dict)
    callback: Any = None

    @property
    def url(self) -> str:
        """Where a vodkit service plays it; ``""`` from anybody else."""
        return self.headers.get(PLAY_URL_HEADER, "")


class Bucket:
    """One space.

    Every method raises the errors of :func:`..errors.error` for answers that are not a success, those of the
    exchange for answers that do not come, and ``ProtocolError`` for answers that make no sense.
    """

    def __init__(self, connection: Connection, name: str, exchange: Exchange) -> None:
        self._connection, self.name, self._exchange = connection, name, exchange

    # --- uploads ---

    def put(
        self, key: str, part: Part, body: Body, digests: Digests, headers: Mapping[str, str], policy: str = ""
    ) -> Kept:
        """PutFile of a part that is the whole object and one block at most.

        Raises:
            IntegrityError: retryable; the ETag is not that of what was sent.
        """
        doing = f"upload of {key}"
        reply = self._call(doing, "PUT", key, headers=headers, body=body, policy=policy)
        kept = self._kept(reply, doing, called_back=bool(policy))
        if kept.etag != wire.object_etag(part.length, digests["sha1"]):
            raise _DOUBT.damaged(reply, doing, "the ETag of what was stored is not that of what was sent")
        return kept

    def hit(self, key: str, size: int, etag: str, headers: Mapping[str, str]) -> Kept | None:
        """UploadHit: the object, if the account held the content already and now has it under ``key``."""
        query = [("Hash", etag), ("FileName", key), ("FileSize", str(size))]
        doing = f"instant upload of {key}"
        reply = self._call(
            doing, "POST", "uploadhit", query, headers, b"", signed_key=key, expected=(200, 404)
        )
        return Kept(etag, reply.headers) if reply.status == 200 else None

    def open(self, key: str, headers: Mapping[str, str]) -> wire.Opened:
        """InitiateMultipartUpload."""
        doing = f"opening the upload of {key}"
        reply = self._call(doing, "POST", key, [("uploads", None)], headers, b"", uvideo=wire.INIT)
        try:
            return wire.read_opened(reply.body)
        except wire.BadAnswer as problem:
            raise _DOUBT.nonsense(reply, doing, problem) from problem

    def part(
        self, key: str, upload_id: str, part: Part, number: int, body: Body, digests: Digests, kind: str
    ) -> str:
        """UploadPart; the part's ETag.

        Raises:
            IntegrityError: retryable; the ETag is not that of what was sent.
        """
        doing = f"part {number} of {key}"
        query = [("uploadId", upload_id), ("partNumber", str(number))]
        reply = self._call(doing, "PUT", key, query, {"content-type": kind}, body, uvideo=wire.PARTS)
        etag = wire.unquoted(reply.headers.get("etag", ""))
        if not etag:
            raise _DOUBT.nonsense(reply, doing, "no ETag")
        if etag != wire.part_etag(digests["sha1"]):
            raise _DOUBT.damaged(reply, doing, "the ETag of what was stored is not that of what was sent")
        return etag

    def parts(self, key: str, upload_id: str) -> list[wire.PartEntry]:
        """All parts that an open upload has (ListParts, page by page)."""
        doing = f"listing the parts of {key}"
        found: list[wire.PartEntry] = []
        marker: int | None = None
        while True:
            query: list[tuple[str, str | None]] = [("muploadpart", None), ("uploadId", upload_id)]
            if marker is not None:
                query.append(("part-number-marker", str(marker)))
            reply = self._call(doing, "GET", "", query)
            try:
                page = wire.read_parts(reply.body)
            except wire.BadAnswer as problem:
                raise _DOUBT.nonsense(reply, doing, problem) from problem
            found += page.parts
            if page.marker is None:
                return found
            if marker is not None and page.marker <= marker:
                raise _DOUBT.nonsense(reply, doing, "a page that does not lead on")
            marker = page.marker

    def finish(
        self, key: str, upload_id: str, etags: Sequence[str], headers: Mapping[str, str], policy: str = ""
    ) -> Kept:
        """FinishMultipartUpload with the ETags of all parts in order."""
        doing = f"finishing {key}"
        reply = self._call(
            doing,
            "POST",
            key,
            [("uploadId", upload_id)],
            {"content-type": "text/plain", **headers},
            wire.write_etags([wire.quoted(etag) for etag in etags]),
            uvideo=wire.FINISH,
            policy=policy,
            timeout=FINISH_TIMEOUT,
        )
        return self._kept(reply, doing, called_back=bool(policy))

    def abort(self, key: str, upload_id: str) -> None:
        """AbortMultipartUpload."""
        query = [("uploadId", upload_id)]
        self._call(f"aborting the upload of {key}", "DELETE", key, query, uvideo=wire.PARTS)

    # --- objects ---

    def head(self, key: str) -> Stored:
        """HeadFile."""
        doing = f"looking up {key}"
        reply = self._call(doing, "HEAD", key)
        length = reply.headers.get("content-length", "")
        if not length.isdecimal():
            raise _DOUBT.nonsense(reply, doing, "no Content-Length")
        etag = wire.unquoted(reply.headers.get("etag", ""))
        return Stored(int(length), etag, reply.headers)

    def delete(self, key: str) -> None:
        """DeleteFile."""
        self._call(f"deleting {key}", "DELETE", key)

    def list(self, prefix: str, marker: str, limit: int, delimiter: str = "") -> dict[str, Any]:
        """ListObjects: one page, as the service answers it."""
        doing = f"listing {self.name}"
        query = [
            ("listobjects", None),
            ("prefix", prefix),
            ("marker", marker),
            ("max-keys", str(limit)),
            ("delimiter", delimiter),
        ]
        reply = self._call(doing, "GET", "", query)
        try:
            return wire.loads(reply.body)
        except wire.BadAnswer as problem:
            raise _DOUBT.nonsense(reply, doing, problem) from problem

    def set_type(self, key: str, content_type: str) -> None:
        """OpMeta: the object's MIME type from now on."""
        body = wire.dumps({"op": "set", "metak": "mimetype", "metav": content_type})
        headers = {"content-type": "application/json"}
        self._call(f"changing the type of {key}", "POST", key, [("opmeta", None)], headers, body)

    def copy(self, key: str, source_bucket: str, source_key: str, headers: Mapping[str, str]) -> Kept:
        """Copy an object of this or another space to ``key``."""
        doing = f"copying {source_key}"
        sent = {**headers, wire.COPY_SOURCE: wire.source_header(source_bucket, source_key)}
        return self._kept(self._call(doing, "PUT", key, headers=sent, body=b""), doing)

    def rename(self, key: str, new: str, *, force: bool) -> None:
        """Give an object another key."""
        query = [("newFileName", new), ("force", "true" if force else "false")]
        self._call(f"renaming {key}", "PUT", key, query, body=b"")

    def restore(self, key: str) -> None:
        """Bring an archived object back for a while."""
        self._call(f"restoring {key}", "PUT", key, [("restore", None)], body=b"")

    def set_class(self, key: str, storage_class: str) -> None:
        """Move an object to another storage class."""
        self._call(
            f"moving {key} to {storage_class}", "PUT", key, [("storageClass", storage_class)], body=b""
        )

    # --- links ---

    def public_url(self, key: str) -> str:
        """Where an object of a public space is."""
        return self._url(self._connection.download_suffix, f"/{wire.encode_key(key)}", ())

    def link(self, key: str, life: int | None, *, method: str = "GET") -> str:
        """A signed URL (§2.4) that is good for ``life`` seconds, or for ever."""
        connection = self._connection
        expires = "" if life is None else str(int(connection.clock()) + life)
        signature = sign.url_signature(connection.private_key, method, self.name, key, expires)
        query = [("UCloudPublicKey", connection.public_key)]
        query += [("Expires", expires)] if expires else []
        query += [("Signature", signature)]
        suffix = connection.upload_suffix if method == "PUT" else connection.download_suffix
        return self._url(suffix, f"/{wire.encode_key(key)}", query)

    # --- one request ---

    def _kept(self, reply: Reply, doing: str, *, called_back: bool = False) -> Kept:
        etag = wire.unquoted(reply.headers.get("etag", ""))
        if not etag:
            raise _DOUBT.nonsense(reply, doing, "no ETag")
        return Kept(etag, reply.headers, wire.callback_answer(reply.body) if called_back else None)

    def _url(self, suffix: str, path: str, query: Query) -> str:
        tail = f"?{wire.encode_query(query)}" if query else ""
        return f"{self._connection.scheme}://{self.name}{suffix}{path}{tail}"

    def _call(
        self,
        doing: str,
        method: str,
        key: str,
        query: Query = (),
        headers: Mapping[str, str] | None = None,
        body: bytes | Body | None = None,
        *,
        uvideo: str = "",
        policy: str = "",
        signed_key: str | None = None,
        expected: Sequence[int] = (200, 204, 206),
        timeout: float | None = None,
    ) -> Reply:
        """One signed request; ``uvideo`` is the path prefix by which the UVideo variant's host takes it."""
        connection = self._connection
        sent = {**connection.headers, **(headers or {})}
        path = f"/{wire.encode_key(key)}"
        if uvideo and connection.upload_host:
            path = uvideo + wire.encode_key(key)
            url = f"{connection.scheme}://{connection.upload_host}{path}?{wire.encode_query(query)}"
            sent["Bucket"] = self.name
        else:
            reading = method in ("GET", "HEAD")
            url = self._url(
                connection.download_suffix if reading or connection.upload_host else connection.upload_suffix,
                path,
                query,
            )
        sent["Authorization"] = sign.authorization(
            connection.public_key,
            connection.private_key,
            method,
            self.name,
            key if signed_key is None else signed_key,
            headers=sent,
            policy=policy,
            scheme=connection.word,
        )
        reply = self._exchange(method, url, headers=sent, body=body, timeout=timeout)
        if reply.status not in expected:
            raise error(reply, doing)
        return reply

"""Calling COS over an engine's wire: one signed request, its answer checked (tencent.md §C)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vodkit.core.answers import Doubt
from vodkit.core.contract import Body, Clock, Digests, Exchange, Reply
from vodkit.core.part import Part

from . import sign, wire
from .errors import PROVIDER, error

COMPLETE_TIMEOUT = 1200.0
"""Seconds to wait for the answer to a completion."""
EARLY, LATE = 60, 3600
"""Seconds before and after now for which a request is signed."""

_DOUBT = Doubt(PROVIDER, wire.REQUEST_ID)
_MD5 = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What requests are signed with.

    Attributes:
        secret_id: Public id.
        secret_key: Secret.
        token: Session token of temporary keys, or ``""``.
        expires: Seconds since the epoch, or ``None`` for never.
    """

    secret_id: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as the store describes it.

    Attributes:
        size: Bytes.
        etag: Without quotes.
        crc64: Decimal text, or ``""`` where the store does not say.
        content_type: As stored.
        meta: The ``x-cos-meta-*`` headers, without that prefix.
    """

    size: int
    etag: str
    crc64: str
    content_type: str
    meta: Mapping[str, str]


class Bucket:
    """One bucket.

    Every method raises the errors of :func:`.errors.error` for answers that are not a success, those of the
    exchange for answers that do not come, and ``ProtocolError`` for answers that make no sense.

    Args:
        base: Scheme and virtual host, without a trailing slash, such as ``https://`` + :func:`.wire.host`.
        credentials: To sign with; asked again for every request, so that they may be renewed.
        exchange: The wire.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        base: str,
        credentials: Callable[[], Credentials],
        exchange: Exchange,
        *,
        clock: Clock = time.time,
    ) -> None:
        self._base = base
        self._host = urlsplit(base).netloc
        self._credentials = credentials
        self._exchange = exchange
        self._clock = clock

    def put_object(
        self, key: str, part: Part, body: Body, digests: Digests, *, content_type: str = ""
    ) -> str:
        """Store an object in one request; its ETag.

        Raises:
            IntegrityError: retryable; what was stored is not what was sent, by the digests of ``part.needs``
                and ``part.takes`` (``md5``, ``crc64``).
        """
        doing = f"upload of {key}"
        headers = {"content-type": content_type} if content_type else {}
        return self._put(doing, key, (), headers, part, body, digests)

    def initiate(self, key: str, *, content_type: str = "") -> str:
        """Open a multipart upload; its id."""
        doing = f"opening a multipart upload of {key}"
        headers = {"content-type": content_type} if content_type else {}
        reply = self._call(doing, "POST", key, [("uploads", "")], headers, b"")
        try:
            return wire.read_initiated(reply.body)
        except wire.BadDocument as problem:
            raise _DOUBT.nonsense(reply, doing, problem) from problem

    def upload_part(
        self, key: str, upload_id: str, number: int, part: Part, body: Body, digests: Digests
    ) -> str:
        """Send one part; its ETag.

        Raises:
            IntegrityError: as :meth:`put_object`.
        """
        query = (("partNumber", str(number)), ("uploadId", upload_id))
        return self._put(f"part {number} of {key}", key, query, {}, part, body, digests)

    def list_parts(self, key: str, upload_id: str) -> list[wire.PartEntry]:
        """All parts that an upload has."""
        doing = f"listing the parts of {key}"
        found: list[wire.PartEntry] = []
        marker = 0
        while True:
            query = [
                ("uploadId", upload_id),
                ("part-number-marker", str(marker)),
                ("max-parts", str(wire.MAX_PAGE)),
                ("encoding-type", "url"),
            ]
            reply = self._call(doing, "GET", key, query)
            try:
                page = wire.read_parts(reply.body)
            except wire.BadDocument as problem:
                raise _DOUBT.nonsense(reply, doing, problem) from problem
            found += page.parts
            if not page.truncated:
                return found
            if page.next_marker <= marker:
                raise _DOUBT.nonsense(reply, doing, "a page that does not lead on")
            marker = page.next_marker

    def list_uploads(self, prefix: str) -> list[wire.Pending]:
        """All open uploads of keys that begin so, by key, then by start."""
        doing = f"listing the uploads of {prefix}"
        found: list[wire.Pending] = []
        marker = ("", "")
        while True:
            query = [
                ("uploads", ""),
                ("prefix", prefix),
                ("key-marker", marker[0]),
                ("upload-id-marker", marker[1]),
                ("max-uploads", str(wire.MAX_PAGE)),
                ("encoding-type", "url"),
            ]
            reply = self._call(doing, "GET", "", query)
            try:
                page = wire.read_uploads(reply.body)
            except wire.BadDocument as problem:
                raise _DOUBT.nonsense(reply, doing, problem) from problem
            found += page.uploads
            if not page.truncated:
                return found
            following = (page.next_key_marker, page.next_upload_id_marker)
            if following in (marker, ("", "")):
                raise _DOUBT.nonsense(reply, doing, "a page that does not lead on")
            marker = following

    def complete(
        self, key: str, upload_id: str, parts: Sequence[tuple[int, str]], *, crc64: int | None = None
    ) -> wire.Completed:
        """Make the object out of its parts.

        Args:
            key: Of the object.
            upload_id: Of the upload.
            parts: Numbers, ascending, and ETags without quotes.
            crc64: CRC-64 of the whole, to compare with the answer's.

        Raises:
            IntegrityError: final; the object is not what was sent.
        """
        doing = f"completing {key}"
        headers = {"content-type": "application/xml"}
        document = wire.write_completion(parts)
        query = [("uploadId", upload_id)]
        reply = self._call(doing, "POST", key, query, headers, document, timeout=COMPLETE_TIMEOUT)
        try:
            done = wire.read_completed(reply.body)
        except wire.BadDocument as problem:
            if b"<Error>" in reply.body:
                raise error(Reply(500, reply.headers, reply.body), doing) from problem
            raise _DOUBT.nonsense(reply, doing, problem) from problem
        told = reply.headers.get(wire.CRC64, "")
        if crc64 is not None and told not in ("", str(crc64)):
            raise _DOUBT.damaged(
                reply, doing, f"CRC-64 {told} was stored where {crc64} was sent", retryable=False
            )
        return done

    def abort(self, key: str, upload_id: str) -> None:
        """Drop an upload and its parts."""
        self._call(f"aborting the upload of {key}", "DELETE", key, [("uploadId", upload_id)])

    def head(self, key: str) -> Stored:
        """What the store says of an object."""
        doing = f"looking up {key}"
        reply = self._call(doing, "HEAD", key)
        length = reply.headers.get("content-length", "")
        if not length.isdigit():
            raise _DOUBT.nonsense(reply, doing, "no Content-Length")
        return Stored(
            size=int(length),
            etag=wire.unquoted(reply.headers.get("etag", "")),
            crc64=reply.headers.get(wire.CRC64, ""),
            content_type=reply.headers.get("content-type", ""),
            meta={
                name.removeprefix(wire.META): value
                for name, value in reply.headers.items()
                if name.startswith(wire.META)
            },
        )

    def delete(self, key: str) -> None:
        """Forget an object; one that is not there is no error."""
        self._call(f"deleting {key}", "DELETE", key)

    def url(self, key: str, *, method: str = "GET", life: int = LATE) -> str:
        """A pre-signed URL, good for ``life`` seconds with nothing but itself."""
        credentials = self._credentials()
        now = int(self._clock())
        fields = sign.sign(
            credentials.secret_id,
            credentials.secret_key,
            method,
            f"/{key}",
            (),
            [("host", self._host)],
            sign.Window(now - EARLY, now + life),
        )
        token = [(sign.TOKEN, credentials.token)] if credentials.token else []
        return wire.url(self._base, key, fields + token)

    def _put(
        self,
        doing: str,
        key: str,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        part: Part,
        body: Body,
        digests: Digests,
    ) -> str:
        headers = dict(headers)
        if "md5" in part.needs:
            headers["content-md5"] = wire.content_md5(digests["md5"])
        reply = self._call(doing, "PUT", key, query, headers, body)
        etag = wire.unquoted(reply.headers.get("etag", ""))
        if not etag:
            raise _DOUBT.nonsense(reply, doing, "no ETag")
        known = {*part.needs, *part.takes}
        told = reply.headers.get(wire.CRC64, "")
        if "crc64" in known and told not in ("", wire.crc64_text(digests["crc64"])):
            raise _DOUBT.damaged(reply, doing, "the CRC-64 of what was stored is not that of what was sent")
        if "md5" in known and _MD5.fullmatch(etag.lower()) and etag.lower() != digests["md5"]:
            raise _DOUBT.damaged(reply, doing, "the MD5 of what was stored is not that of what was sent")
        return etag

    def _call(
        self,
        doing: str,
        method: str,
        key: str = "",
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes | Body | None = None,
        *,
        timeout: float | None = None,
    ) -> Reply:
        credentials = self._credentials()
        sent = dict(headers or {})
        if credentials.token:
            sent[sign.TOKEN] = credentials.token
        signed = {**sent, "host": self._host}
        if body is not None:
            signed["content-length"] = str(len(body) if isinstance(body, bytes) else body.length)
        now = int(self._clock())
        sent["authorization"] = sign.authorization(
            sign.sign(
                credentials.secret_id,
                credentials.secret_key,
                method,
                f"/{key}",
                query,
                signed.items(),
                sign.Window(now - EARLY, now + LATE),
            )
        )
        url = wire.url(self._base, key, query)
        reply = self._exchange(method, url, headers=sent, body=body, timeout=timeout)
        if not 200 <= reply.status < 300:
            raise error(reply, doing)
        return reply

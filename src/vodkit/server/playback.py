"""Playing what is stored: ``/v/<provider>/<space>/<key>``, in the open or by signed, expiring links."""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, quote

from sqlalchemy import Connection

from vodkit.core.contract import CRC64_HEADER

from . import tracks
from .access import EVERYBODY, VENDOR, Access, Leave, Refused
from .app import send_json
from .blobs import Extent
from .blobs.rows import extents_of, slice_of
from .content_types import UNKNOWN, content_type
from .contract import Blob, Head, MediaRecord, Receive, Room, Scope, Send, Service, StoredObject
from .dispatch import address_of
from .errors import BlobGone
from .express import Express, Ready, head_lines
from .links import Links, Place, folder_of, place_of, split_token
from .processing import OUTPUTS, Output
from .reply import Stream, described, respond
from .storage import Storage
from .views import Views

_METHODS = "GET, HEAD, OPTIONS"
_HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
    # Stored pages and pictures must not act in the name of the service's own pages.
    "content-security-policy": "sandbox",
    "x-content-type-options": "nosniff",
}
_REFUSED = {
    # A player elsewhere is to see why; what is refused now may be there a moment later.
    "access-control-allow-origin": "*",
    "cache-control": "no-store",
}
_YEAR = 31_536_000
_LONGEST = 6 * 3600.0
"""Seconds for which a playlist's folder is signed where the vendor's link has no end of its own."""

_STREAMS = (".m3u8", ".mpd")
_LISTS = (*_STREAMS, ".vtt")
"""Ends of the keys of objects that name others by relative addresses."""

_SMALL = 64 * 1024
"""Bytes of a list that is kept whole."""

_WHOLE = re.compile(r"bytes=0-(\d*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the catalog says of an object.

    Attributes:
        object: It.
        media: What it belongs to.
        extents: Where its bytes are.
        subtitles: Those of the media, if it is a list of streams.
    """

    object: StoredObject
    media: MediaRecord | None
    extents: tuple[Extent, ...]
    subtitles: tuple[Output, ...]


class Playback:
    """The page that answers play URLs; see :class:`.links.Links`.

    Further query parameters: ``download`` asks for an attachment, of that name if it has a value; ``page``
    says that the watch page asks, which counts views itself.
    """

    def __init__(
        self,
        service: Service,
        rooms: dict[str, Room],
        links: Links,
        access: Access,
        views: Views,
        storage: Storage,
        express: Express,
    ) -> None:
        self._service = service
        self._rooms = rooms
        self._links = links
        self._access = access
        self._views = views
        self._storage = storage
        self._express = express

    async def __call__(self, head: Head, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request under ``/v``."""
        if head.method == "OPTIONS":
            await _preflight(send)
            return
        try:
            if head.method not in ("GET", "HEAD"):
                raise Refused(405, f"play URLs answer {_METHODS}")
            token, path = split_token(head.path)
            place = place_of(path)
            if place is None or place[0] not in self._rooms:
                raise Refused(404, "there is no such object")
            version = self._express.version
            known = await self._service.catalog.read(lambda conn: self._look_up(conn, place))
            if known is None:
                raise Refused(404, "there is no such object")
            found, media = known.object, known.media
            link = self._links.link(place, token, head.query, media)
            leave = await self._access.decide(head, found, media, link)
        except Refused as refused:
            headers = {**_REFUSED, "allow": _METHODS} if refused.status == 405 else _REFUSED
            await send_json(send, refused.status, {"error": refused.text}, head.method, headers)
            return
        if leave.by == VENDOR and media is not None and place[2].endswith(_LISTS):
            folder = folder_of(media, place[1])
            if folder:
                await self._to_signed_folder(place, folder, leave, send)
                return
        query = parse_qs(head.query, keep_blank_values=True)
        counts = media is not None and not query.keys() & {"download", "page"} and _can_begin(place, media)
        if counts and media is not None and _begins(head, place, found):
            self._views.begun(media.id, address_of(scope), head.headers.get("user-agent", ""))
        headers = {**_HEADERS, "cache-control": self._caching(place, leave)}
        if crc64 := found.blob.digests.get("crc64"):
            headers[CRC64_HEADER] = crc64
        if found.content_type in ("", UNKNOWN):
            headers["content-type"] = content_type(place[2])
        if "download" in query:
            headers["content-disposition"] = _attachment(query["download"][0] or place[2].rpartition("/")[2])
        body = await self._small(place, known)
        if body is not None:
            size = Blob(found.blob.id, len(body), found.blob.digests)
            found = replace(found, blob=size, etag=tracks.tag(found.etag, known.subtitles))
        if leave.by != VENDOR and head.method == "GET":
            target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
            lines = head_lines({**described(found), **headers})
            whose = media.id if counts and media is not None else ""
            listed = place[2].endswith(_STREAMS)
            ready = Ready(lines, found.blob.size, known.extents, body, leave.until, whose, listed)
            self._express.remember(head.authority.encode("latin-1"), target, version, ready)
        await respond(self._stream(known, body), scope, send, found, headers)

    def _look_up(self, conn: Connection, place: Place) -> _Known | None:
        found = self._storage.objects.get(conn, *place)
        if found is None:
            return None
        media = self._storage.media.holding(conn, *place)
        outputs = self._storage.outputs.of(conn, media.id) if media and _is_list(place) else []
        texts = tuple(output for output in outputs if output.kind == "subtitle")
        return _Known(found, media, tuple(extents_of(conn, found.blob.id)), texts)

    async def _small(self, place: Place, known: _Known) -> bytes | None:
        """All of a list of streams, or of another small text; ``None`` for what is streamed."""
        if known.object.blob.size > _SMALL or not place[2].endswith(_LISTS):
            return None
        pieces = [piece async for piece in self._storage.store.stream(known.extents)]
        return tracks.with_subtitles(place[2], b"".join(pieces), known.subtitles)

    def _stream(self, known: _Known, body: bytes | None) -> Stream:
        async def whole(blob: Blob, start: int, length: int) -> AsyncIterator[bytes]:
            assert body is not None
            yield body[start : start + length]

        def stored(blob: Blob, start: int, length: int) -> AsyncIterator[bytes]:
            if not known.extents:
                raise BlobGone(f"the blob {blob.id} is not there")
            return self._storage.store.stream(slice_of(known.extents, start, length))

        return stored if body is None else whole

    def _caching(self, place: Place, leave: Leave) -> str:
        """What is made of media never changes under its key, but for the subtitles in the lists of streams;
        originals may be replaced."""
        scope = "public" if leave.by == EVERYBODY else "private"
        if place[1] != OUTPUTS or _is_list(place):
            return "no-cache" if leave.by == EVERYBODY else "private, no-cache"
        return f"{scope}, max-age={int(min(_YEAR, leave.until - self._service.now()))}, immutable"

    async def _to_signed_folder(self, place: Place, folder: str, leave: Leave, send: Send) -> None:
        """Lead a player that came by the vendor's link to one of ours, good for as long and for all that the
        playlist names."""
        left = leave.until - self._service.now()
        url = self._links.sign(self._links.play(*place), left if math.isfinite(left) else _LONGEST, folder)
        headers = [
            (b"location", url.encode()),
            (b"access-control-allow-origin", b"*"),
            (b"cache-control", b"no-store"),
            (b"content-length", b"0"),
        ]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _is_list(place: Place) -> bool:
    """Whether an object is the list of a media's streams that players begin with."""
    return place[1] == OUTPUTS and place[2].rpartition("/")[2] in ("master.m3u8", "manifest.mpd")


def _can_begin(place: Place, media: MediaRecord) -> bool:
    """Whether players begin with this object: a list of streams, a plain file, the original."""
    if media.kind not in ("video", "audio"):
        return False
    if place[1] != OUTPUTS:
        return place[2] == media.key
    return _is_list(place) or not place[2].endswith(_LISTS)


def _begins(head: Head, place: Place, found: StoredObject) -> bool:
    """Whether a request is a player that begins to play.

    A player asks for the list of streams first; of a plain file it asks for the range of the whole. Downloads
    ask for no range, or for pieces.
    """
    if head.method != "GET":
        return False
    if place[2].endswith(_STREAMS):
        return True
    whole = _WHOLE.fullmatch(head.headers.get("range", ""))
    return whole is not None and (not whole[1] or int(whole[1]) >= found.blob.size - 1)


def _attachment(name: str) -> str:
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def _preflight(send: Send) -> None:
    headers = [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", _METHODS.encode()),
        (b"access-control-allow-headers", b"Range, If-Range, If-None-Match, If-Modified-Since"),
        (b"access-control-max-age", b"86400"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})

"""Playing what is stored: ``/v/<provider>/<space>/<key>``, in the open or by signed, expiring links."""

from __future__ import annotations

import math
import re
from urllib.parse import parse_qs, quote

from sqlalchemy import Connection

from vodkit.core.contract import CRC64_HEADER

from .access import EVERYBODY, VENDOR, Access, Leave, Refused
from .app import send_json
from .content_types import UNKNOWN, content_type
from .contract import Head, MediaRecord, Receive, Room, Scope, Send, Service, StoredObject
from .links import Links, Place, folder_of, place_of, split_token
from .processing import OUTPUTS
from .views import Views

_METHODS = b"GET, HEAD, OPTIONS"
_HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
    # Stored pages and pictures must not act in the name of the service's own pages.
    "content-security-policy": "sandbox",
    "x-content-type-options": "nosniff",
}
_YEAR = 31_536_000
_LONGEST = 6 * 3600.0
"""Seconds for which a playlist's folder is signed where the vendor's link has no end of its own."""

_LISTS = (".m3u8", ".mpd", ".vtt")
"""Ends of the keys of objects that name others by relative addresses."""

_WHOLE = re.compile(r"bytes=0-(\d*)", re.ASCII)


class Playback:
    """The page that answers play URLs; see :class:`.links.Links`.

    Further query parameters: ``download`` asks for an attachment, of that name if it has a value; ``page``
    says that the watch page asks, which counts views itself.
    """

    def __init__(
        self, service: Service, rooms: dict[str, Room], links: Links, access: Access, views: Views
    ) -> None:
        self._service = service
        self._rooms = rooms
        self._links = links
        self._access = access
        self._views = views

    async def __call__(self, head: Head, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request under ``/v``."""
        if head.method == "OPTIONS":
            await _preflight(send)
            return
        try:
            if head.method not in ("GET", "HEAD"):
                raise Refused(405, f"play URLs answer {_METHODS.decode()}")
            token, path = split_token(head.path)
            place = place_of(path)
            if place is None or place[0] not in self._rooms:
                raise Refused(404, "there is no such object")
            found, media = await self._service.catalog.read(lambda conn: self._look_up(conn, place))
            if found is None:
                raise Refused(404, "there is no such object")
            link = self._links.link(place, token, head.query, media)
            leave = await self._access.decide(head, found, media, link)
        except Refused as refused:
            await send_json(send, refused.status, {"error": refused.text}, head.method)
            return
        if leave.by == VENDOR and media is not None and place[2].endswith(_LISTS):
            folder = folder_of(media, place[1])
            if folder:
                await self._to_signed_folder(place, folder, leave, send)
                return
        query = parse_qs(head.query, keep_blank_values=True)
        elsewhere = query.keys() & {"download", "page"}
        if media is not None and not elsewhere and _begins(head, place, media, found):
            self._views.begun(media.id, scope, head)
        headers = {**_HEADERS, "cache-control": self._caching(place, leave)}
        if crc64 := found.blob.digests.get("crc64"):
            headers[CRC64_HEADER] = crc64
        if found.content_type in ("", UNKNOWN):
            headers["content-type"] = content_type(place[2])
        if "download" in query:
            headers["content-disposition"] = _attachment(query["download"][0] or place[2].rpartition("/")[2])
        await self._service.objects.respond(scope, send, found, headers)

    def _look_up(self, conn: Connection, place: Place) -> tuple[StoredObject | None, MediaRecord | None]:
        return self._service.objects.get(conn, *place), self._service.media.holding(conn, *place)

    def _caching(self, place: Place, leave: Leave) -> str:
        """What is made of media is never changed under its key; originals may be replaced."""
        scope = "public" if leave.by == EVERYBODY else "private"
        if place[1] != OUTPUTS:
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


def _begins(head: Head, place: Place, media: MediaRecord, found: StoredObject) -> bool:
    """Whether a request is a player that begins to play.

    A player asks for the list of streams first; of a plain file it asks for the range of the whole. Downloads
    ask for no range, or for pieces.
    """
    if head.method != "GET" or media.kind not in ("video", "audio"):
        return False
    name = place[2].rpartition("/")[2]
    if place[1] == OUTPUTS and name.endswith((".m3u8", ".mpd")):
        return name in ("master.m3u8", "manifest.mpd")
    if place[1] != OUTPUTS and place[2] != media.key:
        return False
    if name.endswith((".m3u8", ".mpd")):
        return True
    whole = _WHOLE.fullmatch(head.headers.get("range", ""))
    return whole is not None and (not whole[1] or int(whole[1]) >= found.blob.size - 1)


def _attachment(name: str) -> str:
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def _preflight(send: Send) -> None:
    headers = [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", b"Range, If-Range, If-None-Match, If-Modified-Since"),
        (b"access-control-max-age", b"86400"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})

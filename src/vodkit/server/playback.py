"""Playing what is stored: ``/v/<provider>/<space>/<key>``, in the open or by signed, expiring links."""

from __future__ import annotations

import inspect
import json
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from sqlalchemy import Connection

from vodkit.core.contract import CRC64_HEADER

from .app import send_json
from .content_types import UNKNOWN, content_type
from .contract import Head, MediaRecord, Receive, Room, Scope, Send, Service, StoredObject

_ONE = "play"
_FOLDER = "play folder"
"""What the two kinds of links are signed for."""

_SIGNED = "/v/s/"
_METHODS = b"GET, HEAD, OPTIONS"
_HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
    "cache-control": "no-cache",
    # Stored pages and pictures must not act in the name of the service's own pages.
    "content-security-policy": "sandbox",
    "x-content-type-options": "nosniff",
}

Place = tuple[str, str, str]


class Refused(Exception):
    """A request that may not have the object.

    Attributes:
        status: HTTP status.
        text: Why.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Playback:
    """Play URLs, and the page that answers them.

    Query parameters: ``expires`` (seconds since the epoch) and ``signature`` make a signed link to one
    object; ``download`` asks for an attachment, of that name if it has a value.

    ``/v/s/<expires>-<signature>/<provider>/<space>/<key>`` is a signed link to a media's whole folder:
    relative addresses in a playlist lead to links that are signed too.
    """

    def __init__(self, service: Service, rooms: dict[str, Room]) -> None:
        self._service = service
        self._rooms = rooms

    def url(self, provider: str, space: str, key: str) -> str:
        """Where an object plays; unsigned."""
        base = self._service.settings.public_url
        return f"{base}/v/{quote(provider, safe='')}/{quote(space, safe='')}/{quote(key)}"

    def sign(self, url: str, lifetime: float, folder: str = "") -> str:
        """A play URL that is good for ``lifetime`` seconds.

        Args:
            url: From :meth:`url`.
            lifetime: Seconds.
            folder: That of the media the object belongs to: the link is then good for all of it.

        Raises:
            ValueError: it is not a play URL of this service, or its object is not in the folder.
        """
        parts = urlsplit(url)
        place = _place(parts.path)
        if place is None or not place[2].startswith(folder):
            raise ValueError(f"not a play URL of this service, or not of the folder {folder!r}: {url}")
        expires = int(self._service.now() + lifetime)
        if folder:
            signature = self._service.vault.sign(_FOLDER, _signed_text((*place[:2], folder), expires))
            path = f"{_SIGNED}{expires}-{signature}{parts.path.removeprefix('/v')}"
            return parts._replace(path=path, query="").geturl()
        signature = self._service.vault.sign(_ONE, _signed_text(place, expires))
        return f"{url.partition('?')[0]}?expires={expires}&signature={signature}"

    async def __call__(self, head: Head, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request under ``/v``."""
        if head.method == "OPTIONS":
            await _preflight(send)
            return
        try:
            if head.method not in ("GET", "HEAD"):
                raise Refused(405, f"play URLs answer {_METHODS.decode()}")
            token, path = _unsigned(head.path)
            place = _place(path)
            if place is None or place[0] not in self._rooms:
                raise Refused(404, "there is no such object")
            found, media = await self._service.catalog.read(lambda conn: self._look_up(conn, place))
            if found is None or (media is not None and self._expired(media)):
                raise Refused(404, "there is no such object")
            if media is not None and media.status == "blocked":
                raise Refused(403, "this media is blocked")
            query = parse_qs(head.query, keep_blank_values=True)
            if token:
                self._check_folder(place, token, media)
            elif "signature" in query:
                self._check(_ONE, place, query.get("expires", [""])[0], query["signature"][0])
            else:
                await self._admit(head, place, found)
        except Refused as refused:
            await send_json(send, refused.status, {"error": refused.text}, head.method)
            return
        headers = dict(_HEADERS)
        if crc64 := found.blob.digests.get("crc64"):
            headers[CRC64_HEADER] = crc64
        if found.content_type in ("", UNKNOWN):
            headers["content-type"] = content_type(place[2])
        if "download" in query:
            headers["content-disposition"] = _attachment(query["download"][0] or place[2].rpartition("/")[2])
        await self._service.objects.respond(scope, send, found, headers)

    def _look_up(self, conn: Connection, place: Place) -> tuple[StoredObject | None, MediaRecord | None]:
        return self._service.objects.get(conn, *place), self._service.media.holding(conn, *place)

    def _expired(self, media: MediaRecord) -> bool:
        return media.expires is not None and media.expires <= self._service.now()

    async def _admit(self, head: Head, place: Place, found: StoredObject) -> None:
        """Refuse who may not have the object: by the vendor's own links, else by the settings."""
        check: Any = getattr(self._rooms[place[0]], "check_play", None)
        verdict = check(head, found) if check is not None else None
        if inspect.isawaitable(verdict):
            verdict = await verdict
        if verdict is False or (verdict is None and self._service.settings.signed_playback):
            raise Refused(403, "this object plays by signed links only")

    def _check_folder(self, place: Place, token: str, media: MediaRecord | None) -> None:
        """The object must belong to the media whose folder was signed, and lie in that folder."""
        if media is None or not media.folder or not place[2].startswith(media.folder):
            raise Refused(403, "the link is not valid")
        expires, _, signature = token.partition("-")
        self._check(_FOLDER, (*place[:2], media.folder), expires, signature)

    def _check(self, purpose: str, signed: Place, expires: str, signature: str) -> None:
        if not (expires.isascii() and expires.isdigit() and len(expires) < 16):
            raise Refused(403, "the link is not valid")
        if not self._service.vault.verify(purpose, _signed_text(signed, int(expires)), signature):
            raise Refused(403, "the link is not valid")
        if int(expires) <= self._service.now():
            raise Refused(403, "the link has expired")


def _unsigned(path: str) -> tuple[str, str]:
    """What a raw path carries of a signature, or ``""``, and the path without it."""
    if not path.startswith(_SIGNED):
        return "", path
    token, _, rest = path.removeprefix(_SIGNED).partition("/")
    return token, f"/v/{rest}"


def _place(path: str) -> Place | None:
    """Provider, space and key of a raw path."""
    parts = path.split("/", 4)
    if len(parts) < 5 or parts[:2] != ["", "v"] or not parts[4]:
        return None
    try:
        provider, space, key = (unquote(part, errors="strict") for part in parts[2:])
    except UnicodeDecodeError:
        return None
    if "\0" in space + key:
        return None
    return provider, space, key


def _signed_text(place: Place, expires: int) -> str:
    return json.dumps([*place, expires])


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

"""The room: which requests are Youku's, and who answers them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, unquote

from sqlalchemy import MetaData

from vodkit.server import access, logs
from vodkit.server.contract import Head, MediaRecord, Receive, Scope, Send, Service, StoredObject
from vodkit.server.dispatch import head_of
from vodkit.server.errors import QuotaExceeded, StorageFull, TooLarge, Truncated
from vodkit.server.incoming import Body
from vodkit.server.tries import Tries

from ..wire import QUOTA, Codes
from . import auth, comments, display, library, playlists, schemas, shows, upload, users, videos
from .authorize import authorize
from .call import PROVIDER, Action, Call, Refused, read_params, refuse, reply, respond
from .gupload import VERBS, UploadServer
from .tables import METADATA

_HOSTS = frozenset(
    {"api.youku.com", "openapi.youku.com", "open.youku.com", "v.youku.com", "player.youku.com"}
)
_GUPLOAD = "/gupload/"

_ACTIONS: Mapping[str, Action] = {
    **auth.ACTIONS,
    **upload.ACTIONS,
    **videos.ACTIONS,
    **users.ACTIONS,
    **comments.ACTIONS,
    **playlists.ACTIONS,
    **shows.ACTIONS,
    **schemas.ACTIONS,
}


class Room:
    """The server side of the Youku open platform. Implements :class:`vodkit.server.contract.Room`."""

    TABLES: ClassVar[MetaData] = METADATA
    MIGRATIONS: ClassVar[str] = str(Path(__file__).parent / "migrations")

    def __init__(self, service: Service) -> None:
        self._service = service
        self._uploads = UploadServer(service)
        self._tries = Tries(service.now)
        self._log = logs.get(PROVIDER)

    def claims(self, head: Head) -> bool:
        """Whether a request is for the API's hosts, or for an upload server, which may have any name (§5)."""
        return head.host in _HOSTS or head.path.startswith((_GUPLOAD, display.PAGE, display.PLAYER))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        head = head_of(scope)
        try:
            await self._answer(head, Body(scope, receive), send)
        except Refused as refused:
            await refuse(send, refused)
        except Truncated:
            return
        except TooLarge:
            await refuse(send, Refused(Codes.INVALID, "The request is too large"))
        except QuotaExceeded as full:
            await refuse(send, Refused(Codes.INVALID, str(full), type=QUOTA))
        except StorageFull:
            await refuse(send, Refused(Codes.UNAVAILABLE, "The service has no room left", status=503))
        except Exception:
            self._log.exception("call failed", method=head.method)
            await refuse(send, Refused(Codes.FAILED, status=500))

    async def _answer(self, head: Head, body: Body, send: Send) -> None:
        name = call_name(head.path)
        if name == "sdk/version_update":
            await reply(send, 200, {})
            return
        if head.path.startswith((display.PAGE, display.PLAYER)):
            await self._watch(head, send)
            return
        if head.path.startswith(_GUPLOAD):
            verb = head.path.removeprefix(_GUPLOAD).rstrip("/")
            if verb not in VERBS:
                raise Refused(Codes.INVALID, "There is no such call", status=404)
            call = await self._call(head, b"" if verb == "upload_slice" else await self._form(body))
            status, data = await self._uploads.answer(verb, call, head, body)
            await reply(send, status, data)
            return
        call = await self._call(head, await self._form(body))
        if name == "oauth2/authorize":
            await authorize(call, head.method, send)
            return
        action = _ACTIONS.get(name)
        if action is None or head.method not in action.methods:
            raise Refused(Codes.INVALID, "There is no such call", status=404)
        if action.login != "none":
            call.account = await auth.application(call)
        if action.login == "user":
            await auth.user(call, call.who)
        await reply(send, action.status, await action.run(call))

    async def _watch(self, head: Head, send: Send) -> None:
        """A video's page, or its player: the service's own page, which asks for a password itself."""
        rest = unquote(head.path).removeprefix(display.PAGE).removeprefix(display.PLAYER)
        id = rest.partition("/")[0].removesuffix(".html")
        record = await self._service.catalog.read(lambda conn: library.find(conn, self._service, id))
        await respond(send, 302, b"", "text/plain", {"Location": self._service.watch_url(record)})

    async def _form(self, body: Body) -> bytes:
        return await body.read(self._service.settings.max_document)

    async def _call(self, head: Head, form: bytes) -> Call:
        return Call(self._service, read_params(head, form), self._service.now())

    def check_play(self, head: Head, found: StoredObject, media: MediaRecord | None) -> float | None:
        """A video with a password plays for whoever sends it along, as the vendor's players do; all else is
        for the service's own rule. Raises :class:`access.Refused` after too many wrong ones."""
        given = parse_qs(head.query).get("password", [""])[0]
        if media is None or media.access != access.PASSWORD or not given:
            return None
        if self._tries.wait(media.id, head.address):
            raise access.Refused(429, "too many wrong passwords; try again in some minutes")
        if not access.knows_password(self._service.vault, media, given):
            self._tries.wrong(media.id, head.address)
            raise access.Refused(403, "that is not the password")
        return math.inf

    async def sweep(self, now: float) -> Mapping[str, int]:
        """Forget tokens and uploads that are over; how many of each."""
        return {
            "tokens": await auth.sweep(self._service, now),
            "uploads": await upload.sweep(self._service, now),
        }


def call_name(path: str) -> str:
    """The canonical name of a call: both path families are one, with ``.json`` or without (§1)."""
    name = path.strip("/").removesuffix(".json")
    return name.removeprefix("v2/")

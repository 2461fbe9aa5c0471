"""Answering ``/watch/…``: who may see the page, what it shows, the password, the beacon of a view."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, unquote, urlsplit

from sqlalchemy import Connection

from ..access import PASSWORD, Access, Leave, Refused, knows_password
from ..contract import Blob, Head, MediaRecord, Receive, Scope, Send, StoredObject
from ..dispatch import address_of
from ..errors import TooLarge, Truncated
from ..incoming import Body
from ..links import Links, place_of, split_token
from ..processing import Output, Task, TaskQuery
from ..telling import why
from ..tries import Tries
from ..views import Views
from . import html, show

if TYPE_CHECKING:
    from ..service import Service

REMEMBERED = 12 * 3600
"""Seconds for which a browser that knew a password need not say it again."""

_LOOK_EVERY = 1.5
"""Seconds between two looks at a task that runs."""

_COOKIE = "vodkit-watch"
_PASSWORD = "watch by password"
_MOST_FORM = 8192
_SECURITY = {
    "content-security-policy": html.CSP,
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A media as a page needs it.

    Attributes:
        media: The record.
        original: Its object, or ``None`` if that is gone.
        outputs: What was made of it.
        task: The newest task that its status follows.
        views: How often it was watched.
    """

    media: MediaRecord
    original: StoredObject | None
    outputs: list[Output]
    task: Task | None
    views: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request gets."""

    status: int
    body: str = ""
    headers: Mapping[str, str] | None = None
    content_type: str = "text/html; charset=utf-8"


class WatchPages:
    """``/watch/<id>`` plays a media; below it are ``state`` and ``view``. ``/watch/v/…``, a play URL in which
    ``/watch`` was put before the path, leads to the page of the object's media."""

    def __init__(self, service: Service, links: Links, access: Access, views: Views) -> None:
        self._service = service
        self._links = links
        self._access = access
        self._views = views
        self._tries = Tries(service.now)

    async def __call__(self, head: Head, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request under ``/watch``."""
        try:
            answer = await self._answer(head, scope, receive)
        except Refused as refused:
            title = "Not found" if refused.status == 404 else "This cannot be shown"
            answer = self._said(refused.status, title, refused.text)
        if isinstance(answer, html.Asset):
            await _send_asset(head, send, answer)
            return
        body = answer.body.encode("utf-8", "replace")
        headers = {
            **_SECURITY,
            "cache-control": "no-store",
            "content-type": answer.content_type,
            "content-length": str(len(body)),
            **(answer.headers or {}),
        }
        await _send(head, send, answer.status, headers, body)

    async def _answer(self, head: Head, scope: Scope, receive: Receive) -> Answer | html.Asset:
        rest = head.path.removeprefix("/watch").removeprefix("/")
        first, _, below = rest.partition("/")
        if first == html.ASSETS:
            asset = html.assets().get(below)
            if asset is None:
                raise Refused(404, "there is no such file")
            return asset
        if first == "v":
            return await self._lead(head)
        known = await self._service.catalog.read(lambda conn: self._known(conn, unquote(first)))
        if known is None or below not in ("", "state", "view"):
            raise Refused(404, "there is no such media")
        if head.method == "POST" and below == "":
            return await self._try(head, scope, receive, known)
        if head.method == "POST" and below == "view":
            _check_origin(head)
            await self._leave(head, known)
            self._views.begun(known.media.id, address_of(scope), head.headers.get("user-agent", ""))
            return Answer(204)
        if head.method not in ("GET", "HEAD") or below == "view":
            raise Refused(405, "this page does not answer this method")
        try:
            leave = await self._leave(head, known)
        except Refused as refused:
            if refused.status == 403 and known.media.access == PASSWORD and "signature=" not in head.query:
                return self._form("")
            raise
        return self._state(known) if below == "state" else self._page(known, leave)

    # Who may watch

    async def _leave(self, head: Head, known: Known) -> Leave:
        """That the viewer may watch: by a signed address, a password said before, or like a play URL without
        anything. Raises Refused."""
        media = known.media
        link = self._links.watch_link(media, head.query)
        if link is None:
            link = self._remembered(head, media)
        path = urlsplit(self._links.play(media.provider, media.space, media.key)).path
        bare = Head("GET", head.authority, path, "", {})
        return await self._access.decide(bare, known.original or _absent(media), media, link)

    def _remembered(self, head: Head, media: MediaRecord) -> float | None:
        """Until when a cookie says that the password was known."""
        if media.access != PASSWORD:
            return None
        try:
            cookie = SimpleCookie(head.headers.get("cookie", "")).get(_COOKIE)
        except CookieError:
            return None
        expires, _, signature = cookie.value.partition(".") if cookie else ("", "", "")
        if not (expires.isascii() and expires.isdigit() and len(expires) < 16):
            return None
        if int(expires) <= self._service.now():
            return None
        good = self._service.vault.verify(_PASSWORD, _remembered_text(media, int(expires)), signature)
        return float(expires) if good else None

    async def _try(self, head: Head, scope: Scope, receive: Receive, known: Known) -> Answer:
        """A password that somebody says."""
        _check_origin(head)
        media = known.media
        if media.access != PASSWORD:
            raise Refused(405, "this page does not answer this method")
        address = address_of(scope)
        wait = self._tries.wait(media.id, address)
        if wait:
            headers = {"retry-after": str(math.ceil(wait))}
            minutes = math.ceil(wait / 60)
            return self._form(f"Too many wrong passwords. Try again in {minutes} min.", 429, headers)
        try:
            form = parse_qs((await Body(scope, receive).read(_MOST_FORM)).decode("utf-8", "replace"))
        except (TooLarge, Truncated):
            raise Refused(413, "this form is too large, or ends too early") from None
        if not knows_password(self._service.vault, media, form.get("password", [""])[0]):
            self._tries.wrong(media.id, address)
            return self._form("That is not the password.")
        expires = int(self._service.now()) + REMEMBERED
        signature = self._service.vault.sign(_PASSWORD, _remembered_text(media, expires))
        here = urlsplit(self._links.watch(media))
        cookie = (
            f"{_COOKIE}={expires}.{signature}; Path={here.path}; Max-Age={REMEMBERED}; HttpOnly; SameSite=Lax"
        )
        if here.scheme == "https":
            cookie += "; Secure"
        return Answer(303, headers={"location": here.path.rpartition("/")[2], "set-cookie": cookie})

    # What is shown

    def _page(self, known: Known, leave: Leave) -> Answer:
        media = known.media
        title = media.title or "Untitled"
        if media.status == "processing":
            body = html.processing(title)
            waits = {"state": f"{quote(media.id, safe='')}/state", "every": _LOOK_EVERY}
            return Answer(200, html.page(title, body, scripts=("waiting.js",), data=waits))
        if media.status == "failed":
            body = html.failed(title, why(known.task) if known.task else "")
            return Answer(200, html.page(title, body))
        addresses = show.Addresses(self._links, media, leave, self._service.now())
        line = show.line(media, known.outputs, known.views)
        if media.kind == "image":
            body = html.picture(title, line, show.picture(addresses, known.outputs))
            return Answer(200, html.page(title, body))
        told = show.told(addresses, known.outputs)
        if media.kind == "file" and not told["hls"] and not told["files"]:
            url = addresses.of(media.space, media.key)
            more = html.download(url) if known.original else ""
            return Answer(200, html.page(title, html.message(title, "This is a file.", more)))
        told["view"] = f"{quote(media.id, safe='')}/view"
        plain = next(iter(show.files(addresses, known.outputs, counted=False)), {"url": ""})
        body = html.player(title, line, "audio" if media.kind == "audio" else "video", plain["url"])
        scripts = ("hls.min.js", "player.js") if told["hls"] else ("player.js",)
        return Answer(200, html.page(title, body, scripts=scripts, data=told))

    def _state(self, known: Known) -> Answer:
        task = known.task
        running = next((step for step in task.steps if step.state == "running"), None) if task else None
        told = {
            "status": known.media.status,
            "state": task.state if task else "",
            "progress": round(task.progress, 3) if task else 0.0,
            "step": running.name if running else "",
        }
        return Answer(200, json.dumps(told), content_type="application/json")

    def _form(self, problem: str, status: int = 403, headers: Mapping[str, str] | None = None) -> Answer:
        return Answer(status, html.page("A password is needed", html.password(problem)), headers)

    def _said(self, status: int, title: str, text: str) -> Answer:
        text = f"{text[:1].upper()}{text[1:]}"
        return Answer(status, html.page(title, html.message(title, text)))

    # What it is made of

    async def _lead(self, head: Head) -> Answer:
        """From a play URL to the page, with as much leave as the play URL has."""
        token, path = split_token(head.path.removeprefix("/watch"))
        place = place_of(path)
        media = None
        if place is not None:
            media = await self._service.catalog.read(lambda conn: self._service.media.holding(conn, *place))
        if place is None or media is None:
            raise Refused(404, "there is no such media")
        until = self._links.link(place, token, head.query, media)
        url = self._links.watch(media, None if until is None else until - self._service.now())
        return Answer(302, headers={"location": urlsplit(url)._replace(scheme="", netloc="").geturl()})

    def _known(self, conn: Connection, id: str) -> Known | None:
        media = self._service.media.by_id(conn, id)
        if media is None:
            return None
        query = TaskQuery(media=id, kind="procedure")
        tasks = [task for task in self._service.tasks.find(conn, query, limit=20) if task.decides]
        return Known(
            media,
            self._service.objects.get(conn, media.provider, media.space, media.key),
            self._service.outputs.of(conn, id),
            tasks[0] if tasks else None,
            self._service.plays.total(conn, [id]).get(id, 0),
        )


def _absent(media: MediaRecord) -> StoredObject:
    """The original of a media that has none any more: it is under the same rules."""
    return StoredObject(
        provider=media.provider,
        space=media.space,
        key=media.key,
        account=media.account,
        blob=Blob("", 0, {}),
        content_type="",
        etag="",
        attrs={},
        created=media.created,
    )


def _remembered_text(media: MediaRecord, expires: int) -> str:
    """A changed password, sealed anew, is one that nobody said yet."""
    return json.dumps([media.id, media.password_sealed, expires])


def _check_origin(head: Head) -> None:
    """Refuse what another site makes a browser send. Raises Refused."""
    site = head.headers.get("sec-fetch-site", "")
    origin = head.headers.get("origin", "")
    theirs = (
        site not in ("same-origin", "none") if site else urlsplit(origin).netloc not in ("", head.authority)
    )
    if theirs:
        raise Refused(403, "this form was sent by another site")


async def _send_asset(head: Head, send: Send, asset: html.Asset) -> None:
    headers = {
        "content-type": asset.content_type,
        "content-length": str(len(asset.body)),
        "x-content-type-options": "nosniff",
        # Pages name their files with the tag of what is in them.
        "cache-control": "public, max-age=31536000, immutable" if head.query == asset.tag else "no-cache",
    }
    await _send(head, send, 200, headers, asset.body)


async def _send(head: Head, send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if head.method == "HEAD" else body})

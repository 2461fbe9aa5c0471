"""The ASGI application: rooms first, then the service's own pages, then a 404 that says what this is."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from . import logs
from .contract import Head, Receive, Room, Scope, Send
from .dispatch import AmbiguousRequest, claimed, head_of
from .errors import HangUp
from .express import Express
from .limits import CLOSE, GONE

Page = Callable[[Head, Scope, Receive, Send], Awaitable[None]]


class App:
    """The service as one plain ASGI callable: no framework layers between a room and its bytes.

    Args:
        rooms: Provider rooms by name.
        pages: The service's own pages by the first segment of their path. Rooms are asked before them, as a
            virtual host owns its whole path space.
        express: What connections ask before they begin a request; also an attribute.
    """

    def __init__(
        self, rooms: Mapping[str, Room], pages: Mapping[str, Page], express: Express | None = None
    ) -> None:
        self.express = express
        self._rooms = rooms
        self._pages = pages
        self._log = logs.get("http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and log one line about it."""
        head = head_of(scope)
        reply = _Reply(send, scope[GONE], closes=head.headers.get("expect", "").lower() == "100-continue")
        request = secrets.token_hex(8)
        started = time.perf_counter()
        room = "-"
        with structlog.contextvars.bound_contextvars(request=request):
            try:
                owner = claimed(self._rooms, head)
                if owner is not None:
                    room = owner[0]
                    await owner[1](scope, reply.watching(receive), reply.send)
                else:
                    await self._own_page(head, scope, reply.watching(receive), reply.send)
            except asyncio.CancelledError:
                # The service stops and this request did not finish in time.
                await reply.fail(503, "the service is stopping; try again", request)
            except HangUp:
                scope[CLOSE]()
            except ClientGone:
                pass
            except AmbiguousRequest as problem:
                self._log.error("request claimed twice", rooms=problem.rooms, method=head.method)
                await reply.fail(500, f"this request is {problem}, which is a defect of the service", request)
            except Exception:
                self._log.exception("request failed", room=room, method=head.method)
                await reply.fail(500, "the service failed on this request", request)
            finally:
                took = round((time.perf_counter() - started) * 1000, 1)
                self._log.info("request", room=room, method=head.method, status=reply.status, ms=took)

    async def _own_page(self, head: Head, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._pages.get(head.path.split("/", 2)[1] if head.path.startswith("/") else "")
        if page is not None:
            await page(head, scope, receive, send)
            return
        await send_json(
            send,
            404,
            {
                "error": "nothing here answers this request",
                "service": "vodkit",
                "providers": sorted(self._rooms),
                "advice": "Check the endpoint, the Host header and the path of your client",
            },
            head.method,
        )


class ClientGone(Exception):
    """The client went away before it had its answer."""


class _Reply:
    """What became of a response."""

    def __init__(self, send: Send, gone: Callable[[], bool], *, closes: bool) -> None:
        self._send = send
        self._gone = gone
        # A client that waits for "100 Continue" and gets a final answer instead may or may not send its body.
        self._closes = closes
        self.status = 0

    def watching(self, receive: Receive) -> Receive:
        """``receive``, noting that the body was asked for."""
        if not self._closes:
            return receive

        async def asked() -> Any:
            self._closes = False
            return await receive()

        return asked

    async def send(self, message: Any) -> None:
        """Pass a message on.

        Raises:
            ClientGone: nobody is there to take it.
        """
        if self._gone():
            raise ClientGone
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self._closes:
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await self._send(message)

    async def fail(self, status: int, text: str, request: str) -> None:
        """Answer with an error, if nothing has been answered yet; else the connection just ends."""
        if not self.status and not self._gone():
            await send_json(self.send, status, {"error": text, "request": request})


async def send_json(
    send: Send,
    status: int,
    data: Mapping[str, Any],
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer with JSON; ``headers`` are further ones, by lower-case name."""
    body = json.dumps(data, ensure_ascii=False).encode()
    out = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in out.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

"""A proxy on loopback that answers for the vendors' hosts, with TLS ended by a private authority.

One port takes four kinds of connection, told apart by their first bytes:

- ``CONNECT host:port``, with TLS or plain HTTP inside;
- plain requests in absolute form, ``POST http://host/path``;
- TLS without a proxy request, for the host in the hello (SNI): from programs that a preload turns here;
- plain requests in origin form, for the host in ``Host``: from the same.

The head of a request is taken from the socket to its last byte and no further. So TLS starts on an untouched
socket, and nothing that a hasty client sent ahead is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Coroutine
from typing import Any

from .ca import Authority
from .head import BadRequest, RequestHead
from .routes import Address, Refused, Routes, is_loopback

log = logging.getLogger(__name__)

MAX_HEAD = 64 * 1024
CHUNK = 256 * 1024
BACKLOG = 512
HANDSHAKE_TIMEOUT = 30.0
# How long a client may go on sending after it was refused, so that it reads the reason and not a reset.
LINGER = 2.0

_TLS_HANDSHAKE = 0x16
_ENDED = (OSError, EOFError, TimeoutError)


class Proxy:
    """The proxy, in a thread of its own. A context manager.

    Args:
        routes: Which host leads where.
        authority: Makes the certificates.
        port: Port on 127.0.0.1; 0 takes a free one.
    """

    def __init__(self, routes: Routes, authority: Authority, port: int = 0) -> None:
        self._routes = routes
        self._authority = authority
        self._listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        """What ``http_proxy`` and ``https_proxy`` are set to."""
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="vodkit-sandbox-proxy", daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening and cut what is open; returns when all is closed."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        with contextlib.closing(self._loop), self._listener:
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._start(self._accept())
        await self._stop.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self) -> None:
        while True:
            try:
                client, _ = await self._loop.sock_accept(self._listener)
            except OSError as error:
                # Out of file descriptors, or the client has left: the next one may fare better.
                log.warning("cannot accept a connection: %s", error)
                await asyncio.sleep(0.05)
            else:
                self._start(self._handle(client))

    async def _handle(self, client: socket.socket) -> None:
        with client:
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                await self._dispatch(client)
            except Refused as refusal:
                await self._answer(client, "403 Forbidden", str(refusal))
            except BadRequest as problem:
                await self._answer(client, "400 Bad Request", f"vodkit sandbox: {problem}")
            except _ENDED as error:
                log.debug("a connection ended: %r", error)

    async def _dispatch(self, client: socket.socket) -> None:
        if await self._starts_tls(client):
            await self._tls(client, "localhost", None)
            return
        head = RequestHead.parse(await self._take_head(client))
        wanted = head.wanted()
        target = self._routes.target(wanted)
        if is_loopback(target.host) and target.port == self.port:
            raise Refused("this is the proxy of a vodkit sandbox; it has no pages of its own")
        if not head.is_connect:
            await _relay(*await _streams(client), target, head.forwarded())
            return
        await self._loop.sock_sendall(client, b"HTTP/1.1 200 Connection established\r\n\r\n")
        # A tunnel to a program of this machine is not looked into: it may speak first, or no HTTP at all.
        if self._routes.emulated(wanted) and await self._starts_tls(client):
            await self._tls(client, wanted.host, target)
        else:
            await _relay(*await _streams(client), target)

    async def _tls(self, client: socket.socket, host: str, target: Address | None) -> None:
        """End TLS and hand on what is inside to ``target``, by default where the name in the hello leads."""
        reader, writer = await _streams(client, self._authority, host)
        if target is None:
            context = writer.get_extra_info("ssl_object").context
            try:
                target = self._routes.target(Address(context.name, 443))
            except Refused as refusal:
                await _say(reader, writer, "403 Forbidden", str(refusal))
                return
        await _relay(reader, writer, target)

    async def _answer(self, client: socket.socket, status: str, text: str) -> None:
        with contextlib.suppress(*_ENDED):
            await _say(*await _streams(client), status, text)

    async def _starts_tls(self, client: socket.socket) -> bool:
        return (await self._peek(client, 1))[0] == _TLS_HANDSHAKE

    async def _take_head(self, client: socket.socket) -> bytes:
        head = bytearray()
        while len(head) < MAX_HEAD:
            seen = await self._peek(client, MAX_HEAD)
            tail = bytes(head[-3:])
            end = (tail + seen).find(b"\r\n\r\n")
            head += client.recv(len(seen) if end < 0 else end + 4 - len(tail))
            if end >= 0:
                return bytes(head)
        raise BadRequest(f"the head is longer than {MAX_HEAD} bytes")

    async def _peek(self, client: socket.socket, size: int) -> bytes:
        """Up to ``size`` bytes, which stay in the socket.

        Raises:
            EOFError: the client sends no more.
        """
        while True:
            try:
                seen = client.recv(size, socket.MSG_PEEK)
            except BlockingIOError:
                readable = asyncio.Event()
                self._loop.add_reader(client, readable.set)
                try:
                    await readable.wait()
                finally:
                    self._loop.remove_reader(client)
            else:
                if not seen:
                    raise EOFError("the client left")
                return seen


async def _streams(
    client: socket.socket, authority: Authority | None = None, host: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Streams over an accepted socket, which now belongs to them; with an authority, over TLS inside it."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=CHUNK)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol,
        socket.socket(fileno=client.detach()),
        ssl=authority.context(host) if authority else None,
        ssl_handshake_timeout=HANDSHAKE_TIMEOUT if authority else None,
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _relay(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Address, head: bytes = b""
) -> None:
    """Carry bytes both ways until both ends have finished, or one has broken off."""
    try:
        back, forth = await asyncio.open_connection(target.host, target.port, limit=CHUNK)
    except OSError as error:
        text = f"vodkit sandbox: nothing answers at {target.host}:{target.port}: {error.strerror}"
        await _say(reader, writer, "502 Bad Gateway", text)
        return
    try:
        forth.write(head)
        async with asyncio.TaskGroup() as both:
            both.create_task(_pump(reader, forth))
            both.create_task(_pump(back, writer))
        for end in (forth, writer):
            end.close()
            await end.wait_closed()
    except* _ENDED as group:
        log.debug("a relay ended: %r", group.exceptions)
    finally:
        # Whatever is left has nowhere to go; a peer must not take a cut answer for a whole one.
        forth.transport.abort()
        writer.transport.abort()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(CHUNK):
        sink.write(data)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()
    else:
        # TLS ends in both directions at once.
        sink.close()


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: str, text: str) -> None:
    """Answer in the service's stead, and end the connection once the client has had its say."""
    body = f"{text}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    try:
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
        async with asyncio.timeout(LINGER):
            while await reader.read(CHUNK):
                pass
        writer.close()
        await writer.wait_closed()
    finally:
        writer.transport.abort()

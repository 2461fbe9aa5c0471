"""The upload server, which takes slices (youku.md §4.2-§4.6)."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from zlib import crc32

from sqlalchemy import Connection, RowMapping

from vodkit.server.contract import Head, Incoming, Service, StoredPart, Upload
from vodkit.server.errors import DigestMismatch, TooLarge, UploadGone
from vodkit.server.incoming import Given

from .. import sign, wire
from ..wire import Assignment, Check, Codes, Slice
from . import slices as rows
from . import upload as uploads
from .call import PROVIDER, Call, Refused, boundary_of, invalid, multipart
from .library import space_of
from .slices import Handed
from .traffic import Traffic

VERBS: Final = frozenset({"create_file", "new_slice", "upload_slice", "check", "slices", "reset_slice"})
HOLD: Final = 2.0
"""Seconds that an answer waits while all that is missing is arriving (S7)."""
_FRAME: Final = 64 * 1024
_MOST_LISTED: Final = 10_000


class UploadServer:
    """Answers under ``/gupload/``. The upload token alone says who calls and what about.

    Args:
        service: What the room works with.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._traffic = Traffic()

    async def answer(
        self, verb: str, call: Call, head: Head, body: Incoming
    ) -> tuple[int, Mapping[str, Any]]:
        """Status and object of the answer.

        Raises:
            Refused: the request cannot be.
            Truncated: the client went away.
        """
        token = call.text("upload_token", limit=512)
        if not token:
            raise Refused(Codes.UPLOAD_TOKEN)
        with self._traffic.present(sign.fingerprint(token)):
            match verb:
                case "create_file":
                    return 201, await self._create_file(call, token)
                case "new_slice":
                    answer = await self._next(call, token, opening=True)
                    return await self._new_slice_status(token), answer.as_json()
                case "upload_slice":
                    return 201, (await self._upload_slice(call, token, head, body)).as_json()
                case "check":
                    return 200, (await self._check(call, token)).as_json()
                case "slices":
                    return 200, await self._slices(call, token)
            return 200, await self._reset(call, token)

    async def _create_file(self, call: Call, token: str) -> Mapping[str, Any]:
        size = call.number("file_size")
        length = call.number("slice_length", wire.DEFAULT_SLICE, low=1)
        length = min(length, wire.MAX_SLICE) * wire.KIB
        ext = wire.extension(call.text("ext", limit=40))

        def plan(conn: Connection) -> Upload | None:
            row = uploads.find(conn, token, call.now, lock=True)
            if row["size"] != size:
                raise invalid("file_size")
            if row["state"] != "created":
                return None
            key = uploads.object_key(row["video_id"], ext)
            made = self._service.uploads.create(
                conn,
                account=row["account"],
                provider=PROVIDER,
                space=space_of(row["account"]),
                key=key,
                lifetime=uploads.LONGEST + uploads.LIFE,
            )
            uploads.change(
                conn,
                row,
                state="open",
                upload=made.id,
                object_key=key,
                slice_bytes=length,
                count=wire.slice_count(size, length),
                expires=uploads.life(row, call.now),
            )
            return made

        made = await self._service.catalog.write(plan)
        if made is not None:
            await self._service.uploads.follow_md5(made)
        return {}

    async def _new_slice_status(self, token: str) -> int:
        """201, or what the account says: one client wants 200 here (§1)."""
        now = self._service.now()
        row = await self._service.catalog.read(lambda conn: uploads.find(conn, token, now))
        account = await self._service.accounts.get(row["account"])
        return int((account.attrs.get("new_slice_status") if account else None) or 201)

    # Handing out

    async def _next(self, call: Call, token: str, *, opening: bool) -> Assignment:
        """The next slice for a caller; the answer waits while others may yet fail to send what is missing."""
        print_ = sign.fingerprint(token)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + HOLD
        while True:
            mark, arriving = self._traffic.mark(print_), self._traffic.arriving(print_)
            now = self._service.now()

            def hand(conn: Connection, now: float = now, arriving: frozenset[int] = arriving) -> Handed:
                row = _opened(conn, token, now, lock=True)
                uploads.change(conn, row, expires=uploads.life(row, now))
                return rows.hand_out(conn, row, now, arriving, opening=opening)

            handed = await self._service.catalog.write(hand)
            left = deadline - loop.time()
            if handed.final or left <= 0:
                return handed.assignment
            wait = left if handed.ripe_in is None else min(left, handed.ripe_in + 0.01)
            await self._traffic.wait(print_, mark, wait)

    # Receiving

    async def _upload_slice(self, call: Call, token: str, head: Head, body: Incoming) -> Assignment:
        number = call.number("slice_task_id", low=1)
        row = await self._service.catalog.read(lambda conn: _opened(conn, token, call.now))
        slice_ = rows.planned(row, number)
        if slice_ is None:
            raise invalid("slice_task_id")
        if call.number("offset") != slice_.offset:
            raise invalid("offset")
        if call.number("length") != slice_.length:
            raise invalid("length")
        expect = _expected(call)
        with self._traffic.arrival(row["fingerprint"], number):
            bytes_: Incoming | None = await _framed(head, body, slice_.length)
            known = await self._service.catalog.read(lambda conn: rows.get(conn, row, number))
            if known is not None and known["state"] == rows.RECEIVED:
                assert bytes_ is not None
                bytes_ = await self._again(row, known["md5"], bytes_, slice_, expect)
            if bytes_ is not None:
                handed = await self._store(token, row, slice_, bytes_, expect)
                if handed is not None and handed.final:
                    return handed.assignment
        return await self._next(call, token, opening=False)

    async def _again(
        self, row: RowMapping, stored: str, body: Incoming, slice_: Slice, expect: Mapping[str, str]
    ) -> Incoming | None:
        """A slice that is there already: ``None`` for the same bytes, else those that replace them."""
        data = await _read(_Exactly(body, slice_.length), slice_.length)
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        found = {"md5": md5, "crc32": f"{crc32(data):08x}"}
        if any(found[name] != wanted for name, wanted in expect.items()):
            raise Refused(Codes.HASH)
        if md5 == stored:
            return None
        if not expect or row["state"] == "committed":
            raise Refused(Codes.HASH)
        return Given(data)

    async def _store(
        self, token: str, row: RowMapping, slice_: Slice, body: Incoming, expect: Mapping[str, str]
    ) -> Handed | None:
        """Store a slice and hand out the next one, in one commit."""
        upload = await self._service.catalog.read(lambda conn: self._service.uploads.get(conn, row["upload"]))
        if upload is None or upload.state != "open":
            raise Refused(Codes.UPLOAD_TOKEN)
        arriving = self._traffic.arriving(row["fingerprint"]) - {slice_.number}

        def then(conn: Connection, part: StoredPart) -> Handed:
            now = self._service.now()
            current = _opened(conn, token, now, lock=True)
            counts = rows.received(conn, current, slice_.number, part.size, part.digests["md5"], now)
            uploads.change(conn, current, **counts, expires=uploads.life(current, now))
            return rows.hand_out(conn, _opened(conn, token, now), now, arriving)

        try:
            handed = await self._service.uploads.receive(
                upload,
                slice_.number,
                _Exactly(body, slice_.length),
                offset=slice_.offset,
                digests=("md5",),
                expect=expect,
                then=then,
            )
        except (DigestMismatch, TooLarge):
            raise Refused(Codes.HASH) from None
        except UploadGone:
            raise Refused(Codes.UPLOAD_TOKEN) from None
        return handed if isinstance(handed, Handed) else None

    # Looking

    async def _check(self, call: Call, token: str) -> Check:
        """The state of the whole (S8). What is received is on disk, so there is no state 3 here."""
        print_ = sign.fingerprint(token)
        await self._traffic.pace_check(print_)
        now, arriving = self._service.now(), self._traffic.arriving(print_)

        def look(conn: Connection) -> Check:
            row = uploads.find(conn, token, now)
            if row["state"] == "created":
                return Check(4, uploads.SERVER_IP, 0, 0, 0)
            percent = wire.percent(row["transferred"], row["size"])
            if row["received"] == row["count"]:
                return Check(1, uploads.SERVER_IP, 100, 100, 0)
            new, out = rows.missing(conn, row)
            status = 4 if new or set(out) - arriving else 2
            return Check(status, uploads.SERVER_IP, percent, percent, new)

        return await self._service.catalog.write(look)

    async def _slices(self, call: Call, token: str) -> Mapping[str, Any]:
        def look(conn: Connection) -> list[tuple[int, int]]:
            return rows.states(conn, _opened(conn, token, call.now), _MOST_LISTED)

        found = await self._service.catalog.read(look)
        return {"slices": [{"sid": number, "status": state} for number, state in found]}

    async def _reset(self, call: Call, token: str) -> Mapping[str, Any]:
        given = call.text("slice_task_id", limit=1 << 17)
        numbers = [piece for piece in re.split(r"[,;\s]+", given) if piece]
        if not all(piece.isascii() and piece.isdigit() and len(piece) < 16 for piece in numbers):
            raise invalid("slice_task_id")
        arriving = self._traffic.arriving(sign.fingerprint(token))

        def reset(conn: Connection) -> int:
            row = _opened(conn, token, call.now, lock=True)
            return rows.reset(conn, row, map(int, numbers[:_MOST_LISTED]), arriving)

        count = await self._service.catalog.write(reset)
        self._traffic.stir(sign.fingerprint(token))
        return {"reset": count}


def _opened(conn: Connection, token: str, now: float, *, lock: bool = False) -> RowMapping:
    """An upload whose file was created. Raises 120010223, or 1013 before that."""
    row = uploads.find(conn, token, now, lock=lock)
    if row["state"] == "created":
        raise Refused(Codes.INVALID, "create_file was not called")
    return row


def _expected(call: Call) -> dict[str, str]:
    """The digests that the client sent, with all their digits; empty ones count as absent."""
    expect = {}
    for name, ours, digits in (("hash", "md5", 32), ("crc", "crc32", 8)):
        text = call.text(name, limit=64)
        if text:
            found = wire.hex_digest(text, digits)
            if found is None:
                raise invalid(name)
            expect[ours] = found
    return expect


async def _framed(head: Head, body: Incoming, length: int) -> Incoming:
    """The slice's bytes: the body as it is where its length is right, whatever its type; else, where it is
    a form in parts, the part ``data`` (§4.4)."""
    boundary = boundary_of(head.headers.get("content-type", ""))
    if body.length == length or (body.length is None and not boundary):
        return body
    whole = await _read(body, wire.MAX_SLICE * wire.KIB + _FRAME)
    if len(whole) == length:
        return Given(whole)
    if boundary and whole.startswith(b"--" + boundary.encode("latin-1", "replace")):
        for name, data in multipart(whole, boundary):
            if name == "data":
                return Given(data)
    raise Refused(Codes.HASH)


async def _read(body: Incoming, limit: int) -> bytes:
    try:
        return await body.read(limit)
    except (TooLarge, DigestMismatch):
        raise Refused(Codes.HASH) from None


class _Exactly:
    """A body that must have a certain length; another one is an error of the client's."""

    def __init__(self, body: Incoming, length: int) -> None:
        self._body = body
        self.length: int | None = length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for piece in self._body:
            seen += len(piece)
            if self.length is not None and seen > self.length:
                raise TooLarge("more bytes than the slice has")
            yield piece
        if seen != self.length:
            raise DigestMismatch("length", str(self.length), str(seen))

    async def read(self, limit: int) -> bytes:
        """All of it. Raises :class:`TooLarge`."""
        return b"".join([piece async for piece in self])

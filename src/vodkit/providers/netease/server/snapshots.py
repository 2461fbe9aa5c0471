"""Covers: a picture of the video, one that was sent, or one from elsewhere (netease.md §8)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import Blob, MediaRecord, Service
from vodkit.server.errors import QuotaExceeded
from vodkit.server.incoming import Given
from vodkit.server.media.errors import BadMedia
from vodkit.server.media.procedure import Position, Procedure, Snapshots
from vodkit.server.processing import Task

from .. import wire
from ..errors import PROVIDER
from .answer import ApiError
from .caller import Caller, Handler, Params
from .fields import required_integer, required_text, text
from .media import existing

SNAPSHOT = "snapshot"
"""The definition of pictures that were asked for, and the name of what makes them."""

_LAST_OFFSET = 9
_BY_URL, _SENT = 1, 2
_MOST_DATA = 4 * 1024 * 1024
_KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF8": "image/gif"}


def take(conn: Connection, service: Service, record: MediaRecord, task: Task) -> None:
    """Have the picture that a task has made of a video be its cover."""
    for output in service.outputs.of(conn, record.id):
        if output.task == task.id and output.kind == "snapshot":
            service.outputs.choose_cover(conn, record.id, output.id)
            if record.cover_key:
                service.objects.delete(conn, PROVIDER, record.space, record.cover_key)
                service.media.update(conn, replace(record, cover_key=""))


def pulled(conn: Connection, service: Service, task: Task, blob: Blob, content_type: str) -> MediaRecord:
    """Have what was fetched be the cover of the video that it was fetched for.

    Raises:
        BadMedia: it is no image, or the video is gone.
    """
    record = service.media.by_id(conn, str(task.attrs.get("cover_of", "")), lock=True)
    if record is None:
        raise BadMedia("the video was deleted")
    if not content_type.startswith("image/"):
        raise BadMedia(f"a cover is an image, and this is {content_type or 'of no known kind'}")
    _set(conn, service, record, blob, content_type)
    return record


def _set(conn: Connection, service: Service, record: MediaRecord, blob: Blob, content_type: str) -> None:
    key = f"{record.key}.cover"
    service.objects.put(
        conn,
        account=record.account,
        provider=PROVIDER,
        space=record.space,
        key=key,
        blob=blob,
        content_type=content_type,
        etag=blob.id,
    )
    service.media.update(conn, replace(record, cover_key=key, updated=service.now()))
    service.outputs.choose_cover(conn, record.id, "")


async def _create(caller: Caller, params: Params) -> Mapping[str, Any]:
    vid, size, offset = (required_integer(params, name) for name in ("vid", "size", "offset"))
    if size not in wire.SNAPSHOT_SIZES:
        raise ApiError(wire.BAD_REQUEST, "size must be 1 to 4")
    if not 0 <= offset <= _LAST_OFFSET:
        raise ApiError(wire.BAD_REQUEST, f"offset must be 0 to {_LAST_OFFSET}")
    width, height = wire.SNAPSHOT_SIZES[size]
    taken = Snapshots(at=(Position(percent=10.0 * offset),), width=width, height=height)
    procedure = Procedure(
        SNAPSHOT, audio=None, streaming=False, files="none", snapshots=taken, definition=SNAPSHOT
    )

    def ask(conn: Connection) -> None:
        record = existing(conn, caller, vid)
        caller.service.tasks.process(
            conn, record, procedure, attrs={"takes_cover": True}, decides=False, priority=1
        )

    await caller.service.catalog.write(ask)
    return {}


async def _choose(caller: Caller, params: Params) -> Mapping[str, Any]:
    vid, way = required_integer(params, "vid"), required_integer(params, "type")
    if way == _BY_URL:
        url = required_text(params, "path")
        await caller.service.catalog.write(lambda conn: _pull(conn, caller, existing(conn, caller, vid), url))
    elif way == _SENT:
        record = await caller.service.catalog.read(lambda conn: existing(conn, caller, vid))
        await _store(caller, record, _image(params))
    else:
        raise ApiError(wire.BAD_REQUEST, "type must be 1 (an address, in path) or 2 (the image, in data)")
    return {}


def _pull(conn: Connection, caller: Caller, record: MediaRecord, url: str) -> None:
    caller.service.tasks.pull(
        conn,
        provider=PROVIDER,
        account=caller.account,
        url=url,
        space=record.space,
        key=f"{record.key}.cover",
        attrs={"cover_of": record.id},
    )


def _image(params: Params) -> bytes:
    try:
        data = base64.b64decode(text(params, "data", most=_MOST_DATA * 2) or "", validate=True)
    except binascii.Error:
        data = b""
    if _kind(data) is None:
        raise ApiError(wire.BAD_REQUEST, "data must be a JPEG, PNG or GIF image in base64")
    return data


def _kind(data: bytes) -> str | None:
    return next((kind for begin, kind in _KINDS.items() if data.startswith(begin)), None)


async def _store(caller: Caller, record: MediaRecord, data: bytes) -> None:
    service = caller.service
    upload = await service.catalog.write(
        lambda conn: service.uploads.create(
            conn, account=record.account, provider=PROVIDER, space=record.space, key=f"{record.key}.cover"
        )
    )

    try:
        await service.uploads.receive(upload, 0, Given(data), offset=0)
    except QuotaExceeded as full:
        raise ApiError(wire.NO_BALANCE, str(full)) from None

    def finish(conn: Connection) -> None:
        now = existing(conn, caller, int(record.remote_id), lock=True)
        _set(conn, service, now, service.uploads.complete(conn, upload.id), _kind(data) or "")

    await service.catalog.write(finish)


HANDLERS: Mapping[str, Handler] = {"snapshot/create": _create, "snapshot/set": _choose}

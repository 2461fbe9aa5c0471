"""Videos on the API host: shown, listed, changed, removed (netease.md §8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaQuery, MediaRecord, Service

from .. import wire
from ..errors import PROVIDER
from . import contexts, entries
from .answer import ApiError
from .caller import Caller, Handler, Params
from .fields import integer, integers, page, paging, required_integer, text

_STATUS = {
    "ready": wire.STATUS_SUCCESS,
    "processing": wire.STATUS_PROCESSING,
    "failed": wire.STATUS_FAILED,
    "blocked": wire.STATUS_BLOCKED,
}
_STYLES = range(1, 10)
_MOST_COUNTED = 1 << 31


def _existing(conn: Connection, caller: Caller, vid: int) -> MediaRecord:
    record = caller.service.media.get(conn, PROVIDER, wire.media_id(vid, None))
    if record is None or record.account != caller.account:
        raise ApiError(wire.NOT_FOUND, f"there is no video {vid}")
    return record


def shown(conn: Connection, caller: Caller, record: MediaRecord) -> dict[str, Any]:
    """The members of ``video/get``; those of outputs that there are not are left out (netease.md §8.1)."""
    attrs, url = record.attrs, caller.service.play_url(PROVIDER, record.space, record.key)
    return {
        "vid": int(record.remote_id),
        "videoName": record.title,
        "status": _STATUS[record.status],
        "description": attrs["description"],
        "completeTime": _milliseconds(attrs["completed"]),
        "duration": 0,
        "durationMsec": 0,
        "width": "0",
        "height": "0",
        "typeId": attrs["type"],
        "typeName": entries.type_name(conn, caller, attrs["type"]),
        "snapshotUrl": "",
        "origUrl": url,
        "downloadOrigUrl": f"{url}?download",
        "initialSize": record.size,
        "createTime": _milliseconds(record.created),
        "updateTime": _milliseconds(record.updated),
    }


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


async def _get(caller: Caller, params: Params) -> Mapping[str, Any]:
    vid = required_integer(params, "vid")
    return await caller.service.catalog.read(lambda conn: shown(conn, caller, _existing(conn, caller, vid)))


async def _list(caller: Caller, params: Params) -> Mapping[str, Any]:
    current, size = page(params)
    status, kind = integer(params, "status") or 0, integer(params, "type") or 0
    wanted = MediaQuery(
        provider=PROVIDER,
        account=caller.account,
        kinds=("video", "audio"),
        statuses=[name for name, number in _STATUS.items() if number == status] if status else None,
        attrs={"type": [kind]} if kind else {},
    )

    def look(conn: Connection) -> Mapping[str, Any]:
        media, total = caller.service.media, caller.service.media.count(conn, wanted, _MOST_COUNTED)
        offset, limit, facts = paging(current, size, total)
        found = media.find(conn, wanted, offset=offset, limit=limit)
        return {**facts, "list": [shown(conn, caller, record) for record in found]}

    return await caller.service.catalog.read(look)


async def _edit(caller: Caller, params: Params) -> Mapping[str, Any]:
    vid, name = required_integer(params, "vid"), text(params, "videoName")
    kind, description = integer(params, "typeId"), text(params, "description")
    if name is not None and not name.strip():
        raise ApiError(wire.BAD_REQUEST, "videoName is blank")

    def edit(conn: Connection) -> None:
        record = _existing(conn, caller, vid)
        attrs = dict(record.attrs)
        if kind is not None:
            _set_type(conn, caller, attrs, kind)
        if description is not None:
            attrs["description"] = description
        title = record.title if name is None else name
        caller.service.media.update(conn, replace(record, title=title, attrs=attrs, updated=caller.now))

    await caller.service.catalog.write(edit)
    return {}


def _set_type(conn: Connection, caller: Caller, attrs: dict[str, Any], kind: int) -> None:
    if kind != entries.DEFAULT:
        entries.must_exist(conn, caller, entries.TYPE, kind)
    attrs["type"] = kind


async def _type_set(caller: Caller, params: Params) -> Mapping[str, Any]:
    required_integer(params, "typeId")
    return await _edit(caller, {"vid": params.get("vid"), "typeId": params["typeId"]})


async def _delete_one(caller: Caller, params: Params) -> Mapping[str, Any]:
    vid = required_integer(params, "vid")
    await caller.service.catalog.write(lambda conn: _remove(conn, caller, vid))
    return {}


async def _delete_many(caller: Caller, params: Params) -> Mapping[str, Any]:
    vids = integers(params, "vids")

    def remove(conn: Connection) -> None:
        for vid in dict.fromkeys(vids):
            _remove(conn, caller, vid)

    await caller.service.catalog.write(remove)
    return {}


def _remove(conn: Connection, caller: Caller, vid: int) -> None:
    service: Service = caller.service
    record = _existing(conn, caller, vid)
    service.media.delete(conn, record.id)
    contexts.forget_object(conn, service, record.space, record.key)
    service.events.add(
        conn,
        type="media.deleted",
        provider=PROVIDER,
        account=caller.account,
        media=record,
        payload={"vid": vid, "name": record.title},
    )


async def _delete_style(caller: Caller, params: Params) -> Mapping[str, Any]:
    vid, style = required_integer(params, "vid"), required_integer(params, "style")
    if style not in _STYLES:
        raise ApiError(wire.BAD_REQUEST, "style must be 1 to 9")
    await caller.service.catalog.read(lambda conn: _existing(conn, caller, vid))
    raise ApiError(wire.NOT_FOUND, f"video {vid} has no output of style {style}")


def _marker(status: str) -> Handler:
    """Block a video, or take that back."""

    async def run(caller: Caller, params: Params) -> Mapping[str, Any]:
        vid = required_integer(params, "vid")

        def mark(conn: Connection) -> None:
            record = _existing(conn, caller, vid)
            if record.status in ("ready", "blocked"):
                caller.service.media.update(conn, replace(record, status=status, updated=caller.now))

        await caller.service.catalog.write(mark)
        return {}

    return run


def _not_opened(what: str) -> Handler:
    async def run(caller: Caller, params: Params) -> Mapping[str, Any]:
        raise ApiError(wire.NOT_OPENED, f"this service does not offer {what}")

    return run


_CLOSED = {
    "transcoding": ("transcode", "transcode/resetmulti"),
    "snapshots": ("snapshot/create", "snapshot/set"),
    "statistics": ("stats/flow", "stats/band", "stats/storage"),
}
"""Calls that this service does not serve."""

HANDLERS: Mapping[str, Handler] = {
    "video/get": _get,
    "video/list": _list,
    "video/edit": _edit,
    "video/videoDelete": _delete_one,
    "video/delete": _delete_many,
    "video/delete_single": _delete_style,
    "video/videoDisable": _marker("blocked"),
    "video/videoRecover": _marker("ready"),
    "type/set": _type_set,
    **{path: _not_opened(what) for what, paths in _CLOSED.items() for path in paths},
}

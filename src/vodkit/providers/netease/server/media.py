"""Videos on the API host: shown, listed, changed, removed (netease.md §8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaQuery, MediaRecord, Service
from vodkit.server.media.facts import Facts
from vodkit.server.processing import Output
from vodkit.server.telling import Links, errors_of, told

from .. import wire
from ..errors import PROVIDER
from . import contexts, entries, versions
from .answer import ApiError
from .caller import Caller, Handler, Params
from .fields import integer, integers, page, paging, required_integer, text

STATUS = {
    "ready": wire.STATUS_SUCCESS,
    "processing": wire.STATUS_PROCESSING,
    "failed": wire.STATUS_FAILED,
    "blocked": wire.STATUS_BLOCKED,
}
_LINK_LIFE = 6 * 3600.0
_BEHIND = "behind"
"""The fact that says what the status of a blocked video would be."""
_BATCH = 500
_MOST_COUNTED = 1 << 31


def existing(conn: Connection, caller: Caller, vid: int, *, lock: bool = False) -> MediaRecord:
    """A video of the account; with ``lock`` nobody else changes it before the commit.

    Raises:
        ApiError: 404.
    """
    record = caller.service.media.get(conn, PROVIDER, wire.media_id(vid, None), lock=lock)
    if record is None or record.account != caller.account:
        raise ApiError(wire.NOT_FOUND, f"there is no video {vid}")
    return record


def shown(conn: Connection, caller: Caller, record: MediaRecord, outputs: Sequence[Output]) -> dict[str, Any]:
    """The members of ``video/get``; those of outputs that there are not are left out (netease.md §8.1).

    ``playback`` is this service's own addition, for vodkit's client.
    """
    service, attrs = caller.service, record.attrs
    links = Links(service, record, _LINK_LIFE)
    facts = Facts.from_dict(dict(record.facts)) if record.facts else None
    width, height = facts.picture.shown_size if facts and facts.picture else (0, 0)
    seconds = facts.length if facts else 0.0
    found = versions.by_style(outputs)
    error = errors_of(conn, service, [record]).get(record.id, "")
    return {
        "vid": int(record.remote_id),
        "videoName": record.title,
        "status": STATUS[record.status],
        "description": attrs["description"],
        "completeTime": None if record.status == "processing" else _milliseconds(attrs["completed"]),
        "duration": round(seconds),
        "durationMsec": _milliseconds(seconds),
        "width": str(width),
        "height": str(height),
        "typeId": attrs["type"],
        "typeName": entries.type_name(conn, caller, attrs["type"]),
        "snapshotUrl": links.cover(outputs),
        "origUrl": links.original(),
        "downloadOrigUrl": versions.download(links.original()),
        "initialSize": record.size,
        "createTime": _milliseconds(record.created),
        "updateTime": _milliseconds(record.updated),
        **versions.members(links, found),
        "playback": told(record, versions.best_first(outputs, found), links, error=error),
    }


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


async def _get(caller: Caller, params: Params) -> Mapping[str, Any]:
    vid = required_integer(params, "vid")

    def look(conn: Connection) -> Mapping[str, Any]:
        record = existing(conn, caller, vid)
        return shown(conn, caller, record, caller.service.outputs.of(conn, record.id))

    return await caller.service.catalog.read(look)


async def _list(caller: Caller, params: Params) -> Mapping[str, Any]:
    current, size = page(params)
    status, kind = integer(params, "status") or 0, integer(params, "type") or 0
    wanted = MediaQuery(
        provider=PROVIDER,
        account=caller.account,
        kinds=("video", "audio"),
        statuses=[name for name, number in STATUS.items() if number == status] if status else None,
        attrs={"type": [kind]} if kind else {},
    )

    def look(conn: Connection) -> Mapping[str, Any]:
        media, total = caller.service.media, caller.service.media.count(conn, wanted, _MOST_COUNTED)
        offset, limit, facts = paging(current, size, total)
        found = list(media.find(conn, wanted, offset=offset, limit=limit))
        listed: list[Mapping[str, Any]] = []
        for start in range(0, len(found), _BATCH):
            some = found[start : start + _BATCH]
            outputs = caller.service.outputs.of_many(conn, [record.id for record in some])
            listed += (shown(conn, caller, record, outputs.get(record.id, [])) for record in some)
        return {**facts, "list": listed}

    return await caller.service.catalog.read(look)


async def _edit(caller: Caller, params: Params) -> Mapping[str, Any]:
    vid, name = required_integer(params, "vid"), text(params, "videoName")
    kind, description = integer(params, "typeId"), text(params, "description")
    if name is not None and not name.strip():
        raise ApiError(wire.BAD_REQUEST, "videoName is blank")

    def edit(conn: Connection) -> None:
        record = existing(conn, caller, vid, lock=True)
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
    record = existing(conn, caller, vid, lock=True)
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
    vid, number = required_integer(params, "vid"), required_integer(params, "style")
    if not 1 <= number <= len(wire.STYLES):
        raise ApiError(wire.BAD_REQUEST, f"style must be 1 to {len(wire.STYLES)}")
    style, outputs = wire.STYLES[number - 1], caller.service.outputs

    def remove(conn: Connection) -> None:
        record = existing(conn, caller, vid, lock=True)
        version = versions.by_style(outputs.of(conn, record.id)).get(style)
        if version is None:
            raise ApiError(wire.NOT_FOUND, f"video {vid} has no output {style}")
        outputs.remove(conn, record, [version.output.id])

    await caller.service.catalog.write(remove)
    return {}


def _marker(mark: Callable[[MediaRecord], MediaRecord]) -> Handler:
    """Block a video, or take that back."""

    async def run(caller: Caller, params: Params) -> Mapping[str, Any]:
        vid = required_integer(params, "vid")

        def work(conn: Connection) -> None:
            record = existing(conn, caller, vid, lock=True)
            caller.service.media.update(conn, replace(mark(record), updated=caller.now))

        await caller.service.catalog.write(work)
        return {}

    return run


def blocked(record: MediaRecord) -> MediaRecord:
    """A video that plays no more; what its status would be is kept."""
    if record.status == "blocked":
        return record
    return replace(record, status="blocked", attrs={**record.attrs, _BEHIND: record.status})


def unblocked(record: MediaRecord) -> MediaRecord:
    """The inverse of :func:`blocked`."""
    if record.status != "blocked":
        return record
    attrs = dict(record.attrs)
    return replace(record, status=attrs.pop(_BEHIND, "ready"), attrs=attrs)


def settled(record: MediaRecord) -> MediaRecord:
    """A video whose status followed a task: one that was blocked meanwhile stays so."""
    return blocked(record) if _BEHIND in record.attrs else record


async def _no_statistics(caller: Caller, params: Params) -> Mapping[str, Any]:
    raise ApiError(wire.NOT_OPENED, "this service does not offer statistics")


HANDLERS: Mapping[str, Handler] = {
    "video/get": _get,
    "video/list": _list,
    "video/edit": _edit,
    "video/videoDelete": _delete_one,
    "video/delete": _delete_many,
    "video/delete_single": _delete_style,
    "video/videoDisable": _marker(blocked),
    "video/videoRecover": _marker(unblocked),
    "type/set": _type_set,
    **{f"stats/{what}": _no_statistics for what in ("flow", "band", "storage")},
}

"""What is made of videos: asked for at init or by a call, told of once it has ended (netease.md §7, §8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaRecord, Service
from vodkit.server.media.procedure import Clip, Procedure, Watermark
from vodkit.server.processing import ENDED, Notice, Task
from vodkit.server.telling import Links

from .. import wire
from . import callbacks, entries, presets, snapshots, versions
from .answer import ApiError
from .caller import Caller, Handler, Params
from .fields import integer, integers, required_integer, text
from .media import STATUS, existing, settled


def compiled(
    conn: Connection, caller: Caller, preset: int, watermark: int | None, clip: Clip | None = None
) -> Procedure:
    """What a template of the account, and a watermark if there is one, come to.

    Raises:
        ApiError: 400, one of them is not there.
    """
    spec = entries.spec_of(conn, caller, entries.PRESET, preset)
    mark = _watermark(conn, caller, watermark) if watermark is not None else None
    return presets.procedure(f"preset-{preset}", spec, mark, clip)


def _watermark(conn: Connection, caller: Caller, id: int) -> Watermark:
    spec = entries.spec_of(conn, caller, entries.WATERMARK, id)
    image = entries.image_of(conn, caller, spec["imageId"])
    return presets.overlay(spec, image.space, image.key)


def usual(conn: Connection, service: Service, account: str, clip: Clip | None = None) -> Procedure | None:
    """What is made of a video that names no template: what the account, or the service, has chosen."""
    chosen = service.procedures.chosen(conn, account, "")
    return presets.clipped(chosen, clip) if chosen is not None else None


def begin(
    conn: Connection,
    service: Service,
    record: MediaRecord,
    procedure: Procedure,
    callback: str | None,
    user_defined: str | None,
) -> None:
    """Have a procedure run over a video, whose status follows it.

    Args:
        callback: The address that was given with the video.
        user_defined: Comes back when it has ended.
    """
    attrs = {"callback": callback, "user_defined": user_defined}
    service.tasks.process(conn, record, procedure, attrs=attrs)


def changed(conn: Connection, service: Service, task: Task) -> Notice | None:
    """What is said of a task: once it has ended, the outcome of the whole video, with what it made."""
    record = service.media.by_id(conn, task.media, lock=True) if task.kind == "procedure" else None
    if record is None or task.state not in ENDED:
        return None
    if task.attrs.get("takes_cover"):
        snapshots.take(conn, service, record, task)
        return None
    if record.cover_key:
        # A cover that was sent meanwhile is kept.
        service.outputs.choose_cover(conn, record.id, "")
    if task.decides:
        attrs = {**record.attrs, "completed": service.now()}
        service.media.update(conn, settled(replace(record, attrs=attrs, updated=service.now())))
    made = versions.by_style(each for each in service.outputs.of(conn, record.id) if each.task == task.id)
    said = wire.transcode_callback(
        int(record.remote_id),
        record.title,
        _outcome(record, task),
        versions.addresses(Links(service, record, callbacks.LINK_LIFE), made),
        task.attrs.get("user_defined", record.attrs["user_defined"]),
        task.error,
    )
    own, after = task.attrs.get("callback"), record.attrs.get("event", "")
    return Notice(said, deliver=callbacks.addresses(conn, task.account, callbacks.TRANSCODE, own, after))


def _outcome(record: MediaRecord, task: Task) -> int:
    """That of the whole video where it follows the task: it may be fine although a part has failed."""
    if task.decides:
        return STATUS[record.status]
    return wire.STATUS_SUCCESS if task.state == "done" else wire.STATUS_FAILED


async def _by_template(caller: Caller, params: Params) -> Mapping[str, Any]:
    vids, preset = integers(params, "vids"), required_integer(params, "presetId")
    watermark = integer(params, "watermarkId")
    note = text(params, "userDefInfo", most=wire.MAX_USER_DEFINED)

    def work(conn: Connection) -> None:
        _transcode(conn, caller, vids, compiled(conn, caller, preset, watermark), note)

    await caller.service.catalog.write(work)
    return {}


async def _by_styles(caller: Caller, params: Params) -> Mapping[str, Any]:
    vids, wanted = integers(params, "vids"), presets.wanted(params)
    if not any(wanted.values()):
        raise ApiError(wire.BAD_REQUEST, f"name at least one output: {', '.join(wire.STYLES)}")
    procedure = presets.procedure("transcode", wanted)
    await caller.service.catalog.write(lambda conn: _transcode(conn, caller, vids, procedure, None))
    return {}


def _transcode(
    conn: Connection, caller: Caller, vids: list[int], procedure: Procedure, note: str | None
) -> None:
    """Have a procedure run over videos: over all of them, or over none."""
    for vid in dict.fromkeys(vids):
        record = existing(conn, caller, vid, lock=True)
        if record.status == "blocked":
            raise ApiError(wire.BAD_REQUEST, f"video {vid} is blocked; unblock it first")
        if record.status == "processing":
            raise ApiError(wire.BAD_REQUEST, f"video {vid} is being processed; wait until that has ended")
        if not record.size:
            raise ApiError(wire.BAD_REQUEST, f"video {vid} is empty")
        covers = [each for each in caller.service.outputs.of(conn, record.id) if each.kind == "cover"]
        wanted = replace(procedure, cover=None) if covers or record.cover_key else procedure
        said = record.attrs["user_defined"] if note is None else note
        begin(conn, caller.service, record, wanted, record.attrs.get("callback"), said)


HANDLERS: Mapping[str, Handler] = {
    "transcode": _by_styles,
    "transcode/resetmulti": _by_template,
}

"""Describing, deleting and blocking media (tencent.md §B.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaRecord
from vodkit.server.processing import ENDED, Task

from ..wire import Limits, codes
from . import events, library, made
from .answer import ApiError
from .caller import Action, Caller, Owner
from .credentials import PROVIDER
from .fields import ID, Field, Params, choice, needed, several, upto

_PARTS = (
    "OriginalFiles",
    "TranscodeFiles",
    "AdaptiveDynamicStreamingFiles",
    "WechatPublishFiles",
    "WechatMiniProgramPublishFiles",
)
_OUTPUTS = {"TranscodeFiles": "transcode", "AdaptiveDynamicStreamingFiles": "adaptive"}
"""Sections of outputs by the type of a part. Nothing is published to WeChat here."""


def existing(conn: Connection, caller: Caller, file_id: str, *, lock: bool = False) -> MediaRecord:
    """A media that must be there; with ``lock`` as for :func:`library.find`. Raises ``ResourceNotFound``."""
    record = library.find(conn, caller, file_id, lock=lock)
    if record is None:
        raise ApiError("ResourceNotFound.FileNotExist", f"there is no media {file_id}")
    return record


def filters() -> Field:
    """The ``Filters`` parameter: which sections of MediaInfo are wanted."""
    return several(len(library.SECTIONS), choice(*library.SECTIONS))


def _ids(given: list[str] | None) -> list[str]:
    if not given:
        raise ApiError(codes.FILE_IDS_EMPTY, "FileIds holds no id")
    if len(given) > Limits.FILE_IDS:
        raise ApiError(codes.FILE_IDS_TOO_MANY, f"FileIds may hold {Limits.FILE_IDS} ids at most")
    return list(dict.fromkeys(given))


async def _describe(caller: Caller, params: Params) -> dict[str, Any]:
    ids = _ids(params["FileIds"])

    def look(conn: Connection) -> dict[str, Any]:
        found = [record for id in ids if (record := library.find(conn, caller, id))]
        there = {record.remote_id for record in found}
        return {
            "MediaInfoSet": library.infos(conn, caller, found, params["Filters"], ours=caller.ours),
            "NotExistFileIdSet": [id for id in ids if id not in there],
        }

    return await caller.service.catalog.read(look)


async def _delete(caller: Caller, params: Params) -> dict[str, Any]:
    parts = params["DeleteParts"] or []

    def remove(conn: Connection) -> None:
        record = existing(conn, caller, params["FileId"], lock=True)
        if parts:
            _delete_parts(conn, caller, record, parts)
        else:
            caller.service.media.delete(conn, record.id)
        events.deleted(conn, caller, record, parts)

    await caller.service.catalog.write(remove)
    return {}


def _delete_parts(
    conn: Connection, caller: Caller, record: MediaRecord, parts: Sequence[Mapping[str, Any]]
) -> None:
    """Delete the original, or what was made by these templates; Definition 0 stands for all of a type."""
    wanted = {(_OUTPUTS.get(part["Type"]), part["Definition"]) for part in parts}
    outputs = caller.service.outputs
    gone = [
        output.id
        for output in outputs.of(conn, record.id)
        if {(made.section(output), number) for number in (0, made.definition(output))} & wanted
    ]
    outputs.remove(conn, record, gone)
    if any(part["Type"] == "OriginalFiles" for part in parts):
        _delete_original(conn, caller, record)


def _delete_original(conn: Connection, caller: Caller, record: MediaRecord) -> None:
    """Delete the source with its segments and its cover; the media stays, without them."""
    for member in library.members(conn, caller.service, record.space, record.folder):
        caller.service.objects.delete(conn, PROVIDER, record.space, member.key)
    gone = replace(record, key="", cover_key="", size=0, updated=caller.now)
    caller.service.media.update(conn, gone)


async def _forbid(caller: Caller, params: Params) -> dict[str, Any]:
    ids = _ids(params["FileIds"])
    change = block if params["Operation"] == "forbid" else _unblock

    def forbid(conn: Connection) -> list[str]:
        absent = []
        for id in ids:
            record = library.find(conn, caller, id, lock=True)
            if record is None:
                absent.append(id)
            else:
                change(conn, caller, record)
        return absent

    return {"NotExistFileIdSet": await caller.service.catalog.write(forbid)}


def block(conn: Connection, owner: Owner, record: MediaRecord) -> None:
    """Let nobody watch a media; its own status is kept for later."""
    if record.status != "blocked":
        changed = library.changed(record, owner, {"before": record.status}, status="blocked")
        owner.service.media.update(conn, changed)


def _unblock(conn: Connection, owner: Owner, record: MediaRecord) -> None:
    if record.status == "blocked":
        status = record.attrs.get("before") or "ready"
        owner.service.media.update(conn, library.changed(record, owner, {"before": ""}, status=status))


def settle(conn: Connection, owner: Owner, task: Task) -> None:
    """Let a media that was blocked while a task ran be so when that has ended."""
    record = owner.service.media.by_id(conn, task.media, lock=True)
    if record is not None and task.state in ENDED and record.attrs.get("before"):
        block(conn, owner, record)


_IDS = needed(Field(item=upto(Limits.FILE_ID, code=codes.FILE_IDS)))

ACTIONS = {
    "DescribeMediaInfos": Action(_describe, {"FileIds": _IDS, "Filters": filters()}),
    "DeleteMedia": Action(
        _delete,
        {
            "FileId": needed(upto(Limits.FILE_ID)),
            "DeleteParts": several(
                20, Field(members={"Type": needed(choice(*_PARTS)), "Definition": replace(ID, default=0)})
            ),
        },
    ),
    "ForbidMediaDistribution": Action(
        _forbid, {"FileIds": _IDS, "Operation": needed(choice("forbid", "recover"))}
    ),
}

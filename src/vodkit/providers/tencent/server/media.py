"""Describing, deleting and blocking media (tencent.md §B.7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaRecord

from ..wire import Limits, codes
from . import events, library
from .answer import ApiError
from .caller import Action, Caller
from .credentials import PROVIDER
from .fields import ID, Field, Params, choice, needed, several, upto

_PARTS = (
    "OriginalFiles",
    "TranscodeFiles",
    "AdaptiveDynamicStreamingFiles",
    "WechatPublishFiles",
    "WechatMiniProgramPublishFiles",
)


def existing(conn: Connection, caller: Caller, file_id: str) -> MediaRecord:
    """A media that must be there. Raises ``ResourceNotFound``."""
    record = library.find(conn, caller, file_id)
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
            "MediaInfoSet": [library.info(conn, caller, record, params["Filters"]) for record in found],
            "NotExistFileIdSet": [id for id in ids if id not in there],
        }

    return await caller.service.catalog.read(look)


async def _delete(caller: Caller, params: Params) -> dict[str, Any]:
    parts = params["DeleteParts"] or []

    def remove(conn: Connection) -> None:
        record = existing(conn, caller, params["FileId"])
        if not parts:
            caller.service.media.delete(conn, record.id)
        elif any(part["Type"] == "OriginalFiles" for part in parts):
            _delete_original(conn, caller, record)
        events.deleted(conn, caller, record, parts)

    await caller.service.catalog.write(remove)
    return {}


def _delete_original(conn: Connection, caller: Caller, record: MediaRecord) -> None:
    """Delete the source with its segments and its cover; the media stays, without them."""
    kept = {item["key"] for item in record.attrs["subtitles"]}
    for member in library.members(conn, caller.service, record.space, record.folder):
        if member.key not in kept:
            caller.service.objects.delete(conn, PROVIDER, record.space, member.key)
    gone = replace(record, key="", cover_key="", size=0, updated=caller.now)
    caller.service.media.update(conn, gone)


async def _forbid(caller: Caller, params: Params) -> dict[str, Any]:
    ids = _ids(params["FileIds"])
    status = "blocked" if params["Operation"] == "forbid" else "ready"

    def forbid(conn: Connection) -> list[str]:
        absent = []
        for id in ids:
            record = library.find(conn, caller, id)
            if record is None:
                absent.append(id)
            elif record.status in ("ready", "blocked"):
                caller.service.media.update(conn, replace(record, status=status, updated=caller.now))
        return absent

    return {"NotExistFileIdSet": await caller.service.catalog.write(forbid)}


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

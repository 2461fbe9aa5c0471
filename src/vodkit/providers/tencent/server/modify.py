"""ModifyMediaInfo (tencent.md §B.7)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaRecord

from ..wire import Limits, codes
from . import class_tree, files, library, subtitles
from .answer import ApiError
from .caller import Action, Caller
from .credentials import PROVIDER
from .fields import FLAG, ID, Field, Params, choice, moment, needed, record, several, upto, within
from .media import existing


async def _modify(caller: Caller, params: Params) -> dict[str, Any]:
    _refuse_conflicts(params)
    expires = moment(params["ExpireTime"], codes.EXPIRE_TIME)
    if expires is not None and expires <= caller.now:
        raise ApiError(codes.EXPIRE_TIME, "the expiry lies in the past")
    found = await caller.service.catalog.read(lambda conn: existing(conn, caller, params["FileId"]))

    def change(conn: Connection) -> MediaRecord:
        media = existing(conn, caller, params["FileId"], lock=True)
        attrs: dict[str, Any] = {
            "tags": _tags(media.attrs["tags"], params),
            "key_frames": _key_frames(media.attrs["key_frames"], params),
        }
        if params["Description"] is not None:
            attrs["description"] = params["Description"]
        if params["ClassId"] is not None:
            class_tree.must_exist(conn, caller, params["ClassId"])
            attrs["class"] = params["ClassId"]
        values: dict[str, Any] = {}
        if params["Name"] is not None:
            values["title"] = params["Name"]
        if params["ExpireTime"]:
            values["expires"] = expires
        if cover is not None:
            values["cover_key"] = cover.upload.key
            _forget_covers(conn, caller, media)
            files.name(conn, caller, cover)
            if media.cover_key:
                caller.service.objects.delete(conn, PROVIDER, media.space, media.cover_key)
        subtitles.change(conn, caller, media, params, brought)
        changed = library.changed(media, caller, attrs, **values)
        caller.service.media.update(conn, changed)
        return changed

    async with files.Files(caller) as brought_along:
        cover = await _store_cover(brought_along, found, params["CoverData"])
        brought = [
            await subtitles.bring(brought_along, found, given, caller.now)
            for given in params["AddSubtitles"] or ()
        ]
        changed = await caller.service.catalog.write(change)
    added = [subtitles.shown(caller.service, item.output) for item in brought]
    cover_url = library.url(caller, changed, changed.cover_key) if cover else ""
    return {"CoverUrl": cover_url, "AddedSubtitleSet": added}


def _refuse_conflicts(params: Params) -> None:
    for add, other, code in (
        ("AddTags", "ClearTags", codes.ADD_CLEAR_TAGS),
        ("AddTags", "DeleteTags", codes.ADD_DELETE_TAGS),
        ("AddKeyFrameDescs", "ClearKeyFrameDescs", codes.ADD_CLEAR_KEY_FRAMES),
        ("AddKeyFrameDescs", "DeleteKeyFrameDescs", codes.ADD_DELETE_KEY_FRAMES),
    ):
        if params[add] and params[other]:
            raise ApiError(code, f"{add} and {other} cannot be given together")


def _tags(tags: Sequence[str], params: Params) -> list[str]:
    kept = [] if params["ClearTags"] else [tag for tag in tags if tag not in (params["DeleteTags"] or ())]
    kept = list(dict.fromkeys([*kept, *(params["AddTags"] or ())]))
    if len(kept) > Limits.TAGS:
        raise ApiError(codes.TAG_COUNT, f"a media has at most {Limits.TAGS} tags")
    return kept


def _key_frames(frames: Sequence[Mapping[str, Any]], params: Params) -> list[dict[str, Any]]:
    by_time = (
        {} if params["ClearKeyFrameDescs"] else {frame["TimeOffset"]: frame["Content"] for frame in frames}
    )
    for offset in params["DeleteKeyFrameDescs"] or ():
        by_time.pop(offset, None)
    by_time |= {frame["TimeOffset"]: frame["Content"] for frame in params["AddKeyFrameDescs"] or ()}
    if len(by_time) > Limits.KEY_FRAMES:
        raise ApiError(
            codes.KEY_FRAME_COUNT, f"a media has at most {Limits.KEY_FRAMES} key frame descriptions"
        )
    return [{"TimeOffset": offset, "Content": by_time[offset]} for offset in sorted(by_time)]


async def _store_cover(into: files.Files, media: MediaRecord, text: str | None) -> files.Stored | None:
    if not text:
        return None
    data = files.decoded(text, "CoverData")
    kind = files.image_kind(data, "CoverData")
    key = f"{media.folder}{secrets.randbelow(10**10):010}.{kind.replace('jpeg', 'jpg')}"
    return await into.store(media.space, key, f"image/{kind}", data)


def _forget_covers(conn: Connection, caller: Caller, media: MediaRecord) -> None:
    """Forget the covers that tasks made: one that was given takes their place."""
    outputs = caller.service.outputs
    covers = [output.id for output in outputs.of(conn, media.id) if output.kind == "cover"]
    outputs.remove(conn, media, covers)


_LINE = upto(Limits.TAG, code=codes.TAG_TOO_LONG)

ACTIONS = {
    "ModifyMediaInfo": Action(
        _modify,
        {
            "FileId": needed(upto(Limits.FILE_ID)),
            "Name": upto(Limits.MEDIA_NAME, code=codes.NAME),
            "Description": upto(Limits.DESCRIPTION, code=codes.DESCRIPTION),
            "ClassId": Field(low=0, high=ID.high, code=codes.CLASS_ID),
            "ExpireTime": upto(64, code=codes.EXPIRE_TIME),
            "CoverData": Field(),
            "AddKeyFrameDescs": several(
                Limits.KEY_FRAMES,
                record(
                    {
                        "TimeOffset": needed(within(0, 1e9)),
                        "Content": needed(within(1, Limits.KEY_FRAME_CONTENT, code=codes.KEY_FRAME_TOO_LONG)),
                    }
                ),
                code=codes.KEY_FRAME_COUNT,
            ),
            "DeleteKeyFrameDescs": several(Limits.KEY_FRAMES),
            "ClearKeyFrameDescs": FLAG,
            "AddTags": several(Limits.TAGS, _LINE, code=codes.TAG_COUNT),
            "DeleteTags": several(Limits.TAGS, _LINE),
            "ClearTags": FLAG,
            "AddSubtitles": several(
                10,
                record(
                    {
                        "Id": upto(16, pattern="[A-Za-z0-9_-]*"),
                        "Name": needed(upto(64)),
                        "Language": needed(upto(16)),
                        "Format": needed(choice("vtt", code=f"{codes.INVALID_VALUE}.SubtitleFormat")),
                        "Content": needed(),
                    }
                ),
            ),
            "DeleteSubtitleIds": several(subtitles.MOST),
            "ClearSubtitles": FLAG,
        },
    )
}

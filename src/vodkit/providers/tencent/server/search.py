"""SearchMedia (tencent.md §B.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaRecord

from ..wire import Limits, category, codes
from . import classes, library
from .answer import ApiError
from .caller import Action, Caller
from .fields import ID, OFFSET, Field, Params, choice, moment, record, several, upto, within
from .media import filters

Test = Callable[[MediaRecord], bool]


async def _search(caller: Caller, params: Params) -> dict[str, Any]:
    offset, limit = params["Offset"], params["Limit"]
    if offset + limit > Limits.SEARCH_WINDOW:
        code = "OffsetTooLarge" if offset >= Limits.SEARCH_WINDOW else "LimitTooLarge"
        raise ApiError(
            f"{codes.INVALID_VALUE}.{code}", f"Offset + Limit may be {Limits.SEARCH_WINDOW} at most"
        )

    def search(conn: Connection) -> dict[str, Any]:
        tests = [*_text_tests(params), *_set_tests(params), *_time_tests(params)]
        if params["ClassIds"]:
            wanted = classes.with_descendants(conn, caller, params["ClassIds"])
            tests.append(lambda media: media.attrs["class"] in wanted)
        found = [media for media in library.everything(conn, caller) if all(test(media) for test in tests)]
        sort = params["Sort"] or {}
        found.sort(key=lambda media: media.created, reverse=sort.get("Order", "Desc") == "Desc")
        return {
            "TotalCount": min(len(found), Limits.SEARCH_WINDOW),
            "MediaInfoSet": [
                library.info(conn, caller, media, params["Filters"])
                for media in found[offset : offset + limit]
            ],
        }

    return await caller.service.catalog.read(search)


def _text_tests(params: Params) -> Iterator[Test]:
    names = _lowered(params["Names"])
    if names:
        yield lambda media: any(name in media.title.lower() for name in names)
    prefixes = tuple(_lowered(params["NamePrefixes"]))
    if prefixes:
        yield lambda media: media.title.lower().startswith(prefixes)
    descriptions = _lowered(params["Descriptions"])
    if descriptions:
        yield lambda media: any(text in media.attrs["description"].lower() for text in descriptions)
    text = (params["Text"] or "").lower()
    if text:
        yield lambda media: text in media.title.lower() or text in media.attrs["description"].lower()
    paths = tuple(params["StoragePathPrefixes"] or ())
    if paths:
        yield lambda media: f"/{media.key}".startswith(paths)


def _set_tests(params: Params) -> Iterator[Test]:
    def one_of(name: str, value: Callable[[MediaRecord], str]) -> Iterator[Test]:
        wanted = params[name]
        if wanted:
            yield lambda media: value(media) in wanted

    yield from one_of("FileIds", lambda media: media.remote_id)
    yield from one_of("Vids", lambda media: media.remote_id)
    yield from one_of("Categories", lambda media: category(media.attrs["type"]))
    yield from one_of("SourceTypes", lambda media: "Upload")
    yield from one_of("StorageRegions", lambda media: media.attrs["region"])
    yield from one_of("StorageClasses", lambda media: "STANDARD")
    yield from one_of("Status", lambda media: "Forbidden" if media.status == "blocked" else "Normal")
    types = set(_lowered(params["MediaTypes"]))
    if types:
        yield lambda media: media.attrs["type"] in types
    tags = set(params["Tags"] or ())
    if tags:
        yield lambda media: not tags.isdisjoint(media.attrs["tags"])
    if params["SourceType"]:
        yield lambda media: params["SourceType"] == "Upload"
    # What was recorded from a stream, or reviewed, is found by these; nothing that was uploaded is.
    for name in ("StreamIds", "StreamId", "ReviewResults", "TrtcSdkAppIds", "TrtcRoomIds"):
        if params[name]:
            yield lambda media: False


def _time_tests(params: Params) -> Iterator[Test]:
    created, expiry = params["CreateTime"] or {}, params["ExpireTime"] or {}
    start = moment(created.get("After") or params["StartTime"], f"{codes.INVALID_VALUE}.StartTime")
    end = moment(created.get("Before") or params["EndTime"], f"{codes.INVALID_VALUE}.EndTime")
    after = moment(expiry.get("After"), codes.EXPIRE_TIME)
    before = moment(expiry.get("Before"), codes.EXPIRE_TIME)
    if start is not None:
        yield lambda media: int(media.created) >= start
    if end is not None:
        yield lambda media: int(media.created) <= end
    if after is not None:
        yield lambda media: media.expires is None or media.expires >= after
    if before is not None:
        yield lambda media: media.expires is not None and media.expires <= before


def _lowered(texts: Sequence[str] | None) -> list[str]:
    return [text.lower() for text in texts or ()]


_TIMES = record({"After": upto(40), "Before": upto(40)})

ACTIONS = {
    "SearchMedia": Action(
        _search,
        {
            "FileIds": several(10, upto(Limits.FILE_ID), code=codes.FILE_IDS),
            "Names": several(10, upto(100)),
            "NamePrefixes": several(10, upto(100)),
            "Descriptions": several(10, upto(Limits.DESCRIPTION)),
            "ClassIds": several(10, ID),
            "Tags": several(Limits.TAGS, upto(Limits.TAG)),
            "Categories": several(
                3, choice("Video", "Audio", "Image", code=f"{codes.INVALID_VALUE}.Categories")
            ),
            "SourceTypes": several(10),
            "StreamIds": several(10),
            "Vids": several(10, upto(Limits.FILE_ID)),
            "StorageRegions": several(20),
            "StorageClasses": several(10),
            "StoragePathPrefixes": several(20),
            "MediaTypes": several(10),
            "Status": several(
                3, choice("Normal", "SystemForbidden", "Forbidden", code=f"{codes.INVALID_VALUE}.Status")
            ),
            "ReviewResults": several(10),
            "TrtcSdkAppIds": several(10),
            "TrtcRoomIds": several(10),
            "CreateTime": _TIMES,
            "ExpireTime": _TIMES,
            "Filters": filters(),
            "Sort": record({"Field": choice("CreateTime"), "Order": choice("Asc", "Desc", default="Desc")}),
            "Offset": OFFSET,
            "Limit": within(0, Limits.SEARCH_WINDOW, default=10),
            "Text": upto(100),
            "SourceType": Field(),
            "StreamId": Field(),
            "StartTime": upto(40),
            "EndTime": upto(40),
        },
    )
}

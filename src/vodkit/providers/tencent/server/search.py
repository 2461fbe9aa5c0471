"""SearchMedia (tencent.md §B.7)."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaQuery, MediaRecord
from vodkit.server.names import folded

from ..wire import Limits, codes
from . import class_tree, library
from .answer import ApiError
from .caller import Action, Caller
from .fields import ID, OFFSET, Field, Params, choice, moment, record, several, upto, within
from .media import filters

Test = Callable[[MediaRecord], bool]

_STATUSES = {"Normal": ("ready", "processing", "failed"), "Forbidden": ("blocked",), "SystemForbidden": ()}
"""The catalog's states by the vendor's."""

_ALWAYS = {"SourceTypes": "Upload", "StorageClasses": "STANDARD"}
"""What every media here has."""

_NEVER_UPLOADED = ("StreamIds", "StreamId", "ReviewResults", "TrtcSdkAppIds", "TrtcRoomIds")
"""What was recorded from a stream, or reviewed, is found by these; nothing that was uploaded is."""


async def _search(caller: Caller, params: Params) -> dict[str, Any]:
    offset, limit = params["Offset"], params["Limit"]
    if offset + limit > Limits.SEARCH_WINDOW:
        code = "OffsetTooLarge" if offset >= Limits.SEARCH_WINDOW else "LimitTooLarge"
        raise ApiError(
            f"{codes.INVALID_VALUE}.{code}", f"Offset + Limit may be {Limits.SEARCH_WINDOW} at most"
        )

    def search(conn: Connection) -> dict[str, Any]:
        query = _query(conn, caller, params)
        tests = [*_tests(params)]
        ascending = (params["Sort"] or {}).get("Order") == "Asc"
        if tests:
            found = caller.service.media.find(conn, query, ascending=ascending)
            matching = (media for media in found if all(test(media) for test in tests))
            window = list(islice(matching, Limits.SEARCH_WINDOW))
            total, page = len(window), window[offset : offset + limit]
        else:
            total = caller.service.media.count(conn, query, Limits.SEARCH_WINDOW)
            page = list(
                caller.service.media.find(conn, query, ascending=ascending, offset=offset, limit=limit)
            )
        return {
            "TotalCount": total,
            "MediaInfoSet": library.infos(conn, caller, page, params["Filters"], ours=caller.ours),
        }

    return await caller.service.catalog.read(search)


def _query(conn: Connection, caller: Caller, params: Params) -> MediaQuery:
    """What the database can select by."""
    facts: dict[str, Any] = {}
    if params["ClassIds"]:
        facts["class"] = class_tree.with_descendants(conn, caller, params["ClassIds"])
    if params["MediaTypes"]:
        facts["type"] = _lowered(params["MediaTypes"])
    if params["StorageRegions"]:
        facts["region"] = params["StorageRegions"]
    categories, states = params["Categories"], params["Status"]
    return replace(
        library.mine(caller, **facts),
        remote_ids=_ids(params),
        kinds=_lowered(categories) if categories else None,
        titles=params["Names"] or None,
        title_prefixes=params["NamePrefixes"] or None,
        statuses=[own for name in states for own in _STATUSES[name]] if states else None,
        **_times(params),
    )


def _ids(params: Params) -> Collection[str] | None:
    """The ids that may be found; none at all when something is asked for that no upload has."""
    recorded = any(params[name] for name in _NEVER_UPLOADED)
    others = any(params[name] and own not in params[name] for name, own in _ALWAYS.items())
    if recorded or others or params["SourceType"] not in (None, "", "Upload"):
        return ()
    given = [set(params[name]) for name in ("FileIds", "Vids") if params[name]]
    return set.intersection(*given) if given else None


def _times(params: Params) -> dict[str, Any]:
    created, expiry = params["CreateTime"] or {}, params["ExpireTime"] or {}
    start = moment(created.get("After") or params["StartTime"], f"{codes.INVALID_VALUE}.StartTime")
    end = moment(created.get("Before") or params["EndTime"], f"{codes.INVALID_VALUE}.EndTime")
    return {
        "created_from": start,
        # Times are shown in whole seconds: all of the last one counts.
        "created_until": None if end is None else math.floor(end) + 1,
        "expires_from": moment(expiry.get("After"), codes.EXPIRE_TIME),
        "expires_until": moment(expiry.get("Before"), codes.EXPIRE_TIME),
    }


def _tests(params: Params) -> Iterator[Test]:
    """What is tested on each media: texts other than names, in any case, tags, paths."""
    descriptions = [folded(text) for text in params["Descriptions"] or ()]
    if descriptions:
        yield lambda media: any(text in folded(media.attrs["description"]) for text in descriptions)
    text = folded(params["Text"] or "")
    if text:
        yield lambda media: text in folded(media.title) or text in folded(media.attrs["description"])
    paths = tuple(params["StoragePathPrefixes"] or ())
    if paths:
        yield lambda media: f"/{media.key}".startswith(paths)
    tags = set(params["Tags"] or ())
    if tags:
        yield lambda media: not tags.isdisjoint(media.attrs["tags"])


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

"""Statistics: how often media were watched, by day. Traffic is not counted (tencent.md §B.7, tier 3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from ..wire import Limits, codes
from .answer import ApiError
from .caller import Action, Caller
from .fields import Params, choice, moment, needed, upto
from .media import existing


async def _details(caller: Caller, params: Params) -> dict[str, Any]:
    if params["Interval"] == "Hour":
        raise ApiError(codes.UNSUPPORTED, "views are counted by day: set Interval to Day")
    counts = await _counts(caller, params, "StartTime", "EndTime")
    return {"PlayStatInfoSet": [{"Time": day, **shown} for day, shown in counts]}


async def _daily(caller: Caller, params: Params) -> dict[str, Any]:
    counts = await _counts(caller, params, "StartDate", "EndDate")
    return {"DailyPlayStatInfoSet": [{"Date": day, **shown} for day, shown in counts]}


async def _counts(caller: Caller, params: Params, start: str, end: str) -> list[tuple[str, dict[str, Any]]]:
    """What is shown of each day from one parameter to another, both included, on which there were views."""
    first, last = (_day(params[name], name) for name in (start, end))
    if last < first:
        raise ApiError(f"{codes.INVALID_VALUE}.{end}", f"{end} is before {start}")

    def look(conn: Connection) -> Mapping[str, int]:
        media = existing(conn, caller, params["FileId"])
        return caller.service.plays.by_day(conn, [media.id], first, last).get(media.id, {})

    counts = await caller.service.catalog.read(look)
    return [
        (f"{day}T00:00:00Z", {"FileId": params["FileId"], "PlayTimes": count, "Traffic": None})
        for day, count in counts.items()
    ]


def _day(text: str, name: str) -> str:
    code = f"{codes.INVALID_VALUE}.{name}"
    seconds = moment(text, code)
    if seconds is None:
        raise ApiError(code, f"{name} must be a day")
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


_FILE = needed(upto(Limits.FILE_ID))

ACTIONS = {
    "DescribeMediaPlayStatDetails": Action(
        _details,
        {
            "FileId": _FILE,
            "StartTime": needed(upto(40)),
            "EndTime": needed(upto(40)),
            "Interval": choice("Hour", "Day"),
        },
    ),
    "DescribeDailyMediaPlayStat": Action(
        _daily, {"FileId": _FILE, "StartDate": needed(upto(40)), "EndDate": needed(upto(40))}
    ),
}

"""What spaces store, and what was made of it, by day (ucloud.md §7.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import Service
from vodkit.server.processing import Output

from ..errors import PROVIDER

DAY = 86400
_SIZES = ((1080, "FhdCodecTime"), (720, "ShdCodecTime"), (480, "HdCodecTime"), (0, "SdCodecTime"))
"""What the seconds of pictures of at least so many rows are counted as."""

_AT_ONCE = 500


def by_day(
    conn: Connection, service: Service, account: str, names: Collection[str], days: Sequence[int]
) -> list[dict[str, Any]]:
    """An entry for each day.

    ``Storage`` is what is stored now, in gigabyte-days; the codec times are the seconds of what was made on
    that day of what is still there. ``Flux`` stays 0: traffic is not counted.

    Args:
        names: Of the account's spaces.
        days: Their first seconds, since the epoch.
    """
    records = [
        record
        for record in service.media.list(conn, provider=PROVIDER, account=account)
        if record.space in names
    ]
    made: Counter[tuple[int, str]] = Counter()
    for at in range(0, len(records), _AT_ONCE):
        some = [record.id for record in records[at : at + _AT_ONCE]]
        for outputs in service.outputs.of_many(conn, some).values():
            for day, size, seconds in _encoded(outputs):
                made[day, size] += seconds
    stored = round(sum(record.size for record in records) / 1e9, 6)
    return [
        {"Time": day, "Storage": stored, "Flux": 0, **{name: made[day, name] for _, name in _SIZES}}
        for day in days
    ]


def _encoded(outputs: Sequence[Output]) -> Iterator[tuple[int, str, int]]:
    """Day, size and seconds of every rendition; files are cut from streams where there are such."""
    streams = [output for output in outputs if output.kind == "streams"]
    for output in streams or [output for output in outputs if output.kind == "file"]:
        day = int(output.created) // DAY * DAY
        for rendition in output.facts.get("renditions", (output.facts,)):
            rows = min(rendition.get("width") or 0, rendition.get("height") or 0)
            if rows:
                name = next(name for least, name in _SIZES if rows >= least)
                yield day, name, round(output.facts.get("seconds") or 0)

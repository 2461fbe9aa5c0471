"""Finding videos, and lists of them (youku.md §9.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from vodkit.server.contract import MediaRecord, Service
from vodkit.server.nouns import MediaQuery

from ..wire import Codes
from . import display
from .call import PROVIDER, Call, Refused, invalid

_PERIODS: Final = {"today": 1, "week": 7, "month": 30, "history": 0}
_COUNTED: Final = 10**6
_AT_ONCE: Final = 1000
MOST: Final = 100
"""Most entries of a page."""


def space_of(account: str) -> str:
    """The space that holds an account's originals."""
    return f"youku-{account}"


def find(conn: Connection, service: Service, id: str, *, lock: bool = False) -> MediaRecord:
    """A video by its id, locked where it is to be changed. Raises 120020001."""
    record = service.media.get(conn, PROVIDER, id, lock=lock)
    if record is None:
        raise Refused(Codes.NO_VIDEO)
    return record


def own(conn: Connection, call: Call, id: str) -> MediaRecord:
    """A video of the caller's, to be changed; those of others count as absent."""
    record = find(conn, call.service, id, lock=True)
    if record.account != call.who.id:
        raise Refused(Codes.NO_VIDEO)
    return record


def public(
    conn: Connection, service: Service, *, account: str | None = None, category: str = ""
) -> list[MediaRecord]:
    """The videos that everybody may see, newest first; those of an account or a category only."""
    attrs = {"public_type": {"all"}} | ({"category": {category}} if category else {})
    query = MediaQuery(PROVIDER, account, statuses={"ready"}, attrs=attrs)
    return list(service.media.find(conn, query))


def page_wanted(call: Call) -> tuple[int, int]:
    """Number and length of the page that is asked for."""
    number = call.number("page", 1, low=1, high=10**6)
    return number, min(call.number("count", 20, low=1, high=10**6), MOST)


def page(call: Call, name: str, found: Sequence[Any], show: Callable[[Any], Any]) -> dict[str, Any]:
    """One page of a list (§9.2)."""
    number, count, some = _cut(call, found)
    return {"total": len(found), "page": number, "count": count, name: [show(entry) for entry in some]}


async def own_page(call: Call) -> Mapping[str, Any]:
    """One page of the caller's own videos."""
    query = MediaQuery(PROVIDER, call.who.id)
    if call.text("orderby") not in ("", "published"):
        every = await call.service.catalog.read(lambda conn: list(call.service.media.find(conn, query)))
        return await videos_page(call, every, mine=True)
    number, count = page_wanted(call)

    def look(conn: Connection) -> tuple[int, list[MediaRecord]]:
        found = call.service.media.find(conn, query, offset=(number - 1) * count, limit=count)
        return call.service.media.count(conn, query, _COUNTED), list(found)

    total, found = await call.service.catalog.read(look)
    videos = await display.videos(call, found, mine=True)
    return {"total": total, "page": number, "count": count, "videos": videos}


async def videos_page(
    call: Call, found: Sequence[MediaRecord], *, mine: bool = False, sort: bool = True
) -> Mapping[str, Any]:
    """One page of videos: in the order that the caller asks for, or as they come."""
    wanted = await _ordered(call, found) if sort else found
    number, count, some = _cut(call, wanted)
    videos = await display.videos(call, some, mine=mine)
    return {"total": len(wanted), "page": number, "count": count, "videos": videos}


def _cut(call: Call, found: Sequence[Any]) -> tuple[int, int, Sequence[Any]]:
    """Number and length of the page that is asked for, and what is on it."""
    number, count = page_wanted(call)
    return number, count, found[(number - 1) * count : number * count]


async def _ordered(call: Call, records: Iterable[MediaRecord]) -> list[MediaRecord]:
    """Videos in the order that the caller asks for, those of the period only."""
    days = _PERIODS.get(call.text("period") or "history")
    if days is None:
        raise invalid("period")
    since = call.now - 86400 * days if days else 0.0
    found = [record for record in records if record.created >= since]
    by = (call.text("orderby") or "published").removesuffix("-count").removesuffix("-today")
    if by == "view":
        ids = [record.id for record in found]
        views = await call.service.catalog.read(lambda conn: _views(conn, call.service, ids))
        found.sort(key=lambda record: views.get(record.id, 0), reverse=True)
    elif by in ("comment", "favorite"):
        found.sort(key=lambda record: (record.attrs.get("counts") or {}).get(by, 0), reverse=True)
    return found


def _views(conn: Connection, service: Service, ids: Sequence[str]) -> Mapping[str, int]:
    views: dict[str, int] = {}
    for at in range(0, len(ids), _AT_ONCE):
        views |= service.plays.total(conn, ids[at : at + _AT_ONCE])
    return views

"""Videos as the platform shows them, and lists of them (youku.md §9.1, §9.2)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from vodkit.server.contract import Account, MediaRecord, Service
from vodkit.server.nouns import MediaQuery

from .. import wire
from ..wire import Codes
from .call import PROVIDER, Call, Refused, invalid

_CHINA = 8 * 3600
_STATES: Final = {"ready": "normal", "processing": "encoding", "failed": "fail", "blocked": "limited"}
_LINK_LIFE: Final = 6 * 3600.0
_PERIODS: Final = {"today": 1, "week": 7, "month": 30, "history": 0}
_COUNTED: Final = 10**6
MOST: Final = 100
"""Most entries of a page."""


def space_of(account: str) -> str:
    """The space that holds an account's originals."""
    return f"youku-{account}"


def user_number(account: str) -> int:
    """The numeric id of an account's user; the same for ever."""
    digest = hashlib.sha256(f"youku user {account}".encode()).hexdigest()
    return 10**8 + int(digest[:12], 16) % (9 * 10**8)


def shown_time(when: float) -> str:
    """A time as the platform writes it, in China's zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when + _CHINA))


def video(
    call: Call, record: MediaRecord, user_name: str, *, mine: bool, show: bool = False
) -> dict[str, Any]:
    """A video with all of its fields (§9.1).

    ``original`` is this service's own addition: where the uploaded file itself can be fetched, for everybody
    where the video is public, else for its owner by a link that ends.
    """
    attrs, id = record.attrs, record.remote_id
    counts = attrs.get("counts") or {}
    number = user_number(record.account)
    data: dict[str, Any] = {
        "id": id,
        "title": record.title,
        "link": f"http://v.youku.com/v_show/id_{id}.html",
        "thumbnail": "",
        "bigThumbnail": "",
        "duration": f"{float(attrs.get('duration') or 0):.2f}",
        "category": attrs["category"],
        "state": _STATES.get(record.status, "in_review"),
        "created": shown_time(record.created),
        "published": shown_time(record.updated),
        "description": attrs["description"],
        "player": f"http://player.youku.com/player.php/sid/{id}/v.swf",
        "public_type": attrs["public_type"],
        "copyright_type": attrs["copyright_type"],
        "user": {
            "id": number,
            "name": user_name,
            "link": f"http://i.youku.com/u/{wire.public_id('U', 4 * number)}",
        },
        "tags": ",".join(attrs["tags"]),
        "view_count": counts.get("view", 0),
        "comment_count": counts.get("comment", 0),
        "favorite_count": counts.get("favorite", 0),
        "up_count": counts.get("up", 0),
        "down_count": counts.get("down", 0),
        "operation_limit": attrs.get("operation_limit") or [],
        "streamtypes": attrs.get("streamtypes") or [],
    }
    if show and attrs.get("show"):
        data["show"] = attrs["show"]
    if mine or is_public(record):
        data["original"] = _original(call, record)
    return data


def _original(call: Call, record: MediaRecord) -> dict[str, Any]:
    url = call.service.play_url(PROVIDER, record.space, record.key)
    if not is_public(record):
        url = call.service.sign_url(url, _LINK_LIFE)
    return {"url": url, "size": record.size, "md5": record.attrs["md5"]}


def is_public(record: MediaRecord) -> bool:
    """Whether everybody may see a video."""
    return bool(record.attrs["public_type"] == "all" and record.status == "ready")


def find(conn: Connection, service: Service, id: str) -> MediaRecord:
    """A video by its id. Raises 120020001."""
    record = service.media.get(conn, PROVIDER, id)
    if record is None:
        raise Refused(Codes.NO_VIDEO)
    return record


def own(conn: Connection, call: Call, id: str) -> MediaRecord:
    """A video of the caller's; those of others count as absent."""
    record = find(conn, call.service, id)
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


def user_name(account: Account | None) -> str:
    """The name of an account's user."""
    return str((account.attrs.get("user_name") if account else "") or "")


async def names(service: Service) -> dict[str, str]:
    """Names of all users who upload, by account."""
    return {account.id: user_name(account) for account in await service.accounts.of(PROVIDER)}


def ordered(records: Iterable[MediaRecord], call: Call) -> list[MediaRecord]:
    """Videos in the order that the caller asks for, those of the period only."""
    days = _PERIODS.get(call.text("period") or "history")
    if days is None:
        raise invalid("period")
    since = call.now - 86400 * days if days else 0.0
    found = [record for record in records if record.created >= since]
    by = (call.text("orderby") or "published").removesuffix("-count").removesuffix("-today")
    if by in ("view", "comment", "favorite"):
        found.sort(key=lambda record: (record.attrs.get("counts") or {}).get(by, 0), reverse=True)
    return found


def page_wanted(call: Call) -> tuple[int, int]:
    """Number and length of the page that is asked for."""
    number = call.number("page", 1, low=1, high=10**6)
    return number, min(call.number("count", 20, low=1, high=10**6), MOST)


def page(call: Call, name: str, found: Sequence[Any], show: Callable[[Any], Any]) -> dict[str, Any]:
    """One page of a list (§9.2)."""
    number, count = page_wanted(call)
    some = found[(number - 1) * count : number * count]
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
    name = user_name(call.who)
    shown = [video(call, record, name, mine=True) for record in found]
    return {"total": total, "page": number, "count": count, "videos": shown}


async def videos_page(call: Call, found: Sequence[MediaRecord], *, mine: bool = False) -> Mapping[str, Any]:
    """One page of videos."""
    known = await names(call.service)
    return page(
        call,
        "videos",
        ordered(found, call),
        lambda record: video(call, record, known.get(record.account, ""), mine=mine),
    )

"""Videos as the platform shows them (youku.md §9.1)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from vodkit.server.contract import Account, MediaRecord, Service
from vodkit.server.processing import Output
from vodkit.server.telling import Links, errors_of, told

from .. import wire
from .call import PROVIDER, Call

PAGE: Final = "/v_show/id_"
PLAYER: Final = "/player.php/sid/"
"""Where the addresses of videos and of their players lead, which their ids follow."""

_CHINA = 8 * 3600
_STATES: Final = {"ready": "normal", "processing": "encoding", "failed": "fail", "blocked": "limited"}
_LINK_LIFE: Final = 6 * 3600.0
_STREAM_TYPES: Final = ((720, "hd2"), (480, "hd"), (0, "flvhd"))
"""What the platform calls pictures of at least so many rows."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is to say about some videos beside their records."""

    names: Mapping[str, str]
    outputs: Mapping[str, Sequence[Output]]
    views: Mapping[str, int]
    errors: Mapping[str, str]


async def videos(
    call: Call, records: Sequence[MediaRecord], *, mine: bool = False, ext: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Videos with all of their fields (§9.1).

    ``original`` and ``playback`` are this service's own additions: where the uploaded file and what was made
    of it can be fetched. Of a video that is not public only its owner is told.

    Args:
        records: A page of them at most.
        mine: Whether the caller's own are shown as an owner sees them.
        ext: What is shown beside: ``show`` and ``thumbnails``.
    """
    service = call.service
    names = {account.id: user_name(account) for account in await service.accounts.of(PROVIDER)}
    ids = [record.id for record in records]

    def look(conn: Connection) -> _Known:
        outputs, views = service.outputs.of_many(conn, ids), service.plays.total(conn, ids)
        return _Known(names, outputs, views, errors_of(conn, service, records))

    known = await service.catalog.read(look)
    return [
        _video(service, record, known, owner=mine and record.account == call.who.id, ext=ext)
        for record in records
    ]


def _video(
    service: Service, record: MediaRecord, known: _Known, *, owner: bool, ext: Collection[str]
) -> dict[str, Any]:
    attrs, id = record.attrs, record.remote_id
    counts = attrs.get("counts") or {}
    number = user_number(record.account)
    outputs = known.outputs.get(record.id, ())
    links = Links(service, record, _LINK_LIFE) if owner or is_public(record) else None
    picture = links.cover(outputs) if links else ""
    base = service.settings.public_url
    data: dict[str, Any] = {
        "id": id,
        "title": record.title,
        "link": f"{base}{PAGE}{id}.html",
        "thumbnail": picture,
        "bigThumbnail": picture,
        "duration": f"{float(record.facts.get('seconds') or 0):.2f}",
        "category": attrs["category"],
        "state": _STATES.get(record.status, "in_review"),
        "created": shown_time(record.created),
        "published": shown_time(record.updated),
        "description": attrs["description"],
        "player": f"{base}{PLAYER}{id}/v.swf",
        "public_type": attrs["public_type"],
        "copyright_type": attrs["copyright_type"],
        "user": {
            "id": number,
            "name": known.names.get(record.account, ""),
            "link": f"http://i.youku.com/u/{wire.public_id('U', 4 * number)}",
        },
        "tags": ",".join(attrs["tags"]),
        "view_count": known.views.get(record.id, 0),
        "comment_count": counts.get("comment", 0),
        "favorite_count": counts.get("favorite", 0),
        "up_count": counts.get("up", 0),
        "down_count": counts.get("down", 0),
        "operation_limit": attrs.get("operation_limit") or [],
        "streamtypes": _stream_types(outputs),
    }
    if "show" in ext and attrs.get("show"):
        data["show"] = attrs["show"]
    if "thumbnails" in ext:
        data["thumbnails"] = [
            {
                "seq": seq,
                "url": links.output(made.key) if links else "",
                "is_cover": int(made.kind == "cover"),
            }
            for seq, made in enumerate(pictures(outputs), 1)
        ]
    if links:
        data["original"] = {"url": links.original(), "size": record.size, "md5": attrs["md5"]}
        data["playback"] = _playback(record, outputs, links, known.errors.get(record.id, ""))
    return data


def _playback(record: MediaRecord, outputs: Sequence[Output], links: Links, error: str) -> dict[str, Any]:
    """What was made of a video, and where it is."""
    files = [
        {"name": made.name, "url": links.output(made.key), "size": made.size}
        for made in outputs
        if made.kind == "file"
    ]
    return {**told(record, outputs, links, error=error), "files": files}


def _stream_types(outputs: Sequence[Output]) -> list[str]:
    """The platform's names for the sizes that a video is there in."""
    heights = [
        min(rendition["width"], rendition["height"])
        for made in outputs
        if made.kind == "streams"
        for rendition in made.facts.get("renditions", ())
    ]
    found = {next(name for rows, name in _STREAM_TYPES if height >= rows) for height in heights}
    if any(made.kind == "file" for made in outputs):
        found.add("mp4")
    return sorted(found)


def pictures(outputs: Sequence[Output]) -> list[Output]:
    """What a video's thumbnail can be chosen from, in the order of their numbers, which begin at 1."""
    found = (made for made in outputs if made.kind in ("cover", "snapshot"))
    return sorted(found, key=lambda made: (float(made.facts.get("at") or 0), made.created, made.id))


def is_public(record: MediaRecord) -> bool:
    """Whether everybody may see a video."""
    return record.access == "all" and record.status == "ready"


def user_name(account: Account | None) -> str:
    """The name of an account's user."""
    return str((account.attrs.get("user_name") if account else "") or "")


def user_number(account: str) -> int:
    """The numeric id of an account's user; the same for ever."""
    digest = hashlib.sha256(f"youku user {account}".encode()).hexdigest()
    return 10**8 + int(digest[:12], 16) % (9 * 10**8)


def shown_time(when: float) -> str:
    """A time as the platform writes it, in China's zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when + _CHINA))

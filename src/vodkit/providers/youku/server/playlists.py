"""The calls about playlists (youku.md §8.2)."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaRecord

from .. import wire
from . import display, items, library, users
from .call import PROVIDER, Action, Call, invalid
from .items import Item

Answer = Mapping[str, Any]
_HELD = "playlist"


def _find(conn: Connection, id: str) -> Item:
    found = items.get(conn, "playlist", id)
    if found is None:
        raise invalid("playlist_id")
    return found


def _own(conn: Connection, call: Call, id: str) -> Item:
    found = _find(conn, id)
    if found.owner != users.me(call).id:
        raise invalid("playlist_id")
    return found


def _shown(conn: Connection, playlist: Item) -> dict[str, Any]:
    return {
        "link": f"http://www.youku.com/playlist_show/id_{playlist.id}.html",
        "published": display.shown_time(playlist.created),
        "video_count": items.count(conn, _HELD, playlist.id),
        **playlist.shown,
    }


async def _show(call: Call) -> Answer:
    id = call.need("playlist_id")
    return await call.service.catalog.read(lambda conn: _shown(conn, _find(conn, id)))


async def _show_batch(call: Call) -> Answer:
    ids = call.several("playlist_ids")

    def look(conn: Connection) -> list[dict[str, Any]]:
        return [_shown(conn, playlist) for playlist in items.some(conn, "playlist", ids)]

    shown = await call.service.catalog.read(look)
    return {"total": len(shown), "playlists": shown}


async def _page(call: Call, *, owner: str | None = None, category: str = "") -> Answer:
    def look(conn: Connection) -> list[dict[str, Any]]:
        found = items.all(conn, "playlist", owner=owner)
        return [_shown(conn, p) for p in found if not category or p.facts.get("category") == category]

    return library.page(call, "playlists", await call.service.catalog.read(look), dict)


async def _by_category(call: Call) -> Answer:
    return await _page(call, category=call.need("category"))


async def _by_me(call: Call) -> Answer:
    return await _page(call, owner=users.me(call).id)


async def _by_user(call: Call) -> Answer:
    return await _page(call, owner=(await users.wanted(call)).id)


async def _videos(call: Call) -> Answer:
    id = call.need("playlist_id")
    found = await call.service.catalog.read(lambda conn: held(conn, call, _HELD, _find(conn, id).id))
    return await library.videos_page(call, found, sort=False)


def held(conn: Connection, call: Call, kind: str, id: str) -> list[MediaRecord]:
    """The public videos that something is linked to, in order."""
    found = (call.service.media.get(conn, PROVIDER, video) for video in items.targets(conn, kind, id))
    return [record for record in found if record is not None and display.is_public(record)]


async def _next(call: Call) -> Answer:
    id, current = call.need("playlist_id"), call.need("video_id")
    found = await call.service.catalog.read(lambda conn: held(conn, call, _HELD, _find(conn, id).id))
    ids = [record.remote_id for record in found]
    if current not in ids:
        raise invalid("video_id")
    following = found[(ids.index(current) + 1) % len(ids)]
    return (await display.videos(call, [following]))[0]


def _fields(call: Call) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if call.params.get("title"):
        facts["name"] = call.text("title", limit=255)
    if call.params.get("tags"):
        facts["tags"] = ",".join(wire.split_tags([call.text("tags")]))
    for name in ("category", "description"):
        if name in call.params:
            facts[name] = call.text(name)
    return facts


async def _create(call: Call) -> Answer:
    call.need("title")
    call.need("tags")
    user, id = users.me(call), str(10**9 + secrets.randbelow(9 * 10**9))
    facts = {
        "category": "",
        "description": "",
        "thumbnail": "",
        "view_count": 0,
        **_fields(call),
        "user": {"id": user.id, "name": user.facts["name"]},
    }
    await call.service.catalog.write(
        lambda conn: items.put(conn, Item("playlist", id, user.id, "", facts, call.now))
    )
    return {"id": id}


def _changing(change: Callable[[Connection, Call, Item], None]) -> Callable[[Call], Awaitable[Answer]]:
    """A call that changes one of the caller's playlists and answers its id."""

    async def run(call: Call) -> Answer:
        id = call.need("playlist_id")
        await call.service.catalog.write(lambda conn: change(conn, call, _own(conn, call, id)))
        return {"id": id}

    return run


def _update(conn: Connection, call: Call, playlist: Item) -> None:
    items.put(conn, replace(playlist, facts={**playlist.facts, **_fields(call)}))


def _destroy(conn: Connection, call: Call, playlist: Item) -> None:
    items.remove(conn, "playlist", playlist.id)


def _add(conn: Connection, call: Call, playlist: Item) -> None:
    for place, id in enumerate(call.several("video_ids")):
        library.find(conn, call.service, id)
        items.link(conn, _HELD, playlist.id, id, call.now + place * 1e-3)


def _take_out(conn: Connection, call: Call, playlist: Item) -> None:
    for id in call.several("video_ids"):
        items.unlink(conn, _HELD, playlist.id, id)


def _set_cover(conn: Connection, call: Call, playlist: Item) -> None:
    id = call.need("video_id")
    if not items.linked(conn, _HELD, playlist.id, id):
        raise invalid("video_id")
    items.put(conn, replace(playlist, facts={**playlist.facts, "cover_video": id}))


def _written(run: Callable[[Call], Awaitable[Answer]]) -> Action:
    return Action(run, ("POST",), login="user")


ACTIONS = {
    "playlists/show": Action(_show),
    "playlists/show_batch": Action(_show_batch),
    "playlists/by_category": Action(_by_category),
    "playlists/by_me": Action(_by_me, login="user"),
    "playlists/by_user": Action(_by_user),
    "playlists/videos": Action(_videos),
    "playlists/video/next": Action(_next),
    "playlists/create": _written(_create),
    "playlists/update": _written(_changing(_update)),
    "playlists/destroy": _written(_changing(_destroy)),
    "playlists/video/add": _written(_changing(_add)),
    "playlists/video/del": _written(_changing(_take_out)),
    "playlists/video/setcover": _written(_changing(_set_cover)),
}

"""The calls about videos (youku.md §8.2, §9.1-§9.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.access import sealed_password
from vodkit.server.contract import MediaRecord

from .. import wire
from . import auth, display, items, library, users
from .call import PROVIDER, Action, Call, Refused, invalid, missing

Answer = Mapping[str, Any]


async def is_owner(call: Call) -> bool:
    """Whether the caller shows a valid access token with a call that needs none."""
    if not call.text("access_token"):
        return False
    try:
        await auth.user(call, call.who)
    except Refused:
        return False
    return True


async def _show(call: Call) -> Answer:
    id = call.text("video_id")
    if not id and (address := call.text("video_url")):
        found = wire.VIDEO_URL.search(address)
        id = found.group(1) if found else address
    if not id:
        raise missing("video_id")
    (shown,) = await _shown(call, [id])
    return shown


async def _show_batch(call: Call) -> Answer:
    shown = await _shown(call, call.several("video_ids"), lenient=True)
    return {"total": len(shown), "videos": shown}


async def _shown(call: Call, ids: list[str], *, lenient: bool = False) -> list[dict[str, Any]]:
    """Videos by their ids; in a batch those that cannot be seen are left out."""
    mine = await is_owner(call)

    def look(conn: Connection) -> list[MediaRecord]:
        if lenient:
            found = (call.service.media.get(conn, PROVIDER, id) for id in ids)
            return [record for record in found if record is not None]
        return [library.find(conn, call.service, id) for id in ids]

    records = await call.service.catalog.read(look)
    return await display.videos(call, records, mine=mine, ext=call.text("ext").split(","))


async def _by_me(call: Call) -> Answer:
    return await library.own_page(call)


async def _by_user(call: Call) -> Answer:
    user = await users.wanted(call)
    accounts = await users.accounts_of(call.service, user.id)
    found = await call.service.catalog.read(
        lambda conn: [r for id in accounts for r in library.public(conn, call.service, account=id)]
    )
    return await library.videos_page(call, found)


async def _by_related(call: Call) -> Answer:
    id = call.need("video_id")

    def look(conn: Connection) -> list[MediaRecord]:
        this = library.find(conn, call.service, id)
        tags, category = set(this.attrs["tags"]), this.attrs["category"]
        others = [record for record in library.public(conn, call.service) if record.id != this.id]
        near = [r for r in others if tags & set(r.attrs["tags"]) or r.attrs["category"] == category]
        return sorted(near, key=lambda record: -len(tags & set(record.attrs["tags"])))

    return await library.videos_page(call, await call.service.catalog.read(look))


async def _by_category(call: Call) -> Answer:
    category = call.need("category")
    found = await call.service.catalog.read(
        lambda conn: library.public(conn, call.service, category=category)
    )
    return await library.videos_page(call, found)


async def _update(call: Call) -> Answer:
    id = call.need("video_id")
    attrs: dict[str, Any] = {}
    for name, limit in (("category", 255), ("description", 4096)):
        if name in call.params:
            attrs[name] = call.text(name, limit=limit)
    if call.params.get("tags"):
        attrs["tags"] = wire.split_tags([call.text("tags")])
    for name, known in (("copyright_type", wire.COPYRIGHT_TYPES), ("public_type", wire.PUBLIC_TYPES)):
        if call.params.get(name):
            if call.params[name] not in known:
                raise invalid(name)
            attrs[name] = call.params[name]
    seq = call.number("thumbnail_seq", 0, low=1)
    password = call.text("watch_password", limit=255)
    title = call.text("title", limit=255)
    if title.isdecimal():
        raise invalid("title")

    def change(conn: Connection) -> None:
        record = library.own(conn, call, id)
        new = {**record.attrs, **attrs}
        access = wire.ACCESS[new["public_type"]]
        sealed = sealed_password(call.service.vault, password) or record.password_sealed
        if access == "password" and not sealed:
            raise missing("watch_password")
        if seq:
            _choose_thumbnail(conn, call, record, seq)
        changed = replace(
            record,
            title=title or record.title,
            attrs=new,
            updated=call.now,
            access=access,
            password_sealed=sealed,
        )
        call.service.media.update(conn, changed)

    await call.service.catalog.write(change)
    return {"id": id}


def _choose_thumbnail(conn: Connection, call: Call, record: MediaRecord, seq: int) -> None:
    """Let a video's picture of this number stand for it. Raises 1013 where there is none."""
    pictures = display.pictures(call.service.outputs.of(conn, record.id))
    if seq > len(pictures):
        raise invalid("thumbnail_seq")
    call.service.outputs.choose_cover(conn, record.id, pictures[seq - 1].id)


async def _destroy(call: Call) -> Answer:
    id = call.need("video_id")

    def remove(conn: Connection) -> None:
        record = library.own(conn, call, id)
        call.service.events.add(
            conn,
            type="media.deleted",
            provider=PROVIDER,
            account=call.who.id,
            media=record,
            payload={"video_id": id},
        )
        call.service.media.delete(conn, record.id)

    await call.service.catalog.write(remove)
    return {"id": id}


def _favorite(change: Callable[[Connection, Call, str], None]) -> Callable[[Call], Awaitable[Answer]]:
    async def run(call: Call) -> Answer:
        id = call.need("video_id")

        def work(conn: Connection) -> None:
            record = library.find(conn, call.service, id, lock=True)
            change(conn, call, id)
            counts = {
                **(record.attrs.get("counts") or {}),
                "favorite": len(items.sources(conn, "favorite", id)),
            }
            call.service.media.update(conn, replace(record, attrs={**record.attrs, "counts": counts}))

        await call.service.catalog.write(work)
        return {"id": id}

    return run


def _add_favorite(conn: Connection, call: Call, id: str) -> None:
    items.link(conn, "favorite", users.me(call).id, id, call.now)


def _drop_favorite(conn: Connection, call: Call, id: str) -> None:
    items.unlink(conn, "favorite", users.me(call).id, id)


async def _favorites_by_me(call: Call) -> Answer:
    return await _favorites(call, users.me(call).id)


async def _favorites_by_user(call: Call) -> Answer:
    return await _favorites(call, (await users.wanted(call)).id)


async def _favorites(call: Call, user: str) -> Answer:
    def look(conn: Connection) -> list[MediaRecord]:
        ids = items.targets(conn, "favorite", user, newest_first=True)
        found = (call.service.media.get(conn, PROVIDER, id) for id in ids)
        return [record for record in found if record is not None and display.is_public(record)]

    return await library.videos_page(call, await call.service.catalog.read(look), sort=False)


ACTIONS = {
    "videos/show": Action(_show),
    "videos/show_basic": Action(_show),
    "videos/show_batch": Action(_show_batch),
    "videos/show_basic_batch": Action(_show_batch),
    "videos/by_me": Action(_by_me, login="user"),
    "videos/by_user": Action(_by_user),
    "videos/by_related": Action(_by_related),
    "videos/by_category": Action(_by_category),
    "videos/update": Action(_update, ("POST",), login="user"),
    "videos/destroy": Action(_destroy, ("POST",), login="user"),
    "videos/favorite/create": Action(_favorite(_add_favorite), ("POST",), login="user"),
    "videos/favorite/destroy": Action(_favorite(_drop_favorite), ("POST",), login="user"),
    "videos/favorite/by_me": Action(_favorites_by_me, login="user"),
    "videos/favorite/by_user": Action(_favorites_by_user),
}

"""The calls about comments (youku.md §8.2)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from ..wire import Codes
from . import display, items, library, users
from .call import Action, Call, Refused, invalid
from .items import Item

Answer = Mapping[str, Any]
_MENTION = re.compile(r"@([^\s@:,,。]+)")
_LONGEST = 1200


async def _show(call: Call) -> Answer:
    id = call.need("comment_id")
    found = await call.service.catalog.read(lambda conn: items.get(conn, "comment", id))
    if found is None:
        raise invalid("comment_id")
    return _shown(found)


async def _show_batch(call: Call) -> Answer:
    ids = call.several("comment_ids")
    found = await call.service.catalog.read(lambda conn: items.some(conn, "comment", ids))
    return {"total": len(found), "comments": [_shown(comment) for comment in found]}


def _shown(comment: Item) -> dict[str, Any]:
    return {"published": display.shown_time(comment.created), "video_id": comment.about, **comment.shown}


def _by_video(*, hot: bool) -> Callable[[Call], Awaitable[Answer]]:
    async def run(call: Call) -> Answer:
        id = call.need("video_id")

        def look(conn: Connection) -> list[Item]:
            library.find(conn, call.service, id)
            return items.all(conn, "comment", about=id)

        found = await call.service.catalog.read(look)
        if hot:
            found.sort(key=lambda comment: -int(comment.facts.get("reply_count") or 0))
        return {"video_id": id, **library.page(call, "comments", found, _shown)}

    return run


def _mine(choose: Callable[[Item, Item, Mapping[str, Item]], bool]) -> Callable[[Call], Awaitable[Answer]]:
    """A list of comments that have to do with the caller."""

    async def run(call: Call) -> Answer:
        user = users.me(call)
        found = await call.service.catalog.read(lambda conn: items.all(conn, "comment"))
        known = {comment.id: comment for comment in found}
        return library.page(call, "comments", [c for c in found if choose(c, user, known)], _shown)

    return run


def _written(comment: Item, user: Item, known: Mapping[str, Item]) -> bool:
    return comment.owner == user.id


def _mentions(comment: Item, user: Item, known: Mapping[str, Item]) -> bool:
    return user.facts.get("name") in _MENTION.findall(str(comment.facts.get("content")))


def _replies(comment: Item, user: Item, known: Mapping[str, Item]) -> bool:
    answered = known.get(str(comment.facts.get("reply_id") or ""))
    return answered is not None and answered.owner == user.id


def _addresses(comment: Item, user: Item, known: Mapping[str, Item]) -> bool:
    return _replies(comment, user, known) or _mentions(comment, user, known)


async def _create(call: Call) -> Answer:
    video, content, reply = call.need("video_id"), call.need("content", limit=_LONGEST), call.text("reply_id")
    user, id = users.me(call), secrets.token_hex(12)

    def write(conn: Connection) -> None:
        record = library.find(conn, call.service, video, lock=True)
        if not display.is_public(record) and record.account != call.who.id:
            raise Refused(Codes.NO_VIDEO)
        facts: dict[str, Any] = {
            "content": content,
            "user": {"id": user.id, "name": user.facts["name"]},
            "reply_id": reply,
            "reply_count": 0,
        }
        if reply:
            answered = items.get(conn, "comment", reply)
            if answered is None or answered.about != video:
                raise invalid("reply_id")
            count = int(answered.facts.get("reply_count") or 0) + 1
            items.put(conn, replace(answered, facts={**answered.facts, "reply_count": count}))
        items.put(conn, Item("comment", id, user.id, video, facts, call.now))
        counts = {**(record.attrs.get("counts") or {})}
        counts["comment"] = len(items.all(conn, "comment", about=video))
        call.service.media.update(conn, replace(record, attrs={**record.attrs, "counts": counts}))

    await call.service.catalog.write(write)
    return {"id": id}


async def _destroy(call: Call) -> Answer:
    id = call.need("comment_id")

    def remove(conn: Connection) -> None:
        found = items.get(conn, "comment", id)
        if found is None or found.owner != users.me(call).id:
            raise invalid("comment_id")
        items.remove(conn, "comment", id)

    await call.service.catalog.write(remove)
    return {"id": id}


ACTIONS = {
    "comments/show": Action(_show),
    "comments/show_batch": Action(_show_batch),
    "comments/by_video": Action(_by_video(hot=False)),
    "comments/hot/by_video": Action(_by_video(hot=True)),
    "comments/by_me": Action(_mine(_written), login="user"),
    "comments/by_mention_me": Action(_mine(_mentions), login="user"),
    "comments/by_reply_me": Action(_mine(_replies), login="user"),
    "comments/to_me": Action(_mine(_addresses), login="user"),
    "comments/create": Action(_create, ("POST",), login="user"),
    "comments/destroy": Action(_destroy, ("POST",), login="user"),
}

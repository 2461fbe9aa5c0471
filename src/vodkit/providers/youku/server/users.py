"""The calls about users, and who they are (youku.md §8.2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import Account, Service

from .. import wire
from ..wire import Codes
from . import display, items, library
from .call import PROVIDER, Action, Call, Refused, missing
from .items import Item

Answer = Mapping[str, Any]


def _of_account(account: Account) -> Item:
    number = display.user_number(account.id)
    return Item("user", str(number), facts={"name": display.user_name(account)})


def me(call: Call) -> Item:
    """The user whose token was shown."""
    return _of_account(call.who)


async def everybody(service: Service) -> list[Item]:
    """The users of the accounts, then those that were put there."""
    mine = [_of_account(account) for account in await service.accounts.of(PROVIDER)]
    known = {user.id for user in mine}
    others = await service.catalog.read(lambda conn: items.all(conn, "user"))
    return mine + [user for user in others if user.id not in known]


async def accounts_of(service: Service, user: str) -> set[str]:
    """Ids of the accounts whose user this is."""
    accounts = await service.accounts.of(PROVIDER)
    return {account.id for account in accounts if str(display.user_number(account.id)) == user}


async def wanted(call: Call) -> Item:
    """The user that ``user_id`` or ``user_name`` names. Raises 1012, and 1013 where there is none."""
    id, name = call.text("user_id"), call.text("user_name")
    if not id and not name:
        raise missing("user_id")
    found = _matching(await everybody(call.service), [id] if id else [], [name] if not id else [])
    if not found:
        raise Refused(Codes.INVALID, "The user does not exist")
    return found[0]


def _matching(users: list[Item], ids: list[str], names: list[str]) -> list[Item]:
    plain = {_plain(id) for id in ids}
    return [user for user in users if user.id in plain or user.facts.get("name") in names]


def _plain(id: str) -> str:
    """A user's numeric id, where it came in the form that addresses have."""
    number = wire.number_of(id, "U")
    return id if number is None else str(number // 4)


async def _shown(call: Call, users: list[Item]) -> list[dict[str, Any]]:
    accounts = await call.service.accounts.of(PROVIDER)
    owner = {str(display.user_number(account.id)): account.id for account in accounts}

    def look(conn: Connection) -> list[dict[str, Any]]:
        return [_show(conn, call, user, owner.get(user.id)) for user in users]

    return await call.service.catalog.read(look)


def _show(conn: Connection, call: Call, user: Item, account: str | None) -> dict[str, Any]:
    videos = library.public(conn, call.service, account=account) if account else []
    link = f"http://i.youku.com/u/{wire.public_id('U', 4 * int(user.id))}" if user.id.isdigit() else ""
    return {
        "id": user.id,
        "link": link,
        "avatar": "",
        "avatar_large": "",
        "gender": "",
        "description": "",
        "videos_count": len(videos),
        "playlists_count": len(items.all(conn, "playlist", owner=user.id)),
        "favorites_count": items.count(conn, "favorite", user.id),
        "followers_count": len(items.sources(conn, "follow", user.id)),
        "following_count": items.count(conn, "follow", user.id),
        **user.facts,
    }


async def _my_info(call: Call) -> Answer:
    return (await _shown(call, [me(call)]))[0]


async def _show_one(call: Call) -> Answer:
    return (await _shown(call, [await wanted(call)]))[0]


async def _show_batch(call: Call) -> Answer:
    ids = call.several("user_ids") if call.params.get("user_ids") else []
    names = call.several("user_names") if call.params.get("user_names") else []
    if not ids and not names:
        raise missing("user_ids")
    shown = await _shown(call, _matching(await everybody(call.service), ids, names))
    return {"total": len(shown), "users": shown}


def _friends(find: Callable[[Connection, str], list[str]]) -> Callable[[Call], Awaitable[Answer]]:
    async def run(call: Call) -> Answer:
        user = await wanted(call)
        ids = set(await call.service.catalog.read(lambda conn: find(conn, user.id)))
        found = [other for other in await everybody(call.service) if other.id in ids]
        return library.page(call, "users", await _shown(call, found), dict)

    return run


def _followings(conn: Connection, user: str) -> list[str]:
    return items.targets(conn, "follow", user)


def _followers(conn: Connection, user: str) -> list[str]:
    return items.sources(conn, "follow", user)


async def _follow(call: Call) -> Answer:
    user = await wanted(call)
    await call.service.catalog.write(lambda conn: items.link(conn, "follow", me(call).id, user.id, call.now))
    return (await _shown(call, [user]))[0]


async def _unfollow(call: Call) -> Answer:
    user = await wanted(call)
    await call.service.catalog.write(lambda conn: items.unlink(conn, "follow", me(call).id, user.id))
    return (await _shown(call, [user]))[0]


async def _subscribe(call: Call) -> Answer:
    id = call.need("show_id")

    def work(conn: Connection) -> None:
        if items.get(conn, "show", id) is None:
            raise Refused(Codes.INVALID, "The show does not exist")
        items.link(conn, "subscribe", me(call).id, id, call.now)

    await call.service.catalog.write(work)
    return {"result": 0}


async def _unsubscribe(call: Call) -> Answer:
    id = call.need("show_id")
    await call.service.catalog.write(lambda conn: items.unlink(conn, "subscribe", me(call).id, id))
    return {"result": 0}


async def _subscriptions(call: Call) -> Answer:
    found = await call.service.catalog.read(
        lambda conn: items.some(conn, "show", items.targets(conn, "subscribe", me(call).id))
    )
    return library.page(call, "shows", found, lambda show: show.shown)


ACTIONS = {
    "users/myinfo": Action(_my_info, login="user"),
    "users/show": Action(_show_one),
    "users/show_batch": Action(_show_batch),
    "users/friendship/followings": Action(_friends(_followings)),
    "users/friendship/followers": Action(_friends(_followers)),
    "users/friendship/create": Action(_follow, ("POST",), login="user"),
    "users/friendship/destroy": Action(_unfollow, ("POST",), login="user"),
    "users/subscribe/create": Action(_subscribe, login="user"),
    "users/subscribe/cancel": Action(_unsubscribe, login="user"),
    "users/subscribe/get": Action(_subscriptions, login="user"),
    "users/subscribe/notice": Action(_subscriptions, login="user"),
}

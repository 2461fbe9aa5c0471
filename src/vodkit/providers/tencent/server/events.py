"""Events: what is recorded, PullEvents, ConfirmEvents and their configuration (tencent.md §B.10)."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from vodkit.core.events import Event
from vodkit.server import targets
from vodkit.server.contract import MediaRecord, Vault
from vodkit.server.processing import Address, Notice, Task

from ..wire import Limits, codes
from . import library
from .answer import ApiError
from .caller import Action, App, Caller, Owner
from .credentials import PROVIDER
from .fields import Params, choice, needed, several, upto
from .tables import event_config

HIDE = 30.0
"""Seconds after which an event that was pulled and not confirmed comes again."""

KEPT = 4 * 24 * 3600.0
"""Seconds that an event waits to be pulled."""

LONGEST_WAIT = 5.0
"""Seconds that a pull with nothing to return is held."""

PUSH = "tencent"
"""Name of the style in which events are pushed."""

_LOOK_AGAIN = 0.25
_PURPOSE = "tencent-event-handle"
_SWITCHES = {
    "UploadMediaCompleteEventSwitch": "upload",
    "DeleteMediaCompleteEventSwitch": "deletion",
    "PersistenceCompleteEventSwitch": "persistence",
}


@dataclass(frozen=True, slots=True)
class Config:
    """How an application gets its events.

    Attributes:
        mode: ``PULL`` or ``PUSH``.
        url: Where they are pushed.
        sign_key_sealed: What pushed ones are signed with, sealed by the vault; ``""`` for nothing.
        switches: Whether uploads (``upload``), deletions (``deletion``) and ``persistence`` are told.
    """

    mode: str = "PULL"
    url: str = ""
    sign_key_sealed: str = field(default="", repr=False)
    switches: Mapping[str, bool] = field(default_factory=lambda: dict.fromkeys(_SWITCHES.values(), False))


def config_of(conn: Connection, account: str, app: int) -> Config:
    """How an application gets its events; by pull, and only those that have no switch, until it says."""
    query = select(event_config).where(event_config.c.account == account, event_config.c.app == app)
    row = conn.execute(query).mappings().first()
    if row is None:
        return Config()
    switches = {column: row[column] for column in _SWITCHES.values()}
    return Config(row["mode"], row["url"], row["sign_key_sealed"], switches)


def keys(vault: Vault, conn: Connection) -> list[str]:
    """What events are signed with, where an application has set a key."""
    column = event_config.c.sign_key_sealed
    sealed = conn.scalars(select(column).where(column != "").distinct())
    return [key.decode() for each in sealed if (key := vault.unseal(each)) is not None]


def uploaded(conn: Connection, owner: Owner, record: MediaRecord, task: Task | None, *, told: bool) -> None:
    """Record NewFileUpload, in the transaction that makes the media.

    Args:
        task: What is made of it.
        told: Whether the application hears of it, as far as its switch lets it.
    """
    body = {
        "FileId": record.remote_id,
        "MediaBasicInfo": library.basic(conn, owner, record),
        "ProcedureTaskId": task.remote_id if task else "",
        "ReviewAudioVideoTaskId": "",
        "MetaData": library.meta(conn, owner, record),
    }
    payload = {"EventType": "NewFileUpload", "FileUploadEvent": body}
    _record(conn, owner, "media.uploaded", record, payload, "upload", task=task, told=told)


def deleted(conn: Connection, owner: Owner, record: MediaRecord, parts: Sequence[Mapping[str, Any]]) -> None:
    """Record FileDeleted, in the transaction that deletes; no ``parts`` stand for the whole media."""
    _record(conn, owner, "media.deleted", record, _file_deleted(record, parts), "deletion")


def expired(conn: Connection, owner: Owner, record: MediaRecord) -> Notice:
    """FileDeleted of a media whose time is over."""
    wanted = config_of(conn, owner.account, owner.home.id).switches["deletion"]
    return notice(conn, owner, _file_deleted(record, ()), told=wanted)


def _file_deleted(record: MediaRecord, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    body = {
        "FileIdSet": [record.remote_id],
        "FileDeleteResultInfo": [{"FileId": record.remote_id, "DeleteParts": list(parts)}],
    }
    return {"EventType": "FileDeleted", "FileDeleteEvent": body}


def notice(conn: Connection, owner: Owner, payload: Mapping[str, Any], *, told: bool = True) -> Notice:
    """An event as the application is told of it, in its way; or not at all."""
    config = config_of(conn, owner.account, owner.home.id)
    pushed = told and config.mode == "PUSH" and bool(config.url)
    return Notice(
        payload,
        queue=_queue(owner.home) if told and config.mode == "PULL" else "",
        deliver=[Address(PUSH, config.url, {"app": owner.home.id})] if pushed else [],
    )


def _record(
    conn: Connection,
    owner: Owner,
    type: str,
    record: MediaRecord,
    payload: Mapping[str, Any],
    switch: str,
    *,
    task: Task | None = None,
    told: bool = True,
) -> None:
    wanted = config_of(conn, owner.account, owner.home.id).switches[switch]
    way = notice(conn, owner, payload, told=told and wanted)
    owner.service.events.add(
        conn,
        type=type,
        provider=PROVIDER,
        account=owner.account,
        media=record,
        payload=payload,
        queue=way.queue,
        deliver=way.deliver,
        task=task,
    )


def _queue(app: App) -> str:
    return f"tencent:{app.id}"


async def _pull(caller: Caller, params: Params) -> dict[str, Any]:
    queue = _queue(caller.home)

    def pending(conn: Connection) -> list[Event]:
        since = caller.service.now() - KEPT
        return caller.service.events.pending(
            conn, caller.account, limit=Limits.EVENTS, hide=HIDE, queue=queue, since=since
        )

    found = await caller.service.catalog.write(pending)
    deadline = asyncio.get_running_loop().time() + LONGEST_WAIT
    while not found and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(_LOOK_AGAIN)
        found = await caller.service.catalog.write(pending)
    until = int(caller.service.now() + HIDE)
    return {
        "EventSet": [{"EventHandle": _handle(caller, event.id, until), **event.payload} for event in found]
    }


def _handle(caller: Caller, event: str, until: int) -> str:
    facts = f"{event}.{until}"
    return f"{facts}.{caller.service.vault.sign(_PURPOSE, f'{_queue(caller.home)} {facts}')}"


async def _confirm(caller: Caller, params: Params) -> dict[str, Any]:
    ids = [_event_of(caller, handle) for handle in params["EventHandles"]]
    await caller.service.catalog.write(lambda conn: caller.service.events.confirm(conn, caller.account, ids))
    return {}


def _event_of(caller: Caller, handle: str) -> str:
    event, _, rest = handle.partition(".")
    until = rest.partition(".")[0]
    genuine = until.isascii() and until.isdigit() and len(until) < 15
    if not genuine or not hmac.compare_digest(_handle(caller, event, int(until)).encode(), handle.encode()):
        raise ApiError(
            f"{codes.INVALID_VALUE}.EventHandles", "an event handle is not one of this application"
        )
    if int(until) < caller.service.now():
        raise ApiError(
            f"{codes.INVALID_VALUE}.EventHandles",
            f"an event handle is older than {HIDE:g} seconds; pull the event again",
        )
    return event


async def _describe(caller: Caller, params: Params) -> dict[str, Any]:
    config = await caller.service.catalog.read(lambda conn: config_of(conn, caller.account, caller.home.id))
    switches = {name: "ON" if config.switches[column] else "OFF" for name, column in _SWITCHES.items()}
    return {"Mode": config.mode, "NotificationUrl": config.url, **switches}


async def _modify(caller: Caller, params: Params) -> dict[str, Any]:
    if params["NotificationUrl"]:
        _check(params["NotificationUrl"])
    sealed = caller.service.vault.seal(params["SignKey"].encode()) if params["SignKey"] else ""

    def modify(conn: Connection) -> None:
        config = config_of(conn, caller.account, caller.home.id)
        given = {column: params[name] for name, column in _SWITCHES.items() if params[name] is not None}
        values = {
            "mode": params["Mode"] or config.mode,
            "url": config.url if params["NotificationUrl"] is None else params["NotificationUrl"],
            "sign_key_sealed": config.sign_key_sealed if params["SignKey"] is None else sealed,
            **config.switches,
            **{column: value == "ON" for column, value in given.items()},
        }
        if params["Mode"] == "PUSH" and not values["url"]:
            raise ApiError(
                f"{codes.INVALID_VALUE}.NotificationUrl", "events are pushed to a URL: give NotificationUrl"
            )
        mine = (event_config.c.account == caller.account, event_config.c.app == caller.home.id)
        conn.execute(delete(event_config).where(*mine))
        conn.execute(insert(event_config).values(account=caller.account, app=caller.home.id, **values))

    await caller.service.catalog.write(modify)
    return {}


def _check(url: str) -> None:
    try:
        targets.check(url)
    except targets.TargetRefused as problem:
        raise ApiError(f"{codes.INVALID_VALUE}.NotificationUrl", str(problem)) from None


ACTIONS = {
    "PullEvents": Action(_pull),
    "ConfirmEvents": Action(_confirm, {"EventHandles": needed(several(Limits.EVENTS, upto(300), low=1))}),
    "DescribeEventConfig": Action(_describe),
    "ModifyEventConfig": Action(
        _modify,
        {
            "Mode": choice("PUSH", "PULL"),
            "NotificationUrl": upto(1024),
            "SignKey": upto(32, pattern="[A-Za-z0-9]*"),
            **{name: choice("ON", "OFF") for name in _SWITCHES},
        },
    ),
}

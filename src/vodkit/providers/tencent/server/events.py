"""Events, by pull: PullEvents, ConfirmEvents and their configuration (tencent.md §B.10)."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from vodkit.core.events import Event
from vodkit.server.contract import MediaRecord

from ..wire import Limits, codes
from . import library
from .answer import ApiError
from .caller import Action, App, Caller
from .credentials import PROVIDER
from .fields import Params, choice, needed, several, upto
from .tables import event_config

HIDE = 30.0
"""Seconds after which an event that was pulled and not confirmed comes again."""

LONGEST_WAIT = 5.0
"""Seconds that a pull with nothing to return is held."""

_LOOK_AGAIN = 0.25
_PURPOSE = "tencent-event-handle"
_SWITCHES = {
    "UploadMediaCompleteEventSwitch": "upload",
    "DeleteMediaCompleteEventSwitch": "deletion",
    "PersistenceCompleteEventSwitch": "persistence",
}


def uploaded(conn: Connection, caller: Caller, record: MediaRecord) -> None:
    """Record NewFileUpload, in the transaction that commits the upload."""
    body = {
        "FileId": record.remote_id,
        "MediaBasicInfo": library.basic(conn, caller, record),
        "ProcedureTaskId": "",
        "ReviewAudioVideoTaskId": "",
        "MetaData": library.meta(conn, caller, record),
    }
    payload = {"EventType": "NewFileUpload", "FileUploadEvent": body}
    _add(conn, caller, "media.uploaded", record, payload, switch="upload")


def deleted(
    conn: Connection, caller: Caller, record: MediaRecord, parts: Sequence[Mapping[str, Any]]
) -> None:
    """Record FileDeleted, in the transaction that deletes; no ``parts`` stand for the whole media."""
    body = {
        "FileIdSet": [record.remote_id],
        "FileDeleteResultInfo": [{"FileId": record.remote_id, "DeleteParts": list(parts)}],
    }
    payload = {"EventType": "FileDeleted", "FileDeleteEvent": body}
    _add(conn, caller, "media.deleted", record, payload, switch="deletion")


def _add(
    conn: Connection,
    caller: Caller,
    type: str,
    record: MediaRecord,
    payload: Mapping[str, Any],
    *,
    switch: str,
) -> None:
    wanted = _config(conn, caller)[switch]
    caller.service.events.add(
        conn,
        type=type,
        provider=PROVIDER,
        account=caller.account,
        media=record,
        payload=payload,
        queue=_queue(caller.home) if wanted else "",
    )


def _queue(app: App) -> str:
    return f"tencent:{app.id}"


def _config(conn: Connection, caller: Caller) -> dict[str, bool]:
    where = (event_config.c.account == caller.account, event_config.c.app == caller.home.id)
    row = conn.execute(select(event_config).where(*where)).mappings().first()
    return {column: bool(row and row[column]) for column in _SWITCHES.values()}


async def _pull(caller: Caller, params: Params) -> dict[str, Any]:
    queue = _queue(caller.home)

    def pending(conn: Connection) -> list[Event]:
        return caller.service.events.pending(
            conn, caller.account, limit=Limits.EVENTS, hide=HIDE, queue=queue
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
    config = await caller.service.catalog.read(lambda conn: _config(conn, caller))
    switches = {name: "ON" if config[column] else "OFF" for name, column in _SWITCHES.items()}
    return {"Mode": "PULL", "NotificationUrl": "", **switches}


async def _modify(caller: Caller, params: Params) -> dict[str, Any]:
    if params["Mode"] == "PUSH" or params["NotificationUrl"]:
        raise ApiError(codes.UNSUPPORTED, "this service delivers events by PULL only")

    def modify(conn: Connection) -> None:
        config = _config(conn, caller)
        for name, column in _SWITCHES.items():
            if params[name] is not None:
                config[column] = params[name] == "ON"
        mine = (event_config.c.account == caller.account, event_config.c.app == caller.home.id)
        conn.execute(delete(event_config).where(*mine))
        conn.execute(insert(event_config).values(account=caller.account, app=caller.home.id, **config))

    await caller.service.catalog.write(modify)
    return {}


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

"""The upload path on the API host: init and query (netease.md §4.1, §4.2)."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from vodkit.server import logs
from vodkit.server.errors import QuotaExceeded
from vodkit.server.media.procedure import Clip

from .. import wire
from ..errors import PROVIDER
from . import buckets, contexts, entries, presets, transcoding
from .answer import ApiError, NodeError
from .caller import Caller, Params
from .contexts import DONE, OPEN, WHOLE, Context, Object
from .entries import TYPE
from .fields import address, integer, required_text, text, texts
from .publish import publish

TOKEN_LIFE = 7 * 86_400
"""Seconds that an upload token lives; the vendor's Python client cannot recover from its end."""

Busy = Callable[[str, str], bool]
"""Whether a block of an object (bucket, name) is on its way."""


async def init(caller: Caller, params: Params) -> Mapping[str, Any]:
    """Name a new object and hand out its token."""
    file = wire.clean_name(required_text(params, "originFileName"))
    if not file:
        raise ApiError(wire.BAD_REQUEST, "originFileName is blank")
    facts: dict[str, Any] = {
        "file": file,
        "title": wire.clean_name(text(params, "userFileName") or ""),
        "description": text(params, "description"),
        "type": integer(params, "typeId") or entries.DEFAULT,
        "preset": integer(params, "presetId") or entries.DEFAULT,
        "watermark": integer(params, "watermarkId"),
        "user_defined": text(params, "userDefInfo", most=wire.MAX_USER_DEFINED),
        "upload_callback": address(params, "uploadCallbackUrl"),
        "transcode_callback": address(params, "callbackUrl"),
    }
    clip = presets.clip(integer(params, "transOffset"), integer(params, "transDuration"))
    if facts["watermark"] is not None and not facts["preset"]:
        raise ApiError(wire.BAD_REQUEST, "watermarkId needs a presetId that is not the default")
    name = wire.object_name(str(uuid.uuid4()), file)
    expires = caller.now + int(caller.owner.attrs.get("token_life") or TOKEN_LIFE)

    def begin(conn: Connection) -> str:
        if facts["type"]:
            entries.must_exist(conn, caller, TYPE, facts["type"])
        procedure = _procedure(conn, caller, facts, clip)
        _check_quota(conn, caller)
        bucket = buckets.found_or_made(conn, caller.account)
        made = Object(
            bucket=bucket,
            name=name,
            account=caller.account,
            facts={**facts, "procedure": procedure, "clip": asdict(clip) if clip else None},
            vid=None,
            image=None,
            media="",
            created=caller.now,
            expires=expires,
        )
        contexts.add_object(conn, made)
        return bucket

    bucket = await caller.service.catalog.write(begin)
    token = buckets.issue(caller.service, bucket, name, expires)
    return {"xNosToken": token, "bucket": bucket, "object": name}


def _procedure(
    conn: Connection, caller: Caller, facts: Mapping[str, Any], clip: Clip | None
) -> dict[str, Any] | None:
    """What the named template comes to now: what becomes of it later is nothing to this upload."""
    if not facts["preset"]:
        return None
    return transcoding.compiled(conn, caller, facts["preset"], facts["watermark"], clip).as_dict()


def _check_quota(conn: Connection, caller: Caller) -> None:
    try:
        caller.service.quota.check(conn, caller.account, 1)
    except QuotaExceeded as full:
        raise ApiError(wire.NO_BALANCE, str(full)) from None


def query(busy: Busy) -> Callable[[Caller, Params], Awaitable[Mapping[str, Any]]]:
    """The handler that tells the ids of objects; it first makes good what a node left undone."""

    async def run(caller: Caller, params: Params) -> Mapping[str, Any]:
        found = []
        for name in dict.fromkeys(texts(params, "objectNames")):
            id = await _id_of(caller, name, busy)
            if id is not None:
                found.append({"objectName": name, **id})
        if not found:
            raise ApiError(wire.NOT_FOUND, "none of these objects is known and complete")
        return {"count": len(found), "list": found}

    return run


async def _id_of(caller: Caller, name: str, busy: Busy) -> dict[str, int] | None:
    """``vid`` or ``imgId`` of an object of the account, or ``None`` while it has none."""

    def look(conn: Connection) -> tuple[Object | None, list[Context]]:
        bucket = buckets.found(conn, caller.account)
        found = contexts.find_object(conn, bucket, name) if bucket else None
        return found, contexts.of_object(conn, found.bucket, name) if found else []

    found, uploads = await caller.service.catalog.read(look)
    if found is None:
        return None
    unended = _forgotten(uploads) if not busy(found.bucket, name) else None
    if unended is not None:
        await caller.service.catalog.write(lambda conn: _end(conn, caller, unended))
        uploads = [unended]
    for context in uploads:
        if context.state == WHOLE or context is unended:
            await _try_publish(caller, context)
    return await caller.service.catalog.read(lambda conn: _published(conn, caller, look(conn)[0]))


def _published(conn: Connection, caller: Caller, found: Object | None) -> dict[str, int] | None:
    if found is None or not found.media:
        return None
    if caller.service.media.get(conn, PROVIDER, wire.media_id(found.vid, found.image)) is None:
        return None
    return {"imgId": found.image} if found.image is not None else {"vid": int(found.vid or 0)}


def _forgotten(uploads: list[Context]) -> Context | None:
    """The upload whose client never said that it had ended, if there is exactly one (netease.md §6.4)."""
    if any(context.state == WHOLE or (context.state == DONE and not context.late) for context in uploads):
        return None
    begun = [context for context in uploads if context.state == OPEN and context.stored]
    return begun[0] if len(begun) == 1 and begun[0].full else None


def _end(conn: Connection, caller: Caller, context: Context) -> None:
    now = contexts.find(conn, context.id, caller.now, lock=True)
    if now is not None and now.state == OPEN and now.stored == context.stored:
        contexts.change(conn, now, state=WHOLE, late=True)


async def _try_publish(caller: Caller, context: Context) -> None:
    """Publish; what fails now is tried again by the next query."""
    try:
        await publish(caller.service, context)
    except NodeError:
        pass
    except Exception:
        logs.get("netease").exception("publishing failed", context=context.id)

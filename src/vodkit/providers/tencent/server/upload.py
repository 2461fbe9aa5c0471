"""The upload path: ApplyUpload, CommitUpload, ParseStreamingManifest (tencent.md §B.1-§B.3).

A session is opened with everything that the media will need, and committed in one transaction with the
media's row and its event, so that a repeated commit finds either nothing done or everything.
"""

from __future__ import annotations

import functools
import secrets
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from vodkit.server.contract import Service

from ..wire import COVER_TYPES, MEDIA_TYPES, TOLD, codes
from . import class_tree, intake, library
from .addresses import address
from .answer import ApiError
from .caller import Action, Caller
from .credentials import DEFAULT_LIFE, PROVIDER, UPLOAD_OPERATIONS, Grant
from .fields import Field, Params, needed, upto
from .tables import sessions

_BATCH = 1000


async def _apply(caller: Caller, params: Params) -> dict[str, Any]:
    app = caller.home
    media_type = intake.known_type(
        params["MediaType"], MEDIA_TYPES, codes.MEDIA_TYPE, codes.INVALID_MEDIA_TYPE_MESSAGE
    )
    cover_type = ""
    if params["CoverType"]:
        cover_type = intake.known_type(
            params["CoverType"], COVER_TYPES, codes.COVER_TYPE, codes.INVALID_COVER_TYPE_MESSAGE
        )
    facts = intake.facts_of(caller, params, media_type)
    media_key = intake.new_key(facts["folder"], media_type)
    cover_key = intake.new_key(facts["folder"], cover_type) if cover_type else ""
    session_key = secrets.token_urlsafe(90)
    life = token_life(caller)
    lifetime = max(caller.service.settings.upload_lifetime, life)

    def open_session(conn: Connection) -> None:
        caller.service.quota.check(conn, caller.account, 1)
        class_tree.must_exist(conn, caller, facts["class"])
        intake.check_procedure(conn, caller, facts["procedure"])
        conn.execute(
            insert(sessions).values(
                key=session_key,
                account=caller.account,
                app=app.id,
                file_id=facts["file_id"],
                bucket=app.bucket,
                media_key=media_key,
                cover_key=cover_key,
                state="open",
                facts=facts,
                created=caller.now,
                expires=caller.now + lifetime,
            )
        )

    await caller.service.catalog.write(open_session)
    return {
        "StorageBucket": app.bucket,
        "StorageRegion": facts["region"],
        "VodSessionKey": session_key,
        "MediaStoragePath": f"/{media_key}",
        "CoverStoragePath": f"/{cover_key}" if cover_key else "",
        "TempCertificate": _certificate(caller, life, facts["folder"], facts["file_id"]),
    }


def token_life(caller: Caller) -> int:
    """Seconds that the upload credentials of an account live; 0 for none, clients then use their own key."""
    given = caller.credential.account.attrs.get("token_life")
    return DEFAULT_LIFE if given is None else int(given)


def _certificate(caller: Caller, life: int, folder: str, file_id: str) -> dict[str, Any] | None:
    if not life:
        return None
    actions = tuple(f"cos:{name}" for name in sorted(UPLOAD_OPERATIONS))
    grant = Grant(actions, bucket=caller.home.bucket, prefix=folder, session=file_id)
    minted = caller.credentials.mint(caller.credential.account, life, grant)
    return {
        "SecretId": minted.key,
        "SecretKey": minted.secret,
        "Token": minted.token,
        "ExpiredTime": minted.expires,
    }


async def _commit(caller: Caller, params: Params) -> dict[str, Any]:
    def commit(conn: Connection) -> tuple[RowMapping, str]:
        session = _session(conn, caller, params["VodSessionKey"])
        if session["state"] != "open":
            return session, session["cover_key"]
        facts = {"file_id": session["file_id"], **session["facts"]}
        keys = (session["media_key"], session["cover_key"])
        record = intake.arrived(conn, caller, facts, *keys, told=True)
        if record is None:
            raise ApiError(codes.RESOURCE_NOT_FOUND, "the media file has not been uploaded")
        _close(conn, caller, session, record.cover_key)
        return session, record.cover_key

    def told(conn: Connection) -> dict[str, Any]:
        record = library.find(conn, caller, session["file_id"])
        return {TOLD: library.told_of(conn, caller, record)} if record is not None else {}

    session, cover_key = await caller.service.catalog.write(commit)
    return {
        "FileId": session["file_id"],
        "MediaUrl": _play_url(caller, session, session["media_key"]),
        "CoverUrl": _play_url(caller, session, cover_key),
        **(await caller.service.catalog.read(told) if caller.ours else {}),
    }


def _session(conn: Connection, caller: Caller, key: str) -> RowMapping:
    # Two commits of one session must not both find it open.
    query = select(sessions).where(sessions.c.key == key).with_for_update()
    found = conn.execute(query).mappings().first()
    if (
        found is None
        or (found["account"], found["app"]) != (caller.account, caller.home.id)
        or found["expires"] <= caller.now
    ):
        raise ApiError(
            codes.VOD_SESSION_KEY, "the upload session is unknown, over, or of another application"
        )
    return found


def is_open(conn: Connection, file_id: str) -> bool:
    """Whether a session is neither committed nor over; it stays so until the transaction of ``conn`` ends."""
    query = select(sessions.c.state).where(sessions.c.file_id == file_id)
    return conn.scalar(query.with_for_update(read=True)) == "open"


def _close(conn: Connection, caller: Caller, session: RowMapping, cover_key: str) -> None:
    """Mark a session committed; it stays for as long again, to answer repeated commits alike."""
    expires = max(session["expires"], caller.now + caller.service.settings.upload_lifetime)
    conn.execute(
        update(sessions)
        .where(sessions.c.key == session["key"])
        .values(state="committed", cover_key=cover_key, expires=expires)
    )


def _play_url(caller: Caller, session: RowMapping, key: str) -> str:
    return address(caller.service, session["bucket"], key, session["facts"]["folder"])


async def sweep(service: Service, now: float) -> None:
    """Forget sessions that are over; what an unfinished one had stored goes with it."""

    def overdue(conn: Connection) -> list[str]:
        return list(conn.scalars(select(sessions.c.key).where(sessions.c.expires <= now).limit(_BATCH)))

    def forget(conn: Connection, key: str) -> None:
        where = (sessions.c.key == key, sessions.c.expires <= now)
        found = conn.execute(select(sessions).where(*where).with_for_update()).mappings().first()
        if found is None:
            return
        if found["state"] == "open":
            _discard(conn, service, found)
        conn.execute(delete(sessions).where(*where))

    for key in await service.catalog.read(overdue):
        await service.catalog.write(functools.partial(forget, key=key))


def _discard(conn: Connection, service: Service, session: RowMapping) -> None:
    bucket, folder = session["bucket"], session["facts"]["folder"]
    for member in library.members(conn, service, bucket, folder):
        service.objects.delete(conn, PROVIDER, bucket, member.key)
    for upload in service.uploads.find(conn, PROVIDER, bucket, folder):
        service.uploads.abort(conn, upload.id)


ACTIONS = {
    "ApplyUpload": Action(
        _apply,
        {
            "MediaType": needed(),
            **intake.FIELDS,
            "CoverType": Field(),
        },
    ),
    "CommitUpload": Action(_commit, {"VodSessionKey": needed(upto(1000))}),
}

"""What uploads and pulls have in common: their fields, the keys of what comes, the media that it becomes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaRecord
from vodkit.server.names import new_id

from ..wire import Limits, category, codes
from . import apps, events, library, procedures, tasks
from .answer import ApiError
from .caller import Caller, Owner
from .credentials import PROVIDER
from .fields import ID, Field, Params, moment, upto

_NAME = 255

FIELDS: Mapping[str, Field] = {
    "MediaName": upto(_NAME),
    "Procedure": upto(256),
    "ExpireTime": upto(64, code=codes.EXPIRE_TIME),
    "StorageRegion": upto(64),
    "ClassId": Field(default=0, low=0, high=ID.high, code=codes.CLASS_ID),
    "SourceContext": upto(Limits.SOURCE_CONTEXT),
    "SessionContext": upto(Limits.SESSION_CONTEXT, code=codes.SESSION_CONTEXT_TOO_LONG),
    "MediaStoragePath": upto(1024),
}
"""Fields of ApplyUpload and PullUpload alike."""


def known_type(given: str, known: frozenset[str], code: str, message: str) -> str:
    """A file type in lower case. Raises ``code`` for one that is not ``known``."""
    lowered = given.lower()
    if lowered not in known:
        raise ApiError(code, message)
    return lowered


def new_key(folder: str, type: str) -> str:
    """Key of a file to come."""
    return f"{folder}{secrets.token_hex(6).upper()}.{type}"


def facts_of(caller: Caller, params: Params, type: str) -> dict[str, Any]:
    """What a media will be, as JSON-ready data: with its ``file_id`` and its ``folder``.

    Raises:
        ApiError: a field cannot be.
    """
    app = caller.home
    expires = moment(params["ExpireTime"], codes.EXPIRE_TIME)
    if expires is not None and expires <= caller.now:
        raise ApiError(codes.EXPIRE_TIME, "the expiry lies in the past")
    region = params["StorageRegion"] or app.region
    if region not in apps.enabled_regions(caller):
        raise ApiError(codes.STORAGE_REGION, f"the storage region {region} is unknown or not enabled")
    if params["MediaStoragePath"]:
        raise ApiError(codes.MEDIA_STORAGE_PATH, "only applications in fileid+path mode choose a path")
    if app.status != "On":
        raise ApiError("FailedOperation.UserStatusInavlid", "the application is switched off")
    file_id = str(10**17 + secrets.randbelow(9 * 10**18))
    return {
        "file_id": file_id,
        "folder": f"{secrets.token_hex(4)}/{secrets.token_hex(4)}{file_id}/",
        "region": region,
        "type": type,
        "name": params["MediaName"] or file_id,
        "class": params["ClassId"],
        "expires": expires,
        "procedure": params["Procedure"] or "",
        "source_context": params["SourceContext"] or "",
        "session_context": params["SessionContext"] or "",
    }


def check_procedure(conn: Connection, caller: Caller, name: str) -> None:
    """Refuse a procedure that cannot be done, before anything is sent; an open service takes every name.

    Raises:
        ApiError: ``InvalidParameterValue.ProcedureName``, or what is wrong with its templates.
    """
    if name and caller.service.settings.strict:
        try:
            procedures.resolve(conn, caller, name)
        except procedures.NoSuchProcedure as problem:
            raise ApiError(codes.PROCEDURE_NAME, str(problem)) from None


def arrived(
    conn: Connection, owner: Owner, facts: Mapping[str, Any], key: str, cover_key: str, *, told: bool
) -> MediaRecord | None:
    """Make the media of objects that are there, start its procedure and record its event.

    Args:
        facts: See :func:`facts_of`; besides, what :func:`tasks.shared` knows.
        key, cover_key: Keys in the application's bucket. A cover that is not there is left out.
        told: Whether the application is to hear NewFileUpload.

    Returns:
        The media, or ``None`` as long as its object is not there.
    """
    members = library.members(conn, owner.service, owner.home.bucket, facts["folder"])
    stored = {member.key for member in members}
    if key not in stored:
        return None
    cover_key = cover_key if cover_key in stored else ""
    record = MediaRecord(
        id=new_id(),
        provider=PROVIDER,
        account=owner.account,
        remote_id=facts["file_id"],
        kind=category(facts["type"]).lower(),
        title=facts["name"],
        status="ready",
        space=owner.home.bucket,
        key=key,
        cover_key=cover_key,
        size=sum(member.blob.size for member in members if member.key != cover_key),
        attrs={
            "app": owner.home.id,
            "type": facts["type"],
            "region": facts["region"],
            "class": facts["class"],
            "description": "",
            "tags": [],
            "key_frames": [],
            "procedure": facts["procedure"],
            "source_context": facts["source_context"],
            "session_context": facts["session_context"],
        },
        created=owner.now,
        updated=owner.now,
        expires=facts["expires"],
        folder=facts["folder"],
    )
    owner.service.media.add(conn, record)
    given = {"SessionContext": facts["session_context"], "TasksPriority": facts.get("priority")}
    task = tasks.after_upload(conn, owner, record, facts["procedure"], given)
    if task is not None:
        present = owner.service.media.by_id(conn, record.id) or record
        record = replace(present, attrs={**present.attrs, "procedure_task": task.remote_id})
        owner.service.media.update(conn, record)
    events.uploaded(conn, owner, record, task, told=told)
    if task is not None and task.state == "failed":
        tasks.tell(conn, owner, record, task)
    return record

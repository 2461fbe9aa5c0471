"""PullUpload: media whose source the service fetches by itself (tencent.md §B.7)."""

from __future__ import annotations

import posixpath
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from vodkit.server import targets
from vodkit.server.content_types import content_type
from vodkit.server.contract import Blob, MediaRecord
from vodkit.server.processing import Task

from ..wire import MEDIA_TYPES, codes
from . import class_tree, intake, tasks
from .answer import ApiError
from .caller import Action, Caller, Owner
from .credentials import PROVIDER
from .fields import Params, needed, upto

_COVERS = frozenset(["gif", "jpg", "jpeg", "png"])
_DAYS = 3


async def _pull(caller: Caller, params: Params) -> dict[str, Any]:
    url = _checked(params["MediaUrl"], "MediaUrl")
    given = params["MediaType"] or _extension(url)
    kind = intake.known_type(given, MEDIA_TYPES, codes.MEDIA_TYPE, codes.INVALID_MEDIA_TYPE_MESSAGE)
    if kind == "mpd":
        raise ApiError(f"{codes.INVALID_VALUE}.MediaUrl", "DASH manifests are not pulled")
    facts = intake.facts_of(caller, params, kind)
    cover_url, cover_key = _cover(params["CoverUrl"], facts["folder"])

    def ask(conn: Connection) -> str:
        caller.service.quota.check(conn, caller.account, 1)
        class_tree.must_exist(conn, caller, facts["class"])
        intake.check_procedure(conn, caller, facts["procedure"])
        tasks.claim(conn, caller, "PullUpload", params["SessionId"], _DAYS)
        task = caller.service.tasks.pull(
            conn,
            provider=PROVIDER,
            account=caller.account,
            url=url,
            space=caller.home.bucket,
            key=intake.new_key(facts["folder"], kind),
            cover_url=cover_url,
            cover_key=cover_key,
            remote_id=tasks.new_id(caller.home, "PullUpload"),
            priority=params["TasksPriority"] or 0,
            attrs={
                "app": caller.home.id,
                **facts,
                "priority": params["TasksPriority"] or 0,
                **tasks.shared(params),
            },
        )
        return task.remote_id

    return {"TaskId": await caller.service.catalog.write(ask)}


def _checked(url: str, name: str) -> str:
    try:
        return targets.check(url).url
    except targets.TargetRefused as problem:
        raise ApiError(f"{codes.INVALID_VALUE}.{name}", str(problem)) from None


def _cover(url: str | None, folder: str) -> tuple[str, str]:
    """The URL of a cover and its key to be; both ``""`` without one."""
    if not url:
        return "", ""
    kind = intake.known_type(_extension(url), _COVERS, codes.COVER_TYPE, codes.INVALID_COVER_TYPE_MESSAGE)
    return _checked(url, "CoverUrl"), intake.new_key(folder, kind)


def _extension(url: str) -> str:
    return posixpath.splitext(urlsplit(url).path)[1].removeprefix(".")


def pulled(conn: Connection, owner: Owner, task: Task, blob: Blob) -> MediaRecord:
    """Make the media of a pull whose bytes are there, and start its procedure.

    What it is served as follows from the type that it was asked for as: a source could call itself anything.
    """
    key = str(task.spec["key"])
    owner.service.objects.put(
        conn,
        account=task.account,
        provider=PROVIDER,
        space=owner.home.bucket,
        key=key,
        blob=blob,
        content_type=content_type(key),
        etag=blob.digests.get("md5", blob.id),
    )
    record = intake.arrived(conn, owner, task.attrs, key, str(task.spec.get("cover_key") or ""), told=False)
    assert record is not None, "the object was named above"
    return record


ACTIONS = {
    "PullUpload": Action(
        _pull,
        {
            "MediaUrl": needed(upto(2048)),
            "MediaType": upto(20),
            "CoverUrl": upto(2048),
            **intake.FIELDS,
            **tasks.SESSION,
        },
    )
}

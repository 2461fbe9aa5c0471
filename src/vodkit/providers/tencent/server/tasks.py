"""Tasks: what processes media, and how far that is (tencent.md §B.7)."""

from __future__ import annotations

import base64
import math
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert
from sqlalchemy.exc import IntegrityError

from vodkit.server.contract import MediaRecord, Service
from vodkit.server.media.procedure import Procedure
from vodkit.server.processing import Task, TaskQuery

from ..wire import Limits, codes
from . import detail, library, procedures
from .answer import ApiError
from .caller import Action, App, Caller, Owner
from .credentials import PROVIDER
from .fields import Params, choice, moment, needed, record, upto, within
from .tables import session_ids

_DAY = 24 * 3600.0
_STATES = {"WAITING": ("waiting",), "PROCESSING": ("running",), "FINISH": ("done", "failed")}
_NOTIFY = ("Finish", "Change", "None")


def new_id(app: App, kind: str) -> str:
    """A task's id: ``<appid>-<kind>-<32 hex>t<digit>`` (tencent.md §B.4)."""
    return f"{app.id}-{kind}-{secrets.token_hex(16)}t{secrets.randbelow(10)}"


def claim(conn: Connection, owner: Owner, action: str, id: str | None, days: int) -> None:
    """Take a SessionId, which must not have come with this action in the last days.

    Raises:
        ApiError: ``InvalidParameterValue.SessionId``.
    """
    if not id:
        return
    mine = (
        session_ids.c.account == owner.account,
        session_ids.c.app == owner.home.id,
        session_ids.c.action == action,
        session_ids.c.id == id,
    )
    conn.execute(delete(session_ids).where(*mine, session_ids.c.created <= owner.now - days * _DAY))
    values = {"account": owner.account, "app": owner.home.id, "action": action, "id": id}
    try:
        # Of requests that come at once the database takes one; the others wait for it.
        with conn.begin_nested():
            conn.execute(insert(session_ids).values(**values, created=owner.now))
    except IntegrityError:
        why = f"the SessionId {id} was used within the last {days} days"
        raise ApiError(codes.SESSION_ID, why) from None


def forget_session_ids(conn: Connection, now: float) -> int:
    """Forget the SessionIds that may come again; how many."""
    return conn.execute(delete(session_ids).where(session_ids.c.created <= now - 7 * _DAY)).rowcount


def start(
    conn: Connection,
    owner: Owner,
    media: MediaRecord,
    work: procedures.Work,
    given: Mapping[str, Any],
    *,
    decides: bool = False,
) -> Task:
    """Have a media processed, in the transaction of ``conn``.

    Args:
        given: The fields that the request and its task share: ``TasksPriority``, ``TasksNotifyMode``,
            ``SessionContext``, ``SessionId``; each may be missing.
        decides: Whether the media is ready only afterwards.
    """
    return owner.service.tasks.process(
        conn,
        media,
        work.procedure,
        remote_id=new_id(owner.home, "Procedure"),
        priority=given.get("TasksPriority") or 0,
        attrs={
            "app": owner.home.id,
            "file_id": media.remote_id,
            "parts": [part.as_dict() for part in work.parts],
            **shared(given),
        },
        decides=decides,
    )


def shared(given: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a task that requests give."""
    return {
        "notify": given.get("TasksNotifyMode") or _NOTIFY[0],
        "session_context": given.get("SessionContext") or "",
        "session_id": given.get("SessionId") or "",
    }


def after_upload(
    conn: Connection, owner: Owner, media: MediaRecord, name: str, given: Mapping[str, Any]
) -> Task | None:
    """Start what an upload names, or what counts for those that name nothing.

    The media is stored by now: a procedure that does not exist, or cannot be done, is a task that failed. No
    worker will tell of it: see :func:`tell`.

    Args:
        name: Of the procedure, or ``""``.
        given: See :func:`start`.
    """
    try:
        work = procedures.resolve(conn, owner, name)
    except procedures.NoSuchProcedure as problem:
        return _refused(conn, owner, media, name, given, str(problem))
    except ApiError as problem:
        return _refused(conn, owner, media, name, given, problem.message)
    return start(conn, owner, media, work, given, decides=True) if work else None


def _refused(
    conn: Connection, owner: Owner, media: MediaRecord, name: str, given: Mapping[str, Any], why: str
) -> Task:
    nothing = Procedure(name, audio=None, streaming=False, files="none")
    task = start(conn, owner, media, procedures.Work(nothing, ()), given)
    return owner.service.tasks.refuse(conn, task.id, why)


def tell(conn: Connection, owner: Owner, media: MediaRecord, task: Task) -> None:
    """Record the event of a task's end."""
    notice = detail.notice(conn, owner, task)
    owner.service.events.add(
        conn,
        type="procedure.changed",
        provider=PROVIDER,
        account=owner.account,
        media=media,
        payload=notice.payload,
        queue=notice.queue,
        deliver=notice.deliver,
        task=task,
    )


async def _process(caller: Caller, params: Params) -> dict[str, Any]:
    given = params["MediaProcessTask"]

    def process(conn: Connection) -> str:
        media = _source(conn, caller, params)
        work = procedures.compile(conn, caller, "ProcessMedia", given)
        if not work.parts:
            raise ApiError(f"{codes.INVALID_VALUE}.MediaProcessTask", "MediaProcessTask asks for nothing")
        claim(conn, caller, "ProcessMedia", params["SessionId"], 3)
        return start(conn, caller, media, work, params).remote_id

    return {"TaskId": await caller.service.catalog.write(process)}


async def _process_by_procedure(caller: Caller, params: Params) -> dict[str, Any]:
    def process(conn: Connection) -> str:
        media = _source(conn, caller, params)
        work = named(conn, caller, params["ProcedureName"])
        claim(conn, caller, "ProcessMediaByProcedure", params["SessionId"], 7)
        return start(conn, caller, media, work, params).remote_id if work else ""

    return {"TaskId": await caller.service.catalog.write(process), "ReviewAudioVideoTaskId": ""}


def named(conn: Connection, owner: Owner, name: str) -> procedures.Work | None:
    """What a name stands for. Raises ``InvalidParameterValue.ProcedureName``."""
    try:
        return procedures.resolve(conn, owner, name)
    except procedures.NoSuchProcedure as problem:
        raise ApiError(codes.PROCEDURE_NAME, str(problem)) from None


def _source(conn: Connection, caller: Caller, params: Params) -> MediaRecord:
    """The media to process, whose original must be there."""
    if params.get("Url"):
        raise ApiError(codes.UNSUPPORTED, "only media of this application are processed; pull the URL first")
    path = params["MediaStoragePath"] or ""
    if not params["FileId"] and not path:
        raise ApiError(codes.MISSING_PARAMETER, "the parameter FileId is missing")
    found = (
        library.find(conn, caller, params["FileId"])
        if params["FileId"]
        else library.at(conn, caller, path.removeprefix("/"))
    )
    if found is None:
        raise ApiError("ResourceNotFound.FileNotExist", f"there is no media {params['FileId'] or path}")
    if not found.key:
        raise ApiError("ResourceNotFound.FileNotExist", f"the original of {found.remote_id} was deleted")
    return found


async def _describe(caller: Caller, params: Params) -> dict[str, Any]:
    created, finished = params["CreateTime"] or {}, params["FinishTime"] or {}
    sort = params["Sort"] or {}
    facts: dict[str, Any] = {"app": (caller.home.id,)}
    if params["FileId"]:
        facts["file_id"] = (params["FileId"],)
    query = TaskQuery(
        provider=PROVIDER,
        account=caller.account,
        states=_STATES.get(params["Status"]),
        attrs=facts,
        created_from=moment(created.get("After"), codes.INVALID_VALUE),
        created_until=_end(created.get("Before")),
        finished_from=moment(finished.get("After"), codes.INVALID_VALUE),
        finished_until=_end(finished.get("Before")),
    )
    by = "finished" if sort.get("Field") == "FinishTime" else "created"
    after = _read_scroll(params["ScrollToken"])

    def look(conn: Connection) -> list[Task]:
        ascending = sort.get("Order") == "Asc"
        return caller.service.tasks.find(
            conn, query, by=by, ascending=ascending, after=after, limit=params["Limit"] + 1
        )

    found = await caller.service.catalog.read(look)
    page = found[: params["Limit"]]
    scroll = _scroll(getattr(page[-1], by), page[-1].id) if len(found) > len(page) else ""
    return {"TaskSet": [_simple(task) for task in page], "ScrollToken": scroll}


def _simple(task: Task) -> dict[str, Any]:
    return {
        "TaskId": task.remote_id,
        "Status": detail.status(task),
        "FileId": task.attrs.get("file_id", "") if task.media else "",
        "TaskType": detail.kind(task),
        **detail.times(task),
        "SessionId": task.attrs.get("session_id", ""),
        "SessionContext": task.attrs.get("session_context", ""),
    }


def _end(value: str | None) -> float | None:
    """The last instant of a second: times are shown in whole ones, and all of it counts."""
    found = moment(value, codes.INVALID_VALUE)
    return None if found is None else math.nextafter(math.floor(found) + 1, 0.0)


def _scroll(time: float, id: str) -> str:
    return base64.urlsafe_b64encode(f"{time!r} {id}".encode()).decode()


def _read_scroll(token: str | None) -> tuple[float, str] | None:
    if not token:
        return None
    try:
        time, _, id = base64.urlsafe_b64decode(token).decode().partition(" ")
        return float(time), id
    except ValueError:
        raise ApiError(
            f"{codes.INVALID_VALUE}.ScrollToken", "the ScrollToken is not one of a listing"
        ) from None


def _existing(conn: Connection, caller: Caller, id: str) -> Task:
    """A task of the application. Raises ``ResourceNotFound``."""
    task = caller.service.tasks.get(conn, PROVIDER, id)
    if task is None or task.account != caller.account or task.attrs.get("app") != caller.home.id:
        raise ApiError(codes.RESOURCE_NOT_FOUND, f"there is no task {id}")
    return task


async def _detail(caller: Caller, params: Params) -> dict[str, Any]:
    return await caller.service.catalog.read(
        lambda conn: detail.shown(conn, caller, _existing(conn, caller, params["TaskId"]))
    )


async def _manage(caller: Caller, params: Params) -> dict[str, Any]:
    def abort(conn: Connection) -> None:
        task = _existing(conn, caller, params["TaskId"])
        if detail.status(task) != "WAITING":
            raise ApiError(codes.FAILED, f"the task is {detail.status(task)}; only one that waits is aborted")
        caller.service.tasks.cancel(conn, task.id)

    await caller.service.catalog.write(abort)
    return {}


async def sweep(service: Service, now: float) -> None:
    """Forget what is over."""
    await service.catalog.write(lambda conn: forget_session_ids(conn, now))


_RANGE = record({"After": upto(40), "Before": upto(40)})
SESSION = {
    "SessionContext": upto(Limits.SESSION_CONTEXT, code=codes.SESSION_CONTEXT_TOO_LONG),
    "SessionId": upto(Limits.SESSION_ID, code=f"{codes.INVALID_VALUE}.SessionIdTooLong"),
    "TasksPriority": within(-10, 10),
}
_TASK = {
    "FileId": upto(Limits.FILE_ID),
    "MediaStoragePath": upto(1024),
    "TasksNotifyMode": choice(*_NOTIFY),
    **SESSION,
}

ACTIONS = {
    "DescribeTasks": Action(
        _describe,
        {
            "Status": choice(*_STATES),
            "FileId": upto(Limits.FILE_ID),
            "CreateTime": _RANGE,
            "FinishTime": _RANGE,
            "Sort": record(
                {"Field": choice("CreateTime", "FinishTime"), "Order": choice("Asc", "Desc", default="Desc")}
            ),
            "Limit": within(1, 100, default=10),
            "ScrollToken": upto(200),
        },
    ),
    "DescribeTaskDetail": Action(_detail, {"TaskId": needed(upto(200))}),
    "ManageTask": Action(_manage, {"TaskId": needed(upto(200)), "OperationType": needed(choice("Abort"))}),
    "ProcessMedia": Action(_process, {"MediaProcessTask": needed(), "Url": upto(2048), **_TASK}),
    "ProcessMediaByProcedure": Action(_process_by_procedure, {"ProcedureName": needed(), **_TASK}),
}

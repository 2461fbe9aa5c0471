"""Tasks (tencent.md §B.7). Nothing makes any yet: what would process media says that it cannot."""

from __future__ import annotations

from typing import Any, NoReturn

from ..wire import Limits, codes
from .answer import ApiError
from .caller import Action, Caller
from .fields import Params, choice, moment, needed, record, upto, within
from .media import existing


async def _describe(caller: Caller, params: Params) -> dict[str, Any]:
    for name in ("CreateTime", "FinishTime"):
        for bound in (params[name] or {}).values():
            moment(bound, codes.INVALID_VALUE)
    return {"TaskSet": [], "ScrollToken": ""}


async def _unknown(caller: Caller, params: Params) -> NoReturn:
    raise ApiError(codes.RESOURCE_NOT_FOUND, f"there is no task {params['TaskId']}")


async def _process(caller: Caller, params: Params) -> NoReturn:
    if params.get("FileId"):
        await caller.service.catalog.read(lambda conn: existing(conn, caller, params["FileId"]))
    raise ApiError(codes.UNSUPPORTED, "this service does not process media yet; nothing was started")


async def _pull(caller: Caller, params: Params) -> NoReturn:
    raise ApiError(codes.UNSUPPORTED, "this service does not fetch media from a URL yet; upload it instead")


def refuse_beyond(action: str) -> None:
    """Refuse an action that the vendor has and this service does not. Raises ``UnsupportedOperation``."""
    if action in _BEYOND:
        raise ApiError(codes.UNSUPPORTED, f"this service does not offer the action {action}")


_TEMPLATES = (
    "SnapshotByTimeOffset",
    "SampleSnapshot",
    "ImageSprite",
    "AnimatedGraphics",
    "Watermark",
)
_BEYOND = frozenset(
    [
        *(f"{verb}{kind}Template" for verb in ("Create", "Modify", "Delete") for kind in _TEMPLATES),
        *(f"Describe{kind}Templates" for kind in _TEMPLATES),
        "EditMedia",
        "ComposeMedia",
        "SimpleHlsClip",
        "DescribeFileAttributes",
        "ListFiles",
        "RestoreMedia",
        "ModifyMediaStorageClass",
        "DescribeVodDomains",
        "RefreshUrlCache",
        "PushUrlCache",
        "DescribeEventsState",
        "ReviewAudioVideo",
        "ReviewImage",
        "DescribeStorageData",
        "DescribeMediaProcessUsageData",
    ]
)

_RANGE = record({"After": upto(40), "Before": upto(40)})
_SESSION = {
    "SessionContext": upto(Limits.SESSION_CONTEXT, code=codes.SESSION_CONTEXT_TOO_LONG),
    "SessionId": upto(Limits.SESSION_ID, code=f"{codes.INVALID_VALUE}.SessionIdTooLong"),
}

ACTIONS = {
    "DescribeTasks": Action(
        _describe,
        {
            "Status": choice("WAITING", "PROCESSING", "FINISH"),
            "FileId": upto(Limits.FILE_ID),
            "CreateTime": _RANGE,
            "FinishTime": _RANGE,
            "Limit": within(1, 100, default=10),
            "ScrollToken": upto(200),
        },
    ),
    "DescribeTaskDetail": Action(_unknown, {"TaskId": needed(upto(200))}),
    "ManageTask": Action(_unknown, {"TaskId": needed(upto(200)), "OperationType": needed(choice("Abort"))}),
    "ProcessMedia": Action(_process, _SESSION),
    "ProcessMediaByProcedure": Action(_process, {"ProcedureName": needed(), **_SESSION}),
    "PullUpload": Action(_pull, {"MediaUrl": needed(), **_SESSION}),
}

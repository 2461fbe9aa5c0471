"""How the API shows tasks: DescribeTaskDetail, and the events of their changes (tencent.md §B.7, §B.10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaRecord
from vodkit.server.processing import ENDED, Notice, Output, Task, TaskStep

from . import events, library, made, procedures
from .caller import Owner
from .fields import shown_time
from .procedures import Part

_STATUS = {"waiting": "WAITING", "running": "PROCESSING", "cancelled": "ABORTED"}
_SOURCE_FAILED = 60000
_STEPS = {
    "Transcode": ("encode", "file", "streams"),
    "AdaptiveDynamicStreaming": ("encode", "streams"),
    "SnapshotByTimeOffset": ("snapshots",),
    "SampleSnapshot": ("snapshots",),
    "ImageSprites": ("sprite",),
    "CoverBySnapshot": ("cover",),
    "AnimatedGraphics": ("animation",),
}
"""Kinds of the steps that make a part."""

_MEMBERS = {
    "AnimatedGraphics": "AnimatedGraphicTask",
    "ImageSprites": "ImageSpriteTask",
}
"""Member of a result by its type, where it is not ``<type>Task``."""


def status(task: Task) -> str:
    """``WAITING``, ``PROCESSING``, ``FINISH`` or ``ABORTED``."""
    if task.state == "waiting" and not task.wanted:
        return "ABORTED"
    return _STATUS.get(task.state, "FINISH")


def kind(task: Task) -> str:
    """The vendor's TaskType."""
    return "PullUpload" if task.kind == "pull" else "Procedure"


def times(task: Task) -> dict[str, str]:
    """When it was made, began and ended; ``""`` for what has not been."""
    return {
        "CreateTime": shown_time(task.created),
        "BeginProcessTime": _time(task.started),
        "FinishTime": _time(task.finished),
    }


def shown(conn: Connection, owner: Owner, task: Task) -> dict[str, Any]:
    """The answer of DescribeTaskDetail."""
    return {
        "TaskType": kind(task),
        "Status": status(task),
        **times(task),
        "ProcedureTask": procedure_task(conn, owner, task) if task.kind == "procedure" else None,
        "PullUploadTask": pull_task(conn, owner, task) if task.kind == "pull" else None,
    }


def notice(conn: Connection, owner: Owner, task: Task) -> Notice:
    """ProcedureStateChanged or PullComplete, told as the task's TasksNotifyMode wants it."""
    if task.kind == "pull":
        payload = {"EventType": "PullComplete", "PullCompleteEvent": pull_task(conn, owner, task)}
        return events.notice(conn, owner, payload)
    body = procedure_task(conn, owner, task)
    mode = task.attrs.get("notify", "Finish")
    told = mode == "Change" or (mode == "Finish" and task.state in ENDED)
    payload = {"EventType": "ProcedureStateChanged", "ProcedureStateChangeEvent": body}
    return events.notice(conn, owner, payload, told=told)


def part_failed(conn: Connection, owner: Owner, task: Task, step: TaskStep) -> Notice | None:
    """ProcedureStateChanged for a part whose step failed, where TasksNotifyMode asks for every change.

    A part counts as made when the task publishes, so this is the one change of a part before the task's end.
    """
    parts = procedures.parts(task)
    view = _View(conn, owner, task, parts, ())
    if task.attrs.get("notify") != "Change" or not any(step in view.steps(part) for part in parts):
        return None
    body = procedure_task(conn, owner, task)
    payload = {"EventType": "ProcedureStateChanged", "ProcedureStateChangeEvent": body}
    return events.notice(conn, owner, payload)


def procedure_task(conn: Connection, owner: Owner, task: Task) -> dict[str, Any]:
    """ProcedureTask of a task."""
    media = owner.service.media.by_id(conn, task.media)
    outputs = [item for item in owner.service.outputs.of(conn, task.media) if item.task == task.id]
    parts = procedures.parts(task)
    view = _View(conn, owner, task, parts, outputs)
    failed = task.state == "failed"
    return {
        "TaskId": task.remote_id,
        "Status": "FINISH" if task.state in ENDED else "PROCESSING",
        "ErrCode": _SOURCE_FAILED if failed else 0,
        "Message": task.error if failed else "SUCCESS" if task.state == "done" else "",
        "FileId": media.remote_id if media else task.attrs.get("file_id", ""),
        "FileName": media.title if media else "",
        "FileUrl": library.url(owner, media, media.key) if media else "",
        "MetaData": library.meta(conn, owner, media) if media else None,
        "MediaProcessResultSet": [view.result(part) for part in parts],
        "AiContentReviewResultSet": [],
        "AiAnalysisResultSet": [],
        "AiRecognitionResultSet": [],
        "TasksPriority": task.priority,
        "TasksNotifyMode": task.attrs.get("notify", "Finish"),
        "SessionContext": task.attrs.get("session_context", ""),
        "SessionId": task.attrs.get("session_id", ""),
        "Operator": "",
        "OperationType": "",
    }


def pull_task(conn: Connection, owner: Owner, task: Task) -> dict[str, Any]:
    """PullUploadTask of a task."""
    media = owner.service.media.by_id(conn, task.media) if task.media else None
    failed = task.state in ("failed", "cancelled")
    return {
        "TaskId": task.remote_id,
        "Status": "FINISH" if task.state in ENDED else "PROCESSING",
        "ErrCode": _SOURCE_FAILED if failed else 0,
        "Message": (task.error or "aborted") if failed else "",
        "FileId": media.remote_id if media else "",
        "MediaBasicInfo": library.basic(conn, owner, media) if media else None,
        "MetaData": library.meta(conn, owner, media) if media else None,
        "FileUrl": library.url(owner, media, media.key) if media else "",
        "ProcedureTaskId": _followed_by(media),
        "ReviewAudioVideoTaskId": "",
        "SessionContext": task.attrs.get("session_context", ""),
        "SessionId": task.attrs.get("session_id", ""),
        "Progress": _percent(task.progress),
    }


def _followed_by(media: MediaRecord | None) -> str:
    return str(media.attrs.get("procedure_task", "")) if media else ""


@dataclass(frozen=True, slots=True)
class _View:
    """A task, and what it has made."""

    conn: Connection
    owner: Owner
    task: Task
    parts: Sequence[Part]
    outputs: Sequence[Output]

    def result(self, part: Part) -> dict[str, Any]:
        """One of MediaProcessResultSet."""
        output = self._output(part)
        steps = self.steps(part)
        state, error = self._state(steps, output)
        done = state == "SUCCESS"
        ended = [step.finished for step in steps if step.finished is not None]
        begun = [step.started for step in steps if step.started is not None]
        share = sum(step.progress for step in steps) / len(steps) if steps else 0.0
        body = {
            "Status": state,
            "ErrCodeExt": "SourceFileError" if state == "FAIL" else "",
            "ErrCode": _SOURCE_FAILED if state == "FAIL" else 0,
            "Message": error if state == "FAIL" else "SUCCESS" if done else "",
            "Input": part.input,
            "Output": output,
            "Progress": 100 if done else min(99, _percent(share)),
            "BeginProcessTime": _time(min(begun, default=self.task.started)),
            "FinishTime": _time(max(ended, default=self.task.finished)) if state != "PROCESSING" else "",
        }
        members = dict.fromkeys(_member(type) for type in _STEPS)
        return {"Type": part.type, **members, _member(part.type): body}

    def _state(self, steps: Sequence[TaskStep], output: Mapping[str, Any] | None) -> tuple[str, str]:
        if output is not None:
            return "SUCCESS", ""
        failed = next((step for step in steps if step.state == "failed"), None)
        if failed is not None:
            return "FAIL", failed.error
        if self.task.state not in ENDED:
            return "PROCESSING", ""
        if self.task.state == "cancelled":
            return "FAIL", "the task was aborted"
        return "FAIL", self.task.error or "the source has nothing that this could be made of"

    def steps(self, part: Part) -> list[TaskStep]:
        """The steps that make a part: by the beginning of their names, and by their kinds."""
        others = tuple(f"{other.name}-" for other in self.parts if other.name != part.name and other.name)
        begin = f"{part.name}-" if part.name else ""
        return [
            step
            for step in self.task.steps
            if step.kind in _STEPS[part.type]
            and step.name.startswith(begin)
            and (part.name or not step.name.startswith(others))
        ]

    def _output(self, part: Part) -> dict[str, Any] | None:
        """The Output of a part, as it is in MediaInfo; of several forms of the same the first."""
        mine = [item for item in self.outputs if item.definition == part.label]
        service = self.owner.service
        if part.type == "CoverBySnapshot":
            cover = made.cover_url(service, mine)
            return {"CoverUrl": cover} if cover else None
        if part.type == "Transcode":
            found = [made.transcode(service, item) for item in made.of_section(mine, "transcode")]
        elif part.type == "AdaptiveDynamicStreaming":
            streams = made.of_section(mine, "adaptive")
            found = [shown for item in streams for shown in made.adaptive(self.conn, self.owner, item)]
        elif part.type == "SnapshotByTimeOffset":
            found = made.snapshots(service, made.of_section(mine, "snapshot"))
        elif part.type == "SampleSnapshot":
            found = made.sampled(self.conn, self.owner, made.of_section(mine, "sample"))
        elif part.type == "ImageSprites":
            found = [made.sprite(service, item) for item in made.of_section(mine, "sprite")]
        else:
            found = [made.animation(service, item) for item in made.of_section(mine, "animation")]
        return found[0] if found else None


def _member(type: str) -> str:
    return _MEMBERS.get(type, f"{type}Task")


def _percent(share: float) -> int:
    return int(100 * share)


def _time(seconds: float | None) -> str:
    return "" if seconds is None else shown_time(seconds)

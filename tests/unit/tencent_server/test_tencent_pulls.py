"""PullUpload: what is asked for, what the bytes become, and how it shows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Connection, update

from vodkit.server.catalog.tables import tasks
from vodkit.server.contract import Blob, MediaRecord
from vodkit.server.processing import Task

from . import worked
from .test_tencent_tasks import pulled, status_of
from .world import Caller, World

URL = "https://example.com/films/Movie.MP4?x=1"


@pytest.fixture
def app(one: Caller) -> dict[str, Any]:
    app = {"SubAppId": one("CreateSubAppId", Name="pulls")["SubAppId"]}
    one("ModifyEventConfig", Mode="PULL", UploadMediaCompleteEventSwitch="ON", **app)
    return app


def bring(world: World, task_id: str, content: bytes = b"movie") -> MediaRecord:
    """What a worker does once it has the source of a pull."""
    service, room = world.service, world.service.rooms["tencent"]
    sender = world.caller()
    spare = sender.upload(content)["FileId"]

    def work(conn: Connection) -> MediaRecord:
        task = service.tasks.get(conn, "tencent", task_id)
        other = service.media.get(conn, "tencent", spare)
        assert task is not None
        assert other is not None
        found = service.objects.get(conn, "tencent", other.space, other.key)
        assert found is not None
        record: MediaRecord = room.pulled(conn, task, Blob(found.blob.id, found.blob.size, {}), "video/mp4")
        values = {"state": "done", "media": record.id, "finished": world.clock.now()}
        conn.execute(update(tasks).where(tasks.c.id == task.id).values(**values))
        _tell(conn, task)
        return record

    def _tell(conn: Connection, task: Task) -> None:
        changed = service.tasks.by_id(conn, task.id)
        assert changed is not None
        service.events.task_changed(conn, room, changed)

    return service.catalog.write_now(work)


def test_a_pull_becomes_a_media_with_its_procedure(one: Caller, world: World, app: dict[str, Any]) -> None:
    asked = one(
        "PullUpload",
        MediaUrl=URL,
        MediaName="pulled",
        Procedure="LongVideoPreset",
        SourceContext="source",
        SessionContext="session",
        TasksPriority=3,
        CoverUrl="https://example.com/c.png",
        **app,
    )
    task_id = asked["TaskId"]
    assert re.fullmatch(r"\d+-PullUpload-[0-9a-f]{32}t\d", task_id)
    task = worked.task_of(world, task_id)
    assert (task.kind, task.priority, task.spec["url"]) == ("pull", 3, URL)
    assert task.spec["key"].endswith(".mp4")
    assert task.spec["cover_key"].endswith(".png")
    assert task.spec["cover_key"].rpartition("/")[0] == task.spec["key"].rpartition("/")[0]
    detail = one("DescribeTaskDetail", TaskId=task_id, **app)
    assert (detail["TaskType"], detail["Status"], detail["ProcedureTask"]) == ("PullUpload", "WAITING", None)
    waiting = detail["PullUploadTask"]
    assert (waiting["FileId"], waiting["Status"], waiting["ErrCode"]) == ("", "PROCESSING", 0)

    record = bring(world, task_id)
    done = one("DescribeTaskDetail", TaskId=task_id, **app)["PullUploadTask"]
    assert (done["FileId"], done["Status"], done["Progress"]) == (record.remote_id, "FINISH", 100)
    assert done["MediaBasicInfo"]["SourceInfo"]["SourceContext"] == "source"
    assert (done["MediaBasicInfo"]["Name"], done["SessionContext"]) == ("pulled", "session")
    assert done["MetaData"]["Size"] == 5
    assert world.play(done["FileUrl"]).body == b"movie"
    assert status_of(world, record.remote_id) == "processing"
    procedure = one("DescribeTaskDetail", TaskId=done["ProcedureTaskId"], **app)["ProcedureTask"]
    assert (procedure["FileId"], procedure["TasksPriority"]) == (record.remote_id, 3)
    (event,) = pulled(one, **app)
    assert (event["EventType"], event["PullCompleteEvent"]) == ("PullComplete", done)
    listed = {task["TaskId"]: task for task in one("DescribeTasks", **app)["TaskSet"]}
    assert listed[task_id]["FileId"] == record.remote_id


def test_a_pull_that_fails_says_why(one: Caller, world: World, app: dict[str, Any]) -> None:
    task_id = one("PullUpload", MediaUrl=URL, **app)["TaskId"]
    worked.begin(world, task_id)
    worked.end(world, task_id, (), state="failed", error="fetch: the source answers 404")
    detail = one("DescribeTaskDetail", TaskId=task_id, **app)["PullUploadTask"]
    assert (detail["Status"], detail["ErrCode"]) == ("FINISH", 60000)
    assert detail["Message"] == "fetch: the source answers 404"
    (event,) = pulled(one, **app)
    assert event["PullCompleteEvent"] == detail


def test_what_cannot_be_pulled_is_refused(one: Caller, app: dict[str, Any]) -> None:
    for given, code in (
        ({}, "MissingParameter"),
        ({"MediaUrl": "ftp://example.com/a.mp4"}, "InvalidParameterValue.MediaUrl"),
        ({"MediaUrl": "https://user:pw@example.com/a.mp4"}, "InvalidParameterValue.MediaUrl"),
        ({"MediaUrl": "https://example.com/a"}, "InvalidParameterValue.MediaType"),
        ({"MediaUrl": "https://example.com/a.mpd"}, "InvalidParameterValue.MediaUrl"),
        ({"MediaUrl": URL, "CoverUrl": "https://example.com/c.tiff"}, "InvalidParameterValue.CoverType"),
        ({"MediaUrl": URL, "Procedure": "none"}, "InvalidParameterValue.ProcedureName"),
        ({"MediaUrl": URL, "ClassId": 12345}, "InvalidParameterValue.ClassId"),
        ({"MediaUrl": URL, "ExpireTime": "2001-01-01T00:00:00Z"}, "InvalidParameter.ExpireTime"),
    ):
        assert one.refused("PullUpload", **given, **app) == code, given
    assert one("DescribeTasks", **app)["TaskSet"] == []
    one("PullUpload", MediaUrl="https://example.com/a", MediaType="MP4", SessionId="s", **app)
    assert one.refused("PullUpload", MediaUrl=URL, SessionId="s", **app) == "InvalidParameterValue.SessionId"

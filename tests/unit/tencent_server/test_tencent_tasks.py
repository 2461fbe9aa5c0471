"""Procedures after an upload and tasks on their own: how they start, what shows of them, how they end."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from vodkit.providers.tencent.wire import Limits
from vodkit.server.media.procedure import Position

from . import worked
from .worked import procedure_of, pulled, status_of
from .world import Caller, World

TASK_ID = re.compile(r"\d+-Procedure-[0-9a-f]{32}t\d")
LONG = ("adaptive:10", "sprite:10", "cover:10")


def started(caller: Caller, **params: Any) -> tuple[str, str]:
    """The FileId of an upload, and its ProcedureTaskId."""
    app = {"SubAppId": params["SubAppId"]}
    file_id = caller.upload(b"movie", **params)["FileId"]
    uploaded = [event["FileUploadEvent"] for event in pulled(caller, **app) if "FileUploadEvent" in event]
    return file_id, next(event["ProcedureTaskId"] for event in uploaded if event["FileId"] == file_id)


def test_an_upload_runs_its_procedure_in_the_commit(one: Caller, world: World, app: dict[str, Any]) -> None:
    file_id, task_id = started(one, Procedure="LongVideoPreset", SessionContext="ctx", **app)
    assert TASK_ID.fullmatch(task_id)
    assert task_id.startswith(f"{app['SubAppId']}-")
    assert status_of(world, file_id) == "processing"
    procedure = procedure_of(world, task_id)
    by_name = {item.definition: item for item in procedure.also}
    assert set(by_name) == set(LONG)
    ladder = by_name["adaptive:10"]
    assert [item.height for item in ladder.renditions] == [360, 540, 720]
    assert [item.bitrate for item in ladder.renditions] == [400_000, 1_000_000, 1_800_000]
    assert ladder.streaming
    assert by_name["cover:10"].cover == Position(percent=0.0)
    sprite = by_name["sprite:10"].sprite
    assert sprite is not None
    assert (sprite.width, sprite.height, sprite.columns, sprite.rows, sprite.interval) == (
        142,
        80,
        10,
        10,
        10,
    )
    detail = one("DescribeTaskDetail", TaskId=task_id, **app)
    assert (detail["TaskType"], detail["Status"], detail["BeginProcessTime"]) == ("Procedure", "WAITING", "")
    assert detail["PullUploadTask"] is None
    task = detail["ProcedureTask"]
    assert (task["FileId"], task["Status"], task["SessionContext"]) == (file_id, "PROCESSING", "ctx")
    assert {item["Type"] for item in task["MediaProcessResultSet"]} == {
        "AdaptiveDynamicStreaming",
        "ImageSprites",
        "CoverBySnapshot",
    }


def test_a_finished_procedure_shows_the_same_everywhere(
    one: Caller, world: World, app: dict[str, Any]
) -> None:
    file_id, task_id = started(one, Procedure="LongVideoPreset", **app)
    worked.begin(world, task_id)
    worked.step(world, task_id, "adaptive-0-encode", "encode", "running", progress=0.5)
    running = one("DescribeTaskDetail", TaskId=task_id, **app)
    assert running["Status"] == "PROCESSING"
    parts = {item["Type"]: item for item in running["ProcedureTask"]["MediaProcessResultSet"]}
    adaptive = parts["AdaptiveDynamicStreaming"]["AdaptiveDynamicStreamingTask"]
    assert (adaptive["Status"], adaptive["Progress"], adaptive["Output"]) == ("PROCESSING", 50, None)
    assert pulled(one, **app) == []

    made = worked.end(world, task_id, LONG)
    detail = one("DescribeTaskDetail", TaskId=task_id, **app)
    assert detail["Status"] == "FINISH"
    assert detail["FinishTime"] >= detail["BeginProcessTime"] >= detail["CreateTime"]
    task = detail["ProcedureTask"]
    (event,) = pulled(one, **app)
    assert event["EventType"] == "ProcedureStateChanged"
    assert event["ProcedureStateChangeEvent"] == task
    parts = {item["Type"]: item for item in task["MediaProcessResultSet"]}
    streams = parts["AdaptiveDynamicStreaming"]["AdaptiveDynamicStreamingTask"]
    assert (streams["Status"], streams["Progress"], streams["ErrCodeExt"]) == ("SUCCESS", 100, "")
    assert streams["Input"] == {"Definition": 10}
    assert streams["Output"]["Url"] == worked.url(world, made["adaptive:10"])
    assert (streams["Output"]["Package"], streams["Output"]["Definition"]) == ("HLS", 10)
    assert [item["Type"] for item in streams["Output"]["SubStreamSet"]] == ["video", "audio"]
    assert parts["ImageSprites"]["TranscodeTask"] is None

    (info,) = one("DescribeMediaInfos", FileIds=[file_id], **app)["MediaInfoSet"]
    assert info["AdaptiveDynamicStreamingInfo"]["AdaptiveDynamicStreamingSet"] == [streams["Output"]]
    (sprite,) = info["ImageSpriteInfo"]["ImageSpriteSet"]
    assert sprite == parts["ImageSprites"]["ImageSpriteTask"]["Output"]
    assert sprite["ImageUrlSet"] == [worked.url(world, made["sprite:10"], "sprite-001.jpg")]
    assert sprite["WebVttUrl"].endswith("sprite.vtt")
    cover = worked.url(world, made["cover:10"])
    assert info["BasicInfo"]["CoverUrl"] == cover
    assert parts["CoverBySnapshot"]["CoverBySnapshotTask"]["Output"] == {"CoverUrl": cover}
    assert [item["Definition"] for item in info["TranscodeInfo"]["TranscodeSet"]] == [0]
    meta = info["MetaData"]
    assert meta == task["MetaData"]
    assert (meta["Width"], meta["Height"], meta["Rotate"]) == (640, 360, 270)
    assert (meta["Duration"], meta["AudioDuration"], meta["Bitrate"]) == (4.0, 3.9, 900_000)
    assert meta["VideoStreamSet"][0]["DynamicRangeInfo"] == {"Type": "SDR", "HDRType": ""}
    assert meta["AudioStreamSet"] == [{"Bitrate": 0, "SamplingRate": 48000, "Codec": "aac"}]
    (found,) = one("SearchMedia", FileIds=[file_id], **app)["MediaInfoSet"]
    assert found == info
    assert status_of(world, file_id) == "ready"


def test_what_failed_says_so_and_the_rest_stands(one: Caller, world: World, app: dict[str, Any]) -> None:
    _, task_id = started(one, Procedure="LongVideoPreset", **app)
    worked.begin(world, task_id)
    worked.step(world, task_id, "sprite-0-sprite", "sprite", "failed", error="it is broken")
    worked.end(world, task_id, LONG[:1], state="failed", error="sprite-0-sprite: it is broken")
    task = one("DescribeTaskDetail", TaskId=task_id, **app)["ProcedureTask"]
    assert task["ErrCode"] != 0
    parts = {item["Type"]: item for item in task["MediaProcessResultSet"]}
    sprite = parts["ImageSprites"]["ImageSpriteTask"]
    assert (sprite["Status"], sprite["Message"], sprite["Output"]) == ("FAIL", "it is broken", None)
    assert sprite["ErrCodeExt"]
    assert parts["AdaptiveDynamicStreaming"]["AdaptiveDynamicStreamingTask"]["Status"] == "SUCCESS"
    assert parts["CoverBySnapshot"]["CoverBySnapshotTask"]["Status"] == "FAIL"


def test_the_services_own_procedures_are_shown_in_the_vendors_words(
    one: Caller, world: World, app: dict[str, Any]
) -> None:
    file_id, task_id = started(one, Procedure="default", **app)
    assert [item.height for item in procedure_of(world, task_id).renditions] == [1080, 720, 480, 360]
    worked.begin(world, task_id)
    parts = one("DescribeTaskDetail", TaskId=task_id, **app)["ProcedureTask"]["MediaProcessResultSet"]
    assert {part["Type"] for part in parts} == {
        "Transcode",
        "AdaptiveDynamicStreaming",
        "CoverBySnapshot",
        "ImageSprites",
    }
    worked.end(world, task_id, ())
    assert status_of(world, file_id) == "ready"


@pytest.mark.covers("tencent G-6")
@pytest.mark.parametrize(
    ("call", "labels"),
    [
        ("QCVB_SimpleProcessFile(1, 1)", {"transcode:20", "transcode:30"}),
        ("QCVB_SimpleProcessFile({20,100040}, 0, 10)", {"transcode:20", "transcode:100040", "cover:10"}),
        ("QCVB_ProcessUGCFile(0,0,0,10)", {"sample:10"}),
        (f"QCVB_SimpleProcessFile({{30,7,{'9' * 200}}}, 0)", {"transcode:30"}),
    ],
)
def test_g6_calls_of_the_old_syntax(
    one: Caller, world: World, app: dict[str, Any], call: str, labels: set[str]
) -> None:
    _, task_id = started(one, Procedure=call, **app)
    assert {item.definition for item in procedure_of(world, task_id).also} == labels


@pytest.mark.parametrize("call", ["QCVB_SimpleProcessFile()", "QCVB_ProcessUGCFile(0,0)"])
def test_calls_that_ask_for_nothing_start_nothing(one: Caller, app: dict[str, Any], call: str) -> None:
    assert started(one, Procedure=call, **app)[1] == ""


def test_an_unknown_procedure_is_refused_before_the_bytes(one: Caller, app: dict[str, Any]) -> None:
    refused = one.refused("ApplyUpload", MediaType="mp4", Procedure="none", **app)
    assert refused == "InvalidParameterValue.ProcedureName"


def test_a_procedure_that_is_gone_at_commit_fails_as_a_task(
    one: Caller, world: World, app: dict[str, Any]
) -> None:
    task = {"TranscodeTaskSet": [{"Definition": 100010}]}
    one("CreateProcedureTemplate", Name="short-lived", MediaProcessTask=task, **app)
    applied = one("ApplyUpload", MediaType="mp4", Procedure="short-lived", **app)
    one.fill(applied, b"movie")
    one("DeleteProcedureTemplate", Name="short-lived", **app)
    file_id = one("CommitUpload", VodSessionKey=applied["VodSessionKey"], **app)["FileId"]
    assert status_of(world, file_id) == "ready"
    uploaded, changed = pulled(one, **app)
    task_id = uploaded["FileUploadEvent"]["ProcedureTaskId"]
    assert changed["ProcedureStateChangeEvent"]["TaskId"] == task_id
    detail = one("DescribeTaskDetail", TaskId=task_id, **app)
    assert (detail["Status"], detail["ProcedureTask"]["ErrCode"] > 0) == ("FINISH", True)
    assert "short-lived" in detail["ProcedureTask"]["Message"]
    task_row = worked.task_of(world, task_id)
    service = world.service
    assert service.catalog.write_now(lambda conn: service.tasks.retry(conn, task_row.id)) is None


@pytest.mark.covers("tencent G-17")
def test_g17_tasks_scroll(one: Caller, world: World, app: dict[str, Any]) -> None:
    file_id = one.upload(b"movie", **app)["FileId"]
    asked = {"FileId": file_id, "ProcedureName": "LongVideoPreset", **app}
    ids = [one("ProcessMediaByProcedure", SessionContext=str(n), **asked)["TaskId"] for n in range(5)]
    seen: list[str] = []
    token = ""
    while True:
        page = one("DescribeTasks", Limit=2, ScrollToken=token, **app)
        seen += [task["TaskId"] for task in page["TaskSet"]]
        token = page["ScrollToken"]
        if not token:
            break
        assert len(page["TaskSet"]) == 2
    assert seen == ids[::-1]
    assert one("DescribeTasks", FileId="1", **app)["TaskSet"] == []
    for id in (ids[3], ids[1]):
        worked.begin(world, id)
        worked.end(world, id, ())
        world.clock.ahead += 1
    worked.begin(world, ids[0])
    world.clock.ahead = 0.0
    finished = one("DescribeTasks", Sort={"Field": "FinishTime", "Order": "Asc"}, **app)["TaskSet"]
    assert [task["TaskId"] for task in finished] == [ids[3], ids[1]]
    for state, wanted in (
        ("FINISH", {ids[1], ids[3]}),
        ("PROCESSING", {ids[0]}),
        ("WAITING", {ids[2], ids[4]}),
    ):
        found = one("DescribeTasks", Status=state, **app)["TaskSet"]
        assert {task["TaskId"] for task in found} == wanted
    since = {"After": finished[0]["FinishTime"], "Before": finished[0]["FinishTime"]}
    found = one("DescribeTasks", FinishTime=since, **app)["TaskSet"]
    assert ids[3] in {task["TaskId"] for task in found}
    assert one.refused("DescribeTasks", ScrollToken="bm9uZQ==", **app) == "InvalidParameterValue.ScrollToken"
    assert one("DescribeTasks")["TaskSet"] == [] or file_id not in {
        task["FileId"] for task in one("DescribeTasks", Limit=100)["TaskSet"]
    }
    assert one.refused("DescribeTaskDetail", TaskId=ids[0]) == "ResourceNotFound"


def test_only_what_waits_is_aborted(one: Caller, world: World, app: dict[str, Any]) -> None:
    file_id, task_id = started(one, Procedure="LongVideoPreset", **app)
    abort = {"OperationType": "Abort", **app}
    one("ManageTask", TaskId=task_id, **abort)
    assert one("DescribeTaskDetail", TaskId=task_id, **app)["Status"] == "ABORTED"
    assert one.refused("ManageTask", TaskId=task_id, **abort) == "FailedOperation"
    asked = {"FileId": file_id, "ProcedureName": "LongVideoPreset", **app}
    running = one("ProcessMediaByProcedure", **asked)["TaskId"]
    worked.begin(world, running)
    assert one.refused("ManageTask", TaskId=running, **abort) == "FailedOperation"


def test_the_cover_that_came_last_counts(one: Caller, world: World, app: dict[str, Any]) -> None:
    committed = one.upload(b"movie", cover=b"\xff\xd8\xff", CoverType="jpg", **app)
    assert world.play(committed["CoverUrl"]).status == 200
    task = {"CoverBySnapshotTaskSet": [{"Definition": 10, "PositionType": "Time", "PositionValue": 1.5}]}
    task_id = one("ProcessMedia", FileId=committed["FileId"], MediaProcessTask=task, **app)["TaskId"]
    worked.begin(world, task_id)
    made = worked.end(world, task_id, ["cover:10"])
    (info,) = one("DescribeMediaInfos", FileIds=[committed["FileId"]], **app)["MediaInfoSet"]
    assert info["BasicInfo"]["CoverUrl"] == worked.url(world, made["cover:10"])
    given = base64.b64encode(b"\x89PNG\r\n\x1a\nimage").decode()
    changed = one("ModifyMediaInfo", FileId=committed["FileId"], CoverData=given, **app)
    (info,) = one("DescribeMediaInfos", FileIds=[committed["FileId"]], **app)["MediaInfoSet"]
    assert info["BasicInfo"]["CoverUrl"] == changed["CoverUrl"]


def test_a_forbidden_media_stays_so_when_its_procedure_ends(
    one: Caller, world: World, app: dict[str, Any]
) -> None:
    file_id, task_id = started(one, Procedure="LongVideoPreset", **app)
    one("ForbidMediaDistribution", FileIds=[file_id], Operation="forbid", **app)
    assert status_of(world, file_id) == "blocked"
    worked.begin(world, task_id)
    worked.end(world, task_id, LONG)
    assert status_of(world, file_id) == "blocked"
    one("ForbidMediaDistribution", FileIds=[file_id], Operation="recover", **app)
    assert status_of(world, file_id) == "ready"


def test_parts_are_deleted_by_type_and_definition(one: Caller, world: World, app: dict[str, Any]) -> None:
    one("ModifyEventConfig", DeleteMediaCompleteEventSwitch="ON", **app)
    file_id = one.upload(b"movie", **app)["FileId"]
    asked = {"FileId": file_id, "ProcedureName": "LongVideoPreset", **app}
    task_id = one("ProcessMediaByProcedure", **asked)["TaskId"]
    worked.begin(world, task_id)
    labels = ("transcode:20", "transcode:30", "adaptive:10", "sprite:10")
    worked.end(world, task_id, labels)
    pulled(one, **app)

    def left() -> tuple[list[int], list[int]]:
        (info,) = one("DescribeMediaInfos", FileIds=[file_id], **app)["MediaInfoSet"]
        adaptive = (info["AdaptiveDynamicStreamingInfo"] or {}).get("AdaptiveDynamicStreamingSet", [])
        files = info["TranscodeInfo"]["TranscodeSet"]
        return [item["Definition"] for item in files], [item["Definition"] for item in adaptive]

    parts = [{"Type": "TranscodeFiles", "Definition": 20}]
    one("DeleteMedia", FileId=file_id, DeleteParts=parts, **app)
    assert left() == ([0, 30], [10])
    (event,) = pulled(one, **app)
    assert event["FileDeleteEvent"]["FileDeleteResultInfo"] == [{"FileId": file_id, "DeleteParts": parts}]
    one("DeleteMedia", FileId=file_id, DeleteParts=[{"Type": "TranscodeFiles"}], **app)
    assert left() == ([0], [10])
    gone = [{"Type": "AdaptiveDynamicStreamingFiles", "Definition": 0}, {"Type": "OriginalFiles"}]
    one("DeleteMedia", FileId=file_id, DeleteParts=gone, **app)
    assert left() == ([], [])
    assert one.refused("ProcessMediaByProcedure", **asked) == "ResourceNotFound.FileNotExist"
    (info,) = one("DescribeMediaInfos", FileIds=[file_id], **app)["MediaInfoSet"]
    assert info["ImageSpriteInfo"] is not None


def test_limits_of_the_fields(one: Caller, app: dict[str, Any]) -> None:
    file_id = one.upload(b"movie", **app)["FileId"]
    asked = {"FileId": file_id, "ProcedureName": "LongVideoPreset", **app}
    too_long = "x" * (Limits.SESSION_CONTEXT + 1)
    code = one.refused("ProcessMediaByProcedure", SessionContext=too_long, **asked)
    assert code == "InvalidParameterValue.SessionContextTooLong"
    code = one.refused("ProcessMediaByProcedure", SessionId="x" * 51, **asked)
    assert code == "InvalidParameterValue.SessionIdTooLong"

"""The vendor's own libraries, unmodified: a procedure after an upload, tasks, events and pulls."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import until
from vodkit.core.ffmpeg import executable

from .driver import DRIVERS, Driver, driver, environment, fetch
from .test_tencent_python import CLOUD, KEYS, attempt, call, upload

pytestmark = pytest.mark.vendor

PATIENCE = 120.0


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    python = environment("tencent-python") / "bin" / "python"
    with driver([python, DRIVERS / "tencent_python.py"], tmp_path_factory.mktemp("processing")) as running:
        yield running


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of 320 × 180 with sound."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    inputs = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-f", "lavfi", "-i", "sine=r=48000:d=2"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([executable(), "-v", "error", "-nostdin", *inputs, *codecs, str(path)], check=True)
    return path


@pytest.fixture(scope="module")
def uploaded(sdk: Driver, clip: Path) -> tuple[str, dict[str, Any]]:
    """The FileId of an upload whose procedure has ended, and what its event says of that."""
    call(sdk, "ModifyEventConfig", Mode="PULL", UploadMediaCompleteEventSwitch="ON")
    answer = upload(sdk, MediaFilePath=clip, Procedure="LongVideoPreset", SessionContext="context")
    event = next_event(sdk, "NewFileUpload")["FileUploadEvent"]
    assert event["FileId"] == answer["FileId"]
    task = event["ProcedureTaskId"]
    until(lambda: call(sdk, "DescribeTaskDetail", TaskId=task)["Status"] == "FINISH")
    changed = next_event(sdk, "ProcedureStateChanged")["ProcedureStateChangeEvent"]
    assert changed["TaskId"] == task
    return answer["FileId"], changed


def next_event(sdk: Driver, type: str) -> dict[str, Any]:
    """The next event of a type; those before it are confirmed as well."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for event in call(sdk, "PullEvents")["EventSet"] or ():
            call(sdk, "ConfirmEvents", EventHandles=[event["EventHandle"]])
            if event["EventType"] == type:
                return dict(event)
    raise AssertionError(f"there was no {type}")


def test_a_procedure_after_an_upload(sdk: Driver, uploaded: tuple[str, dict[str, Any]]) -> None:
    file_id, changed = uploaded
    task = changed["TaskId"]
    assert changed["SessionContext"] == "context"
    detail = call(sdk, "DescribeTaskDetail", TaskId=task)
    assert detail["TaskType"] == "Procedure"
    results = {item["Type"]: item for item in detail["ProcedureTask"]["MediaProcessResultSet"]}
    streams = results["AdaptiveDynamicStreaming"]["AdaptiveDynamicStreamingTask"]
    assert (streams["Status"], streams["ErrCode"], streams["Progress"]) == ("SUCCESS", 0, 100)
    assert results["ImageSprites"]["ImageSpriteTask"]["Status"] == "SUCCESS"
    assert b"#EXTM3U" in fetch(streams["Output"]["Url"])
    (info,) = call(sdk, "DescribeMediaInfos", FileIds=[file_id])["MediaInfoSet"]
    (shown,) = info["AdaptiveDynamicStreamingInfo"]["AdaptiveDynamicStreamingSet"]
    assert shown["Url"] == streams["Output"]["Url"]
    assert fetch(info["BasicInfo"]["CoverUrl"]).startswith(b"\xff\xd8\xff")
    assert (info["MetaData"]["Width"], info["MetaData"]["Height"]) == (320, 180)
    listed = call(sdk, "DescribeTasks", FileId=file_id, Status="FINISH")["TaskSet"]
    assert [item["TaskId"] for item in listed] == [task]


def test_process_media(sdk: Driver, uploaded: tuple[str, dict[str, Any]]) -> None:
    file_id, _ = uploaded
    wanted = {
        "TranscodeTaskSet": [{"Definition": 100010}],
        "SampleSnapshotTaskSet": [{"Definition": 10}],
    }
    asked = {"FileId": file_id, "MediaProcessTask": wanted, "SessionId": "once"}
    task = call(sdk, "ProcessMedia", **asked)["TaskId"]
    again = sdk.do(
        do="call",
        service="vod",
        version="v20180717",
        region="ap-guangzhou",
        client=KEYS,
        action="ProcessMedia",
        fields=asked,
    )
    assert (again["raised"], again["code"]) == (CLOUD, "InvalidParameterValue.SessionId")
    event = next_event(sdk, "ProcedureStateChanged")["ProcedureStateChangeEvent"]
    assert (event["TaskId"], event["Status"]) == (task, "FINISH")
    (info,) = call(sdk, "DescribeMediaInfos", FileIds=[file_id])["MediaInfoSet"]
    original, file = info["TranscodeInfo"]["TranscodeSet"]
    assert (original["Definition"], file["Definition"]) == (0, 100010)
    assert b"ftyp" in fetch(file["Url"])[:16]
    (pictures,) = info["SampleSnapshotInfo"]["SampleSnapshotSet"]
    assert len(pictures["ImageUrlSet"]) == 10


def test_pull_upload(sdk: Driver, uploaded: tuple[str, dict[str, Any]], clip: Path) -> None:
    (info,) = call(sdk, "DescribeMediaInfos", FileIds=[uploaded[0]])["MediaInfoSet"]
    source = info["BasicInfo"]["MediaUrl"]
    task = call(sdk, "PullUpload", MediaUrl=source, MediaName="pulled", SourceContext="s")["TaskId"]
    event = next_event(sdk, "PullComplete")["PullCompleteEvent"]
    assert (event["TaskId"], event["ErrCode"], event["Status"]) == (task, 0, "FINISH")
    assert event["MediaBasicInfo"]["SourceInfo"]["SourceContext"] == "s"
    assert fetch(event["FileUrl"]) == clip.read_bytes()
    detail = call(sdk, "DescribeTaskDetail", TaskId=task)
    assert detail["PullUploadTask"]["FileId"] == event["FileId"]


def test_templates_by_the_vendors_client(sdk: Driver) -> None:
    sprite = {"SampleType": "Time", "SampleInterval": 5, "RowCount": 3, "ColumnCount": 3, "Width": 160}
    definition = call(sdk, "CreateImageSpriteTemplate", **sprite)["Definition"]
    task = {"ImageSpriteTaskSet": [{"Definition": definition}]}
    call(sdk, "CreateProcedureTemplate", Name="sprites", MediaProcessTask=task)
    (shown,) = call(sdk, "DescribeProcedureTemplates", Names=["sprites"])["ProcedureTemplateSet"]
    assert shown["MediaProcessTask"]["ImageSpriteTaskSet"][0]["Definition"] == definition
    call(sdk, "DeleteProcedureTemplate", Name="sprites")
    call(sdk, "DeleteImageSpriteTemplate", Definition=definition)


def test_an_unknown_procedure_raises(sdk: Driver, clip: Path) -> None:
    answer = attempt(sdk, MediaFilePath=clip, Procedure="none")
    assert answer["code"] == "InvalidParameterValue.ProcedureName"

"""Tasks on their own: what ProcessMedia asks for, what comes of it, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from vodkit.server.media.procedure import Position, Rendition

from . import worked
from .worked import procedure_of, pulled, status_of
from .world import Caller, World


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Attributes:
        file_id: Of the media.
        task_id: Of the task.
        custom: Definition of a template of the account's own.
    """

    file_id: str
    task_id: str
    custom: int

    @property
    def transcode(self) -> str:
        """The label of what is made by that template."""
        return f"transcode:{self.custom}"


@pytest.fixture
def asked(one: Caller, app: dict[str, Any]) -> Asked:
    """A media that much is asked of."""
    file_id = one.upload(b"movie", **app)["FileId"]
    pulled(one, **app)
    custom = one(
        "CreateTranscodeTemplate",
        Container="mp4",
        VideoTemplate={"Codec": "libx265", "Fps": 30, "Bitrate": 900, "Width": 0, "Height": 480},
        AudioTemplate={"Codec": "libfdk_aac", "Bitrate": 96, "SampleRate": 44100, "AudioChannel": 1},
        **app,
    )["Definition"]
    task_id = one(
        "ProcessMedia",
        FileId=file_id,
        MediaProcessTask={
            "TranscodeTaskSet": [
                {"Definition": custom, "StartTimeOffset": 1.0, "EndTimeOffset": 3.5},
                {"Definition": 230},
                {"Definition": 230, "StartTimeOffset": 1.0},
            ],
            "SnapshotByTimeOffsetTaskSet": [{"Definition": 10, "ExtTimeOffsetSet": ["1.5s", "50%"]}],
            "SampleSnapshotTaskSet": [{"Definition": 10}],
            "AnimatedGraphicTaskSet": [{"Definition": 20000, "StartTimeOffset": 0, "EndTimeOffset": 2}],
        },
        TasksPriority=7,
        TasksNotifyMode="Change",
        SessionContext="c",
        SessionId="once",
        **app,
    )["TaskId"]
    return Asked(file_id, task_id, custom)


def test_what_is_asked_for(world: World, asked: Asked) -> None:
    task = worked.task_of(world, asked.task_id)
    assert (task.priority, task.decides) == (7, False)
    assert status_of(world, asked.file_id) == "ready"
    by_label = {item.definition: item for item in procedure_of(world, asked.task_id).also}
    labels = (asked.transcode, "transcode:230", "transcode:230:1", "snapshot:10", "sample:10")
    assert set(by_label) == {*labels, "animation:20000"}
    first = by_label[asked.transcode]
    assert first.renditions == (Rendition(480, 0, 900_000, "hevc", 30.0),)
    assert first.audio is not None
    assert (first.audio.bitrate, first.audio.channels, first.audio.rate) == (96_000, 1, 44_100)
    assert first.clip is not None
    assert (first.clip.offset, first.clip.seconds, first.files) == (1.0, 2.5, "best")
    assert (by_label["transcode:230"].streaming, by_label["transcode:230"].files) == (True, "none")
    snapshots = by_label["snapshot:10"].snapshots
    assert snapshots is not None
    assert snapshots.at == (Position(seconds=1.5), Position(percent=50.0))
    sampled = by_label["sample:10"].snapshots
    assert sampled is not None
    assert [moment.percent for moment in sampled.at] == [10.0 * n for n in range(10)]


def test_what_comes_of_it(one: Caller, world: World, app: dict[str, Any], asked: Asked) -> None:
    worked.begin(world, asked.task_id)
    made = worked.end(world, asked.task_id, (asked.transcode, "snapshot:10", "sample:10", "animation:20000"))
    states = [event["ProcedureStateChangeEvent"]["Status"] for event in pulled(one, **app)]
    assert states == ["PROCESSING", "FINISH"]
    (info,) = one("DescribeMediaInfos", FileIds=[asked.file_id], **app)["MediaInfoSet"]
    original, file = info["TranscodeInfo"]["TranscodeSet"]
    assert (original["Definition"], file["Definition"], file["Container"]) == (0, asked.custom, "mp4")
    assert (file["Bitrate"], file["Height"], file["Size"]) == (464_000, 360, 1000)
    assert file["Url"] == worked.url(world, made[asked.transcode])
    (moments,) = info["SnapshotByTimeOffsetInfo"]["SnapshotByTimeOffsetSet"]
    assert moments["PicInfoSet"] == [{"TimeOffset": 1500, "Url": worked.url(world, made["snapshot:10"])}]
    (sample,) = info["SampleSnapshotInfo"]["SampleSnapshotSet"]
    assert (sample["SampleType"], sample["Interval"]) == ("Percent", 10)
    (animation,) = info["AnimatedGraphicsInfo"]["AnimatedGraphicsSet"]
    assert (animation["Container"], animation["Definition"]) == ("gif", 20000)


def test_session_ids_count_once(one: Caller, world: World, app: dict[str, Any]) -> None:
    file_id = one.upload(b"movie", **app)["FileId"]
    by_name = {"FileId": file_id, "ProcedureName": "LongVideoPreset", **app}
    media_task = {"MediaProcessTask": {"ImageSpriteTaskSet": [{"Definition": 10}]}, "FileId": file_id, **app}
    one("ProcessMediaByProcedure", SessionId="s", **by_name)
    one("ProcessMedia", SessionId="s", **media_task)
    code = "InvalidParameterValue.SessionId"
    assert one.refused("ProcessMediaByProcedure", SessionId="s", **by_name) == code
    world.clock.ahead += 4 * 86400
    try:
        assert one.refused("ProcessMediaByProcedure", SessionId="s", **by_name) == code
        one("ProcessMedia", SessionId="s", **media_task)
        world.sweep()
        assert one.refused("ProcessMedia", SessionId="s", **media_task) == code
        world.clock.ahead += 4 * 86400
        world.sweep()
        one("ProcessMediaByProcedure", SessionId="s", **by_name)
    finally:
        world.clock.ahead = 0.0


def test_what_cannot_be_processed_is_refused_by_name(one: Caller, app: dict[str, Any]) -> None:
    file_id = one.upload(b"movie", **app)["FileId"]
    sprite = {"ImageSpriteTaskSet": [{"Definition": 10}]}
    drm = one(
        "CreateAdaptiveDynamicStreamingTemplate",
        Format="HLS",
        DrmType="Widevine",
        StreamInfos=[{"Video": {"Codec": "libx264"}, "Audio": {"Codec": "libfdk_aac"}}],
        **app,
    )["Definition"]
    for given, code in (
        ({"FileId": file_id, "MediaProcessTask": {}}, "InvalidParameterValue.MediaProcessTask"),
        ({"FileId": "1", "MediaProcessTask": sprite}, "ResourceNotFound.FileNotExist"),
        ({"MediaProcessTask": sprite}, "MissingParameter"),
        ({"FileId": file_id}, "MissingParameter"),
        ({"Url": "https://example.com/a.mp4", "MediaProcessTask": sprite}, "UnsupportedOperation"),
        (
            {"FileId": file_id, "MediaProcessTask": {"ImageSpriteTaskSet": [{"Definition": 10}] * 51}},
            "LimitExceeded",
        ),
        (
            {"FileId": file_id, "MediaProcessTask": {"TranscodeTaskSet": [{"Definition": -(2**63) + 1}]}},
            "ResourceNotFound.TemplateNotExist",
        ),
        (
            {"FileId": file_id, "MediaProcessTask": {"TranscodeTaskSet": [{"Definition": 5}]}},
            "ResourceNotFound.TemplateNotExist",
        ),
        (
            {
                "FileId": file_id,
                "MediaProcessTask": {"AdaptiveDynamicStreamingTaskSet": [{"Definition": drm}]},
            },
            "UnsupportedOperation",
        ),
        (
            {
                "FileId": file_id,
                "MediaProcessTask": {"SnapshotByTimeOffsetTaskSet": [{"Definition": 10}]},
            },
            "UnsupportedOperation",
        ),
        (
            {"FileId": file_id, "MediaProcessTask": sprite, "TasksPriority": 11},
            "InvalidParameterValue.TasksPriority",
        ),
        (
            {"FileId": file_id, "MediaProcessTask": sprite, "TasksNotifyMode": "x"},
            "InvalidParameterValue.TasksNotifyMode",
        ),
    ):
        assert one.refused("ProcessMedia", **given, **app) == code, given
    unknown = one.refused("ProcessMediaByProcedure", FileId=file_id, ProcedureName="none", **app)
    assert unknown == "InvalidParameterValue.ProcedureName"
    assert one("DescribeTasks", FileId=file_id, **app)["TaskSet"] == []


def test_a_media_is_named_by_its_path_as_well(one: Caller, app: dict[str, Any]) -> None:
    committed = one.upload(b"movie", **app)
    (info,) = one("DescribeMediaInfos", FileIds=[committed["FileId"]], **app)["MediaInfoSet"]
    path = info["BasicInfo"]["StoragePath"]
    named = {"MediaStoragePath": path, "ProcedureName": "LongVideoPreset", **app}
    task_id = one("ProcessMediaByProcedure", **named)["TaskId"]
    (task,) = one("DescribeTasks", **app)["TaskSet"]
    assert (task["TaskId"], task["FileId"], task["Status"]) == (task_id, committed["FileId"], "WAITING")

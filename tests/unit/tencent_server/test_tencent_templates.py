"""Templates and tasks."""

from __future__ import annotations

from typing import Any

import pytest

from .world import Caller

VIDEO = {"Codec": "libx264", "Fps": 25, "Bitrate": 1000, "Width": 0, "Height": 720}
AUDIO = {"Codec": "libfdk_aac", "Bitrate": 64, "SampleRate": 44100, "AudioChannel": 2}
STREAM = {"Video": VIDEO, "Audio": AUDIO}


@pytest.fixture
def app(two: Caller) -> dict[str, Any]:
    return {"SubAppId": two("CreateSubAppId", Name="templates")["SubAppId"]}


def test_procedures(two: Caller, app: dict[str, Any]) -> None:
    task = {"TranscodeTaskSet": [{"Definition": 100010}]}
    two("CreateProcedureTemplate", Name="mine", Comment="c", MediaProcessTask=task, **app)
    (shown,) = two("DescribeProcedureTemplates", Names=["mine"], **app)["ProcedureTemplateSet"]
    assert (shown["Type"], shown["Comment"], shown["MediaProcessTask"]) == ("Custom", "c", task)
    two(
        "ResetProcedureTemplate",
        Name="mine",
        MediaProcessTask={"ImageSpriteTaskSet": [{"Definition": 10}]},
        **app,
    )
    listed = two("DescribeProcedureTemplates", **app)
    assert [item["Name"] for item in listed["ProcedureTemplateSet"]] == ["LongVideoPreset", "mine"]
    assert "TranscodeTaskSet" not in listed["ProcedureTemplateSet"][1]["MediaProcessTask"]
    assert two("DescribeProcedureTemplates", Type="Preset", **app)["TotalCount"] == 1
    assert two("DescribeProcedureTemplates")["TotalCount"] == 1
    for action, params, code in (
        ("CreateProcedureTemplate", {"Name": "mine"}, "InvalidParameter.ExistedProcedureName"),
        ("CreateProcedureTemplate", {"Name": "LongVideoPreset"}, "InvalidParameter.ExistedProcedureName"),
        ("CreateProcedureTemplate", {"Name": "x" * 21}, "InvalidParameterValue.ProcedureName"),
        ("ResetProcedureTemplate", {"Name": "none"}, "InvalidParameter.ProcedureNameNotExist"),
        ("DeleteProcedureTemplate", {"Name": "none"}, "InvalidParameter.ProcedureNameNotExist"),
        ("DeleteProcedureTemplate", {"Name": "LongVideoPreset"}, "InvalidParameterValue.ProcedureName"),
    ):
        assert two.refused(action, **params, **app) == code, (action, params)
    two("DeleteProcedureTemplate", Name="mine", **app)
    assert two("DescribeProcedureTemplates", **app)["TotalCount"] == 1


def test_transcode_templates(two: Caller, app: dict[str, Any]) -> None:
    made = two(
        "CreateTranscodeTemplate", Container="mp4", Name="n", VideoTemplate=VIDEO, AudioTemplate=AUDIO, **app
    )["Definition"]
    two("ModifyTranscodeTemplate", Definition=made, VideoTemplate={"Bitrate": 2000}, **app)
    (shown,) = two("DescribeTranscodeTemplates", Definitions=[made], **app)["TranscodeTemplateSet"]
    assert shown["Definition"] == str(made)
    assert shown["VideoTemplate"] == {**VIDEO, "Bitrate": 2000}
    audio = two("CreateTranscodeTemplate", Container="mp3", RemoveVideo=1, AudioTemplate=AUDIO, **app)
    pure = two("DescribeTranscodeTemplates", ContainerType="PureAudio", **app)["TranscodeTemplateSet"]
    assert [item["Definition"] for item in pure] == [str(audio["Definition"])]
    presets = two("DescribeTranscodeTemplates", Type="Preset", Limit=100, **app)["TranscodeTemplateSet"]
    assert {"100010", "100040", "230"} <= {item["Definition"] for item in presets}
    for action, params, code in (
        ("CreateTranscodeTemplate", {}, "MissingParameter"),
        ("CreateTranscodeTemplate", {"Container": "avi"}, "InvalidParameterValue.Container"),
        (
            "CreateTranscodeTemplate",
            {"Container": "mp4", "VideoTemplate": {**VIDEO, "Codec": "vp8"}},
            "InvalidParameterValue.VideoCodec",
        ),
        (
            "CreateTranscodeTemplate",
            {"Container": "mp4", "VideoTemplate": {**VIDEO, "Bitrate": 100}},
            "InvalidParameterValue.VideoBitrate",
        ),
        (
            "CreateTranscodeTemplate",
            {"Container": "mp4", "VideoTemplate": {**VIDEO, "Width": 127}},
            "InvalidParameterValue.Width",
        ),
        (
            "CreateTranscodeTemplate",
            {"Container": "mp4", "AudioTemplate": {**AUDIO, "SampleRate": 1}},
            "InvalidParameterValue.AudioSampleRate",
        ),
        ("ModifyTranscodeTemplate", {"Definition": 100010}, "InvalidParameterValue.ModifyDefaultTemplate"),
        ("DeleteTranscodeTemplate", {"Definition": 100010}, "InvalidParameterValue.DeleteDefaultTemplate"),
        ("DeleteTranscodeTemplate", {"Definition": 5}, "ResourceNotFound.TemplateNotExist"),
    ):
        assert two.refused(action, **params, **app) == code, (action, params)
    assert two.refused("DeleteTranscodeTemplate", Definition=made) == "ResourceNotFound.TemplateNotExist"
    two("DeleteTranscodeTemplate", Definition=made, **app)
    assert two("DescribeTranscodeTemplates", Definitions=[made], **app)["TotalCount"] == 0


def test_adaptive_templates(two: Caller, app: dict[str, Any]) -> None:
    made = two("CreateAdaptiveDynamicStreamingTemplate", Format="HLS", StreamInfos=[STREAM], Name="a", **app)
    definition = made["Definition"]
    two("ModifyAdaptiveDynamicStreamingTemplate", Definition=definition, SegmentDuration=4, **app)
    listed = two("DescribeAdaptiveDynamicStreamingTemplates", **app)["AdaptiveDynamicStreamingTemplateSet"]
    assert [item["Definition"] for item in listed] == [10, definition]
    assert (listed[1]["SegmentDuration"], listed[1]["StreamInfos"][0]["Video"]) == (4, VIDEO)
    create = "CreateAdaptiveDynamicStreamingTemplate"
    for params, code in (
        ({"Format": "FLV", "StreamInfos": [STREAM]}, "InvalidParameterValue.Format"),
        ({"Format": "HLS", "StreamInfos": []}, "InvalidParameterValue.StreamInfos"),
        ({"Format": "HLS", "StreamInfos": [STREAM] * 11}, "InvalidParameterValue.StreamInfos"),
        ({"Format": "HLS", "StreamInfos": [{"Video": VIDEO}]}, "MissingParameter"),
        (
            {"Format": "HLS", "StreamInfos": [STREAM], "SegmentDuration": 11},
            "InvalidParameterValue.SegmentDuration",
        ),
    ):
        assert two.refused(create, **params, **app) == code, params
    two("DeleteAdaptiveDynamicStreamingTemplate", Definition=definition, **app)
    two.refused("DeleteAdaptiveDynamicStreamingTemplate", Definition=definition, **app)


def test_at_most_100_templates(two: Caller, app: dict[str, Any]) -> None:
    for number in range(100):
        two("CreateProcedureTemplate", Name=f"p{number}", **app)
    assert two.refused("CreateProcedureTemplate", Name="p100", **app) == "LimitExceeded.TooMuchTemplate"
    page = two("DescribeProcedureTemplates", Type="Custom", Offset=95, Limit=10, **app)
    assert (page["TotalCount"], len(page["ProcedureTemplateSet"])) == (100, 5)


def test_what_would_process_media_is_refused(one: Caller) -> None:
    file_id = one.upload(b"x")["FileId"]
    for action, params, code in (
        ("ProcessMedia", {"FileId": file_id}, "UnsupportedOperation"),
        ("ProcessMedia", {"FileId": "1"}, "ResourceNotFound.FileNotExist"),
        (
            "ProcessMediaByProcedure",
            {"FileId": file_id, "ProcedureName": "LongVideoPreset"},
            "UnsupportedOperation",
        ),
        ("PullUpload", {"MediaUrl": "http://example.com/a.mp4"}, "UnsupportedOperation"),
        ("CreateImageSpriteTemplate", {}, "UnsupportedOperation"),
        ("DescribeTaskDetail", {"TaskId": "1-Procedure-x"}, "ResourceNotFound"),
        ("ManageTask", {"TaskId": "1-Procedure-x", "OperationType": "Abort"}, "ResourceNotFound"),
        ("DescribeTasks", {"Limit": 101}, "InvalidParameterValue.Limit"),
    ):
        assert one.refused(action, **params) == code, (action, params)
    tasks = one("DescribeTasks", Status="FINISH")
    assert (tasks["TaskSet"], tasks["ScrollToken"]) == ([], "")

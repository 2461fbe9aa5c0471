"""Templates and tasks."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from vodkit.core.errors import ConfigError
from vodkit.server.admin import set_allowances
from vodkit.server.media.procedure import Procedure

from . import worked
from .world import Caller, World

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


def test_unknown_tasks(one: Caller) -> None:
    for action, params, code in (
        ("DescribeTaskDetail", {"TaskId": "1-Procedure-x"}, "ResourceNotFound"),
        ("ManageTask", {"TaskId": "1-Procedure-x", "OperationType": "Abort"}, "ResourceNotFound"),
        ("DescribeTasks", {"Limit": 101}, "InvalidParameterValue.Limit"),
    ):
        assert one.refused(action, **params) == code, (action, params)
    assert one("DescribeTasks", FileId="1", Status="FINISH")["TaskSet"] == []


PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nimage").decode()


def test_templates_of_pictures(two: Caller, app: dict[str, Any]) -> None:
    sampled = {"SampleType": "Time", "SampleInterval": 5}
    for name, member, preset, fields in (
        ("SnapshotByTimeOffset", "SnapshotByTimeOffset", 10, {}),
        ("SampleSnapshot", "SampleSnapshot", 10, sampled),
        ("ImageSprite", "ImageSprite", 10, {**sampled, "RowCount": 5, "ColumnCount": 6}),
        ("AnimatedGraphics", "AnimatedGraphics", 20000, {"Fps": 4}),
    ):
        made = two(f"Create{name}Template", Name="mine", Width=320, **fields, **app)["Definition"]
        two(f"Modify{name}Template", Definition=made, Comment="changed", **app)
        listed = two(f"Describe{name}Templates", **app)[f"{member}TemplateSet"]
        assert [item["Definition"] for item in listed] == [preset, made]
        assert (listed[1]["Comment"], listed[1]["Width"]) == ("changed", 320)
        assert two.refused(f"Delete{name}Template", Definition=preset, **app)
        two(f"Delete{name}Template", Definition=made, **app)
        assert two(f"Describe{name}Templates", **app)["TotalCount"] == 1
    assert two.refused("CreateImageSpriteTemplate", **sampled, **app) == "MissingParameter"
    wrong = two.refused("CreateSnapshotByTimeOffsetTemplate", Width=31, **app)
    assert wrong == "InvalidParameterValue.Width"


def test_watermarks(two: Caller, world: World, app: dict[str, Any]) -> None:
    made = two(
        "CreateWatermarkTemplate",
        Type="image",
        Name="logo",
        CoordinateOrigin="BottomRight",
        XPos="3%",
        ImageTemplate={"ImageContent": PNG, "Width": "25%"},
        **app,
    )
    assert world.play(made["ImageUrl"]).body == base64.b64decode(PNG)
    definition = made["Definition"]
    file_id = two.upload(b"movie", **app)["FileId"]
    marked = {"Definition": 100010, "WatermarkSet": [{"Definition": definition}]}
    asked = {"FileId": file_id, "MediaProcessTask": {"TranscodeTaskSet": [marked]}, **app}
    task = worked.task_of(world, two("ProcessMedia", **asked)["TaskId"])
    (part,) = Procedure.from_dict(task.spec).also
    assert part.watermark is not None
    assert (part.watermark.corner, part.watermark.width, part.watermark.margin) == ("bottom-right", 25.0, 3.0)
    assert (
        world.play(world.service.play_url("tencent", part.watermark.space, part.watermark.key)).status == 200
    )
    changed = two(
        "ModifyWatermarkTemplate", Definition=definition, ImageTemplate={"ImageContent": PNG}, **app
    )
    assert world.play(made["ImageUrl"]).status == 404
    (shown,) = two("DescribeWatermarkTemplates", Definitions=[definition], **app)["WatermarkTemplateSet"]
    assert (shown["Type"], shown["Name"], shown["ImageTemplate"]["Width"]) == ("image", "logo", "25%")
    assert shown["ImageTemplate"]["ImageUrl"] == changed["ImageUrl"]
    for given, code in (
        ({"Type": "text"}, "UnsupportedOperation"),
        ({"Type": "image", "ImageTemplate": {"ImageContent": "!"}}, "InvalidParameterValue"),
        (
            {"Type": "image", "ImageTemplate": {"ImageContent": "YQ=="}},
            "InvalidParameterValue.PicFormatError",
        ),
        (
            {"Type": "image", "XPos": "wide", "ImageTemplate": {"ImageContent": PNG}},
            "InvalidParameterValue.XPos",
        ),
    ):
        assert two.refused("CreateWatermarkTemplate", **given, **app) == code, given
    two("DeleteWatermarkTemplate", Definition=definition, **app)
    assert world.play(changed["ImageUrl"]).status == 404
    assert two.refused("ProcessMedia", **asked) == "ResourceNotFound.TemplateNotExist"


def test_a_procedure_that_cannot_be_done_is_not_kept(two: Caller, app: dict[str, Any]) -> None:
    for task, code in (
        ({"TranscodeTaskSet": [{"Definition": 5}]}, "ResourceNotFound.TemplateNotExist"),
        (
            {"SampleSnapshotTaskSet": [{"Definition": 10, "WatermarkSet": [{"Definition": 1}]}]},
            "UnsupportedOperation",
        ),
    ):
        assert two.refused("CreateProcedureTemplate", Name="bad", MediaProcessTask=task, **app) == code
    assert two("DescribeProcedureTemplates", Names=["bad"], **app)["TotalCount"] == 0


def test_an_account_s_uploads_can_be_made_into_the_vendor_s_templates(two: Caller, world: World) -> None:
    task = {"CoverBySnapshotTaskSet": [{"Definition": 10, "PositionType": "Time", "PositionValue": 1}]}
    two("CreateProcedureTemplate", Name="mine alone", MediaProcessTask=task)
    settings = world.service.settings
    for name in ("LongVideoPreset", "mine alone"):
        assert set_allowances(settings, "tencent", "AKIDtwo", {"procedure": name})["procedure"] == name
    with pytest.raises(ConfigError, match="there is no procedure 'mine alone'"):
        set_allowances(settings, "tencent", "AKIDone", {"procedure": "mine alone"})
    set_allowances(settings, "tencent", "AKIDtwo", {}, ["procedure"])

"""The templates that every application has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SINCE = {"CreateTime": "2018-07-17T00:00:00Z", "UpdateTime": "2018-07-17T00:00:00Z"}


def _transcode(definition: int, height: int, bitrate: int, container: str) -> dict[str, Any]:
    kind = "" if container == "mp4" else f" {container}"
    return {
        "Definition": str(definition),
        "Type": "Preset",
        "Name": f"{container.upper()} {height}p",
        "Comment": f"H.264 {height}p{kind}",
        "Container": container,
        "ContainerType": "Video",
        "RemoveVideo": 0,
        "RemoveAudio": 0,
        "VideoTemplate": _video(height, bitrate),
        "AudioTemplate": _audio(48 if height < 720 else 64),
        "SegmentType": "ts",
        **_SINCE,
    }


def _video(height: int, bitrate: int) -> dict[str, Any]:
    return {
        "Codec": "libx264",
        "Fps": 25,
        "Bitrate": bitrate,
        "ResolutionAdaptive": "open",
        "Width": 0,
        "Height": height,
        "FillType": "black",
        "Vcrf": 0,
        "Gop": 0,
    }


def _audio(bitrate: int) -> dict[str, Any]:
    return {"Codec": "libfdk_aac", "Bitrate": bitrate, "SampleRate": 44100, "AudioChannel": 2}


TRANSCODE: Mapping[int, Mapping[str, Any]] = {
    definition: _transcode(definition, height, bitrate, container)
    for definition, height, bitrate, container in (
        (20, 360, 512, "mp4"),
        (30, 720, 1024, "mp4"),
        (220, 480, 768, "hls"),
        (230, 720, 1024, "hls"),
        (100010, 360, 400, "mp4"),
        (100020, 540, 1000, "mp4"),
        (100030, 720, 1800, "mp4"),
        (100040, 1080, 2500, "mp4"),
    )
}

ADAPTIVE: Mapping[int, Mapping[str, Any]] = {
    10: {
        "Definition": 10,
        "Type": "Preset",
        "Name": "Adaptive HLS",
        "Comment": "360p, 540p and 720p",
        "Format": "HLS",
        "DrmType": "",
        "StreamInfos": [
            {"Video": _video(height, bitrate), "Audio": _audio(audio), "RemoveAudio": 0, "RemoveVideo": 0}
            for height, bitrate, audio in ((360, 400, 48), (540, 1000, 64), (720, 1800, 64))
        ],
        "DisableHigherVideoBitrate": 0,
        "DisableHigherVideoResolution": 1,
        "SegmentType": "ts",
        "SegmentDuration": 6,
        **_SINCE,
    }
}


def _picture(definition: int, name: str, **rules: Any) -> dict[str, Any]:
    shared = {"Definition": definition, "Type": "Preset", "Name": name, "Comment": ""}
    size = {"Width": 0, "Height": 0, "ResolutionAdaptive": "open", "FillType": "black"}
    return {**shared, **size, "Format": "jpg", **rules, **_SINCE}


SNAPSHOT: Mapping[int, Mapping[str, Any]] = {10: _picture(10, "Snapshots at moments")}
SAMPLE: Mapping[int, Mapping[str, Any]] = {
    10: _picture(10, "Snapshots every 10 %", SampleType="Percent", SampleInterval=10)
}
SPRITE: Mapping[int, Mapping[str, Any]] = {
    10: _picture(
        10,
        "Sprites every 10 s",
        Width=142,
        Height=80,
        SampleType="Time",
        SampleInterval=10,
        RowCount=10,
        ColumnCount=10,
    )
}
ANIMATION: Mapping[int, Mapping[str, Any]] = {
    20000: _picture(20000, "GIF", Width=400, Format="gif", Fps=5, Quality=75)
}

PROCEDURES: Mapping[str, Mapping[str, Any]] = {
    "LongVideoPreset": {
        "Name": "LongVideoPreset",
        "Type": "Preset",
        "Comment": "Adaptive streaming, a cover and sprites",
        "MediaProcessTask": {
            "AdaptiveDynamicStreamingTaskSet": [{"Definition": 10}],
            "CoverBySnapshotTaskSet": [{"Definition": 10, "PositionType": "Percent", "PositionValue": 0}],
            "ImageSpriteTaskSet": [{"Definition": 10}],
        },
        **_SINCE,
    }
}

"""The bounds of templates' fields (tencent.md §B.7)."""

from __future__ import annotations

from collections.abc import Mapping

from ..wire import codes
from .fields import FLAG, OFFSET, Field, choice, needed, record, several, upto, within


def _code(name: str) -> dict[str, str]:
    return {"code": f"{codes.INVALID_VALUE}.{name}"}


PAGE: Mapping[str, Field] = {
    "Type": choice("Preset", "Custom"),
    "Offset": OFFSET,
    "Limit": within(0, 100, default=10),
}

_VIDEO = record(
    {
        "Codec": choice("libx264", "libx265", "av1", **_code("VideoCodec")),
        "Fps": within(0, 100, **_code("Fps")),
        "Bitrate": within(128, 100_000, zero=True, **_code("VideoBitrate")),
        "ResolutionAdaptive": choice("open", "close", **_code("ResolutionAdaptive")),
        "Width": within(128, 8192, zero=True, **_code("Width")),
        "Height": within(128, 8192, zero=True, **_code("Height")),
        "FillType": choice("stretch", "black", "white", "gauss", **_code("FillType")),
        "Vcrf": within(0, 51, **_code("Vcrf")),
        "Gop": within(0, 100_000, **_code("Gop")),
    }
)
_AUDIO = record(
    {
        "Codec": choice("libfdk_aac", "libmp3lame", "ac3", "flac", **_code("AudioCodec")),
        "Bitrate": within(26, 256, zero=True, **_code("AudioBitrate")),
        "SampleRate": choice(0, 16000, 32000, 44100, 48000, **_code("AudioSampleRate")),
        "AudioChannel": choice(0, 1, 2, 6, **_code("AudioChannel")),
    }
)
_COMMON = {"Name": upto(64), "Comment": upto(256)}

TRANSCODE: Mapping[str, Field] = {
    **_COMMON,
    "Container": choice("mp4", "flv", "hls", "mp3", "flac", "ogg", "m4a", "wav"),
    "RemoveVideo": FLAG,
    "RemoveAudio": FLAG,
    "VideoTemplate": _VIDEO,
    "AudioTemplate": _AUDIO,
    "SegmentType": choice("ts", "fmp4"),
}
ADAPTIVE: Mapping[str, Field] = {
    **_COMMON,
    "Format": choice("HLS", "MPEG-DASH"),
    "StreamInfos": several(
        10,
        record({"Video": needed(_VIDEO), "Audio": needed(_AUDIO), "RemoveAudio": FLAG, "RemoveVideo": FLAG}),
        low=1,
    ),
    "DrmType": upto(32),
    "DisableHigherVideoBitrate": FLAG,
    "DisableHigherVideoResolution": FLAG,
    "SegmentType": choice("ts", "fmp4", "ts-segment", "fmp4-segment"),
    "SegmentDuration": within(1, 10),
}


def _picture(least: int) -> dict[str, Field]:
    return {
        **_COMMON,
        "Width": within(least, 4096, zero=True, **_code("Width")),
        "Height": within(least, 4096, zero=True, **_code("Height")),
        "ResolutionAdaptive": choice("open", "close", **_code("ResolutionAdaptive")),
        "FillType": choice("stretch", "black", "white", "gauss", **_code("FillType")),
    }


_FORMAT = choice("jpg", "png", "webp", **_code("Format"))
_SAMPLED = {
    "SampleType": choice("Percent", "Time", **_code("SampleType")),
    "SampleInterval": within(1, 3600, **_code("SampleInterval")),
}

SNAPSHOT: Mapping[str, Field] = {**_picture(32), "Format": _FORMAT}
SAMPLE: Mapping[str, Field] = {**_picture(32), "Format": _FORMAT, **_SAMPLED}
SPRITE: Mapping[str, Field] = {
    **_picture(32),
    "Format": _FORMAT,
    **_SAMPLED,
    "RowCount": within(1, 100, **_code("RowCount")),
    "ColumnCount": within(1, 100, **_code("ColumnCount")),
}
ANIMATION: Mapping[str, Field] = {
    **_picture(128),
    "Format": choice("gif", "webp", **_code("Format")),
    "Fps": within(1, 30, **_code("Fps")),
    "Quality": within(1, 100, **_code("Quality")),
}

_LENGTH = upto(12, pattern=r"\d{1,4}(\.\d{1,3})?(%|px)")
_SPOT = {**_COMMON, "XPos": _LENGTH, "YPos": _LENGTH}

WATERMARK: Mapping[str, Field] = {
    **_SPOT,
    "CoordinateOrigin": choice("TopLeft", "TopRight", "BottomLeft", "BottomRight"),
    "ImageTemplate": record({"ImageContent": Field(), "Width": _LENGTH, "Height": _LENGTH}),
}

"""The actions and the types of their fields (tencent.md §B.1-§B.7).

A field's type is ``str``, ``int``, ``float`` or ``bool``, a nested table, or a one-element list of any of
these. The same tables turn the text of v1 forms into values and check the JSON of TC3 requests.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

VERSION: Final = "2018-07-17"
SERVICE: Final = "vod"

Kind = type | list[Any] | dict[str, Any]
Table = dict[str, Kind]

MAX_DEPTH: Final = 12
MAX_INDEX: Final = 1000


class BadField(ValueError):
    """A field holds what its type does not allow; ``name`` is its dotted name."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name} {problem}")
        self.name = name


_RANGE: Table = {"After": str, "Before": str}
_SORT: Table = {"Field": str, "Order": str}
_PAGE: Table = {"Offset": int, "Limit": int}
_APP: Table = {"SubAppId": int}
_CLIP: Table = {"StartTimeOffset": float, "EndTimeOffset": float}
_WATERMARK: Table = {"Definition": int, "TextContent": str, "SvgContent": str, **_CLIP}

MEDIA_PROCESS_TASK: Final[Table] = {
    "TranscodeTaskSet": [{"Definition": int, "WatermarkSet": [_WATERMARK], **_CLIP}],
    "AnimatedGraphicTaskSet": [{"Definition": int, **_CLIP}],
    "SnapshotByTimeOffsetTaskSet": [
        {"Definition": int, "ExtTimeOffsetSet": [str], "TimeOffsetSet": [float], "WatermarkSet": [_WATERMARK]}
    ],
    "SampleSnapshotTaskSet": [{"Definition": int, "WatermarkSet": [_WATERMARK]}],
    "ImageSpriteTaskSet": [{"Definition": int}],
    "CoverBySnapshotTaskSet": [
        {"Definition": int, "PositionType": str, "PositionValue": float, "WatermarkSet": [_WATERMARK]}
    ],
    "AdaptiveDynamicStreamingTaskSet": [
        {"Definition": int, "WatermarkSet": [_WATERMARK], "SubtitleSet": [str]}
    ],
}
_TASK: Table = {
    "TasksPriority": int,
    "TasksNotifyMode": str,
    "SessionContext": str,
    "SessionId": str,
    "ExtInfo": str,
}
_PROCEDURE: Table = {"Name": str, "Comment": str, "MediaProcessTask": MEDIA_PROCESS_TASK, **_APP}
_VIDEO: Table = {
    "Codec": str,
    "Fps": int,
    "Bitrate": int,
    "ResolutionAdaptive": str,
    "Width": int,
    "Height": int,
    "FillType": str,
    "Vcrf": int,
    "Gop": int,
    "PreserveHDRSwitch": str,
    "CodecTag": str,
}
_AUDIO: Table = {"Codec": str, "Bitrate": int, "SampleRate": int, "AudioChannel": int}
_TRANSCODE: Table = {
    "Container": str,
    "Name": str,
    "Comment": str,
    "RemoveVideo": int,
    "RemoveAudio": int,
    "VideoTemplate": _VIDEO,
    "AudioTemplate": _AUDIO,
    "SegmentType": str,
    **_APP,
}
_ADAPTIVE: Table = {
    "Format": str,
    "Name": str,
    "Comment": str,
    "StreamInfos": [{"Video": _VIDEO, "Audio": _AUDIO, "RemoveAudio": int, "RemoveVideo": int}],
    "DrmType": str,
    "DrmKeyProvider": str,
    "DisableHigherVideoBitrate": int,
    "DisableHigherVideoResolution": int,
    "SegmentType": str,
    "SegmentDuration": int,
    **_APP,
}
_TEMPLATES: Table = {
    "Definitions": [int],
    "Type": str,
    "ContainerType": str,
    "TEHDType": str,
    **_PAGE,
    **_APP,
}
_PICTURE: Table = {
    "Name": str,
    "Comment": str,
    "Width": int,
    "Height": int,
    "ResolutionAdaptive": str,
    "FillType": str,
    "Format": str,
    **_APP,
}
_SAMPLED: Table = {**_PICTURE, "SampleType": str, "SampleInterval": int}
_WATERMARK_TEMPLATE: Table = {
    "Name": str,
    "Comment": str,
    "CoordinateOrigin": str,
    "XPos": str,
    "YPos": str,
    "ImageTemplate": {
        "ImageContent": str,
        "Width": str,
        "Height": str,
        "RepeatType": str,
        "Transparency": int,
    },
    **_APP,
}


def _crud(suffix: str, fields: Table, *, only_new: Table | None = None) -> Iterator[tuple[str, Table]]:
    """The four actions of a kind of template."""
    yield f"Create{suffix}", {**fields, **(only_new or {})}
    yield f"Modify{suffix}", {"Definition": int, **fields}
    yield f"Delete{suffix}", {"Definition": int, **_APP}
    yield f"Describe{suffix}s", _TEMPLATES


_TEMPLATE_ACTIONS: dict[str, Table] = {
    **dict(_crud("TranscodeTemplate", _TRANSCODE)),
    **dict(_crud("AdaptiveDynamicStreamingTemplate", _ADAPTIVE)),
    **dict(_crud("SnapshotByTimeOffsetTemplate", _PICTURE)),
    **dict(_crud("SampleSnapshotTemplate", _SAMPLED)),
    **dict(_crud("ImageSpriteTemplate", {**_SAMPLED, "RowCount": int, "ColumnCount": int})),
    **dict(_crud("AnimatedGraphicsTemplate", {**_PICTURE, "Fps": int, "Quality": float})),
    **dict(_crud("WatermarkTemplate", _WATERMARK_TEMPLATE, only_new={"Type": str})),
}
_EVENT_CONFIG: Table = {
    "Mode": str,
    "NotificationUrl": str,
    "UploadMediaCompleteEventSwitch": str,
    "DeleteMediaCompleteEventSwitch": str,
    "PersistenceCompleteEventSwitch": str,
    "SignKey": str,
    **_APP,
}

ACTIONS: Final[dict[str, Table]] = {
    "ApplyUpload": {
        "MediaType": str,
        "MediaName": str,
        "CoverType": str,
        "Procedure": str,
        "ExpireTime": str,
        "StorageRegion": str,
        "ClassId": int,
        "SourceContext": str,
        "SessionContext": str,
        "ExtInfo": str,
        "MediaStoragePath": str,
        **_APP,
    },
    "CommitUpload": {"VodSessionKey": str, **_APP},
    "ParseStreamingManifest": {"MediaManifestContent": str, "ManifestType": str},
    "DescribeMediaInfos": {"FileIds": [str], "Filters": [str], **_APP},
    "SearchMedia": {
        "FileIds": [str],
        "Names": [str],
        "NamePrefixes": [str],
        "Descriptions": [str],
        "ClassIds": [int],
        "Tags": [str],
        "Categories": [str],
        "SourceTypes": [str],
        "StreamIds": [str],
        "Vids": [str],
        "StorageRegions": [str],
        "StorageClasses": [str],
        "StoragePathPrefixes": [str],
        "MediaTypes": [str],
        "Status": [str],
        "ReviewResults": [str],
        "TrtcSdkAppIds": [int],
        "TrtcRoomIds": [str],
        "CreateTime": _RANGE,
        "ExpireTime": _RANGE,
        "Filters": [str],
        "Sort": _SORT,
        "Text": str,
        "SourceType": str,
        "StreamId": str,
        "Vid": str,
        "StartTime": str,
        "EndTime": str,
        **_PAGE,
        **_APP,
    },
    "DeleteMedia": {"FileId": str, "DeleteParts": [{"Type": str, "Definition": int}], **_APP},
    "ModifyMediaInfo": {
        "FileId": str,
        "Name": str,
        "Description": str,
        "ClassId": int,
        "ExpireTime": str,
        "CoverData": str,
        "AddKeyFrameDescs": [{"TimeOffset": float, "Content": str}],
        "DeleteKeyFrameDescs": [float],
        "ClearKeyFrameDescs": int,
        "AddTags": [str],
        "DeleteTags": [str],
        "ClearTags": int,
        "AddSubtitles": [
            {
                "Id": str,
                "Name": str,
                "Language": str,
                "Format": str,
                "Content": str,
                "AutoSelect": bool,
                "Default": bool,
            }
        ],
        "DeleteSubtitleIds": [str],
        "ClearSubtitles": int,
        "Vid": str,
        **_APP,
    },
    "CreateClass": {"ParentId": int, "ClassName": str, **_APP},
    "DescribeAllClass": {**_APP},
    "ModifyClass": {"ClassId": int, "ClassName": str, **_APP},
    "DeleteClass": {"ClassId": int, **_APP},
    "ProcessMediaByProcedure": {
        "FileId": str,
        "ProcedureName": str,
        "MediaStoragePath": str,
        **_TASK,
        **_APP,
    },
    "ProcessMedia": {
        "FileId": str,
        "MediaStoragePath": str,
        "Url": str,
        "MediaProcessTask": MEDIA_PROCESS_TASK,
        **_TASK,
        **_APP,
    },
    "DescribeTasks": {
        "Status": str,
        "FileId": str,
        "CreateTime": _RANGE,
        "FinishTime": _RANGE,
        "Sort": _SORT,
        "Limit": int,
        "ScrollToken": str,
        **_APP,
    },
    "DescribeTaskDetail": {"TaskId": str, **_APP},
    "ManageTask": {"TaskId": str, "OperationType": str, **_APP},
    "PullEvents": {"ExtInfo": str, **_APP},
    "ConfirmEvents": {"EventHandles": [str], "ExtInfo": str, **_APP},
    "DescribeEventConfig": {**_APP},
    "ModifyEventConfig": _EVENT_CONFIG,
    "PullUpload": {
        "MediaUrl": str,
        "MediaType": str,
        "MediaName": str,
        "CoverUrl": str,
        "Procedure": str,
        "ExpireTime": str,
        "StorageRegion": str,
        "ClassId": int,
        "TasksPriority": int,
        "SessionContext": str,
        "SessionId": str,
        "ExtInfo": str,
        "SourceContext": str,
        "MediaStoragePath": str,
        **_APP,
    },
    "CreateProcedureTemplate": _PROCEDURE,
    "ResetProcedureTemplate": _PROCEDURE,
    "DeleteProcedureTemplate": {"Name": str, **_APP},
    "DescribeProcedureTemplates": {"Names": [str], "Type": str, **_PAGE, **_APP},
    **_TEMPLATE_ACTIONS,
    "DescribeSubAppIds": {"Name": str, **_PAGE},
    "CreateSubAppId": {"Name": str, "Description": str, "Type": str, "Mode": str, "StorageRegion": str},
    "ModifySubAppIdInfo": {"Name": str, "Description": str, **_APP},
    "ModifySubAppIdStatus": {"Status": str, **_APP},
    "DescribeStorageRegions": {**_APP},
    "DescribeMediaPlayStatDetails": {
        "FileId": str,
        "StartTime": str,
        "EndTime": str,
        "Interval": str,
        **_APP,
    },
    "DescribeDailyMediaPlayStat": {"FileId": str, "StartDate": str, "EndDate": str, **_APP},
    "ForbidMediaDistribution": {"FileIds": [str], "Operation": str, **_APP},
}
"""Every action that both ends know, and its fields."""

COMMON_PARAMETERS: Final = frozenset(
    {
        "Action",
        "Version",
        "Region",
        "Timestamp",
        "Nonce",
        "SecretId",
        "Signature",
        "SignatureMethod",
        "Token",
        "Language",
        "RequestClient",
    }
)
"""Parameters of a v1 request that belong to the transport and not to the action."""


def flatten(fields: Mapping[str, Any]) -> dict[str, str]:
    """Fields as v1 sends them: dotted 0-based names, decimal numbers, ``true``/``false``; no nulls."""
    return dict(_leaves("", fields))


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        children: Iterator[tuple[Any, Any]] = iter(value.items())
    elif isinstance(value, list | tuple):
        children = iter(enumerate(value))
    else:
        yield name, ("true" if value else "false") if isinstance(value, bool) else str(value)
        return
    for key, child in children:
        yield from _leaves(f"{name}.{key}" if name else str(key), child)


def unflatten(params: Mapping[str, str]) -> dict[str, Any]:
    """The nested form of v1 parameters, still as text; the transport's own parameters are left out.

    Raises:
        BadField: names contradict each other, nest too deeply or leave gaps in a list.
    """
    root: dict[str, Any] = {}
    for name, value in params.items():
        if name in COMMON_PARAMETERS:
            continue
        path = name.split(".")
        if len(path) > MAX_DEPTH or not all(path):
            raise BadField(name, "is not a parameter's name")
        node = root
        for key in path[:-1]:
            node = node.setdefault(key, {})
            if not isinstance(node, dict):
                raise BadField(name, "contradicts another parameter")
        if path[-1] in node:
            raise BadField(name, "contradicts another parameter")
        node[path[-1]] = value
    return {key: _lists(key, child) for key, child in root.items()}


def _lists(name: str, node: Any) -> Any:
    """Turn tables whose keys are all indices into lists."""
    if not isinstance(node, dict):
        return node
    if not all(key.isdecimal() and key.isascii() for key in node):
        return {key: _lists(f"{name}.{key}", child) for key, child in node.items()}
    if len(node) > MAX_INDEX or {int(key[:9]) for key in node} != set(range(len(node))):
        raise BadField(name, "is not a gapless list that begins at 0")
    return [_lists(f"{name}.{key}", node[key]) for key in sorted(node, key=int)]


def check_fields(action: str, fields: Mapping[str, Any], *, text: bool = False) -> dict[str, Any]:
    """The fields of an action, each of its type; fields that the table does not know are left out.

    Args:
        action: One of :data:`ACTIONS`.
        fields: As they came.
        text: Whether numbers and booleans came as text (v1), and are to be converted.

    Raises:
        BadField: a value is not of its field's type.
    """
    return convert(ACTIONS[action], fields, text=text)


def convert(table: Table, fields: Mapping[str, Any], *, text: bool = False) -> dict[str, Any]:
    """As :func:`check_fields`, for a table that is at hand."""
    return _convert("", table, fields, text)  # type: ignore[no-any-return]


def _convert(name: str, kind: Kind, value: Any, text: bool) -> Any:
    if isinstance(kind, dict):
        if not isinstance(value, Mapping):
            raise BadField(name, "is not an object")
        return {
            key: _convert(f"{name}.{key}" if name else key, kind[key], child, text)
            for key, child in value.items()
            if key in kind and child is not None
        }
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise BadField(name, "is not a list")
        return [_convert(f"{name}.{i}", kind[0], child, text) for i, child in enumerate(value)]
    return _scalar(name, kind, value, text)


def _scalar(name: str, kind: type, value: Any, text: bool) -> Any:
    if kind is str:
        if isinstance(value, str):
            return value
        raise BadField(name, "is not a string")
    if kind is bool:
        if isinstance(value, bool):
            return value
        if text and value in ("true", "false", "True", "False", "0", "1"):
            return value in ("true", "True", "1")
        raise BadField(name, "is not a boolean")
    if text and isinstance(value, str):
        try:
            number = kind(value)
        except ValueError:
            raise BadField(name, "is not a number") from None
        if not math.isfinite(number):
            raise BadField(name, "is not a number")
        return number
    if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
        raise BadField(name, "is not a number" if kind is float else "is not an integer")
    return value

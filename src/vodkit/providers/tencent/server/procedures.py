"""What is to be made of a media: from the vendor's words to a procedure (tencent.md §B.7, §B.8).

Every task of a MediaProcessTask becomes a procedure of its own within one: a *part*. Its name is the
beginning of its steps' names, its label is the definition of its outputs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping

from vodkit.server.media.procedure import (
    Animation,
    Audio,
    Clip,
    Position,
    Procedure,
    Rendition,
    Snapshots,
    Sprite,
    Watermark,
)
from vodkit.server.processing import Task

from ..wire import codes
from . import presets, templates
from .answer import ApiError
from .caller import Owner

_LEGACY = re.compile(r"QCVB_\w+\s*\((.*)\)\s*", re.DOTALL)
_NUMBERS = re.compile(r"\{([\d,\s]*)\}|(\d+)")
_MOMENT = re.compile(r"(\d+(?:\.\d+)?)(s|%)")
_CORNERS = {
    "TopLeft": "top-left",
    "TopRight": "top-right",
    "BottomLeft": "bottom-left",
    "BottomRight": "bottom-right",
}
_CODECS = {"libx264": "h264", "libx265": "hevc", "av1": "av1"}
_MOST_PARTS = 50
_LARGEST_TILE = 1024
_LONGEST_ANIMATION = 60.0


class NoSuchProcedure(LookupError):
    """Nobody has a procedure of this name."""


@dataclass(frozen=True, slots=True)
class Part:
    """One task of a MediaProcessTask.

    Attributes:
        type: As MediaProcessResultSet calls it: ``Transcode`` ...
        name: What the names of its steps begin with, before a hyphen; ``""`` for those of the whole.
        label: Definition of its outputs; see :func:`label_of`.
        input: As the vendor shows it.
    """

    type: str
    name: str
    label: str
    input: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Work:
    """A procedure, and the vendor's view of it."""

    procedure: Procedure
    parts: tuple[Part, ...]


def label_of(section: str, definition: int, again: int = 0) -> str:
    """What outputs are known by: their section, the template's definition, and a number if that comes
    ``again`` in the same procedure."""
    return f"{section}:{definition}" + (f":{again}" if again else "")


def read_label(label: str) -> tuple[str, int]:
    """The section and the definition of a label; ``("", 0)`` of what has none."""
    section, _, rest = label.partition(":")
    number = rest.partition(":")[0]
    return (section, int(number)) if number.isdecimal() else ("", 0)


def resolve(conn: Connection, owner: Owner, name: str) -> Work | None:
    """What an upload is processed by that names ``name``, or does not (``""``); ``None`` for nothing.

    The application's own template of this name counts first, then the presets, then what the service has.

    Raises:
        NoSuchProcedure: there is none of this name.
        ApiError: its templates are gone or ask for what cannot be made.
    """
    name = name or owner.service.procedures.default(conn, owner.account)
    if not name:
        return None
    task = legacy(name)
    if task is not None:
        task = _without_unknown(conn, owner, task)
    elif row := row_named(conn, owner, name):
        task = row["spec"].get("MediaProcessTask") or {}
    elif name in presets.PROCEDURES:
        task = presets.PROCEDURES[name]["MediaProcessTask"]
    if task is not None:
        work = compile(conn, owner, name, task)
        return work if work.parts else None
    procedure = owner.service.procedures.resolve(conn, owner.account, name)
    if procedure is None:
        raise NoSuchProcedure(f"there is no procedure {name!r}")
    return Work(procedure, tuple(_parts_of(procedure)))


def parts(task: Task) -> list[Part]:
    """The parts of a task, also of one that was not asked for by this room."""
    given = task.attrs.get("parts")
    if given is None:
        return list(_parts_of(Procedure.from_dict(task.spec)))
    return [Part(**part) for part in given]


def row_named(conn: Connection, owner: Owner, name: str) -> RowMapping | None:
    """The application's own template of a procedure."""
    mine = templates.rows(conn, owner, templates.PROCEDURE)
    return next((row for row in mine if row["name"] == name), None)


def legacy(text: str) -> dict[str, Any] | None:
    """What a call of the old syntax asks for, such as ``QCVB_SimpleProcessFile({20,30}, 0, 10)``.

    Its arguments are what to transcode to (definitions, or 1 for the usual ones), a watermark, the definition
    of a cover and that of sampled snapshots; 0 is nothing. ``None`` for what is no such call.
    """
    call = _LEGACY.fullmatch(text.strip())
    if call is None:
        return None
    groups = [inner or alone for inner, alone in _NUMBERS.findall(call[1])]
    wanted = [[int(number) for number in group.split(",") if number.strip()] for group in groups]
    transcode, _, cover, sample = (*wanted, [], [], [], [])[:4]
    definitions = [20, 30] if transcode == [1] else [number for number in transcode if number]
    task: dict[str, Any] = {"TranscodeTaskSet": [{"Definition": number} for number in definitions]}
    if any(cover):
        task["CoverBySnapshotTaskSet"] = [
            {"Definition": cover[0], "PositionType": "Percent", "PositionValue": 0.0}
        ]
    if any(sample):
        task["SampleSnapshotTaskSet"] = [{"Definition": sample[0]}]
    return task


def _without_unknown(conn: Connection, owner: Owner, task: Mapping[str, Any]) -> dict[str, Any]:
    """A task of the old syntax, whose definitions may be of times past: those that are not known count for
    nothing."""
    return {
        member: [
            given
            for given in items
            if templates.find(conn, owner, _KINDS[member].template, given["Definition"]) is not None
        ]
        for member, items in task.items()
    }


def compile(conn: Connection, owner: Owner, name: str, task: Mapping[str, Any]) -> Work:
    """The procedure that a MediaProcessTask stands for.

    Args:
        name: What it is known by.
        task: As the API takes it.

    Raises:
        ApiError: a template does not exist, or something cannot be made here.
    """
    if sum(len(task.get(member) or ()) for member in _KINDS) > _MOST_PARTS:
        raise ApiError(codes.LIMIT_EXCEEDED, f"at most {_MOST_PARTS} tasks are done at once")
    made: list[Procedure] = []
    parts: list[Part] = []
    for member, kind in _KINDS.items():
        for number, given in enumerate(task.get(member) or ()):
            definition = given.get("Definition") or 0
            template = templates.existing(conn, owner, kind.template, definition)
            again = sum(1 for part in parts if read_label(part.label) == (kind.section, definition))
            part = Part(
                kind.type, f"{kind.section}-{number}", label_of(kind.section, definition, again), given
            )
            base = Procedure(part.name, audio=None, streaming=False, files="none", definition=part.label)
            try:
                procedure = kind.make(base, template, given)
                made.append(replace(procedure, watermark=_watermark(conn, owner, kind, given)))
            except ValueError as problem:
                raise ApiError(codes.UNSUPPORTED, f"{member} cannot be made here: {problem}") from None
            parts.append(part)
    whole = Procedure(name, audio=None, streaming=False, files="none", also=tuple(made))
    return Work(whole, tuple(parts))


# --- the tasks --------------------------------------------------------------------------------------------


def _transcode(base: Procedure, template: Mapping[str, Any], given: Mapping[str, Any]) -> Procedure:
    container = template["Container"]
    video = None if template.get("RemoveVideo") else template.get("VideoTemplate") or {}
    if container in ("mp3", "flac", "ogg", "wav", "m4a"):
        video = None
    audio = None if template.get("RemoveAudio") else _audio(template.get("AudioTemplate") or {})
    if video is None and audio is None:
        raise ValueError(f"template {given.get('Definition')} leaves neither picture nor sound")
    return replace(
        base,
        renditions=() if video is None else (_rendition(video),),
        audio=audio,
        streaming=container == "hls",
        files="none" if container == "hls" else "best",
        container="mp4" if container in ("hls", "m4a") else container,
        clip=_clip(given),
    )


def _adaptive(base: Procedure, template: Mapping[str, Any], given: Mapping[str, Any]) -> Procedure:
    if template.get("DrmType"):
        raise ValueError(f"streams are not encrypted here, and the template wants {template['DrmType']}")
    infos = template["StreamInfos"]
    sounds = [_audio(info["Audio"]) for info in infos if not info.get("RemoveAudio")]
    return replace(
        base,
        renditions=tuple(_rendition(info["Video"]) for info in infos if not info.get("RemoveVideo")),
        audio=max(sounds, key=lambda audio: audio.bitrate, default=None),
        streaming=True,
    )


def _snapshots(base: Procedure, template: Mapping[str, Any], given: Mapping[str, Any]) -> Procedure:
    moments = [_moment(text) for text in given.get("ExtTimeOffsetSet") or ()]
    moments = moments or [Position(seconds=offset / 1000) for offset in given.get("TimeOffsetSet") or ()]
    if not moments:
        raise ValueError("no moments are given")
    return replace(base, snapshots=replace(_pictures(template), at=tuple(moments)))


def _sampled(base: Procedure, template: Mapping[str, Any], given: Mapping[str, Any]) -> Procedure:
    every, pictures = template["SampleInterval"], _pictures(template)
    if template["SampleType"] == "Time":
        return replace(base, snapshots=replace(pictures, interval=float(every)))
    moments = [Position(percent=float(at)) for at in range(0, 100, min(every, 100))]
    return replace(base, snapshots=replace(pictures, at=tuple(moments)))


def _sprites(base: Procedure, template: Mapping[str, Any], given: Mapping[str, Any]) -> Procedure:
    every, timed = float(template["SampleInterval"]), template["SampleType"] == "Time"
    sprite = Sprite(
        width=min(template.get("Width") or _LARGEST_TILE, _LARGEST_TILE),
        height=min(template.get("Height") or 0, _LARGEST_TILE),
        columns=template["ColumnCount"],
        rows=template["RowCount"],
        format=template.get("Format") or "jpg",
    )
    return replace(
        base, sprite=replace(sprite, interval=every) if timed else replace(sprite, percent=min(every, 100.0))
    )


def _cover(base: Procedure, template: Mapping[str, Any], given: Mapping[str, Any]) -> Procedure:
    value = float(given.get("PositionValue") or 0.0)
    timed = given.get("PositionType") == "Time"
    return replace(base, cover=Position(seconds=value) if timed else Position(percent=value))


def _animated(base: Procedure, template: Mapping[str, Any], given: Mapping[str, Any]) -> Procedure:
    clip = _clip(given)
    length = clip.seconds if clip and clip.seconds else _LONGEST_ANIMATION
    animation = Animation(
        format=template.get("Format") or "gif",
        seconds=min(length, _LONGEST_ANIMATION),
        fps=float(template["Fps"]),
        width=template.get("Width") or 0,
        height=template.get("Height") or 0,
    )
    return replace(base, animation=animation, clip=clip)


# --- their members ----------------------------------------------------------------------------------------


def _rendition(video: Mapping[str, Any]) -> Rendition:
    long, short = video.get("Width") or 0, video.get("Height") or 0
    return Rendition(
        height=short,
        width=long,
        bitrate=(video.get("Bitrate") or 0) * 1000,
        codec=_CODECS[video.get("Codec") or "libx264"],
        fps=float(video.get("Fps") or 0),
        fixed=video.get("ResolutionAdaptive") == "close",
    )


def _audio(audio: Mapping[str, Any]) -> Audio:
    usual = Audio()
    return Audio(
        bitrate=(audio.get("Bitrate") or 0) * 1000 or usual.bitrate,
        channels=audio.get("AudioChannel") or usual.channels,
        rate=audio.get("SampleRate") or usual.rate,
    )


def _pictures(template: Mapping[str, Any]) -> Snapshots:
    width, height = template.get("Width") or 0, template.get("Height") or 0
    return Snapshots(count=1, width=width, height=height, format=template.get("Format") or "jpg")


def _moment(text: str) -> Position:
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a moment such as 3.5s or 10%")
    value = float(found[1])
    return Position(seconds=value) if found[2] == "s" else Position(percent=value)


def _clip(given: Mapping[str, Any]) -> Clip | None:
    start, end = given.get("StartTimeOffset") or 0.0, given.get("EndTimeOffset") or 0.0
    if not start and not end:
        return None
    if start < 0 or end < 0:
        raise ValueError("offsets are counted from the beginning here")
    if end and end <= start:
        raise ValueError("EndTimeOffset is not behind StartTimeOffset")
    return Clip(offset=float(start), seconds=float(end - start) if end else 0.0)


def _watermark(conn: Connection, owner: Owner, kind: _Kind, given: Mapping[str, Any]) -> Watermark | None:
    marks: Sequence[Mapping[str, Any]] = given.get("WatermarkSet") or ()
    if not marks:
        return None
    if kind.section not in ("transcode", "adaptive"):
        raise ValueError("watermarks go on videos, not on single pictures")
    if len(marks) > 1:
        raise ValueError("there is one watermark on a video")
    (mark,) = marks
    if mark.get("StartTimeOffset") or mark.get("EndTimeOffset"):
        raise ValueError("a watermark stays for the whole video")
    definition = mark.get("Definition") or 0
    template = templates.existing(conn, owner, templates.WATERMARK, definition)
    return Watermark(
        space=owner.home.bucket,
        key=template["ImageTemplate"]["Key"],
        corner=_CORNERS[template.get("CoordinateOrigin") or "TopLeft"],
        width=percent(template["ImageTemplate"].get("Width") or "10%"),
        margin=percent(template.get("XPos") or "0px"),
    )


def percent(text: str) -> float:
    """Percent of the picture's width; pixels count as those of a picture that is 1280 wide."""
    if text.endswith("%"):
        return float(text[:-1])
    return float(text.removesuffix("px")) / 12.8


# --- procedures that are not the vendor's -----------------------------------------------------------------


def _parts_of(procedure: Procedure) -> Iterator[Part]:
    """How the vendor would show a procedure of the service's own."""
    for own, name in ((procedure, ""), *((item, item.name) for item in procedure.also)):
        wanted = {
            "adaptive": own.streaming and bool(own.renditions or own.audio),
            "transcode": own.files != "none" and bool(own.renditions or own.audio),
            "cover": own.cover is not None,
            "sample": own.snapshots is not None,
            "sprite": own.sprite is not None,
            "animation": own.animation is not None,
        }
        for kind in _KINDS.values():
            if wanted.get(kind.section):
                yield Part(kind.type, name, own.definition, {"Definition": USUAL[kind.section]})


USUAL = {
    "transcode": 100030,
    "adaptive": 10,
    "snapshot": 10,
    "sample": 10,
    "sprite": 10,
    "cover": 10,
    "animation": 20000,
}
"""Definitions to show for what was made by no template, by section."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of task in a MediaProcessTask."""

    type: str
    section: str
    template: templates.Kind
    make: Callable[[Procedure, Mapping[str, Any], Mapping[str, Any]], Procedure]


_KINDS: Mapping[str, _Kind] = {
    "TranscodeTaskSet": _Kind("Transcode", "transcode", templates.TRANSCODE, _transcode),
    "AnimatedGraphicTaskSet": _Kind("AnimatedGraphics", "animation", templates.ANIMATION, _animated),
    "SnapshotByTimeOffsetTaskSet": _Kind("SnapshotByTimeOffset", "snapshot", templates.SNAPSHOT, _snapshots),
    "SampleSnapshotTaskSet": _Kind("SampleSnapshot", "sample", templates.SAMPLE, _sampled),
    "ImageSpriteTaskSet": _Kind("ImageSprites", "sprite", templates.SPRITE, _sprites),
    "CoverBySnapshotTaskSet": _Kind("CoverBySnapshot", "cover", templates.SNAPSHOT, _cover),
    "AdaptiveDynamicStreamingTaskSet": _Kind(
        "AdaptiveDynamicStreaming", "adaptive", templates.ADAPTIVE, _adaptive
    ),
}

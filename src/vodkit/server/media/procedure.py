"""What is to be made of an uploaded file.

A procedure is plain data with a JSON form, so that it can be kept beside a media, sent to a worker, and read
back by a later version: :data:`SCHEMA` rises when a reader of the old form would do something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from . import forms

SCHEMA = 1
VIDEO_CODECS = ("h264", "hevc", "av1", "vp9")
FILES = ("none", "best", "all")
SOUND_CONTAINERS = ("mp3", "flac", "ogg", "wav")
CONTAINERS = ("mp4", "flv", *SOUND_CONTAINERS)
PICTURE_FORMATS = ("jpg", "png", "webp")
ANIMATION_FORMATS = ("gif", "webp")
CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")

_MOST_RENDITIONS = 10
_MOST_SNAPSHOTS = 1000
_MOST_PASSES = 50
_LARGEST = 8192
_LONGEST = 1e7


@dataclass(frozen=True, slots=True)
class Rendition:
    """A picture of one size. It keeps the source's shape and is never larger than the source.

    Attributes:
        height: The most rows, or 0 for as many as there are. Of an upright picture the most columns, unless
            ``fixed``.
        width: The most columns, or 0.
        bitrate: Bits in a second, or 0 for what suits the size.
        codec: One of :data:`VIDEO_CODECS`.
        fps: The most pictures in a second, or 0 for the source's.
        fixed: Take ``height`` and ``width`` as they are for upright pictures too.
    """

    height: int = 0
    width: int = 0
    bitrate: int = 0
    codec: str = "h264"
    fps: float = 0.0
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Audio:
    """How sound is made.

    Attributes:
        bitrate: Bits in a second.
        channels: The most.
        rate: Samples in a second.
    """

    bitrate: int = 128_000
    channels: int = 2
    rate: int = 48_000


@dataclass(frozen=True, slots=True)
class Position:
    """A moment of a media.

    Attributes:
        seconds: From its beginning.
        percent: Of its length, in place of ``seconds``.
    """

    seconds: float = 0.0
    percent: float | None = None

    def at(self, length: float) -> float:
        """Seconds from the beginning of a media of this length, inside of it."""
        wanted = self.seconds if self.percent is None else length * self.percent / 100
        return max(0.0, min(wanted, length - 0.1))


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Pictures at several moments, given in one of three ways.

    Attributes:
        count: How many, evenly spread.
        at: Moments, in place of ``count``.
        width, height: The most columns and rows, or 0.
        interval: Seconds from one to the next, in place of ``count``.
        format: One of :data:`PICTURE_FORMATS`.
    """

    count: int = 0
    at: tuple[Position, ...] = ()
    width: int = 0
    height: int = 0
    interval: float = 0.0
    format: str = "jpg"


@dataclass(frozen=True, slots=True)
class Sprite:
    """Small pictures on large sheets, with a WebVTT index, for the time line of a player.

    Attributes:
        interval: Seconds between two pictures.
        width: Columns of one picture.
        columns, rows: Pictures on one sheet.
        height: The most rows of one picture, or 0.
        percent: Of the length between two pictures, in place of ``interval``, or 0.
        format: One of :data:`PICTURE_FORMATS`.
    """

    interval: float = 10.0
    width: int = 160
    columns: int = 10
    rows: int = 10
    height: int = 0
    percent: float = 0.0
    format: str = "jpg"


@dataclass(frozen=True, slots=True)
class Animation:
    """A moving picture without sound that pages show as an image.

    Attributes:
        format: One of :data:`ANIMATION_FORMATS`.
        seconds: The most that it plays.
        fps: The most pictures in a second.
        width, height: The most columns and rows, or 0.
    """

    format: str = "gif"
    seconds: float = 5.0
    fps: float = 10.0
    width: int = 320
    height: int = 0


@dataclass(frozen=True, slots=True)
class Watermark:
    """An image over the picture.

    Attributes:
        space, key: The object that holds it.
        corner: One of :data:`CORNERS`.
        width: Percent of the picture's width.
        margin: Percent of the picture's width to the two nearest edges.
    """

    space: str
    key: str
    corner: str = "top-right"
    width: float = 10.0
    margin: float = 2.0


@dataclass(frozen=True, slots=True)
class Clip:
    """A part of the source, in place of all of it.

    Attributes:
        offset: Seconds from the beginning.
        seconds: Its length, or 0 for up to the end.
    """

    offset: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Procedure:
    """What is to be made.

    One procedure says one ladder of renditions and what goes with it. Whoever wants several (a ladder, and
    beside it files of their own sizes, or parts of their own) says them in ``also``.

    Attributes:
        name: What it is known by.
        renditions: The sizes of the picture; none makes no picture.
        audio: The sound, or ``None``.
        streaming: Whether there is HLS and DASH of all renditions.
        files: Which renditions are progressive files as well: one of :data:`FILES`.
        container: Of those files, one of :data:`CONTAINERS`. Those of :data:`SOUND_CONTAINERS` give one file
            of the sound alone.
        cover: The moment that is the cover, or ``None``.
        snapshots, sprite, animation: Further pictures, or ``None``.
        watermark, clip: See there, or ``None``.
        definition: What a room calls it: :attr:`Output.definition` of all that it makes, without ``also``.
        also: Further procedures over the same source, whose names tell them apart.
    """

    name: str
    renditions: tuple[Rendition, ...] = ()
    audio: Audio | None = field(default_factory=Audio)
    streaming: bool = True
    files: str = "best"
    container: str = "mp4"
    cover: Position | None = None
    snapshots: Snapshots | None = None
    sprite: Sprite | None = None
    animation: Animation | None = None
    watermark: Watermark | None = None
    clip: Clip | None = None
    definition: str = ""
    also: tuple[Procedure, ...] = ()

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for what cannot be made; the text names the field."""
        _check_streams(self)
        _check_pictures(self)
        if self.clip:
            _within(self.clip.offset, 0, _LONGEST, "clip.offset")
            _within(self.clip.seconds, 0, _LONGEST, "clip.seconds")
        _within(len(self.also), 0, _MOST_PASSES, "number of also")
        names = [item.name for item in self.also]
        if len(set(names)) < len(names):
            raise ValueError("also: two have the same name")
        for number, item in enumerate(self.also):
            if not item.name.replace("-", "").isalnum() or not item.name.isascii():
                raise ValueError(f"also[{number}].name must be of letters, digits and -, not {item.name!r}")
            if item.also:
                raise ValueError(f"also[{number}].also: what is made as well has no more of its own")

    @property
    def asks(self) -> bool:
        """Whether it wants anything that a source may not give. A cover is made where there is a picture."""
        own = self.renditions or self.audio or self.snapshots or self.sprite or self.animation
        return bool(own) or any(item.asks for item in self.also)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; see :meth:`from_dict`."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Procedure:
        """The inverse of :meth:`as_dict`; what is left out is as in a new one.

        Raises:
            ValueError: it is of another schema, names something unknown, or asks for the impossible; the text
                names the field.
        """
        if not isinstance(data, Mapping):
            raise ValueError("a procedure is a table of names and values")
        if data.get("schema", SCHEMA) != SCHEMA:
            raise ValueError(f"schema: this is a procedure of schema {data['schema']!r}, not {SCHEMA}")
        values = {name: value for name, value in data.items() if name != "schema"}
        return forms.read(cls, values)


def _check_streams(made: Procedure) -> None:
    _within(len(made.renditions), 0, _MOST_RENDITIONS, "number of renditions")
    _one_of(made.files, FILES, "files")
    _one_of(made.container, CONTAINERS, "container")
    for number, item in enumerate(made.renditions):
        here = f"renditions[{number}]"
        _one_of(item.codec, VIDEO_CODECS, f"{here}.codec")
        _within(item.height, 0, _LARGEST, f"{here}.height")
        _within(item.width, 0, _LARGEST, f"{here}.width")
        _within(item.bitrate, 0, 200_000_000, f"{here}.bitrate")
        _within(item.fps, 0, 120, f"{here}.fps")
        if made.container == "flv" and item.codec != "h264":
            raise ValueError(f"{here}.codec: flv holds h264 only, not {item.codec}")
    if made.audio:
        _within(made.audio.bitrate, 16_000, 512_000, "audio.bitrate")
        _within(made.audio.channels, 1, 8, "audio.channels")
        _within(made.audio.rate, 8_000, 48_000, "audio.rate")
    if made.watermark:
        _one_of(made.watermark.corner, CORNERS, "watermark.corner")
        _within(made.watermark.width, 0.1, 100, "watermark.width")
        _within(made.watermark.margin, 0, 50, "watermark.margin")


def _check_pictures(made: Procedure) -> None:
    if made.cover:
        _check_position(made.cover, "cover")
    if pictures := made.snapshots:
        for number, moment in enumerate(pictures.at):
            _check_position(moment, f"snapshots.at[{number}]")
        _within(pictures.interval, 0, _LONGEST, "snapshots.interval")
        if not pictures.interval:
            _within(len(pictures.at) or pictures.count, 1, _MOST_SNAPSHOTS, "snapshots.count")
        _check_size(pictures, "snapshots")
        _one_of(pictures.format, PICTURE_FORMATS, "snapshots.format")
    if sprite := made.sprite:
        _within(sprite.interval, 0.1, 3600, "sprite.interval")
        _within(sprite.percent, 0, 100, "sprite.percent")
        _within(sprite.width, 16, 1024, "sprite.width")
        _within(sprite.height, 0, 1024, "sprite.height")
        _within(sprite.columns, 1, 400, "sprite.columns")
        _within(sprite.columns * sprite.rows, 1, 400, "sprite.columns times sprite.rows")
        _one_of(sprite.format, PICTURE_FORMATS, "sprite.format")
    if animation := made.animation:
        _within(animation.seconds, 0.1, 60, "animation.seconds")
        _within(animation.fps, 0.1, 30, "animation.fps")
        _check_size(animation, "animation")
        _one_of(animation.format, ANIMATION_FORMATS, "animation.format")


def _check_size(item: Snapshots | Animation, where: str) -> None:
    _within(item.width, 0, _LARGEST, f"{where}.width")
    _within(item.height, 0, _LARGEST, f"{where}.height")


def _check_position(moment: Position, where: str) -> None:
    _within(moment.seconds, 0, _LONGEST, f"{where}.seconds")
    if moment.percent is not None:
        _within(moment.percent, 0, 100, f"{where}.percent")


def _within(value: float, low: float, high: float, where: str) -> None:
    if not low <= value <= high:
        raise ValueError(f"{where} must be from {low:g} to {high:g}, not {value!r}")


def _one_of(value: str, known: tuple[str, ...], where: str) -> None:
    if value not in known:
        raise ValueError(f"{where} must be one of {', '.join(known)}, not {value!r}")


_COVER = Position(percent=10)

BUILT_IN: Mapping[str, Procedure] = MappingProxyType(
    {
        made.name: made
        for made in (
            Procedure(
                "default",
                renditions=tuple(Rendition(height) for height in (1080, 720, 480, 360)),
                cover=_COVER,
                sprite=Sprite(),
            ),
            Procedure("as-is", audio=None, streaming=False, files="none", cover=_COVER),
            Procedure("audio-only"),
            Procedure(
                "snapshot-only",
                audio=None,
                streaming=False,
                files="none",
                cover=_COVER,
                snapshots=Snapshots(count=10),
                sprite=Sprite(),
            ),
        )
    }
)
"""The procedures that every service has, by name."""

"""What is to be made of an uploaded file.

A procedure is plain data with a JSON form, so that it can be kept beside a media, sent to a worker, and read
back by a later version: :data:`SCHEMA` rises when a reader of the old form would do something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any

SCHEMA = 1
VIDEO_CODECS = ("h264", "hevc", "av1", "vp9")
FILES = ("none", "best", "all")
CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")

_MOST_RENDITIONS = 10
_MOST_SNAPSHOTS = 1000
_LARGEST = 8192


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
    """Pictures at several moments.

    Attributes:
        count: How many, evenly spread.
        at: Moments, in place of ``count``.
        width, height: The most columns and rows, or 0.
    """

    count: int = 0
    at: tuple[Position, ...] = ()
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Sprite:
    """Small pictures on large sheets, with a WebVTT index, for the time line of a player.

    Attributes:
        interval: Seconds between two pictures.
        width: Columns of one picture.
        columns, rows: Pictures on one sheet.
    """

    interval: float = 10.0
    width: int = 160
    columns: int = 10
    rows: int = 10


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

    Attributes:
        name: What it is known by.
        renditions: The sizes of the picture; none makes no picture.
        audio: The sound, or ``None``.
        streaming: Whether there is HLS and DASH of all renditions.
        files: Which renditions are progressive MP4 files as well: one of :data:`FILES`.
        cover: The moment that is the cover, or ``None``.
        snapshots, sprite: Further pictures, or ``None``.
        watermark, clip: See there, or ``None``.
    """

    name: str
    renditions: tuple[Rendition, ...] = ()
    audio: Audio | None = field(default_factory=Audio)
    streaming: bool = True
    files: str = "best"
    cover: Position | None = None
    snapshots: Snapshots | None = None
    sprite: Sprite | None = None
    watermark: Watermark | None = None
    clip: Clip | None = None

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for what cannot be made; the text says what."""
        _within(len(self.renditions), 0, _MOST_RENDITIONS, "renditions")
        _one_of(self.files, FILES, "files")
        for item in self.renditions:
            _one_of(item.codec, VIDEO_CODECS, "codec")
            _within(item.height, 0, _LARGEST, "height")
            _within(item.width, 0, _LARGEST, "width")
            _within(item.bitrate, 0, 200_000_000, "bitrate")
            _within(item.fps, 0, 120, "fps")
        if self.audio:
            _within(self.audio.bitrate, 16_000, 512_000, "audio bitrate")
            _within(self.audio.channels, 1, 8, "audio channels")
            _within(self.audio.rate, 8_000, 48_000, "audio rate")
        for moment in (self.cover, *(self.snapshots.at if self.snapshots else ())):
            if moment and moment.percent is not None:
                _within(moment.percent, 0, 100, "percent")
        if self.snapshots:
            many = len(self.snapshots.at) or self.snapshots.count
            _within(many, 1, _MOST_SNAPSHOTS, "count of snapshots")
        if self.sprite:
            _within(self.sprite.interval, 0.1, 3600, "sprite interval")
            _within(self.sprite.width, 16, 1024, "sprite width")
            _within(self.sprite.columns * self.sprite.rows, 1, 400, "pictures on a sheet")
        if self.watermark:
            _one_of(self.watermark.corner, CORNERS, "corner")
            _within(self.watermark.width, 0.1, 100, "watermark width")
            _within(self.watermark.margin, 0, 50, "watermark margin")
        if self.clip:
            _within(self.clip.offset, 0, 1e7, "clip offset")
            _within(self.clip.seconds, 0, 1e7, "clip seconds")

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; see :meth:`from_dict`."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Procedure:
        """The inverse of :meth:`as_dict`; what is left out is as in a new one.

        Raises:
            ValueError: it is of another schema, names something unknown, or asks for the impossible.
        """
        if data.get("schema", SCHEMA) != SCHEMA:
            raise ValueError(f"this is a procedure of schema {data['schema']}, not {SCHEMA}")
        values = {name: value for name, value in data.items() if name != "schema"}
        values["renditions"] = tuple(_make(Rendition, item) for item in values.get("renditions", ()))
        if snapshots := values.get("snapshots"):
            moments = tuple(_make(Position, item) for item in snapshots.get("at", ()))
            values["snapshots"] = _make(Snapshots, {**snapshots, "at": moments})
        for name, kind in _MEMBERS.items():
            if isinstance(values.get(name), Mapping):
                values[name] = _make(kind, values[name])
        made: Procedure = _make(cls, values)
        return made


_MEMBERS: Mapping[str, type] = {
    "audio": Audio,
    "cover": Position,
    "sprite": Sprite,
    "watermark": Watermark,
    "clip": Clip,
}


def _make(kind: type, values: Mapping[str, Any]) -> Any:
    unknown = values.keys() - {item.name for item in fields(kind)}
    if unknown:
        raise ValueError(f"a procedure has no {', '.join(sorted(unknown))} here")
    try:
        return kind(**values)
    except TypeError as problem:
        raise ValueError(f"this is no {kind.__name__.lower()}: {problem}") from problem


def _within(value: float, low: float, high: float, name: str) -> None:
    if not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(f"{name} must be from {low:g} to {high:g}, not {value!r}")


def _one_of(value: str, known: tuple[str, ...], name: str) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")


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

"""What a file holds."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

READY_MADE = ("hls", "dash")
"""Containers that hold addresses of streams, in place of streams."""

_STILLS = frozenset(["mjpeg", "png", "webp", "bmp", "tiff", "jpegxl", "gif", "apng"])


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of a file.

    Attributes:
        index: Its place in the file.
        type: ``video``, ``audio``, ``subtitle``, ``data`` or ``unknown``.
        codec: As FFmpeg names it.
        seconds: How long it lasts; 0 where the file does not say.
        language: Three letters, or ``""``.
        attached: A picture that comes with the file, like the cover of a song.
        width, height: Of the stored picture, in pixels; 0 when there is none that can be decoded.
        aspect: Of a pixel, width by height.
        rotation: Degrees, counter-clockwise, by which the picture is to be turned: 0, 90, 180 or 270.
        fps: Pictures in a second, on average.
        nominal_fps: The rate that its timestamps are made for; another one than ``fps`` where it varies.
        frames: How many, or 0.
        pixels: Their format.
        interlaced: Whether a picture is two fields.
        hdr: ``pq``, ``hlg`` or ``""``.
        matrix: How its colours are coded, by the numbers of ISO/IEC 23091-2: 0 is RGB, 2 that it is not said.
        channels: Of sound.
        rate: Samples of sound in a second.
    """

    index: int
    type: str
    codec: str
    seconds: float = 0.0
    language: str = ""
    attached: bool = False
    width: int = 0
    height: int = 0
    aspect: float = 1.0
    rotation: int = 0
    fps: float = 0.0
    nominal_fps: float = 0.0
    frames: int = 0
    pixels: str = ""
    interlaced: bool = False
    hdr: str = ""
    matrix: int = 2
    channels: int = 0
    rate: int = 0

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height as a player shows it: square pixels, turned."""
        width, height = max(1, round(self.width * self.aspect)), self.height
        return (height, width) if self.rotation % 180 else (width, height)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file holds.

    Attributes:
        container: As FFmpeg names it (several names for one are separated by commas), or one of
            :data:`READY_MADE`.
        seconds: How long it plays; 0 where it does not say.
        start: The first timestamp, in seconds.
        bitrate: Bits in a second of everything together; 0 where it does not say.
        streams: In the file's order.
    """

    container: str
    seconds: float
    start: float
    bitrate: int
    streams: tuple[Stream, ...]

    @property
    def length(self) -> float:
        """Seconds that it plays: of the whole, or of its longest stream; 0 where nothing says."""
        return self.seconds or max((stream.seconds for stream in self.streams), default=0.0)

    @property
    def ready_made(self) -> bool:
        """Whether it is a playlist or a manifest over streams that somebody else made."""
        return self.container in READY_MADE

    @property
    def video(self) -> Stream | None:
        """The first moving picture."""
        if self.is_image:
            return None
        return next((s for s in self.streams if s.type == "video" and not s.attached and s.width), None)

    @property
    def audio(self) -> Stream | None:
        """The first sound."""
        return next((s for s in self.streams if s.type == "audio" and s.channels), None)

    @property
    def picture(self) -> Stream | None:
        """What a cover can be made of: a moving picture, a still one, or one that comes with the file."""
        return self.video or next((s for s in self.streams if s.type == "video" and s.width), None)

    @property
    def is_image(self) -> bool:
        """Whether the file is one still picture."""
        if any(stream.type == "audio" for stream in self.streams):
            return False
        pictures = [stream for stream in self.streams if stream.type == "video"]
        if len(pictures) != 1 or pictures[0].codec not in _STILLS:
            return False
        return self.container.endswith("_pipe") or pictures[0].frames == 1

    @property
    def kind(self) -> str:
        """``video``, ``audio``, ``image`` or ``file``."""
        if self.ready_made:
            return "video"
        if self.is_image:
            return "image"
        return "video" if self.video else "audio" if self.audio else "file"

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; see :meth:`from_dict`."""
        return {
            **{name: getattr(self, name) for name in ("container", "seconds", "start", "bitrate")},
            "streams": [{name: getattr(stream, name) for name in _STREAM} for stream in self.streams],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Facts:
        """The inverse of :meth:`as_dict`."""
        return cls(**{**data, "streams": tuple(Stream(**item) for item in data["streams"])})


_STREAM = tuple(field.name for field in fields(Stream))

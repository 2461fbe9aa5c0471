"""The pieces that a plan is made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from .errors import BadMedia
from .facts import Facts, Stream
from .formats import FORMATS, PROTOCOLS
from .procedure import Procedure, Watermark

SOURCE = "@source"
SLOWEST = 30.0
"""Seconds of work that a second of one rendition may take before it counts as stuck."""


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of work, which succeeds or fails as a whole.

    Attributes:
        name: Unique in its plan, fit for a folder.
        kind: ``encode``, ``streams``, ``file``, ``cover``, ``snapshots``, ``sprite`` or ``animation``.
        commands: Arguments for ffmpeg, run one after the other. A word that begins with ``@`` stands for a
            file: the source, a watermark (see :func:`watermarks`), or ``@step/file`` for what an earlier step
            made.
        makes: Files that must be there afterwards.
        seconds: How long its output plays, for telling progress; 0 where that makes no sense.
        limit: Seconds after which it counts as stuck.
        published: Whether its files are a result, or only serve later steps.
        facts: What else there is to know of its files (JSON).
        definition: :attr:`Procedure.definition` of what it is a part of.
        takes: Files (words with ``@``) that it works on as far as they are there.
        apart: Steps that make the same one by one, each of them one file; none where that is no use.
    """

    name: str
    kind: str
    commands: tuple[tuple[str, ...], ...]
    makes: tuple[str, ...]
    seconds: float
    limit: float
    published: bool
    facts: dict[str, Any]
    definition: str = ""
    takes: tuple[str, ...] = ()
    apart: tuple[Step, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; see :meth:`from_dict`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Step:
        """The inverse of :meth:`as_dict`."""
        known = {item.name: data[item.name] for item in fields(cls) if item.name in data}
        known["commands"] = tuple(tuple(command) for command in data["commands"])
        known["makes"], known["takes"] = tuple(data["makes"]), tuple(data["takes"])
        known["apart"] = tuple(cls.from_dict(item) for item in data["apart"])
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of the source that is used.

    Attributes:
        offset: Where it begins, in seconds.
        seconds: Its length, or 0 where the source does not say.
        bounded: Whether it ends before the source does.
    """

    offset: float
    seconds: float
    bounded: bool

    @classmethod
    def of(cls, facts: Facts, procedure: Procedure) -> Cut:
        """What a procedure uses of a source.

        Raises:
            BadMedia: it begins where the source has ended.
        """
        whole = facts.length
        clip = procedure.clip
        if clip is None:
            return cls(0.0, whole, bounded=False)
        if whole and clip.offset >= whole:
            raise BadMedia(f"the clip begins at {clip.offset:g} s, and the media ends at {whole:g} s")
        rest = max(0.0, whole - clip.offset)
        seconds = min(clip.seconds, rest) if clip.seconds and rest else clip.seconds or rest
        return cls(clip.offset, seconds, bounded=clip.seconds > 0)

    def shortened(self, most: float) -> Cut:
        """The same, ending no later than ``most`` seconds from its beginning."""
        if 0 < self.seconds <= most:
            return self
        return Cut(self.offset, most, bounded=True)

    def input(self) -> list[str]:
        """The source, from where it begins to count."""
        start = ["-ss", f"{self.offset:.6f}"] if self.offset else []
        return [*start, *(["-t", f"{self.seconds:.6f}"] if self.bounded else []), *opened(SOURCE)]

    def latest(self, video: Stream) -> float:
        """The last moment at which there is certain to be a picture."""
        return max(0.0, self.seconds - max(0.2, 2.0 / (video.fps or 25.0)))


def mark_word(procedure: Procedure, prefix: str) -> str:
    """The word that stands for a procedure's watermark; ``prefix`` tells those of ``also`` apart."""
    return f"@{prefix}watermark" if procedure.watermark else ""


def watermarks(procedure: Procedure) -> dict[str, Watermark]:
    """The watermarks that the words of a plan stand for."""
    every = [("", procedure), *((f"{item.name}-", item) for item in procedure.also)]
    return {mark_word(item, prefix): item.watermark for prefix, item in every if item.watermark}


def opened(name: str) -> list[str]:
    """Arguments that open a file, and no other that it may name."""
    return ["-protocol_whitelist", PROTOCOLS, "-format_whitelist", FORMATS, "-i", name]

"""What is being uploaded: items, their identity, and how their bytes are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Identity:
    """Which content a source held when it was looked at, as a value.

    Attributes:
        size: Bytes.
        mtime_ns: Modification time in nanoseconds, 0 where the source has none.
        inode: Inode number, 0 where the source has none.
        fingerprint: Hex digest over head, tail and samples of the content; ``""`` where not taken.
    """

    size: int
    mtime_ns: int = 0
    inode: int = 0
    fingerprint: str = ""

    def as_json(self) -> dict[str, Any]:
        """A JSON-ready copy."""
        return {
            "size": self.size,
            "mtime_ns": self.mtime_ns,
            "inode": self.inode,
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Identity:
        """The inverse of :meth:`as_json`."""
        return cls(data["size"], data["mtime_ns"], data["inode"], data["fingerprint"])


@runtime_checkable
class Reader(Protocol):
    """An opened source. Thread-safe when ``seekable``; used by one thread at a time when not."""

    seekable: bool

    def read_at(self, offset: int, into: memoryview) -> int:
        """Read up to ``len(into)`` bytes from ``offset``; fewer only at the end of the source.

        A reader that is not seekable is asked for consecutive offsets only.

        Raises:
            SourceChanged: the source became shorter than it was.
            SourceUnreadable: the bytes cannot be had.
        """
        ...

    def close(self) -> None:
        """Let go of what was opened here; never of what the caller opened."""
        ...


@runtime_checkable
class Source(Protocol):
    """Something that can be uploaded.

    Attributes:
        name: File name with extension, for the provider; never a path.
        location: What the ledger keys it by (a real path, a URL), or ``None`` if it cannot be found again.
        size: Bytes, or ``None`` while unknown.
    """

    name: str
    location: str | None
    size: int | None

    def identity(self) -> Identity | None:
        """The content's identity now; ``None`` for what cannot be looked at twice.

        Cheap: it is taken again before every step, and once per second while parts go out.
        """
        ...

    def open(self) -> Reader:
        """Open for reading."""
        ...


@dataclass(slots=True)
class Item:
    """One object of an upload: the media itself, its cover, or a segment of a manifest.

    Attributes:
        index: Position in the upload's list of items.
        role: ``media``, ``cover`` or ``segment``.
        source: Where the bytes come from.
        name: File name (``media``, ``cover``) or path relative to the manifest (``segment``).
        size: Bytes; ``None`` until a source of unknown length has come to its end, when the engine sets it.
        digests: Hex digests of the whole content that the provider asked for in ``needs``.
    """

    index: int
    role: str
    source: Source
    name: str
    size: int | None
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def extension(self) -> str:
        """The last extension of the name, without the dot, in the case it was written; may be empty."""
        stem, dot, extension = self.name.rpartition(".")
        return extension if dot and stem and "/" not in extension else ""

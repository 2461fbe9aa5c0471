"""Trying a provider for real: a small upload, found, read back, deleted; and what went over the wire.

No test of ours has ever spoken to a vendor's cloud. Whoever has an account there can: every step says how it
ended, and the transcript, with secrets struck out, can be attached to a report.
"""

from __future__ import annotations

import hashlib
import os
import platform
import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from vodkit.core.errors import IntegrityError, NotFound, VodError
from vodkit.core.media import Media
from vodkit.transport import Event

from .vod import Vod

SIZE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        name: What was done.
        ok: Whether it ended as it should.
        text: What was found, or what went wrong.
    """

    name: str
    ok: bool
    text: str


@dataclass(slots=True)
class Check:
    """A check of one connection; iterate :meth:`run`, then keep :meth:`transcript`.

    Attributes:
        vod: The connection.
        exchanges: What went over the wire, secrets struck out.
    """

    vod: Vod
    exchanges: list[dict[str, Any]] = field(default_factory=list)
    _media: Media | None = None

    def run(self) -> Iterator[Step]:
        """Do the steps, one after the other; those after a failed upload are left out.

        What was uploaded is deleted in any case, as far as the provider lets us.
        """
        self.vod.transport.observe(self._record)
        with tempfile.TemporaryDirectory(prefix="vodkit-check-") as folder:
            file = Path(folder) / "vodkit-check.mp4"
            file.write_bytes(small_video())
            uploaded = self._step("upload", lambda: self._upload(file))
            yield uploaded
            if self._media is None:
                return
            try:
                yield self._step("query", self._query)
                yield self._step("read back", lambda: self._read_back(file, Path(folder) / "back"))
            finally:
                deleted = self._step("delete", self._delete)
            yield deleted

    def transcript(self) -> dict[str, Any]:
        """Everything that a report needs, JSON-ready."""
        return {
            "provider": self.vod.provider.name,
            "vodkit": _version(),
            "python": platform.python_version(),
            "exchanges": self.exchanges,
        }

    def _step(self, name: str, do: Callable[[], str]) -> Step:
        try:
            return Step(name, True, do())
        except VodError as error:
            return Step(name, False, str(error))

    def _upload(self, file: Path) -> str:
        self._media = self.vod.upload(file)
        return f"id {self._media.id}"

    def _query(self) -> str:
        assert self._media is not None
        found = self.vod.media.get(self._media.id)
        if found.size not in (None, SIZE):
            raise IntegrityError(f"the provider says {found.size} bytes, and {SIZE} were sent")
        return f"{found.status}, {found.size if found.size is not None else 'unknown'} bytes"

    def _read_back(self, file: Path, back: Path) -> str:
        assert self._media is not None
        if not self.vod.provider.capabilities.download:
            return "the provider hands out no originals"
        self.vod.media.download(self._media.id, back)
        if hashlib.sha256(back.read_bytes()).digest() != hashlib.sha256(file.read_bytes()).digest():
            raise IntegrityError("what came back is not what was sent")
        return "the same bytes"

    def _delete(self) -> str:
        assert self._media is not None
        self.vod.media.delete(self._media.id)
        try:
            self.vod.media.get(self._media.id)
        except NotFound:
            return "gone"
        return "asked for; the provider still shows it"

    def _record(self, event: Event) -> None:
        self.exchanges.append(
            {
                "phase": event.phase,
                "method": event.method,
                "url": event.url,
                "headers": dict(event.headers),
                "status": event.status,
                "seconds": round(event.seconds, 3),
                "error": type(event.error).__name__ if event.error else None,
            }
        )


def small_video() -> bytes:
    """A file that begins as MP4 does and holds nothing but chance, so that no provider has it yet."""
    brand = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"isom", 512, b"isom", b"mp42")
    return brand + struct.pack(">I4s", SIZE - len(brand), b"free") + os.urandom(SIZE - len(brand) - 8)


def _version() -> str:
    try:
        return version("vodkit")
    except PackageNotFoundError:
        return "dev"

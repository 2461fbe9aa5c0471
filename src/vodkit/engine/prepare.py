"""From what the caller names to the items of an upload; everything that can be refused here is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, cast

from vodkit.core.capabilities import Capabilities
from vodkit.core.errors import EmptySource, SourceError, SourceUnreadable
from vodkit.core.source import Item, Reader, Source
from vodkit.transport import Cancel, TransportSettings

from .manifests import expand, kind_of
from .sources import AnySource, PathSource, open_source
from .sources.files import FileSource

WINDOW = 1024 * 1024
_HEAD = 64 * 1024


class Preparation:
    """Makes the items of one upload.

    Args:
        provider: Name of the room, for errors.
        capabilities: What it can do.
        needs: What it must know before the first byte; see :attr:`vodkit.core.contract.Provider.needs`.
        web: How requests for ``http(s)://`` sources travel.
        cancel: Stops reading.
        notice: Told what the user should know.
        keep: Holds temporary files until the upload is over.
    """

    def __init__(
        self,
        provider: str,
        capabilities: Capabilities,
        needs: frozenset[str],
        web: TransportSettings,
        cancel: Cancel,
        notice: Callable[[str], None],
        keep: ExitStack,
    ) -> None:
        self._provider = provider
        self._capabilities = capabilities
        self._needs = needs
        self._web = web
        self._cancel = cancel
        self._notice = notice
        self._keep = keep

    def items(
        self, what: AnySource, *, name: str | None, cover: AnySource | None, allow_empty: bool
    ) -> list[Item]:
        """The media first, then the cover, then a manifest's files.

        Raises:
            SourceError: something cannot be uploaded.
        """
        source = self._open(what, name)
        picture = None if cover is None else self._open(cover, None)
        segments = self._segments(source)
        source = self._fit(self._refuse_empty(source, allow_empty))
        items = [Item(0, "media", source, source.name, source.size)]
        if picture is not None:
            picture = self._fit(self._refuse_empty(picture, allow_empty=False))
            items.append(Item(1, "cover", picture, picture.name, picture.size))
        for segment_name, path in segments:
            segment = PathSource(str(path))
            items.append(Item(len(items), "segment", segment, segment_name, segment.size))
        return items

    def _open(self, what: AnySource, name: str | None) -> Source:
        return open_source(what, name, web=self._web, cancel=self._cancel)

    def _segments(self, source: Source) -> list[tuple[str, Path]]:
        if not isinstance(source, PathSource) or kind_of(source.path) is None:
            return []
        if not self._capabilities.manifests:
            self._notice("the provider takes no HLS or DASH folders: only the manifest itself is uploaded")
            return []
        folder = expand(source.path)
        for line in folder.notices:
            self._notice(line)
        return folder.files

    def _refuse_empty(self, source: Source, allow_empty: bool) -> Source:
        """The source, or one like it whose first bytes have been read to see whether there are any."""
        empty = source.size == 0
        if source.size is None:
            source = HeadRead(source)
            empty = source.empty
        if empty and not allow_empty:
            raise EmptySource(f"{source.name!r} is empty")
        if empty and not self._capabilities.empty:
            raise EmptySource(f"{source.name!r} is empty, which this provider never takes", advice="")
        limit = self._capabilities.max_size
        if limit is not None and (source.size or 0) > limit:
            raise SourceError(
                f"{source.name!r} has {source.size} bytes, the most is {limit}", provider=self._provider
            )
        return source

    def _fit(self, source: Source) -> Source:
        """The source, or a temporary copy where the provider must know what a stream cannot tell."""
        once = bool(getattr(source, "once", False))
        unknown = source.size is None
        if unknown and ("size" in self._needs or not self._capabilities.unknown_length):
            why = "the provider must know the length first"
        elif (once or unknown) and self._needs - {"size"}:
            why = f"the provider must know the {', '.join(sorted(self._needs - {'size'}))} first"
        else:
            return source
        self._notice(f"{source.name!r} is saved to a temporary file: {why}")
        return self._spool(source)

    def _spool(self, source: Source) -> Source:
        file = self._keep.enter_context(cast("IO[bytes]", tempfile.TemporaryFile()))  # noqa: SIM115
        buffer = memoryview(bytearray(WINDOW))
        with closing(source.open()) as reader:
            offset = 0
            while count := reader.read_at(offset, buffer):
                self._cancel.check()
                try:
                    file.write(buffer[:count])
                except OSError as error:
                    raise SourceUnreadable(
                        f"{source.name!r} cannot be saved to {tempfile.gettempdir()}: {error.strerror}",
                        advice="Make room there, or set TMPDIR to another folder",
                    ) from error
                offset += count
        file.flush()
        file.seek(0)
        return FileSource(file, source.name)


class HeadRead:
    """A source of unknown length whose first bytes have been read."""

    once = True
    location: str | None = None
    size: int | None = None

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self._reader = source.open()
        head = memoryview(bytearray(_HEAD))
        self._head = head[: self._reader.read_at(0, head)]
        self.empty = not self._head
        if self.empty:
            self.size = 0

    def identity(self) -> None:
        """``None``: it cannot be looked at twice."""

    def open(self) -> Reader:
        """The one reader."""
        return _HeadReader(self._head, self._reader)


class _HeadReader:
    """Hands out the head, then what follows."""

    seekable = False

    def __init__(self, head: memoryview, reader: Reader) -> None:
        self._head = head
        self._reader = reader

    def read_at(self, offset: int, into: memoryview) -> int:
        """Read on; see :class:`vodkit.core.source.Reader`."""
        head = self._head[offset : offset + len(into)]
        into[: len(head)] = head
        rest = into[len(head) :]
        return len(head) + (self._reader.read_at(offset + len(head), rest) if rest else 0)

    def close(self) -> None:
        """Let go of what was opened."""
        self._reader.close()

"""Files behind any other URL scheme, through fsspec."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

from vodkit.core.errors import ConfigError, SourceChanged, SourceNotFound, SourceUnreadable
from vodkit.core.source import Identity, Reader

from .urls import scheme_of, shown

_VERSION_KEYS = ("etag", "ETag", "mtime", "LastModified", "last_modified", "updated", "generation", "md5Hash")


class FsSource:
    """A file of an fsspec file system.

    Raises:
        ConfigError: fsspec, or the package behind the scheme, is not installed.
        SourceNotFound, SourceUnreadable: the file cannot be had.
    """

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.shown = shown(url)
        self._fs, self._path = _find(url)
        info = self._info()
        self.size: int | None = info.get("size")
        self.location: str | None = self.shown if self._version(info) else None

    def identity(self) -> Identity | None:
        """Size and what the file system tells of the version; ``None`` if it tells nothing."""
        info = self._info()
        size, version = info.get("size"), self._version(info)
        return Identity(size, 0, 0, version) if isinstance(size, int) and version else None

    def open(self) -> Reader:
        """Open the file."""
        try:
            return FsReader(self._fs.open(self._path, "rb"), self.shown, self.size)
        except Exception as error:
            raise self._unreadable(error) from error

    def _info(self) -> dict[str, Any]:
        try:
            info = dict(self._fs.info(self._path))
        except FileNotFoundError:
            raise SourceNotFound(f"there is nothing at {self.shown}") from None
        except Exception as error:
            raise self._unreadable(error) from error
        if info.get("type") == "directory":
            raise SourceUnreadable(f"{self.shown} is a directory", advice="Name a file")
        return info

    def _version(self, info: dict[str, Any]) -> str:
        facts = [f"{key}={info[key]}" for key in _VERSION_KEYS if info.get(key)]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest() if facts else ""

    def _unreadable(self, error: Exception) -> SourceUnreadable:
        return SourceUnreadable(f"{self.shown} cannot be read: {type(error).__name__}")


class FsReader:
    """Reads an fsspec file, one thread at a time."""

    def __init__(self, file: Any, shown: str, size: int | None) -> None:
        self._file = file
        self._shown = shown
        self._size = size
        self._lock = threading.Lock()
        self.seekable = bool(file.seekable())

    def read_at(self, offset: int, into: memoryview) -> int:
        """Read from ``offset``; see :class:`vodkit.core.source.Reader`."""
        done = 0
        try:
            with self._lock:
                if self.seekable:
                    self._file.seek(offset)
                while done < len(into) and (data := self._file.read(len(into) - done)):
                    into[done : done + len(data)] = data
                    done += len(data)
        except Exception as error:
            raise SourceUnreadable(f"{self._shown} cannot be read: {type(error).__name__}") from error
        if done < len(into) and self._size is not None and offset + done < self._size:
            raise SourceChanged(f"{self._shown} became shorter while it was being read")
        return done

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _find(url: str) -> tuple[Any, str]:
    scheme = scheme_of(url)
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise ConfigError(
            f"{scheme}:// sources need fsspec", advice="pip install fsspec, or fetch the file first"
        ) from None
    try:
        fs, path = url_to_fs(url)
    except ImportError as error:
        raise ConfigError(
            f"{scheme}:// sources need a package that is not installed: {error.name or error}",
            advice="Install it, or fetch the file first",
        ) from None
    except ValueError:
        raise SourceUnreadable(
            f"there is no source of the kind {scheme}://", advice="Pass a path, http(s):// or an fsspec URL"
        ) from None
    return fs, path

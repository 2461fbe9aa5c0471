"""Downloads and links."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

import vodkit
from vodkit.core.contract import Reply
from vodkit.engine.media import MediaCalls
from vodkit.providers.ucloud.client.media import UCloudMedia, media_id
from vodkit.transport.hooks import Event

from ._handler import Handler, checked
from ._line import Line
from ._response import ResponseInfo, Result


class Downloader(Handler):
    """Fetches objects to files."""

    def _download(
        self,
        space: str,
        key: str,
        localfile: str,
        isprivate: bool,
        expires: int | None,
        content_range: tuple[int, int] | None,
        header: Mapping[str, str] | None,
    ) -> Result:
        if content_range is not None and not _is_range(content_range):
            raise ValueError("content_range is a pair of integers, first and last byte")

        def do(line: Line) -> Result:
            store = _Store(line, isprivate, self._life(expires))
            line.vod.transport.observe(store.watch)
            calls = MediaCalls(
                line.vod.provider.name,
                line.vod.provider.capabilities,
                store,
                line.vod.transport,
                line.vod.settings,
            )
            try:
                path = calls.download(media_id(space, key), localfile, byte_range=content_range)
            except vodkit.InvalidRequest as error:
                if content_range is None or error.status is not None:
                    raise
                return None, ResponseInfo(Reply(416, {}), error)
            except vodkit.RemoteError:
                store.ask(media_id(space, key), line)
                raise
            return {}, _fetched(store, path, content_range)

        return self._call(f"download of {space}/{key}", space, header, do)

    def _public_url(self, space: str, key: str) -> str:
        with self._line(space, {}) as line:
            return line.bucket.public_url(key)

    def _link(
        self, space: str, key: str, expires: int | None, header: Mapping[str, str] | None, method: str
    ) -> str:
        checked(header)
        with self._line(space, {}) as line:
            return line.bucket.link(key, self._life(expires), method=method)

    def _life(self, expires: int | None) -> int:
        return int(self._defaults.get_default("expires") if expires is None else expires)


class _Store(UCloudMedia):
    """Objects fetched as the caller wants it: signed or not, with headers."""

    def __init__(self, line: Line, private: bool, life: int) -> None:
        super().__init__(line.connection, line.exchange, line.space, life)
        self._private, self._headers = private, line.connection.headers
        self.facts: Mapping[str, str] = {}

    def download_request(self, id: str) -> tuple[str, Mapping[str, str]]:
        """A link to the original, and what is sent along."""
        return (self.link(id) if self._private else self.public_url(id)), self._headers

    def watch(self, event: Event) -> None:
        """Note the newest answer."""
        if event.phase == "response":
            self.facts = event.headers

    def ask(self, id: str, line: Line) -> None:
        """Ask for one byte of what was refused, so that the service's words are known."""
        url, headers = self.download_request(id)
        with contextlib.suppress(vodkit.VodError):
            line.exchange("GET", url, headers={**headers, "Range": "bytes=0-0"})


def _is_range(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(type(end) is int for end in value)


def _fetched(store: _Store, path: Path, content_range: tuple[int, int] | None) -> ResponseInfo:
    """What a finished download comes to: it is one answer to the caller, in however many pieces it came."""
    size = path.stat().st_size
    headers = {name: store.facts[name] for name in ("etag", "content-type") if name in store.facts}
    headers["content-length"] = str(size)
    if content_range is None:
        return ResponseInfo(Reply(200, headers), content=False)
    first = content_range[0]
    headers["content-range"] = f"bytes {first}-{first + size - 1}/*"
    return ResponseInfo(Reply(206, headers), content=False)

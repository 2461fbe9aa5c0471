"""An HLS playlist and everything it names, as files."""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

from vodkit.core.errors import ManifestError
from vodkit.core.manifests import MAX_TEXT, decode, kind_of, parse

from ..workflow.contract import WorkFailed
from .download import Record

MOST_FILES = 20_000

Bring = Callable[[str], tuple[Path, Record]]


def is_playlist(path: Path) -> bool:
    """Whether a file begins as HLS playlists do."""
    with path.open("rb") as file:
        return file.read(10).removeprefix(b"\xef\xbb\xbf").startswith(b"#EXTM3U")


def bring_all(
    top: Path, record: Record, bring: Bring, progress: Callable[[float], None]
) -> Iterator[tuple[str, Path]]:
    """Bring what a playlist names, directly or through others.

    Args:
        top: The playlist.
        record: What is known of it.
        bring: Brings the file of a URL.
        progress: Told the share that has come.

    Yields:
        The name, relative to the playlist's folder as players ask for it, and the file.

    Raises:
        WorkFailed: it is broken, names something outside its folder, too much or nothing, or is live.
    """
    known: dict[str, str] = {}
    todo: deque[tuple[str, str]] = deque()

    def note(prefix: str, base: str, playlist: Path) -> None:
        for uri, short in _references(playlist):
            name, url = posixpath.join(prefix, short), urljoin(base, uri)
            if known.setdefault(name, url) != url:
                raise WorkFailed(
                    f"the playlist names two files that players cannot tell apart: {name[:200]!r}"
                )
            if len(known) > MOST_FILES:
                raise WorkFailed(f"the playlist names more than {MOST_FILES} files, which is the most")
            todo.append((name, url))

    note("", record.url, top)
    if not known:
        raise WorkFailed("the playlist names no file that could be played")
    done: set[str] = set()
    while todo:
        name, url = todo.popleft()
        if name in done:
            continue
        done.add(name)
        path, found = bring(url)
        yield name, path
        if kind_of(name) == "m3u8":
            note(posixpath.dirname(name), found.url, path)
        progress(len(done) / len(known))


def _references(playlist: Path) -> list[tuple[str, str]]:
    """What a playlist names: as written, and by the name that players ask for."""
    if playlist.stat().st_size > MAX_TEXT:
        raise WorkFailed("the playlist is too large")
    text = decode(playlist.read_bytes())
    try:
        parsed = parse(text, "m3u8")
    except ManifestError as error:
        raise WorkFailed(error.message.replace("the manifest", "the playlist")) from error
    if "#EXTINF" in text and "#EXT-X-ENDLIST" not in text:
        raise WorkFailed("the playlist has no end: live streams cannot be pulled")
    return [(reference.uri, reference.name) for reference in parsed.references]

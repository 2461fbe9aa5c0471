"""Subtitles that the owner of a service gives to its media, beside the running service or without one."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from vodkit.core.errors import InvalidRequest, NotFound

from .blobs import Extent
from .blobs import rows as blob_rows
from .content_types import content_type
from .contract import Blob, MediaRecord, Settings
from .errors import QuotaExceeded
from .media.errors import BadMedia, TooMuch
from .media.subtitles import to_webvtt
from .media_catalog import media_named
from .names import new_id
from .outputs import output_folder
from .processing import OUTPUTS, Output
from .service import tools
from .storage import Storage
from .tracks import LIST, TEXT, length, playlist

KIND = "subtitle"
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)


def add(settings: Settings, id: str, file: Path, *, language: str, title: str = "") -> Output:
    """Give a media a subtitle track.

    Args:
        settings: ``data`` and ``database`` say where the service is.
        id: The provider's id of the media, or ours.
        file: SRT or WebVTT.
        language: BCP 47: ``zh-CN``, ``en`` ...
        title: For people; default the language.

    Raises:
        InvalidRequest: the file or the language cannot be used, the media does not play, or its account's
            quota has no room; nothing was changed.
        NotFound: there is no such media, or several.
    """
    if not _LANGUAGE.fullmatch(language):
        raise InvalidRequest(f"{language!r} is no language", advice="Give one such as zh-CN or en")
    try:
        text = to_webvtt(file.read_bytes())
    except (BadMedia, TooMuch, OSError) as problem:
        advice = "Give a file in the SRT or WebVTT format"
        raise InvalidRequest(f"{file.name} cannot be used: {problem}", advice=advice) from None
    with _storage(settings) as storage:
        record = storage.catalog.read_now(lambda conn: media_named(conn, id))
        if record.kind not in ("video", "audio"):
            kind = {"image": "an image", "file": "a file that does not play"}[record.kind]
            raise InvalidRequest(f"{id} is {kind}", advice="Subtitles belong to a video or to sound")
        output = Output(
            id=(own := new_id()),
            media=record.id,
            task="",
            kind=KIND,
            name=title or language,
            key=f"{output_folder(record.id, own)}{TEXT}",
            size=len(text.encode()),
            definition="",
            facts={"language": language, "title": title or language},
            created=time.time(),
        )
        texts = {TEXT: text, LIST: playlist(length(record, text))}
        _publish(storage, settings.data, record, output, texts)
    return output


def listed(settings: Settings, id: str) -> list[Output]:
    """The subtitle tracks of a media. Raises NotFound."""
    with _storage(settings) as storage:
        return storage.catalog.read_now(lambda conn: _tracks(conn, storage, id)[1])


def remove(settings: Settings, id: str, track: str) -> None:
    """Take a subtitle track away from a media.

    Args:
        settings, id: As in :func:`add`.
        track: The id that :func:`listed` tells.

    Raises:
        NotFound: there is no such media or track.
    """

    def work(conn: Connection) -> None:
        record, tracks = _tracks(conn, storage, id)
        if track not in {output.id for output in tracks}:
            raise NotFound(f"{id} has no subtitles {track!r}")
        storage.outputs.remove(conn, record, [track])

    with _storage(settings) as storage:
        storage.catalog.write_now(work)


@contextmanager
def _storage(settings: Settings) -> Iterator[Storage]:
    """The storage of a data folder, shared with the service that may run on it."""
    with tools(settings) as parts:
        storage = Storage(settings, parts.catalog, time.time, owner=False)
        try:
            yield storage
        finally:
            storage.store.close()


def _tracks(conn: Connection, storage: Storage, id: str) -> tuple[MediaRecord, list[Output]]:
    record = media_named(conn, id)
    return record, [output for output in storage.outputs.of(conn, record.id) if output.kind == KIND]


def _publish(storage: Storage, data: str, record: MediaRecord, output: Output, texts: dict[str, str]) -> None:
    """Keep the texts as an output's objects: rows of blobs first, then the bytes, then their names."""
    blobs = {name: Blob(new_id(), len(text.encode()), {}) for name, text in texts.items()}
    now = time.time()

    def announce(conn: Connection) -> None:
        try:
            storage.quota.check(conn, record.account, sum(blob.size for blob in blobs.values()))
        except QuotaExceeded as full:
            raise InvalidRequest(str(full)) from None
        for blob in blobs.values():
            blob_rows.add(conn, blob, [Extent(blob.id, 0, blob.size)], now)

    def name_them(conn: Connection) -> None:
        if storage.media.by_id(conn, record.id, lock=True) is None:
            raise NotFound(f"the media {record.remote_id!r} was deleted meanwhile")
        for name, blob in blobs.items():
            storage.objects.put(
                conn,
                account=record.account,
                provider=record.provider,
                space=OUTPUTS,
                key=output_folder(record.id, output.id) + name,
                blob=blob,
                content_type=content_type(name),
                etag=blob.id,
            )
        storage.outputs.add(conn, [output])

    storage.catalog.write_now(announce)
    with tempfile.TemporaryDirectory(dir=data) as folder:
        for name, text in texts.items():
            path = Path(folder) / name
            path.write_text(text, encoding="utf-8")
            storage.store.adopt(blobs[name].id, path)
    storage.catalog.write_now(name_them)

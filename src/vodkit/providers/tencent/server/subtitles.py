"""Subtitles that ModifyMediaInfo brings: outputs of the media, so that every player is told of them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from vodkit.server import tracks
from vodkit.server.content_types import content_type
from vodkit.server.contract import MediaRecord, Service
from vodkit.server.media.errors import BadMedia, TooMuch
from vodkit.server.media.subtitles import to_webvtt
from vodkit.server.outputs import output_folder
from vodkit.server.processing import OUTPUTS, Output

from ..wire import codes
from . import files, made
from .answer import ApiError
from .caller import Caller
from .fields import Params

MOST = 100
_KIND = "subtitle"


@dataclass(frozen=True, slots=True)
class Brought:
    """A subtitle whose files are on disk and wait for their names."""

    output: Output
    stored: tuple[files.Stored, ...]


async def bring(into: files.Files, media: MediaRecord, given: Mapping[str, Any], now: float) -> Brought:
    """Put one of AddSubtitles on disk.

    Raises:
        ApiError: its content is no WebVTT.
    """
    try:
        text = to_webvtt(files.decoded(given["Content"], "Content"))
    except (BadMedia, TooMuch) as problem:
        raise ApiError(codes.INVALID_VALUE, f"Content cannot be used: {problem}") from None
    id = secrets.token_hex(16)
    folder = output_folder(media.id, id)
    seconds = tracks.length(media, text)
    texts = {tracks.TEXT: text.encode(), tracks.LIST: tracks.playlist(seconds).encode()}
    output = Output(
        id=id,
        media=media.id,
        task="",
        kind=_KIND,
        name=given["Name"],
        key=folder + tracks.TEXT,
        size=sum(map(len, texts.values())),
        definition="",
        facts={
            "id": given.get("Id") or secrets.token_hex(6),
            "language": given["Language"],
            "title": given["Name"],
            "format": given["Format"],
        },
        created=now,
    )
    stored = [
        await into.store(OUTPUTS, folder + name, content_type(name), data) for name, data in texts.items()
    ]
    return Brought(output, tuple(stored))


def change(
    conn: Connection, caller: Caller, media: MediaRecord, params: Params, brought: Sequence[Brought]
) -> None:
    """Remove and add what ModifyMediaInfo says; a new one replaces that of the same id."""
    have = of(caller.service.outputs.of(conn, media.id))
    gone = {*(params["DeleteSubtitleIds"] or ()), *(item.output.facts["id"] for item in brought)}
    if len({item.output.facts["id"] for item in brought}) < len(brought):
        raise ApiError(codes.INVALID_VALUE, "two of AddSubtitles have the same Id")
    left = [item for item in have if not params["ClearSubtitles"] and shown_id(item) not in gone]
    if len(left) + len(brought) > MOST:
        raise ApiError(codes.LIMIT_EXCEEDED, f"a media has at most {MOST} subtitles")
    caller.service.outputs.remove(conn, media, {item.id for item in have} - {item.id for item in left})
    for stored in (stored for item in brought for stored in item.stored):
        files.name(conn, caller, stored)
    caller.service.outputs.add(conn, [item.output for item in brought])


def of(outputs: Sequence[Output]) -> list[Output]:
    """The subtitles among a media's outputs."""
    return [output for output in outputs if output.kind == _KIND]


def shown_id(output: Output) -> str:
    """The vendor's id of a subtitle, also of one that came another way."""
    return str(output.facts.get("id") or output.id[:16])


def shown(service: Service, output: Output) -> dict[str, Any]:
    """MediaSubtitleItem."""
    return {
        "Id": shown_id(output),
        "Name": output.facts.get("title") or output.name,
        "Language": output.facts.get("language", ""),
        "Format": output.facts.get("format", "vtt"),
        "Url": made.url(service, output.key),
        "Source": "UserUploaded",
    }

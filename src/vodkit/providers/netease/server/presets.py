"""Transcoding templates and watermarks, and the procedures that they come to (netease.md §8)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from vodkit.server.media.procedure import Clip, Position, Procedure, Rendition, Watermark

from .. import wire
from .answer import ApiError
from .caller import Params
from .fields import integer, required_integer, text

COVER = Position(percent=10)

_ROWS = {"shd": 1080, "hd": 720, "sd": 480}
"""The most rows of a quality's picture. The vendor's pages do not say how many it has."""

_LEVELS = (720, 480, 240)
_LONGEST = 10_000_000
_NOT_MADE = ("copyMp4", "copyFlv", "copyHls", "transConfig")
_LEVEL = re.compile(r"([0-9]+)[pP]")
_COORDINATE = re.compile(r"([0-9]{1,2})%_([0-9]{1,2})%")
_SCALE = re.compile(r"([0-9]{1,2})%x([0-9]{1,2})%")


def preset(params: Params) -> dict[str, Any]:
    """The members of a template, checked."""
    if params.get(wire.ADAPTIVE) and params.get("transConfig"):
        raise ApiError(wire.BAD_REQUEST, "adaptHls and transConfig cannot be given together")
    for name in _NOT_MADE:
        if params.get(name) not in (None, 0, "0", "", []):
            raise ApiError(wire.NOT_OPENED, f"this service makes nothing of {name}")
    adaptive = params.get(wire.ADAPTIVE)
    _levels(adaptive)
    return {**wanted(params), wire.ADAPTIVE: adaptive or 0}


def wanted(params: Params) -> dict[str, int]:
    """Which outputs are wanted: 0 or 1 for each of the vendor's names."""
    flags = {name: integer(params, name) or 0 for name in (*wire.STYLES, *wire.SOUNDS)}
    wrong = [name for name, value in flags.items() if value not in (0, 1)]
    if wrong:
        raise ApiError(wire.BAD_REQUEST, f"{wrong[0]} must be 0 or 1")
    return flags


def watermark(params: Params) -> dict[str, Any]:
    """The members of a watermark, checked; its image is looked for where it is used."""
    coordinate = text(params, "coordinate", most=32) or "5%_5%"
    scale = text(params, "scale", most=32) or ""
    if not _COORDINATE.fullmatch(coordinate):
        raise ApiError(wire.BAD_REQUEST, "coordinate must be like 8%_6%")
    if scale and not _SCALE.fullmatch(scale):
        raise ApiError(wire.BAD_REQUEST, "scale must be like 10%x15%")
    return {
        "imageId": required_integer(params, "imageId"),
        "description": text(params, "description"),
        "coordinate": coordinate,
        "scale": scale,
    }


def overlay(spec: Mapping[str, Any], space: str, key: str) -> Watermark:
    """A watermark over the picture, of the image that is there.

    It keeps its shape, so of ``scale`` the width counts; it stands in the corner that ``coordinate``, counted
    from the upper left, is nearest to.
    """
    across, down = map(int, _COORDINATE.fullmatch(spec["coordinate"]).groups())  # type: ignore[union-attr]
    scale = _SCALE.fullmatch(spec["scale"]) if spec["scale"] else None
    corner = f"{'top' if down < 50 else 'bottom'}-{'left' if across < 50 else 'right'}"
    width = max(1, int(scale[1])) if scale else 10
    margin = across if across < 50 else max(0, 100 - across - width)
    return Watermark(space, key, corner, float(width), float(margin))


def procedure(
    name: str, spec: Mapping[str, Any], mark: Watermark | None = None, clip: Clip | None = None
) -> Procedure:
    """What a template comes to: a cover, and one output for each of the vendor's names.

    Each quality is encoded for itself: outputs come and go one by one, as they do at the vendor's.

    Args:
        name: What the procedure is known by.
        spec: The template's members.
        mark: Goes over the picture, if any.
        clip: What is taken of the source, or ``None`` for all.
    """
    parts = tuple(replace(part, watermark=mark) for part in _parts(spec))
    made = Procedure(name, audio=None, streaming=False, files="none", cover=COVER, also=parts)
    return clipped(made, clip)


def clipped(made: Procedure, clip: Clip | None) -> Procedure:
    """A procedure over a part of the source."""
    if clip is None:
        return made
    return replace(made, clip=clip, also=tuple(replace(part, clip=clip) for part in made.also))


def clip(offset: int | None, duration: int | None) -> Clip | None:
    """What is taken of a source; both in seconds.

    Raises:
        ApiError: 400, for what cannot be.
    """
    if not offset and not duration:
        return None
    if not all(0 <= seconds <= _LONGEST for seconds in (offset or 0, duration or 0)):
        raise ApiError(wire.BAD_REQUEST, f"transOffset and transDuration must be 0 to {_LONGEST} seconds")
    return Clip(float(offset or 0), float(duration or 0))


def _parts(spec: Mapping[str, Any]) -> Iterator[Procedure]:
    for quality, rows in _ROWS.items():
        renditions = (Rendition(rows),)
        streaming, file = bool(spec[f"{quality}Hls"]), "best" if spec[f"{quality}Mp4"] else "none"
        if streaming or file != "none":
            yield Procedure(quality, renditions, streaming=streaming, files=file, definition=quality)
        if spec[f"{quality}Flv"]:
            name = f"{quality}Flv"
            yield Procedure(name, renditions, streaming=False, container="flv", definition=name)
    if levels := _levels(spec.get(wire.ADAPTIVE)):
        ladder = tuple(Rendition(rows) for rows in levels)
        yield Procedure(wire.ADAPTIVE, ladder, files="none", definition=wire.ADAPTIVE)
    for sound, container in zip(wire.SOUNDS, ("mp4", "mp3"), strict=True):
        if spec.get(sound):
            yield Procedure(sound, streaming=False, container=container, definition=sound)


def _levels(told: Any) -> tuple[int, ...]:
    """The sizes of an adaptive stream: all of them, or those that are named (``240P/480P``)."""
    if told in (None, 0, "0", ""):
        return ()
    if told in (1, "1"):
        return _LEVELS
    named = {int(rows) for rows in _LEVEL.findall(told)} if isinstance(told, str) else set()
    if not named or not named <= set(_LEVELS):
        raise ApiError(wire.BAD_REQUEST, "adaptHls must be 0, 1 or some of 240P/480P/720P")
    return tuple(rows for rows in _LEVELS if rows in named)

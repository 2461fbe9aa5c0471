"""The numbers of a ladder: sizes that are never above the source's, rates, and groups of pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .facts import Stream
from .procedure import Procedure, Rendition

GOP = 2.0
"""Seconds, about, between two pictures that stand alone: a player can begin or change its rendition there."""

_NTSC = Fraction(1000, 1001)
_USUAL = (24 * _NTSC, Fraction(24), Fraction(25), 30 * _NTSC, Fraction(30), Fraction(50), 60 * _NTSC)
_FASTEST = Fraction(60)
_UNKNOWN = Fraction(25)
_BITS_AT_1080 = 4_500_000
_LEAST_BITS = 64_000
_SHARE = {"h264": 1.0, "hevc": 0.65, "vp9": 0.7, "av1": 0.55}


@dataclass(frozen=True, slots=True)
class Rung:
    """One rendition of one source.

    Attributes:
        name: Unique among those of the procedure.
        width, height: Even numbers of pixels.
        codec: As in the rendition.
        bitrate: Bits in a second.
        fps: Pictures in a second; the ladder's divided by a whole number.
        gop: Pictures from one that stands alone to the next.
    """

    name: str
    width: int
    height: int
    codec: str
    bitrate: int
    fps: Fraction
    gop: int


def ladder(video: Stream, procedure: Procedure) -> list[Rung]:
    """What the renditions of a procedure come to for a source, largest first.

    Of several that come to one size as the source has no more, the first is made; several that ask for one
    size are made all. All begin a group of pictures at the same moments, so a rate below the ladder's is
    rounded down to a whole part of it.
    """
    fastest = frame_rate(video)
    wanted = _distinct(video, procedure.renditions)
    divisors = [math.ceil(fastest / Fraction(item.fps)) if item.fps else 1 for item, _ in wanted]
    common = math.lcm(*divisors)
    group = max(1, round(fastest * Fraction(GOP) / common)) * common
    rungs = []
    names: set[str] = set()
    for (item, (width, height)), divisor in zip(wanted, divisors, strict=True):
        bitrate = item.bitrate or usual_bitrate(width, height, item.codec)
        name = _name(f"{min(width, height)}p", item.codec, names)
        rungs.append(Rung(name, width, height, item.codec, bitrate, fastest / divisor, group // divisor))
    return rungs


def fitted(source: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """The largest size of the source's shape within a box, never above the source's; even numbers.

    Args:
        source: Width and height as shown.
        width, height: The box; 0 is no bound.
    """
    across, down = source
    scale = min(1.0, width / across if width else 1.0, height / down if height else 1.0)
    return _even(across * scale, across), _even(down * scale, down)


def frame_rate(video: Stream) -> Fraction:
    """The constant rate that a source is made into: its own, or a usual one where it varies."""
    average = video.fps or video.nominal_fps
    if average <= 0:
        return _UNKNOWN
    nominal = video.nominal_fps or average
    varies = abs(nominal - average) > 0.02 * average
    if varies and average > 12:
        return next((rate for rate in _USUAL if rate >= average * 0.99), _FASTEST)
    # An average is of as many pictures as there are, and so never quite the rate.
    return min(Fraction(average if varies else nominal).limit_denominator(1001), _FASTEST)


def usual_bitrate(width: int, height: int, codec: str) -> int:
    """Bits in a second that suit a size."""
    bits: float = _BITS_AT_1080 * (width * height / (1920 * 1080)) ** 0.75 * _SHARE[codec]
    return max(_LEAST_BITS, round(bits / 1000) * 1000)


def _distinct(video: Stream, renditions: Sequence[Rendition]) -> list[tuple[Rendition, tuple[int, int]]]:
    source = video.shown_size
    upright = source[1] > source[0]
    found: dict[tuple[int, int, str], list[Rendition]] = {}
    for item in renditions:
        box = (item.width, item.height)
        size = fitted(source, *(box[::-1] if upright and not item.fixed else box))
        same = found.setdefault((*size, item.codec), [])
        if not same or (_box(item) == _box(same[0]) and item not in same):
            same.append(item)
    every = [(item, (width, height)) for (width, height, _), items in found.items() for item in items]
    return sorted(every, key=lambda each: -each[1][0] * each[1][1])


def _box(item: Rendition) -> tuple[int, int, bool]:
    return item.width, item.height, item.fixed


def _name(size: str, codec: str, taken: set[str]) -> str:
    """``720p``, or one more telling if there is that already; ``taken`` learns it."""
    candidates = [size, f"{size}-{codec}", *(f"{size}-{codec}-{number}" for number in range(2, 100))]
    name = next(candidate for candidate in candidates if candidate not in taken)
    taken.add(name)
    return name


def _even(length: float, most: int) -> int:
    """The nearest even number that is not above ``most``; the smallest picture has two pixels."""
    return max(2, min(round(length / 2) * 2, most // 2 * 2))

"""DASH manifests (ISO/IEC 23009-1, static), as far as they name files."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ..errors import ManifestError
from .names import is_url, relative_name
from .parsed import Parsed

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_TEMPLATE = re.compile(r"\$(?:(RepresentationID|Bandwidth|Number|Time|SubNumber)(?:%0(\d{1,2})d)?)?\$")
_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?\Z"
)
_DURATION_UNITS = (31_536_000, 2_592_000, 86_400, 3_600, 60)
_XLINK = "{http://www.w3.org/1999/xlink}href"
_UNCOUNTABLE = "the manifest does not say how long it is, so its segments cannot be counted"
_RESOLVE_TO_ZERO = "urn:mpeg:dash:resolve-to-zero:2013"


def parse_dash(text: str) -> Parsed:
    """The files that an MPD names: templates are expanded, bases resolved.

    Raises:
        ManifestError: the text is no MPD, cannot be expanded, or names something outside its directory.
    """
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, UnicodeError, ValueError, LookupError) as error:
        raise ManifestError(f"this is not a DASH manifest: {type(error).__name__}") from None
    if _tag(root) != "MPD":
        raise ManifestError(f"this is not a DASH manifest: its root is <{_tag(root)}>")
    parsed = Parsed()
    if root.get("type") == "dynamic":
        parsed.notice("the manifest is dynamic (live): what it names now is uploaded, players expect more")
    base = _base(root, "")
    for period, seconds in _periods(root):
        period_base = _base(period, base)
        for adaptation in _children(period, "AdaptationSet"):
            adaptation_base = _base(adaptation, period_base)
            for representation in _children(adaptation, "Representation"):
                levels = (period, adaptation, representation)
                _representation(levels, _base(representation, adaptation_base), seconds, parsed)
    return parsed


def _representation(levels: tuple[Element, ...], base: str, seconds: Fraction | None, parsed: Parsed) -> None:
    """Add the files of one representation; ``levels`` are its period, its adaptation set and itself."""
    for name, add in (("SegmentTemplate", _template), ("SegmentList", _list)):
        found = [element for level in levels for element in _children(level, name)]
        if found:
            add(levels[-1], found, base, seconds, parsed)
            return
    # One file per representation: its BaseURL, with the index inside it or named by a SegmentBase.
    for level in levels:
        for segment_base in _children(level, "SegmentBase"):
            _source_urls(segment_base, base, parsed)
    if base and not base.endswith("/"):
        parsed.add(base)
    elif not any(_children(level, "SegmentBase") for level in levels):
        raise ManifestError(f"the representation {levels[-1].get('id', '')!r} of the manifest names no file")


def _source_urls(element: Element, base: str, parsed: Parsed) -> None:
    for name in ("Initialization", "RepresentationIndex"):
        for child in _children(element, name):
            source = child.get("sourceURL")
            if source:
                parsed.add(_join(base, source))


def _list(
    representation: Element, found: list[Element], base: str, seconds: Fraction | None, parsed: Parsed
) -> None:
    for element in found:
        _refuse_remote(element)
        _source_urls(element, base, parsed)
    segments = next((urls for e in reversed(found) if (urls := _children(e, "SegmentURL"))), [])
    for segment in segments:
        if media := segment.get("media"):
            parsed.add(_join(base, media))
        elif base and not base.endswith("/"):
            parsed.add(base)
        if index := segment.get("index"):
            parsed.add(_join(base, index))


@dataclass(slots=True)
class _Plan:
    """A segment template with what it inherits."""

    attributes: dict[str, str] = field(default_factory=dict)
    timeline: Element | None = None

    def number(self, name: str, default: int) -> int:
        text = self.attributes.get(name, str(default))
        try:
            return int(text)
        except ValueError:
            raise ManifestError(f"the manifest's {name}={text[:40]!r} is not a number") from None


def _template(
    representation: Element, found: list[Element], base: str, seconds: Fraction | None, parsed: Parsed
) -> None:
    plan = _Plan()
    for element in found:
        plan.attributes.update(element.attrib)
        for timeline in _children(element, "SegmentTimeline"):
            plan.timeline = timeline
        _source_urls(element, base, parsed)
    values = {
        "RepresentationID": representation.get("id", ""),
        "Bandwidth": representation.get("bandwidth", ""),
    }
    for name in ("initialization", "bitstreamSwitching"):
        if pattern := plan.attributes.get(name):
            parsed.add(_join(base, _expand(pattern, values)))
    patterns = [p for name in ("media", "index") if (p := plan.attributes.get(name))]
    if not patterns:
        raise ManifestError("a SegmentTemplate of the manifest has no media attribute")
    for number, time, optional in _segments(plan, seconds):
        values |= {"Number": str(number), "Time": str(time)}
        for pattern in patterns:
            parsed.add(_join(base, _expand(pattern, values)), optional=optional)


def _segments(plan: _Plan, seconds: Fraction | None) -> Iterator[tuple[int, int, bool]]:
    """Number, start time and "may be missing" of each segment."""
    scale = max(plan.number("timescale", 1), 1)
    first = plan.number("startNumber", 1)
    end = None if seconds is None else plan.number("presentationTimeOffset", 0) + seconds * scale
    if plan.timeline is not None:
        for number, time in enumerate(_timeline(plan.timeline, end), first):
            yield number, time, False
        return
    duration = plan.number("duration", 0)
    if "endNumber" in plan.attributes:
        last, exact = plan.number("endNumber", 0), True
    elif duration <= 0:
        # Neither durations nor a timeline: the template stands for one segment.
        last, exact = first, True
    elif seconds is None:
        raise ManifestError(_UNCOUNTABLE)
    else:
        count = math.ceil(seconds * scale / duration)
        last, exact = first + max(count, 1) - 1, seconds * scale % duration == 0
    for number in range(first, last + 1):
        yield number, (number - first) * duration, number == last and number > first and not exact


def _timeline(timeline: Element, end: Fraction | None) -> Iterator[int]:
    """Start times of a SegmentTimeline's segments; ``end`` is the period's, in the same units."""
    entries = _children(timeline, "S")
    time = 0
    for index, entry in enumerate(entries):
        time = _integer(entry, "t", time)
        duration = _integer(entry, "d", 0)
        repeat = _integer(entry, "r", 0)
        if duration <= 0:
            raise ManifestError("a SegmentTimeline of the manifest has a segment without a duration")
        if repeat < 0:
            follower = entries[index + 1].get("t") if index + 1 < len(entries) else None
            until = Fraction(_integer(entries[index + 1], "t", 0)) if follower is not None else end
            if until is None:
                raise ManifestError(_UNCOUNTABLE)
            repeat = max(math.ceil((until - time) / duration), 1) - 1
        for _ in range(repeat + 1):
            yield time
            time += duration


def _periods(root: Element) -> list[tuple[Element, Fraction | None]]:
    """The periods with their length in seconds, where it can be told."""
    total = _seconds(root.get("mediaPresentationDuration"))
    periods = [p for p in _children(root, "Period") if not _refuse_remote(p)]
    if not periods:
        raise ManifestError("the manifest has no period")
    starts: list[Fraction | None] = []
    ends: Fraction | None = Fraction(0)
    for period in periods:
        start = _seconds(period.get("start"))
        starts.append(ends if start is None else start)
        length = _seconds(period.get("duration"))
        ends = None if length is None or starts[-1] is None else starts[-1] + length
    found = []
    for period, start, stop in zip(periods, starts, [*starts[1:], total], strict=True):
        length = _seconds(period.get("duration"))
        if length is None and start is not None and stop is not None:
            length = max(stop - start, Fraction(0))
        found.append((period, length))
    return found


def _seconds(text: str | None) -> Fraction | None:
    if text is None:
        return None
    match = _DURATION.match(text.strip())
    if match is None or len(text) > 60:
        raise ManifestError(f"the manifest's duration {text[:60]!r} is not an ISO 8601 one")
    whole = sum(int(n or 0) * unit for n, unit in zip(match.groups()[:5], _DURATION_UNITS, strict=True))
    return whole + Fraction(match.group(6) or 0)


def _expand(pattern: str, values: dict[str, str]) -> str:
    """A template's text with its ``$…$`` filled in."""

    def fill(match: re.Match[str]) -> str:
        name, width = match.groups()
        if name is None:
            return "$"
        if name not in values:
            raise ManifestError(f"the manifest's template uses ${name}$, which has no value here")
        return values[name].zfill(int(width)) if width else values[name]

    return _TEMPLATE.sub(fill, pattern)


def _base(element: Element, base: str) -> str:
    """The base that holds inside an element: its first BaseURL, resolved against its parent's."""
    own = next((child.text.strip() for child in _children(element, "BaseURL") if child.text), "")
    return _join(base, own) if own else base


def _join(base: str, uri: str) -> str:
    """A reference resolved against a base, as a URL is: what follows the base's last slash is replaced."""
    uri = uri.strip()
    if is_url(uri) or uri.startswith("/"):
        relative_name(uri)
    return base[: base.rfind("/") + 1] + uri


def _refuse_remote(element: Element) -> bool:
    """Whether the element is an empty placeholder; one that lives elsewhere is an error."""
    link = element.get(_XLINK)
    if link is None:
        return False
    if link == _RESOLVE_TO_ZERO:
        return True
    raise ManifestError("a part of the manifest lives in another document (xlink:href)")


def _integer(element: Element, name: str, default: int) -> int:
    text = element.get(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        raise ManifestError(f"the manifest's {name}={text[:40]!r} is not a number") from None


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if isinstance(child.tag, str) and _tag(child) == name]

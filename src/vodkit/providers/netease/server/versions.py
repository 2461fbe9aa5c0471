"""The outputs of a video, by the vendor's names for them (netease.md §7, §8.1).

What the vendor's templates made says which output it is. What other procedures made is filed by its size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vodkit.server.processing import Output
from vodkit.server.telling import Links

from .. import wire

_BEST = (wire.ADAPTIVE, "shdHls", "hdHls", "sdHls")
_FORMS = {"mp4": "Mp4", "flv": "Flv"}
_SD, _HD = 480, 720


@dataclass(frozen=True, slots=True)
class Version:
    """One output under one of the vendor's names.

    Attributes:
        output: What it is.
        width, height: Of its picture, 0 for none.
    """

    output: Output
    width: int
    height: int


def by_style(outputs: Iterable[Output]) -> dict[str, Version]:
    """The outputs of a video by the vendor's names, in the vendor's order; of several the latest."""
    found: dict[str, Version] = {}
    for output in outputs:
        found.update(_named(output))
    order = (*wire.STYLES, wire.ADAPTIVE, *wire.SOUNDS)
    return {style: found[style] for style in order if style in found}


def addresses(links: Links, found: Mapping[str, Version]) -> dict[str, str]:
    """Where the outputs play, by the vendor's names."""
    return {style: links.output(version.output.key) for style, version in found.items()}


def members(links: Links, found: Mapping[str, Version]) -> dict[str, Any]:
    """What ``video/get`` says of outputs (netease.md §8.1)."""
    shown: dict[str, Any] = {}
    for style, url in addresses(links, found).items():
        version = found[style]
        shown[f"{style}Url"] = url
        shown[f"download{style[0].upper()}{style[1:]}Url"] = download(url)
        shown[f"{style}Size"] = version.output.size
        shown[f"{style}Width"], shown[f"{style}Height"] = version.width, version.height
    return shown


def download(url: str) -> str:
    """The address of the same as an attachment."""
    return f"{url}{'&' if '?' in url else '?'}download"


def best_first(outputs: Sequence[Output], found: Mapping[str, Version]) -> list[Output]:
    """The outputs of a video, beginning with the streams that serve a player best, if there are such."""
    best = next((found[style].output for style in _BEST if style in found), None)
    return sorted(outputs, key=lambda output: output is not best)


def _named(output: Output) -> dict[str, Version]:
    if output.kind == "streams":
        form, renditions = "Hls", output.facts["renditions"]
    elif output.kind == "file":
        one = output.facts.get("rendition")
        form, renditions = _FORMS.get(output.facts.get("container", ""), ""), [one] if one else []
    else:
        return {}
    sizes = sorted((item["width"], item["height"]) for item in renditions)
    if output.definition:
        name = output.definition
        if name in wire.QUALITIES:
            name += "Hls" if output.kind == "streams" else "Mp4"
        return {name: Version(output, *(sizes[-1] if sizes else (0, 0)))}
    return {f"{_quality(*size)}{form}": Version(output, *size) for size in sizes} if form else {}


def _quality(width: int, height: int) -> str:
    rows = min(width, height)
    return "sd" if rows <= _SD else "hd" if rows <= _HD else "shd"

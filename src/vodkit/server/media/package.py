"""What ffmpeg's playlists and manifests are made into, and the index of a sprite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import defusedxml.ElementTree

from .errors import BadMedia

_NAMESPACE = "urn:mpeg:dash:schema:mpd:2011"
_ON_DEMAND = "urn:mpeg:dash:profile:isoff-on-demand:2011"


def streams(folder: Path) -> None:
    """Finish the streams in a folder: what tells the time of day goes, and DASH gets the exact index.

    ffmpeg's manifest gives all segments one length, which those of sound do not have; the index in each file
    says it exactly.

    Raises:
        BadMedia: a stream has no index.
    """
    for playlist in folder.glob("media_*.m3u8"):
        lines = playlist.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith("#EXT-X-PROGRAM-DATE-TIME")]
        playlist.write_text("\n".join(kept) + "\n", encoding="utf-8")
    manifest = folder / "manifest.mpd"
    ElementTree.register_namespace("", _NAMESPACE)
    root = defusedxml.ElementTree.fromstring(manifest.read_bytes())
    root.set("profiles", _ON_DEMAND)
    for representation in root.iter(f"{{{_NAMESPACE}}}Representation"):
        name = representation.findtext(f"{{{_NAMESPACE}}}BaseURL")
        listed = representation.find(f"{{{_NAMESPACE}}}SegmentList")
        if not name or listed is None:
            raise BadMedia("the encoder made a manifest without its streams")
        representation.remove(listed)
        start, end = _index(folder / name)
        attributes = {"indexRange": f"{start}-{end - 1}"}
        base = ElementTree.SubElement(representation, f"{{{_NAMESPACE}}}SegmentBase", attributes)
        ElementTree.SubElement(base, f"{{{_NAMESPACE}}}Initialization", {"range": f"0-{start - 1}"})
    ElementTree.indent(root)
    manifest.write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def sprite(folder: Path, facts: dict[str, Any]) -> None:
    """Write ``sprite.vtt``: which part of which sheet shows which interval."""
    across, down = facts["width"], facts["height"]
    on_sheet = facts["columns"] * facts["rows"]
    lines = ["WEBVTT", ""]
    for number in range(facts["count"]):
        sheet = folder / f"sprite-{number // on_sheet + 1:03}.jpg"
        if not sheet.exists():
            break
        row, column = divmod(number % on_sheet, facts["columns"])
        begin, end = number * facts["interval"], min((number + 1) * facts["interval"], facts["seconds"])
        lines.append(f"{_time(begin)} --> {_time(end)}")
        lines += [f"{sheet.name}#xywh={column * across},{row * down},{across},{down}", ""]
    (folder / "sprite.vtt").write_text("\n".join(lines), encoding="utf-8")


def _index(path: Path) -> tuple[int, int]:
    """Where the segment index of a file begins and ends."""
    for kind, start, end in boxes(path):
        if kind == b"sidx":
            return start, end
        if kind == b"moof":
            break
    raise BadMedia("the encoder made a stream without an index")


def boxes(path: Path) -> Iterator[tuple[bytes, int, int]]:
    """The outermost boxes of an ISO file: kind, start and end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at + 8 <= size:
            file.seek(at)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length < 8:
                return
            yield head[4:8], at, at + length
            at += length


def _time(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{thousandths:03}"

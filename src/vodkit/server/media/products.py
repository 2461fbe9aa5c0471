"""What steps have made, as it is published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .boxes import stream_file
from .child import size_of
from .package import MANIFEST, MASTER
from .step import Step

TYPES: Mapping[str, str] = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mpd": "application/dash+xml",
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".flv": "video/x-flv",
    ".mp3": "audio/mpeg",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".vtt": "text/vtt",
}
"""Content types of all that steps make, by extension."""


@dataclass(frozen=True, slots=True)
class Product:
    """One output to be, whose files are in the folder of its step.

    Attributes:
        kind: :attr:`vodkit.server.processing.Output.kind`.
        name: For people.
        file: What to begin with.
        files: All of them, ``file`` among them.
        size: Bytes of all of them.
        definition: :attr:`Procedure.definition` of what it is a part of.
        facts: As in :class:`vodkit.server.processing.Output`, with names of files in place of keys.
    """

    kind: str
    name: str
    file: str
    files: tuple[str, ...]
    size: int
    definition: str
    facts: Mapping[str, Any]

    def facts_under(self, prefix: str) -> dict[str, Any]:
        """The facts with keys, where the files are published as ``prefix`` and their names."""
        found = dict(self.facts)
        if "dash" in found:
            found["dash"] = prefix + found["dash"]
        if "sheets" in found:
            found["sheets"] = [prefix + name for name in found["sheets"]]
        return found


def products(step: Step, folder: Path) -> list[Product]:
    """What is to be published of a step that was run in ``folder``; nothing if it only serves others."""
    if not step.published:
        return []
    if step.kind == "snapshots":
        return list(_snapshots(step, folder))
    files = tuple(sorted(path.name for path in folder.iterdir()))
    if step.kind == "streams":
        return [_product(step, folder, "streams", MASTER, files, _stream_facts(step, folder))]
    if step.kind == "sprite":
        sheets = [name for name in files if name != "sprite.vtt"]
        return [_product(step, folder, "sprite", "sprite.vtt", files, {**step.facts, "sheets": sheets})]
    (file,) = files
    facts = dict(step.facts)
    if step.kind == "cover":
        facts["at"] = facts["at"][file]
    return [_product(step, folder, Path(file).stem, file, files, facts)]


def _snapshots(step: Step, folder: Path) -> Iterator[Product]:
    shared = {name: value for name, value in step.facts.items() if name != "at"}
    for file, at in step.facts["at"].items():
        if (folder / file).is_file():
            size = (folder / file).stat().st_size
            stem = Path(file).stem
            yield Product("snapshot", stem, file, (file,), size, step.definition, {**shared, "at": at})


def _stream_facts(step: Step, folder: Path) -> dict[str, Any]:
    """Those of the streams that are there, each with its file, its bytes and its real rate."""
    shown = []
    seconds = 0.0
    for rendition in step.facts["renditions"]:
        path = folder / f"{rendition['name']}.mp4"
        if path.is_file():
            found = stream_file(path)
            seconds = max(seconds, float(found.seconds))
            shown.append(
                {
                    **rendition,
                    "bitrate": found.average,
                    "file": path.name,
                    "size": path.stat().st_size,
                    "codecs": found.codec,
                }
            )
    audio = step.facts["audio"]
    sound = folder / "audio.mp4"
    if audio and sound.is_file():
        found = stream_file(sound)
        seconds = max(seconds, float(found.seconds))
        audio = {**audio, "bitrate": found.average, "size": sound.stat().st_size}
    else:
        audio = None
    return {"dash": MANIFEST, "seconds": round(seconds, 3), "renditions": shown, "audio": audio}


def _product(
    step: Step, folder: Path, name: str, file: str, files: Sequence[str], facts: Mapping[str, Any]
) -> Product:
    return Product(step.kind, name, file, tuple(files), size_of(folder), step.definition, facts)

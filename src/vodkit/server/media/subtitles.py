"""Subtitles as people have them (SRT, WebVTT) made into the WebVTT that players take.

Pure: text in, text out. Cues are read and written anew, so what comes out is well-formed whatever came in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import BadMedia, TooMuch

MOST_BYTES = 4 * 1024 * 1024
_MOST_CUES = 50_000

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:[ \t]+(.*))?\s*")
_SETTING = re.compile(r"(?:vertical|line|position|size|align|region):[\w.,%-]+")
_BLOCKS = ("STYLE", "REGION", "NOTE")
_TAG = re.compile(r"</?(?:[biu]|ruby|rt|c(?:\.[\w.-]+)*|v(?:[ .][^<>\n]*)?|lang(?: [\w-]+)?)>|<[\d:.]+>")
_SRT_TAG = re.compile(r"</?[biu]>", re.IGNORECASE)
_FONT = re.compile(r"</?font[^<>]*>", re.IGNORECASE)
_OVERRIDE = re.compile(r"\{\\[^{}]*\}")
_TOP = re.compile(r"\{\\an[789]\}")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|nbsp|lrm|rlm|#\d+|#x[0-9a-fA-F]+);)")


@dataclass(frozen=True, slots=True)
class Cue:
    """One text and when it is shown.

    Attributes:
        begin, end: Milliseconds.
        text: With WebVTT's tags and entities.
        settings: Where it is shown, as WebVTT says it; may be empty.
        id: May be empty.
    """

    begin: int
    end: int
    text: str
    settings: str = ""
    id: str = ""


def to_webvtt(data: bytes) -> str:
    """WebVTT of SRT or WebVTT.

    UTF-8, UTF-16 with its mark, and GB 18030 are understood.

    Raises:
        BadMedia: it is neither, or has no cue; the text names the line.
        TooMuch: it is larger than :data:`MOST_BYTES`, or has too many cues.
    """
    if len(data) > MOST_BYTES:
        raise TooMuch(f"subtitles of {len(data)} bytes are more than {MOST_BYTES}")
    text = _decoded(data).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "�")
    native = re.match(r"WEBVTT(?:[ \t\n]|$)", text) is not None
    blocks, cues = [], []
    for number, lines in _paragraphs(text):
        if native and (number == 1 or lines[0].split(" ")[0] in _BLOCKS):
            # The header and comments say nothing to a player.
            if lines[0] in ("STYLE", "REGION") and not any("-->" in line for line in lines):
                blocks.append("\n".join(lines))
            continue
        cues.append(_cue(number, lines, native))
        if len(cues) > _MOST_CUES:
            raise TooMuch(f"there are more than {_MOST_CUES} subtitles")
    if not cues:
        raise BadMedia("there is no subtitle in it")
    cues.sort(key=lambda cue: cue.begin)
    return "\n\n".join(["WEBVTT", *blocks, *(_written(cue) for cue in cues)]) + "\n"


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    for name in (encoding, "gb18030"):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    raise BadMedia("it is no text in UTF-8, UTF-16 or GB 18030")


def _paragraphs(text: str) -> Iterator[tuple[int, list[str]]]:
    """Blocks between empty lines, with the number of their first line."""
    first, lines = 0, list[str]()
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip():
            first = first if lines else number
            lines.append(line.rstrip())
        elif lines:
            yield first, lines
            lines = []


def _cue(number: int, lines: list[str], native: bool) -> Cue:
    at = next((at for at, line in enumerate(lines[:2]) if "-->" in line), None)
    if at is None:
        raise BadMedia(f"line {number} is no subtitle: {lines[0][:40]!r} is not followed by its times")
    timing = _TIMING.fullmatch(lines[at])
    if timing is None:
        raise BadMedia(f"line {number + at} has no times like 00:00:01.000 --> 00:00:02.000")
    begin, end = (_milliseconds(timing.groups()[part : part + 4]) for part in (0, 4))
    if end < begin:
        raise BadMedia(f"line {number + at}: the subtitle ends before it begins")
    text = "\n".join(lines[at + 1 :])
    if native:
        settings = " ".join(word for word in (timing[9] or "").split() if _SETTING.fullmatch(word))
        return Cue(begin, end, _escaped(text, _TAG), settings, lines[0] if at else "")
    settings = "line:0" if _TOP.search(text) else ""
    plain = _OVERRIDE.sub("", _FONT.sub("", text))
    return Cue(begin, end, _escaped(_SRT_TAG.sub(lambda tag: tag[0].lower(), plain), _TAG), settings)


def _milliseconds(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, fraction = parts
    whole = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    return whole * 1000 + int((fraction or "0").ljust(3, "0"))


def _escaped(text: str, tags: re.Pattern[str]) -> str:
    """The text with everything that is no known tag made harmless."""
    out, at = [], 0
    for tag in tags.finditer(text):
        out += [_plain(text[at : tag.start()]), tag[0]]
        at = tag.end()
    return "".join([*out, _plain(text[at:])])


def _plain(text: str) -> str:
    return _ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def _written(cue: Cue) -> str:
    timing = f"{_clock(cue.begin)} --> {_clock(cue.end)} {cue.settings}".rstrip()
    return "\n".join(line for line in (cue.id, timing, cue.text) if line)


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"

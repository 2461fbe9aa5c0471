"""Awkward inputs, each with what is to come of it.

``CASES`` is data: how a file is made, and what ``default`` makes of it. Most are made by ffmpeg,
of a moving test picture of 320 × 180 and a tone; some by hand.
"""

from __future__ import annotations

import random
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .conftest import H264, ffmpeg

AAC = ("-c:a", "aac")


@dataclass(frozen=True)
class Case:
    """One input.

    Attributes:
        name: What is awkward.
        make: Writes the file.
        kind: What the file is found to be.
        size: Of the largest rendition; of an image and of a song's picture, of the cover.
        seconds: How long the outputs play.
        fps: Of the largest rendition, if it is not 25.
        channels: Of the sound that comes out; 0 for none.
        error: Words of the reason why nothing is made; ``""`` if something is.
        longest: The account's limit in seconds.
    """

    name: str
    make: Callable[[Path], None]
    kind: str = "video"
    size: tuple[int, int] = (320, 180)
    seconds: float = 2.0
    fps: float = 25.0
    channels: int = 1
    error: str = ""
    longest: float | None = None


# --- how they are made -----------------------------------------------------------------------------------


def clip(
    *options: str,
    size: str = "320x180",
    fps: str = "25",
    seconds: float = 2,
    video: tuple[str, ...] = H264,
    audio: tuple[str, ...] = AAC,
    format: str = "mp4",
    before: tuple[str, ...] = (),
) -> Callable[[Path], None]:
    """A test picture and a tone; empty ``video`` or ``audio`` leaves that out."""

    def make(path: Path) -> None:
        inputs = [*before]
        if video:
            inputs += ["-f", "lavfi", "-i", f"testsrc2=s={size}:r={fps}:d={seconds}"]
        if audio:
            inputs += ["-f", "lavfi", "-i", f"sine=f=440:r=48000:d={seconds}"]
        ffmpeg(*inputs, *video, *audio, *options, "-f", format, str(path))

    return make


def still(size: str, format: str, *options: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        picture = f"testsrc2=s={size}:r=1"
        ffmpeg("-f", "lavfi", "-i", picture, "-frames:v", "1", *options, "-f", format, str(path))

    return make


def then(first: Callable[[Path], None], change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """A file, changed by hand."""

    def make(path: Path) -> None:
        first(path)
        path.write_bytes(change(path.read_bytes()))

    return make


def again(first: Callable[[Path], None], *options: str, format: str = "mp4") -> Callable[[Path], None]:
    """A file put through ffmpeg once more; ``{}`` in the options stands for it."""

    def make(path: Path) -> None:
        before = path.with_name(f"{path.name}.before")
        first(before)
        words = [str(before) if word == "{}" else word for word in options]
        ffmpeg(*words, "-f", format, str(path))
        before.unlink()

    return make


def content(data: bytes | str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.write_bytes(data if isinstance(data, bytes) else data.encode())

    return make


def turned(degrees: int) -> Callable[[Path], None]:
    return again(clip(), "-display_rotation", str(degrees), "-i", "{}", "-c", "copy")


def hdr(transfer: str) -> Callable[[Path], None]:
    tags = f"setparams=color_trc={transfer}:color_primaries=bt2020:colorspace=bt2020nc"
    return clip("-vf", f"{tags},format=yuv420p10le", "-pix_fmt", "yuv420p10le")


def song_with_picture(path: Path) -> None:
    cover = path.with_name("cover.jpg")
    still("64x48", "mjpeg")(cover)
    sound = ("-f", "lavfi", "-i", "sine=f=440:d=2", "-i", str(cover), "-map", "0", "-map", "1")
    ffmpeg(*sound, *AAC, "-c:v", "copy", "-disposition:v:0", "attached_pic", "-f", "ipod", str(path))
    cover.unlink()


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("film.mp4", bytes(5000))


def subtitles_alone(path: Path) -> None:
    text = path.with_name("text.srt")
    text.write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
    ffmpeg("-i", str(text), "-c", "copy", "-f", "matroska", str(path))
    text.unlink()


def size_that_changes(path: Path) -> None:
    parts = []
    for second, size in enumerate(("320x180", "160x120")):
        part = path.with_name(f"{path.name}.{size}")
        clip("-output_ts_offset", str(second), size=size, seconds=1, format="mpegts")(part)
        parts.append(part.read_bytes())
        part.unlink()
    path.write_bytes(b"".join(parts))


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def damaged_index(data: bytes) -> bytes:
    start = data.index(b"stbl") - 4
    return data[: start + 8] + random.Random(1).randbytes(200) + data[start + 208 :]


def ten_thousand_hours(data: bytes) -> bytes:
    """A Matroska file whose Duration element says so."""
    at = data.index(b"\x44\x89\x88")
    return data[: at + 3] + struct.pack(">d", 36_000_000_000.0) + data[at + 11 :]


def playlist(address: str) -> Callable[[Path], None]:
    return content(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{address}\n#EXT-X-ENDLIST\n")


BOMB = """<?xml version="1.0"?><!DOCTYPE MPD [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period id="&b;"/></MPD>"""
FIELDS = ("-vf", "interlace,setfield=tff", "-flags", "+ilme+ildct", "-x264opts", "tff=1")
VARYING = ("-vf", "select='not(mod(n,3))+lt(n,20)'", "-fps_mode", "vfr")
TALL = ("-vf", "setsar=32/27")
SMALL_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

CASES = [
    Case("plain", clip()),
    # Shape and orientation.
    Case("turned by 90", turned(90), size=(180, 320)),
    Case("turned by 180", turned(180)),
    Case("turned by 270", turned(270), size=(180, 320)),
    Case("upright", clip(size="180x320"), size=(180, 320)),
    Case("one pixel", clip("-vf", "scale=1:1,setsar=1", "-pix_fmt", "yuv444p"), size=(2, 2)),
    Case("odd size", clip("-pix_fmt", "yuv444p", size="321x179"), size=(320, 178)),
    Case("wide pixels", clip(*TALL, size="360x240"), size=(426, 240)),
    Case(
        "wide and turned",
        again(clip(*TALL, size="360x240"), "-display_rotation", "90", "-i", "{}", "-c", "copy"),
        size=(240, 426),
    ),
    Case("very wide", clip(size="640x16"), size=(640, 16)),
    Case("size that changes", size_that_changes),
    # Sound.
    Case("no sound", clip(audio=()), channels=0),
    Case("mp3", clip(video=(), audio=("-c:a", "libmp3lame"), format="mp3"), kind="audio"),
    Case("m4a with a picture", song_with_picture, kind="audio", size=(64, 48)),
    Case("telephone", clip("-ar", "8000", video=(), audio=("-c:a", "pcm_mulaw"), format="wav"), kind="audio"),
    Case("surround", clip("-ac", "6"), channels=2),
    Case(
        "sound that begins later",
        again(
            clip(), "-i", "{}", "-itsoffset", "0.7", "-i", "{}", "-map", "0:v", "-map", "1:a", "-c", "copy"
        ),
        seconds=2.7,
    ),
    # Time.
    Case("rate that varies", clip(*VARYING, fps="30"), fps=24000 / 1001),
    Case("60 a second", clip(fps="60"), fps=60),
    Case("240 a second", clip(fps="240", seconds=1), seconds=1, fps=60),
    Case("NTSC", clip(fps="30000/1001"), fps=30000 / 1001),
    Case("one a second, no second key frame", clip("-g", "999", fps="1", seconds=6), seconds=6, fps=1),
    Case("interlaced", clip(*FIELDS, fps="50")),
    Case("begins before zero", clip("-output_ts_offset", "-1.5", format="nut")),
    Case("begins after ten hours", clip("-output_ts_offset", "36000", format="mpegts")),
    Case("says ten thousand hours", then(clip(format="matroska"), ten_thousand_hours)),
    Case("says no length", clip("-live", "1", format="matroska")),
    Case("longer than the limit", clip(seconds=7), longest=5, error="lasts 7.0 s, and at most 5 s"),
    # Picture formats.
    Case("HDR10", hdr("smpte2084")),
    Case("HLG", hdr("arib-std-b67")),
    Case("ten bits", clip("-pix_fmt", "yuv420p10le")),
    Case("grey", clip("-pix_fmt", "gray")),
    Case(
        "alpha",
        clip(
            "-pix_fmt",
            "yuva420p",
            video=("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
            audio=("-c:a", "libopus"),
            format="webm",
        ),
    ),
    Case("RGB", clip(video=("-c:v", "libx264rgb", "-preset", "ultrafast"))),
    # Containers.
    Case("mkv under another name", clip(format="matroska")),
    Case("flv", clip(format="flv")),
    Case("avi", clip(video=("-c:v", "mpeg4"), audio=("-c:a", "libmp3lame"), format="avi")),
    Case("wmv", clip(video=("-c:v", "wmv2"), audio=("-c:a", "wmav2"), format="asf")),
    Case("mpeg", clip(video=("-c:v", "mpeg2video"), audio=("-c:a", "mp2"), format="vob")),
    Case("bare h264", clip(audio=(), format="h264"), channels=0),
    Case("many streams", clip(*("-map", "0:v"), *("-map", "1:a") * 20, format="matroska")),
    Case("fragments", clip("-movflags", "+frag_keyframe+empty_moov")),
    # Images.
    Case("8K still", still("7680x4320", "mjpeg"), kind="image", size=(1920, 1080)),
    Case("PNG", still("64x48", "apng"), kind="image", size=(64, 48)),
    Case("WebP", still("64x48", "webp"), kind="image", size=(64, 48)),
    Case(
        "animated GIF",
        clip(audio=(), video=("-c:v", "gif"), size="64x48", format="gif"),
        size=(64, 48),
        channels=0,
    ),
    Case(
        "animated WebP",
        clip(audio=(), video=("-c:v", "libwebp_anim"), format="webp"),
        error="neither picture",
    ),
    Case(
        "image that is said to be enormous",
        content(SMALL_PNG + struct.pack(">II", 90000, 90000) + bytes(50)),
        error="neither picture nor sound",
    ),
    # Broken.
    Case("cut mp4, index at the end", then(clip(), half), error="moov"),
    Case("cut mp4, index in front", then(clip("-movflags", "+faststart", "-g", "12"), half), seconds=1.1),
    Case("cut mkv", then(clip("-g", "12", format="matroska"), half), seconds=1.1),
    Case("damaged index", then(clip(), damaged_index), error="the file (is broken|cannot be read)"),
    Case(
        "header alone",
        then(clip(format="matroska"), lambda data: data[:600]),
        error="the file (is broken|cannot be read)",
    ),
    Case("empty", content(b""), error="the file is broken, or is no media"),
    # Not media, or not of one file.
    Case("zip", archive, error="the file is broken, or is no media"),
    Case("text", content("The quick brown fox.\n" * 50), error="the file is broken, or is no media"),
    Case("noise", content(random.Random(2).randbytes(20_000)), error="the file is broken, or is no media"),
    Case(
        "program",
        content(b"\x7fELF\x02\x01\x01" + bytes(200) + random.Random(3).randbytes(5000)),
        error="the file is broken, or is no media",
    ),
    Case("subtitles alone", subtitles_alone, error="neither picture nor sound"),
    Case("playlist of a file outside", playlist("/etc/passwd"), error="names '/etc/passwd'"),
    Case("playlist that climbs", playlist("../../secret.ts"), error="climbs"),
    Case("playlist of an address", playlist("http://127.0.0.1:1/a.ts"), error="names"),
    Case("manifest that is a bomb", content(BOMB), error="manifest"),
    Case("list of files", content("ffconcat version 1.0\nfile /etc/passwd\n"), error="not opened"),
]

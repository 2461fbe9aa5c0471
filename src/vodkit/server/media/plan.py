"""From what a file holds and what is wanted to what is to be run. Pure: no file is touched.

Streams come from one encode (see :mod:`.encode`); progressive files are copies of them and a sprite is made
from the smallest. A procedure's further ones (``also``) have steps of their own, whose names begin with
theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

from . import pictures
from .encode import SOUND, described, encode, sound
from .errors import BadMedia, TooMuch
from .facts import Facts
from .package import MANIFEST, MASTER
from .procedure import SOUND_CONTAINERS, Procedure
from .sizes import Rung, ladder
from .step import SLOWEST, SOURCE, Cut, Step, mark_word, opened, watermarks

__all__ = ["SOURCE", "Step", "check_length", "plan", "watermarks"]

_SOUND_ONLY = {
    "mp3": ["-c:a", "libmp3lame", "-f", "mp3"],
    "flac": ["-c:a", "flac", "-f", "flac"],
    "ogg": ["-c:a", "libopus", "-f", "ogg"],
    "wav": ["-c:a", "pcm_s16le", "-f", "wav"],
}
_OPUS_RATE = 48_000


def plan(facts: Facts, procedure: Procedure) -> list[Step]:
    """The steps of a procedure for a source, in the order to run them.

    What the source does not have is left out: a file without sound gets none, a still picture gets a cover.
    Of streams that are ready-made (:attr:`Facts.ready_made`) nothing is made: they are served as they are.

    Raises:
        BadMedia: nothing of what is wanted can be made of this source.
    """
    if facts.ready_made:
        return []
    steps = [*_steps(facts, procedure, "")]
    for item in procedure.also:
        steps += _steps(facts, item, f"{item.name}-")
    if not steps and procedure.asks:
        raise BadMedia(f"the procedure {procedure.name} makes nothing of this {facts.kind}")
    return steps


def check_length(facts: Facts, most: float | None) -> None:
    """Refuse a source that plays longer than ``most`` seconds; ``None`` is no bound.

    Raises:
        TooMuch: it does.
    """
    if most is not None and facts.length > most:
        raise TooMuch(f"the media lasts {facts.length:.1f} s, and at most {most:g} s are processed")


def _steps(facts: Facts, procedure: Procedure, prefix: str) -> Iterator[Step]:
    video = facts.video
    cut = Cut.of(facts, procedure)
    rungs = ladder(video, procedure) if video and procedure.renditions else []
    has_sound = bool(facts.audio and procedure.audio)
    copied = procedure.files != "none" and procedure.container not in SOUND_CONTAINERS
    encoded = f"{prefix}encode" if (rungs or has_sound) and (procedure.streaming or copied) else ""
    if encoded:
        step = encode(facts, procedure, rungs, cut, encoded, mark_word(procedure, prefix))
        yield step
        if procedure.streaming:
            yield _package(procedure, rungs, step, f"{prefix}package")
        if copied:
            yield from _files(procedure, rungs, has_sound, step, prefix)
    if has_sound and procedure.files != "none" and not copied:
        yield _sound_file(facts, procedure, cut, prefix)
    for step in pictures.steps(facts, procedure, rungs if encoded else [], encoded, cut):
        yield replace(step, name=f"{prefix}{step.name}", definition=procedure.definition)


def _package(procedure: Procedure, rungs: Sequence[Rung], source: Step, name: str) -> Step:
    """HLS and DASH over those streams that could be made."""
    return Step(
        name=name,
        kind="streams",
        commands=(),
        makes=(MASTER, MANIFEST),
        seconds=0.0,
        limit=600.0,
        published=True,
        facts={
            "renditions": described(rungs),
            "audio": asdict(procedure.audio) if f"{SOUND}.mp4" in source.makes and procedure.audio else None,
            "seconds": source.seconds,
        },
        definition=procedure.definition,
        takes=tuple(f"@{source.name}/{file}" for file in source.makes),
    )


def _files(
    procedure: Procedure, rungs: Sequence[Rung], has_sound: bool, source: Step, prefix: str
) -> Iterator[Step]:
    """Progressive files, whose index comes first."""
    many = {"best": 1, "all": len(rungs) or 1}[procedure.files]
    extension = procedure.container if rungs or procedure.container == "flv" else "m4a"
    first = ["-flvflags", "+add_keyframe_index"] if extension == "flv" else ["-movflags", "+faststart"]
    format = "flv" if extension == "flv" else "mp4"
    chosen: Sequence[Rung | None] = rungs[:many] or [None]
    for rung in chosen:
        stem = rung.name if rung else SOUND
        inputs = [*([f"{stem}.mp4"] if rung else []), *([f"{SOUND}.mp4"] if has_sound else [])]
        maps = [word for number in range(len(inputs)) for word in ("-map", str(number))]
        sources = [word for item in inputs for word in opened(f"@{source.name}/{item}")]
        tag = ["-tag:v", "hvc1"] if rung and rung.codec == "hevc" else []
        file = f"{stem}.{extension}"
        yield Step(
            name=f"{prefix}file-{stem}",
            kind="file",
            commands=((*sources, *maps, "-c", "copy", *tag, *first, "-f", format, file),),
            makes=(file,),
            seconds=source.seconds,
            limit=600.0 + source.seconds,
            published=True,
            facts={
                "rendition": described([rung])[0] if rung else None,
                "audio": asdict(procedure.audio) if has_sound and procedure.audio else None,
                "seconds": source.seconds,
                "container": extension,
            },
            definition=procedure.definition,
        )


def _sound_file(facts: Facts, procedure: Procedure, cut: Cut, prefix: str) -> Step:
    """The sound alone, encoded from the source itself."""
    assert facts.audio is not None
    assert procedure.audio is not None
    container = procedure.container
    file = f"{SOUND}.{container}"
    audio = replace(procedure.audio, channels=min(2, procedure.audio.channels))
    pace = sound(facts.audio, audio, _OPUS_RATE if container == "ogg" else 0)
    rate = ["-b:a", str(audio.bitrate)] if container in ("mp3", "ogg") else []
    command = [*cut.input(), "-map", f"0:{facts.audio.index}", "-af", pace, *rate, "-map_metadata", "-1"]
    return Step(
        name=f"{prefix}file-{SOUND}",
        kind="file",
        commands=((*command, *_SOUND_ONLY[container], file),),
        makes=(file,),
        seconds=cut.seconds,
        limit=600.0 + SLOWEST * cut.seconds,
        published=True,
        facts={
            "rendition": None,
            "audio": asdict(audio),
            "seconds": cut.seconds,
            "container": container,
        },
        definition=procedure.definition,
    )

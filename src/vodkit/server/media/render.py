"""Running the steps of a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from vodkit.core.ffmpeg import executable

from . import child, package
from .errors import BadMedia
from .plan import Step


def render(
    step: Step,
    folder: Path,
    find: Callable[[str], Path],
    *,
    limits: child.Limits = child.LIMITS,
    on_progress: Callable[[float], None] = lambda share: None,
    wanted: Callable[[], bool] = lambda: True,
) -> list[str]:
    """Run a step; the names of the files that it made.

    Args:
        step: What to do.
        folder: An empty folder for it.
        find: Where the file is that a word with ``@`` stands for.
        limits: Bounds of each of its programs.
        on_progress: Gets the finished share, from 0 to 1.
        wanted: Asked now and then; ``False`` ends the work.

    Raises:
        BadMedia: the source cannot be worked on, or nothing came out.
        TooMuch, Stopped: see :func:`.child.run`.
    """
    limits = replace(limits, seconds=min(limits.seconds, step.limit))
    for number, command in enumerate(step.commands):

        def seen(line: str, number: int = number) -> None:
            name, _, value = line.partition("=")
            if name == "out_time_us" and value.isdigit() and step.seconds:
                share = min(1.0, int(value) / 1_000_000 / step.seconds)
                on_progress((number + share) / len(step.commands))

        reads = {word: find(word) for word in command if word.startswith("@")}
        words = [f"file:{reads[word]}" if word in reads else word for word in command]
        prefix = [executable(), "-v", "error", "-nostdin", "-y", "-nostats", "-progress", "pipe:1"]
        child.run(
            [*prefix, *words],
            folder=folder,
            reads=[*reads.values()],
            limits=limits,
            on_line=seen,
            wanted=wanted,
        )
        on_progress((number + 1) / len(step.commands))
    missing = [name for name in step.makes if not (folder / name).is_file()]
    if missing:
        raise BadMedia(f"there is nothing in the source to make {missing[0]} of")
    if step.kind == "streams":
        package.streams(folder)
    elif step.kind == "sprite":
        package.sprite(folder, step.facts)
    return sorted(path.name for path in folder.iterdir())

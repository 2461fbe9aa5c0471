"""Running the steps of a plan."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from vodkit.core.ffmpeg import executable

from . import child, package
from .errors import BadMedia
from .step import Step


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
        find: Where the file is that a word with ``@`` stands for (see :func:`finder`).
        limits: Bounds of each of its programs.
        on_progress: Gets the finished share, from 0 to 1.
        wanted: Asked now and then; ``False`` ends the work.

    Raises:
        BadMedia: the source cannot be worked on, or nothing came out.
        TooMuch, Stopped: see :func:`.child.run`.
    """
    busiest = math.ceil(step.limit) * (os.cpu_count() or 1)
    limits = replace(limits, seconds=min(limits.seconds, step.limit), cpu=min(limits.cpu, busiest))
    share = _Share(step, on_progress)
    for number, command in enumerate(step.commands):
        reads = {word: find(word) for word in command if word.startswith("@")}
        _check_there(reads)
        words = [f"file:{reads[word]}" if word in reads else word for word in command]
        prefix = [executable(), "-v", "error", "-nostdin", "-y", "-nostats", "-progress", "pipe:1"]
        child.run(
            [*prefix, *words],
            folder=folder,
            reads=[*reads.values()],
            limits=limits,
            on_line=partial(share.seen, number),
            wanted=wanted,
        )
        share.reached((number + 1) / len(step.commands))
    if step.kind == "streams":
        _gather(step, folder, find)
        share.reached(1.0)
    missing = [name for name in step.makes if not (folder / name).is_file()]
    if missing:
        raise BadMedia(f"there is nothing in the source to make {missing[0]} of")
    if step.kind == "sprite":
        package.sprite(folder, step.facts)
    return sorted(path.name for path in folder.iterdir())


class _Share:
    """Tells how much of a step is finished; never goes back."""

    def __init__(self, step: Step, tell: Callable[[float], None]) -> None:
        self._step, self._tell = step, tell
        self._furthest = 0.0

    def reached(self, share: float) -> None:
        # Of several outputs ffmpeg tells of the furthest, which need not be ahead of an earlier one.
        self._furthest = max(self._furthest, share)
        self._tell(self._furthest)

    def seen(self, number: int, line: str) -> None:
        """Take up what the program of command ``number`` says."""
        name, _, value = line.partition("=")
        if name == "out_time_us" and value.isdigit() and self._step.seconds:
            share = min(1.0, int(value) / 1_000_000 / self._step.seconds)
            self.reached((number + share) / len(self._step.commands))


def finder(work: Path, named: Mapping[str, Path]) -> Callable[[str], Path]:
    """What words with ``@`` stand for, where each step of a plan has its folder ``work/<name>``.

    Args:
        work: The folder of those folders.
        named: The source and the watermarks, by their words.
    """

    def find(word: str) -> Path:
        return named[word] if word in named else made_by(work, word)

    return find


def made_by(work: Path, word: str) -> Path:
    """The file that ``@step/file`` stands for, where each step has its folder ``work/<name>``.

    A file of an encode whose renditions were made apart is in the folder of that rendition's step.
    """
    step, _, file = word.removeprefix("@").partition("/")
    together = work / step / file
    return together if together.exists() else work / f"{step}-{Path(file).stem}" / file


def _gather(step: Step, folder: Path, find: Callable[[str], Path]) -> None:
    """Bring the streams that there are into one folder, with playlists and manifest over them."""
    for word in step.takes:
        made = find(word)
        if not made.is_file():
            continue
        try:
            os.link(made, folder / made.name)
        except OSError:
            shutil.copyfile(made, folder / made.name)
    package.streams(folder, [word.rpartition("/")[2] for word in step.takes])


def _check_there(reads: dict[str, Path]) -> None:
    for word, path in reads.items():
        if "/" in word and not path.is_file():
            raise BadMedia(f"it is made of {path.name}, which could not be made")

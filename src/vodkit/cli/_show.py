"""How commands show what they do: progress bars, notices, tables, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from vodkit.core.media import Media, Processing
from vodkit.engine.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress


def echo_json(value: Any) -> None:
    """One JSON value, on one line of standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def size_text(size: int | None) -> str:
    """A size for people."""
    if size is None:
        return "?"
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{int(amount)} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def echo_uploaded(media: Media) -> None:
    """What an upload became, on one line of standard output: id, address and, if it has one, its page."""
    click.echo("\t".join((media.id, media.url, *([media.watch_url] if media.watch_url else []))))


def echo_ready(media: Media) -> None:
    """The addresses of a media that is ready, on one line of standard output: id, original, HLS, page."""
    click.echo("\t".join((media.id, media.url, media.hls_url, media.watch_url)))


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on standard output; never cut off when it is not a terminal."""
    if not sys.stdout.isatty():
        for row in (titles, *rows):
            click.echo("\t".join(str(cell) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table

    drawn = Table(*titles, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        drawn.add_row(*(str(cell) for cell in row))
    Console(soft_wrap=True).print(drawn)


class Bar:
    """A progress bar on standard error for one transfer; silent when that is not a terminal.

    Call it with every :class:`Progress`; use it as a context manager.
    """

    def __init__(self, label: str, *, quiet: bool = False) -> None:
        self._label = label
        self._rich = None if quiet or not sys.stderr.isatty() else _drawn()
        if self._rich is not None:
            self._task = self._rich.add_task(label, total=None)

    def __enter__(self) -> Bar:
        if self._rich is not None:
            self._rich.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rich is not None:
            self._rich.stop()

    def __call__(self, progress: Progress) -> None:
        """Show where the transfer stands."""
        if self._rich is None:
            return
        label = f"{self._label} ({progress.phase})" if progress.phase == "hashing" else self._label
        self._rich.update(self._task, description=label, completed=progress.sent, total=progress.total)

    def waits(self, found: Processing) -> None:
        """Show how far the provider is with what came of the transfer."""
        if self._rich is not None:
            share = None if found.progress is None else round(100 * found.progress)
            label = self._label if share is None else f"{self._label} ({share} %)"
            self._rich.update(self._task, description=f"{label}, {found.status}")

    def notice(self, text: str) -> None:
        """One line above the bar."""
        if self._rich is None:
            click.echo(f"vodkit: {text}", err=True)
        else:
            self._rich.console.print(f"vodkit: {text}", markup=False, highlight=False)


def _drawn() -> RichProgress:
    """What draws the bar; imported only where somebody looks at it."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )

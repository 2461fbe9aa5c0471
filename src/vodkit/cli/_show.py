"""How commands show what they do: progress bars, notices, tables, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as RichProgress
from rich.table import Table

from vodkit.engine.progress import Progress


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


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on standard output; never cut off when it is not a terminal."""
    console = Console(soft_wrap=True)
    if not console.is_terminal:
        for row in (titles, *rows):
            click.echo("\t".join(str(cell) for cell in row))
        return
    drawn = Table(*titles, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        drawn.add_row(*(str(cell) for cell in row))
    console.print(drawn)


class Bar:
    """A progress bar on standard error for one transfer; silent when that is not a terminal.

    Call it with every :class:`Progress`; use it as a context manager.
    """

    def __init__(self, label: str, *, quiet: bool = False) -> None:
        console = Console(stderr=True)
        self._rich = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=quiet or not console.is_terminal,
        )
        self._label = label
        self._task = self._rich.add_task(label, total=None)

    def __enter__(self) -> Bar:
        self._rich.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rich.stop()

    def __call__(self, progress: Progress) -> None:
        """Show where the transfer stands."""
        label = f"{self._label} ({progress.phase})" if progress.phase == "hashing" else self._label
        self._rich.update(self._task, description=label, completed=progress.sent, total=progress.total)

    def notice(self, text: str) -> None:
        """One line above the bar."""
        self._rich.console.print(f"vodkit: {text}", markup=False, highlight=False)

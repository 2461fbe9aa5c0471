"""``vodkit worker``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ._options import running


@click.command("worker")
@running
@click.option(
    "--lease",
    type=click.FloatRange(min=0.5),
    default=15.0,
    show_default=True,
    help="Seconds after its death until others go on.",
)
@click.option("--id", default="", help="What the worker is known by; made when not given.")
def command(data: Path | None, log_level: str, stop_on_eof: bool, id: str, **more: Any) -> None:
    """Do the service's tasks: procedures, pulls and callbacks. The service starts one by itself."""
    from vodkit.server import logs, run, worker
    from vodkit.server.contract import Settings

    logs.configure(log_level)
    settings = Settings(data=str(data or run.default_data()), log_level=log_level, **more)
    worker.work(settings, id=id, stop_on_eof=stop_on_eof)

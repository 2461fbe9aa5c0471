"""``vodkit worker``."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import Size

_SECONDS = click.FloatRange(min=1)


@click.command("worker")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="The service's folder.")
@click.option("--database", default="", help="URL of the service's database, if it has its own.")
@click.option("--public-url", default="", help="Base of the URLs for clients; the service's by default.")
@click.option("--signed-playback", is_flag=True, help="Play by signed, expiring links only.")
@click.option("--private-targets", is_flag=True, help="Callbacks and pulls may reach private addresses.")
@click.option("--pull-size", type=Size(), default="64G", show_default=True, help="Most that a pull fetches.")
@click.option(
    "--pull-seconds", type=_SECONDS, default=21600.0, show_default=True, help="How long it may take."
)
@click.option("--lease", type=click.FloatRange(min=0.5), default=15.0, show_default=True, help="Seconds.")
@click.option("--id", default="", help="What the worker is known by; made when not given.")
@click.option("--stop-on-eof", is_flag=True, help="Stop when standard input ends.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info")
def command(
    data: Path | None,
    database: str,
    public_url: str,
    signed_playback: bool,
    private_targets: bool,
    pull_size: int,
    pull_seconds: float,
    lease: float,
    id: str,
    stop_on_eof: bool,
    log_level: str,
) -> None:
    """Do the service's tasks: procedures, pulls and callbacks. The service starts one by itself."""
    from vodkit.server import logs, run, worker
    from vodkit.server.contract import Settings

    logs.configure(log_level)
    settings = Settings(
        data=str(data or run.default_data()),
        database=database,
        public_url=public_url,
        signed_playback=signed_playback,
        private_targets=private_targets,
        pull_size=pull_size,
        pull_seconds=pull_seconds,
        log_level=log_level,
        lease=lease,
    )
    worker.work(settings, id=id, stop_on_eof=stop_on_eof)

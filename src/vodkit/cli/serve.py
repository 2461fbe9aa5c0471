"""``vodkit serve``."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import Size

_SECONDS = click.FloatRange(min=1)


@click.command("serve")
@click.option("--listen", default="127.0.0.1:8600", show_default=True, help="Port 0 takes a free one.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder for all that lasts.")
@click.option("--accounts", type=click.Path(dir_okay=False, path_type=Path), help="accounts.toml to use.")
@click.option("--database", default="", help="URL; a SQLite file in the data folder by default.")
@click.option("--public-url", default="", help="Base of the URLs handed to clients, when behind a proxy.")
@click.option("--no-strict", is_flag=True, help="Take any access key. For tests on your own machine.")
@click.option("--signed-playback", is_flag=True, help="Play by signed, expiring links only.")
@click.option("--procedure", default="", help="What is made of uploads that do not say.")
@click.option("--workers", type=click.IntRange(min=0), default=1, show_default=True, help="Processes.")
@click.option("--private-targets", is_flag=True, help="Callbacks and pulls may reach private addresses.")
@click.option("--pull-size", type=Size(), default="64G", show_default=True, help="Most that a pull fetches.")
@click.option(
    "--pull-seconds", type=_SECONDS, default=21600.0, show_default=True, help="How long it may take."
)
@click.option("--stop-on-eof", is_flag=True, help="Stop when standard input ends.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info")
def command(
    listen: str,
    data: Path | None,
    accounts: Path | None,
    database: str,
    public_url: str,
    no_strict: bool,
    signed_playback: bool,
    procedure: str,
    workers: int,
    private_targets: bool,
    pull_size: int,
    pull_seconds: float,
    stop_on_eof: bool,
    log_level: str,
) -> None:
    """Run the VOD service; prints one line when it accepts requests."""
    from vodkit.server import logs, run
    from vodkit.server.contract import Settings

    logs.configure(log_level)
    run.serve(
        Settings(
            data=str(data or run.default_data()),
            listen=listen,
            public_url=public_url,
            database=database,
            accounts=str(accounts or ""),
            strict=not no_strict,
            signed_playback=signed_playback,
            procedure=procedure,
            workers=workers,
            private_targets=private_targets,
            pull_size=pull_size,
            pull_seconds=pull_seconds,
            log_level=log_level,
        ),
        stop_on_eof=stop_on_eof,
    )

"""``vodkit serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ._options import running


@click.command("serve")
@click.option("--listen", default="127.0.0.1:8600", show_default=True, help="Port 0 takes a free one.")
@click.option("--accounts", type=click.Path(dir_okay=False, path_type=Path), help="accounts.toml to use.")
@click.option("--no-strict", is_flag=True, help="Take any access key. For tests on your own machine.")
@click.option("--workers", type=click.IntRange(min=0), default=1, show_default=True, help="Worker processes.")
@running
def command(
    data: Path | None, accounts: Path | None, no_strict: bool, log_level: str, stop_on_eof: bool, **more: Any
) -> None:
    """Run the VOD service; prints one line when it accepts requests."""
    from vodkit.server import logs, run
    from vodkit.server.contract import Settings

    logs.configure(log_level)
    settings = Settings(
        data=str(data or run.default_data()),
        accounts=str(accounts or ""),
        strict=not no_strict,
        log_level=log_level,
        **more,
    )
    run.serve(settings, stop_on_eof=stop_on_eof)

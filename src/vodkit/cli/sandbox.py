"""``vodkit sandbox``."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("cmd", metavar="-- CMD...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--accounts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Who may sign: a TOML file with [[account]] tables.",
)
@click.option("--strict", is_flag=True, help="Only those accounts, and every signature is verified.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Keep what is uploaded here.")
@click.option("--procedure", metavar="NAME", default="", help="What is made of uploads that do not say.")
def command(
    cmd: tuple[str, ...], accounts: Path | None, strict: bool, data: Path | None, procedure: str
) -> None:
    """Run CMD with the vendors' clouds emulated on this machine.

    Exits with CMD's own code. Nothing that CMD sends through its proxy settings leaves the machine.
    """
    from vodkit.sandbox.run import CannotStart, run

    try:
        sys.exit(run(cmd, accounts=accounts, strict=strict, data=data, procedure=procedure))
    except CannotStart as problem:
        click.echo(f"vodkit: {problem}", err=True)
        sys.exit(problem.exit_code)

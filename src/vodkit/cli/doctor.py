"""``vodkit doctor``."""

from __future__ import annotations

import sys

import click

from ._show import echo_json

MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object per finding.")
def command(as_json: bool) -> None:
    """Check this machine and the profiles, and say what to do. Exits with 1 when something is broken."""
    from vodkit.sandbox.doctor import examine

    broken = False
    for finding in examine():
        broken = broken or finding.state == "bad"
        if as_json:
            echo_json(finding.as_dict())
            continue
        click.echo(f"{MARKS[finding.state]}  {finding.subject}: {finding.text}")
        if finding.advice:
            click.echo(f"      {finding.advice}")
    sys.exit(1 if broken else 0)

"""``vodkit check``."""

from __future__ import annotations

import json
import sys
from typing import TextIO

import click

from ._options import Where, connection
from ._show import echo_json


@click.command()
@connection
@click.option(
    "--transcript", type=click.File("w"), help="Write what went over the wire here, without secrets."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per step.")
def command(
    where: Where,
    transcript: TextIO | None,
    as_json: bool,
) -> None:
    """Try a provider with your account: upload 256 KiB, find it, read it back, delete it.

    Exits with 1 when a step fails. Attach the transcript to a report: it tells what really travelled.
    """
    from vodkit.engine.check import Check

    failed = False
    with where.connect() as vod:
        check = Check(vod)
        for step in check.run():
            failed = failed or not step.ok
            if as_json:
                echo_json({"step": step.name, "ok": step.ok, "text": step.text})
            else:
                click.echo(f"{'ok  ' if step.ok else 'BAD '}  {step.name}: {step.text}")
        if transcript is not None:
            json.dump(check.transcript(), transcript, ensure_ascii=False, indent=1)
    sys.exit(1 if failed else 0)

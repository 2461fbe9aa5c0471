"""``vodkit verify``."""

from __future__ import annotations

import click

from ._options import Where, connection
from ._show import echo_json


@click.command()
@click.argument("id")
@connection
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(id: str, where: Where, as_json: bool) -> None:
    """Check that what the provider holds under ID is what was uploaded.

    ID is an upload's id (see 'vodkit uploads list') or a media's. Exits with 6 when it is not.
    """
    with where.connect() as vod:
        report = vod.verify(id)
    if as_json:
        echo_json(report.as_dict())
    else:
        click.echo(str(report))

"""``vodkit pull``."""

from __future__ import annotations

from typing import Any

import click

from ._options import Pair, Where, connection
from ._show import Bar, echo_json, echo_ready


@click.command()
@click.argument("url")
@connection
@click.option("--title", help="Title of the media; default: the name in the address.")
@click.option("--cover", metavar="URL", help="Address of a picture to fetch as its cover.")
@click.option("--procedure", metavar="NAME", help="Workflow to run afterwards.")
@click.option("--option", "-o", "options", type=Pair(), multiple=True, help="Any other option of a pull.")
@click.option("--wait", is_flag=True, help="Wait until the media is ready; then print its addresses.")
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait no longer than this.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Do not show how far it is.")
def command(
    url: str,
    where: Where,
    options: tuple[tuple[str, str], ...],
    wait: bool,
    timeout: float | None,
    as_json: bool,
    quiet: bool,
    **common: Any,
) -> None:
    """Have the provider fetch URL by itself, and print the id of the pull.

    Unlike `vodkit upload URL`, nothing passes through this machine.
    """
    wanted = {**common, **dict(options)}
    with where.connect() as vod:
        pull = vod.media.pull(url, **wanted)
        if not wait:
            echo_json({"pull": pull}) if as_json else click.echo(pull)
            return
        with Bar(url, quiet=quiet) as bar:
            bar.notice(f"the pull {pull} has begun; waiting until its media is ready")
            media = vod.media.pulled(pull, ready=True, timeout=timeout, on_progress=bar.waits)
        if as_json:
            echo_json({"pull": pull, **media.as_dict()})
        else:
            echo_ready(media)

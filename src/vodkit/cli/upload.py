"""``vodkit upload``."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from ._options import Pair, Size, Where, connection
from ._show import Bar, echo_json, echo_ready, echo_uploaded


@click.command()
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@connection
@click.option("--title", help="Title of the media; default: the file's name.")
@click.option("--cover", metavar="FILE", help="A picture to upload as its cover.")
@click.option("--procedure", metavar="NAME", help="Workflow to run after the upload.")
@click.option(
    "--option", "-o", "options", type=Pair(), multiple=True, help="Any other option of the provider."
)
@click.option("--name", help="File name to give it; needed for '-' (standard input).")
@click.option("--part-size", type=Size(), help="Size of a part, such as 8M.")
@click.option("--parallel", type=click.IntRange(1, 16), help="Parts in flight at once.")
@click.option("--bandwidth", type=Size(), metavar="SIZE", help="Bytes per second at most, such as 2M.")
@click.option("--allow-empty", is_flag=True, help="Upload a file that holds no byte.")
@click.option("--require-resume", is_flag=True, help="Fail when the upload could not be resumed later.")
@click.option(
    "--wait", is_flag=True, help="Wait until what is made of it is ready; then print its addresses."
)
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait no longer than this.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per upload on standard output.")
@click.option("--quiet", "-q", is_flag=True, help="No progress bar.")
def command(
    sources: tuple[str, ...],
    where: Where,
    bandwidth: int | None,
    options: tuple[tuple[str, str], ...],
    wait: bool,
    timeout: float | None,
    as_json: bool,
    quiet: bool,
    **common: Any,
) -> None:
    """Upload each SOURCE: a path, a URL, an HLS or DASH manifest (its whole folder), or - for standard input.

    Run the same command again after a crash, and it goes on where it was.
    """
    wanted: dict[str, Any] = {name: value for name, value in common.items() if value not in (None, False)}
    wanted |= dict(options)
    with where.connect(**({} if bandwidth is None else {"bandwidth": bandwidth})) as vod:
        for source in sources:
            with Bar(source, quiet=quiet) as bar:
                result = vod.upload_detailed(source, on_progress=bar, on_notice=bar.notice, **wanted)
                if wait:
                    bar.notice(f"{source} is uploaded as {result.media.id}; waiting until it is ready")
                    media = vod.media.wait(result.media.id, timeout=timeout, on_progress=bar.waits)
                    result = dataclasses.replace(result, media=media)
            if as_json:
                echo_json(result.as_dict())
            elif wait:
                echo_ready(result.media)
            else:
                echo_uploaded(result.media)

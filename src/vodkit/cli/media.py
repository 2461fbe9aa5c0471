"""``vodkit media``: what is on the provider."""

from __future__ import annotations

import itertools
from pathlib import Path

import click

from . import _subtitles
from ._options import Pair, Where, connection
from ._show import Bar, echo_json, echo_ready, size_text, table


@click.group()
def command() -> None:
    """List, show, download and delete media, and wait for them."""


@command.command("list")
@connection
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@click.option("--filter", "-f", "filters", type=Pair(), multiple=True, help="A filter of the provider.")
@click.option("--data", metavar="DIR", help="Everything that the service on this folder holds, of all.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_media(
    where: Where,
    limit: int,
    filters: tuple[tuple[str, str], ...],
    data: str | None,
    as_json: bool,
) -> None:
    """List media, newest first where the provider can."""
    if data is not None:
        from vodkit.server.contract import Settings
        from vodkit.server.library import list_media as held

        found = held(Settings(data=data), limit)
    else:
        with where.connect() as vod:
            found = list(itertools.islice(vod.media.list(**dict(filters)), limit))
    if as_json:
        for media in found:
            echo_json(media.as_dict())
    else:
        table(
            ("provider", "id", "title", "size", "status", "md5", "url"),
            ((m.provider, m.id, m.title, size_text(m.size), m.status, m.md5, m.url) for m in found),
        )


@command.command()
@click.argument("id")
@connection
def show(id: str, where: Where) -> None:
    """Show one media as JSON."""
    with where.connect() as vod:
        echo_json(vod.media.get(id).as_dict())


@command.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@connection
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="No longer than this each.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per media.")
@click.option("--quiet", "-q", is_flag=True, help="Do not show how far it is.")
def wait(
    ids: tuple[str, ...],
    where: Where,
    timeout: float | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Wait until media are ready, one after the other, and print their addresses.

    The first that cannot be ready ends it with exit code 5, one that takes too long with 4.
    """
    with where.connect() as vod:
        for id in ids:
            with Bar(id, quiet=quiet) as bar:
                media = vod.media.wait(id, timeout=timeout, on_progress=bar.waits)
            if as_json:
                echo_json(media.as_dict())
            else:
                echo_ready(media)


@command.command()
@click.argument("id")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@connection
@click.option("--parallel", type=click.IntRange(1, 16), help="Connections at once for a large file.")
@click.option("--quiet", "-q", is_flag=True, help="No progress bar.")
def download(
    id: str,
    file: Path,
    where: Where,
    parallel: int | None,
    quiet: bool,
) -> None:
    """Download the original of a media to FILE; run it again to go on after a break."""
    with where.connect() as vod, Bar(file.name, quiet=quiet) as bar:
        vod.media.download(id, file, parallel=parallel, on_progress=bar)


@command.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@connection
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def delete(ids: tuple[str, ...], where: Where, yes: bool) -> None:
    """Delete media for good."""
    if not yes:
        click.confirm(f"Delete {', '.join(ids)} for good?", abort=True, err=True)
    with where.connect() as vod:
        for id in ids:
            vod.media.delete(id)
            click.echo(f"deleted {id}")


command.add_command(_subtitles.command)

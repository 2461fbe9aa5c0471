"""``vodkit media subtitles``: the subtitle tracks of a media on a service of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import FolderCommands, folder
from ._show import echo_json, table


@click.group("subtitles", cls=FolderCommands)
def command() -> None:
    """Add, list and remove subtitles. Works beside a running service."""


@command.command()
@click.argument("id")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--lang", required=True, help="Language, such as zh-CN or en.")
@click.option("--title", default="", help="What viewers choose; default: the language.")
def add(id: str, file: Path, lang: str, title: str) -> None:
    """Give the media ID the subtitles of FILE, which is SRT or WebVTT."""
    from vodkit.server import subtitles

    click.echo(subtitles.add(folder(), id, file, language=lang, title=title).id)


@command.command("list")
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_tracks(id: str, as_json: bool) -> None:
    """List the subtitles of the media ID."""
    from vodkit.server import subtitles

    found = [
        {"id": track.id, "language": track.facts["language"], "title": track.name, "size": track.size}
        for track in subtitles.listed(folder(), id)
    ]
    if as_json:
        for track in found:
            echo_json(track)
    else:
        table(("id", "language", "title", "size"), (tuple(track.values()) for track in found))


@command.command()
@click.argument("id")
@click.argument("track")
def remove(id: str, track: str) -> None:
    """Remove the subtitles TRACK, an id that "list" shows, from the media ID."""
    from vodkit.server import subtitles

    subtitles.remove(folder(), id, track)
    click.echo(f"removed {track}")

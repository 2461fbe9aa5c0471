"""``vodkit media subtitles``: the subtitle tracks of a media on a service of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ._show import echo_json, table

if TYPE_CHECKING:
    from vodkit.server.contract import Settings

F = TypeVar("F", bound=Callable[..., Any])


def _folder(function: F) -> F:
    data = click.option(
        "--data", type=click.Path(file_okay=False, path_type=Path), help="The service's folder."
    )
    database = click.option(
        "--database", default="", help="URL of the service's database, if it has its own."
    )
    return data(database(function))


def _settings(data: Path | None, database: str) -> Settings:
    from vodkit.server.contract import Settings
    from vodkit.server.run import default_data

    return Settings(data=str(data or default_data()), database=database)


@click.group("subtitles")
def command() -> None:
    """Add, list and remove subtitles. Works beside a running service."""


@command.command()
@click.argument("id")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--lang", required=True, help="Language, such as zh-CN or en.")
@click.option("--title", default="", help="What viewers choose; default: the language.")
@_folder
def add(id: str, file: Path, lang: str, title: str, data: Path | None, database: str) -> None:
    """Give the media ID the subtitles of FILE, which is SRT or WebVTT."""
    from vodkit.server import subtitles

    click.echo(subtitles.add(_settings(data, database), id, file, language=lang, title=title).id)


@command.command("list")
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@_folder
def list_tracks(id: str, as_json: bool, data: Path | None, database: str) -> None:
    """List the subtitles of the media ID."""
    from vodkit.server import subtitles

    found = [
        {"id": track.id, "language": track.facts["language"], "title": track.name, "size": track.size}
        for track in subtitles.listed(_settings(data, database), id)
    ]
    if as_json:
        for track in found:
            echo_json(track)
    else:
        table(("id", "language", "title", "size"), (tuple(track.values()) for track in found))


@command.command()
@click.argument("id")
@click.argument("track")
@_folder
def remove(id: str, track: str, data: Path | None, database: str) -> None:
    """Remove the subtitles TRACK, an id that "list" shows, from the media ID."""
    from vodkit.server import subtitles

    subtitles.remove(_settings(data, database), id, track)
    click.echo(f"removed {track}")

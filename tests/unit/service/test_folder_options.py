"""``--data`` and ``--database`` of the commands on a service's folder."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from vodkit.cli._options import FolderCommands, folder, folder_is_given


@click.group(cls=FolderCommands)
def command() -> None:
    """Commands of a test."""


@command.command()
def show() -> None:
    """Print what is meant."""
    settings = folder()
    click.echo(f"{settings.data}|{settings.database}|{folder_is_given()}")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--data", "here", "--database", "url", "show"],
        ["--data", "here", "show", "--database", "url"],
        ["show", "--data", "here", "--database", "url"],
        ["--data", "elsewhere", "show", "--data", "here", "--database", "url"],
    ],
    ids=["before", "around", "after", "the last counts"],
)
def test_they_stand_before_the_command_or_after_it(arguments: list[str]) -> None:
    assert CliRunner().invoke(command, arguments).stdout == "here|url|True\n"


def test_the_folder_that_is_meant_when_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert CliRunner().invoke(command, ["show"]).stdout == f"{tmp_path}/vodkit/service||False\n"

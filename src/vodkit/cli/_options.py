"""Options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

import vodkit

if TYPE_CHECKING:
    from vodkit.server.contract import Settings

F = TypeVar("F", bound=Callable[..., Any])

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class Size(click.ParamType[int]):
    """Bytes with an optional unit: ``65536``, ``8M``, ``1.5GiB``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes."""
        if isinstance(value, int):
            return value
        text = str(value).strip().upper().removesuffix("B").removesuffix("I")
        number, unit = (text[:-1], text[-1]) if text[-1:] in UNITS and text[-1:] else (text, "")
        try:
            size = int(float(number) * UNITS[unit])
        except ValueError:
            self.fail(f"{value!r} is not a size; write 65536, 8M or 1.5G", param, ctx)
        if size <= 0:
            self.fail(f"{value!r} is not above zero", param, ctx)
        return size


class Pair(click.ParamType[tuple[str, str]]):
    """``name=value``."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """The name and the value."""
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        if not equals or not name:
            self.fail(f"{value!r} is not of the form name=value", param, ctx)
        return name.replace("-", "_"), text


@dataclass(frozen=True)
class Where:
    """What ``--to``, ``--service`` and ``--set`` say."""

    to: str | None
    service: str | None
    settings: tuple[tuple[str, str], ...]

    def connect(self, **more: Any) -> vodkit.Vod:
        """The connection; ``more`` are settings that options of the command itself stand for."""
        options: dict[str, Any] = {**dict(self.settings), **more}
        if self.service is not None:
            options["service"] = self.service
        return vodkit.connect(self.to, **options)


def connection(command: Callable[..., None]) -> Callable[..., None]:
    """Add ``--to``, ``--service`` and ``--set`` to a command, which gets them as ``where``."""

    @click.option("--to", metavar="PROVIDER|PROFILE", help="Where to; default from the environment.")
    @click.option("--service", metavar="URL", help="Speak to this vodkit service, not to the vendor.")
    @click.option("--set", "settings", type=Pair(), multiple=True, help="A setting of the connection.")
    @functools.wraps(command)
    def run(to: str | None, service: str | None, settings: tuple[tuple[str, str], ...], **rest: Any) -> None:
        command(where=Where(to, service, settings), **rest)

    return run


_FOLDER: Final = "vodkit.cli.folder"
"""Where a click context keeps what ``--data`` and ``--database`` say."""


class FolderCommands(click.Group):
    """Commands on a service's folder, with ``--data`` and ``--database`` before a command's name or after."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _folder_options()

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Register a command, with the options."""
        cmd.params += _folder_options()
        super().add_command(cmd, name)


def folder() -> Settings:
    """The service that ``--data`` and ``--database`` of the command that runs mean."""
    from vodkit.server.contract import Settings
    from vodkit.server.run import default_data

    given = _given()
    return Settings(data=str(given.get("data") or default_data()), database=given.get("database", ""))


def folder_is_given() -> bool:
    """Whether the command line names one."""
    return bool(_given())


def _given() -> dict[str, Any]:
    # All contexts of a command line share their ``meta``.
    kept: dict[str, Any] = click.get_current_context().meta.setdefault(_FOLDER, {})
    return kept


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value is not None and param.name:
        ctx.meta.setdefault(_FOLDER, {})[param.name] = value


def _folder_options() -> list[click.Parameter]:
    shared: dict[str, Any] = {"expose_value": False, "callback": _keep}
    return [
        click.Option(
            ["--data"],
            type=click.Path(file_okay=False, path_type=Path),
            help="The service's folder.",
            **shared,
        ),
        click.Option(["--database"], help="URL of the service's database, if it has its own.", **shared),
    ]


def running(command: F) -> F:
    """Add the options that the service and its workers have in common; named as in ``Settings``."""
    for option in reversed(
        (
            click.option(
                "--data", type=click.Path(file_okay=False, path_type=Path), help="Folder for all that lasts."
            ),
            click.option("--database", default="", help="URL; default: a SQLite file in the folder."),
            click.option(
                "--public-url", default="", help="Base of the URLs for clients, when behind a proxy."
            ),
            click.option(
                "--procedure",
                default="",
                metavar="NAME",
                help="What is made of what comes and names nothing.",
            ),
            click.option("--signed-playback", is_flag=True, help="Play by signed, expiring links only."),
            click.option(
                "--private-targets", is_flag=True, help="Callbacks and pulls may reach private addresses."
            ),
            click.option(
                "--pull-size", type=Size(), default="64G", show_default=True, help="Most that a pull fetches."
            ),
            click.option(
                "--pull-seconds",
                type=click.FloatRange(min=1),
                default=21600.0,
                show_default=True,
                help="Longest that a pull takes.",
            ),
            click.option("--stop-on-eof", is_flag=True, help="Stop when standard input ends."),
            click.option(
                "--log-level",
                type=click.Choice(["debug", "info", "warning", "error"]),
                default="info",
                show_default=True,
            ),
        )
    ):
        command = option(command)
    return command

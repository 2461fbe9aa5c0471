"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

import vodkit

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


def connection(command: F) -> F:
    """Add ``--to``, ``--service`` and ``--set`` to a command; hand them to :func:`connect`."""
    for option in (
        click.option("--set", "settings", type=Pair(), multiple=True, help="A setting of the connection."),
        click.option("--service", metavar="URL", help="Speak to this vodkit service, not to the vendor."),
        click.option("--to", metavar="PROVIDER|PROFILE", help="Where to; default from the environment."),
    ):
        command = option(command)
    return command


def connect(to: str | None, service: str | None, settings: tuple[tuple[str, str], ...]) -> vodkit.Vod:
    """The connection that :func:`connection`'s options describe."""
    options: dict[str, Any] = dict(settings)
    if service is not None:
        options["service"] = service
    return vodkit.connect(to, **options)

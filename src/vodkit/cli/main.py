"""The ``vodkit`` command: finds its subcommands by file name and turns errors into one line."""

from __future__ import annotations

import difflib
import importlib
import os
import pkgutil
import sys
from typing import Any, NoReturn

import click

from vodkit.core import errors

from . import __path__ as _here

EXIT_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (errors.ConfigError, 2),
    (errors.SourceError, 3),
    (errors.Cancelled, 130),
    (errors.TransferError, 4),
    (errors.RemoteError, 5),
    (errors.IntegrityError, 6),
    (errors.LedgerError, 7),
    (KeyboardInterrupt, 130),
    (BrokenPipeError, 141),
)
"""What the process exits with, by error; anything else is 1. Documented in docs/cli.md."""


class Commands(click.Group):
    """A group whose commands are the modules of this package; only the one that is called is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All command names, sorted."""
        return sorted(m.name for m in pkgutil.iter_modules(_here) if m.name != "main" and m.name[0] != "_")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or ``None``."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(f"vodkit.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Like click's, with the nearest name in the message."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(error.format_message() + hint, ctx) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, envvar="VODKIT_DEBUG", help="Show the whole trace of an error.")
@click.version_option(package_name="vodkit", prog_name="vodkit")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Upload video to any VOD cloud, or run your own service that speaks their protocols.

    \b
    New here?     vodkit demo
    A service:    vodkit serve
    Old scripts:  vodkit sandbox -- python your_script.py
    """
    ctx.obj = {"debug": debug}


def exit_code(error: BaseException) -> int:
    """The process's exit code for an error."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)


def report(error: BaseException, debug: bool) -> NoReturn:
    """Say what went wrong, in one line, and exit."""
    if debug:
        raise error
    if isinstance(error, BrokenPipeError):
        # The reader of our output went away; without this Python complains again while shutting down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    elif isinstance(error, KeyboardInterrupt):
        click.echo("stopped", err=True)
    else:
        text = str(error) or type(error).__name__
        if not isinstance(error, (errors.VodError, OSError)):
            text = f"internal error: {type(error).__name__}: {text}. Report what --debug shows"
        click.echo(f"vodkit: {text}", err=True)
    sys.exit(exit_code(error))


def main(args: list[str] | None = None) -> Any:
    """Entry point of the ``vodkit`` script."""
    debug = bool(os.environ.get("VODKIT_DEBUG")) or "--debug" in (sys.argv[1:] if args is None else args)
    try:
        # Standalone mode would turn Ctrl-C and errors into click's own texts and codes.
        return cli.main(args=args, prog_name="vodkit", standalone_mode=False)
    except click.exceptions.Abort:
        report(KeyboardInterrupt(), debug=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except (Exception, KeyboardInterrupt) as error:
        report(error, debug)

"""``vodkit procedures``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ._options import FolderCommands, folder
from ._show import echo_json


@click.group("procedures", cls=FolderCommands)
@click.option("--account", default="", metavar="PROVIDER:ID", help="Whose; everybody's when not given.")
@click.pass_context
def command(ctx: click.Context, account: str) -> None:
    """Manage what the service makes of uploads. Works while the service runs."""
    ctx.obj = account


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.pass_obj
def list_(account: str, as_json: bool) -> None:
    """Show all procedures that uploads can name."""
    from vodkit.server.procedure_admin import list_procedures

    found = list_procedures(folder(), account)
    if as_json:
        for item in found:
            echo_json(item)
        return
    for item in found:
        click.echo(f"{item['name']}\t{item['from']}\t{item['makes']}")


@command.command("show")
@click.argument("name")
@click.pass_obj
def show(account: str, name: str) -> None:
    """Print a procedure as JSON, as `add` takes it."""
    from vodkit.server.procedure_admin import show_procedure

    click.echo(json.dumps(show_procedure(folder(), account, name), ensure_ascii=False, indent=2))


@command.command("add")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def add(account: str, file: Path) -> None:
    """Add the procedure of a JSON or TOML file, or replace the one of its name."""
    from vodkit.server.procedure_admin import add_procedure, summary

    made = add_procedure(folder(), account, file)
    click.echo(f"{made.name}: {summary(made)}")


@command.command("remove")
@click.argument("name")
@click.pass_obj
def remove(account: str, name: str) -> None:
    """Forget a procedure."""
    from vodkit.server.procedure_admin import remove_procedure

    remove_procedure(folder(), account, name)
    click.echo(f"removed {name}")

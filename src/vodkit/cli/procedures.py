"""``vodkit procedures``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vodkit.server.contract import Settings


@click.group("procedures")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="The service's folder.")
@click.option("--database", default="", help="URL of the service's database, if it has its own.")
@click.option("--account", default="", metavar="PROVIDER:ID", help="Whose; everybody's when not given.")
@click.pass_context
def command(ctx: click.Context, data: Path | None, database: str, account: str) -> None:
    """Manage what the service makes of uploads. Works while the service runs."""
    from vodkit.server.contract import Settings
    from vodkit.server.run import default_data

    ctx.obj = (Settings(data=str(data or default_data()), database=database), account)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(where: tuple[Settings, str], as_json: bool) -> None:
    """Show all procedures that uploads can name."""
    from vodkit.server.procedure_admin import list_procedures

    found = list_procedures(*where)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for item in found:
        click.echo(f"{item['name']}\t{item['from']}\t{item['makes']}")


@command.command("show")
@click.argument("name")
@click.pass_obj
def show(where: tuple[Settings, str], name: str) -> None:
    """Print a procedure as JSON, as `add` takes it."""
    from vodkit.server.procedure_admin import show_procedure

    click.echo(json.dumps(show_procedure(*where, name), ensure_ascii=False, indent=2))


@command.command("add")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def add(where: tuple[Settings, str], file: Path) -> None:
    """Add the procedure of a JSON or TOML file, or replace the one of its name."""
    from vodkit.server.procedure_admin import add_procedure, summary

    made = add_procedure(*where, file)
    click.echo(f"{made.name}: {summary(made)}")


@command.command("remove")
@click.argument("name")
@click.pass_obj
def remove(where: tuple[Settings, str], name: str) -> None:
    """Forget a procedure."""
    from vodkit.server.procedure_admin import remove_procedure

    remove_procedure(*where, name)
    click.echo(f"removed {name}")

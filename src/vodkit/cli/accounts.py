"""``vodkit accounts``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._options import Pair
from ._show import size_text, table

if TYPE_CHECKING:
    from vodkit.server.contract import Settings


def _settings(data: Path | None, database: str) -> Settings:
    from vodkit.server.contract import Settings
    from vodkit.server.run import default_data

    return Settings(data=str(data or default_data()), database=database)


@click.group("accounts")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="The service's folder.")
@click.option("--database", default="", help="URL of the service's database, if it has its own.")
@click.pass_context
def command(ctx: click.Context, data: Path | None, database: str) -> None:
    """Manage who may sign requests to the service. Works while the service runs."""
    ctx.obj = _settings(data, database)


@command.command("list")
@click.option("--provider", help="Only this provider's.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(settings: Settings, provider: str | None, as_json: bool) -> None:
    """Show all accounts, without their secrets."""
    from vodkit.server.admin import list_accounts

    found = list_accounts(settings, provider)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for account in found:
        state = "disabled" if account["disabled"] else "open" if account["open"] else "active"
        click.echo(f"{account['provider']}\t{account['key']}\t{state}")


@command.command("add")
@click.argument("provider")
@click.option("--id", "key", help="Public id; made when not given.")
@click.option("--secret", envvar="VODKIT_ACCOUNT_SECRET", help="Secret; made when not given.")
@click.option("--set", "facts", type=Pair(), multiple=True, help="A further fact of the account.")
@click.pass_obj
def add(
    settings: Settings, provider: str, key: str | None, secret: str | None, facts: tuple[tuple[str, str], ...]
) -> None:
    """Add an account, or change or enable one; prints it as JSON, once, with its secret."""
    from vodkit.server.admin import add_account

    entry = add_account(settings, provider, key, secret, dict(facts))
    shown = {"provider": entry.provider, "id": entry.key, "secret": entry.secret, **entry.attrs}
    click.echo(json.dumps(shown, ensure_ascii=False))


@command.command("disable")
@click.argument("provider")
@click.argument("id")
@click.pass_obj
def disable(settings: Settings, provider: str, id: str) -> None:
    """Let an account sign no more; a running service follows within seconds."""
    from vodkit.server.admin import disable_account

    disable_account(settings, provider, id)
    click.echo(f"disabled {provider} {id}")


@command.command("set")
@click.argument("provider")
@click.argument("id")
@click.argument("values", metavar="NAME=VALUE...", nargs=-1, type=Pair())
@click.option("--unset", metavar="NAME", multiple=True, help="As if it had never been set.")
@click.pass_obj
def set_(
    settings: Settings, provider: str, id: str, values: tuple[tuple[str, str], ...], unset: tuple[str, ...]
) -> None:
    """Change what an account may: quota, max_seconds, concurrency, procedure, private_targets.

    Prints all of it as JSON. A running service follows within seconds.
    """
    from vodkit.server.admin import set_allowances

    click.echo(json.dumps(set_allowances(settings, provider, id, dict(values), unset), ensure_ascii=False))


@command.command("usage")
@click.option("--provider", help="Only this provider's.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, in bytes.")
@click.pass_obj
def usage(settings: Settings, provider: str | None, as_json: bool) -> None:
    """Show what accounts store: finished objects, parts of uploads under way, and the quota."""
    from vodkit.server.admin import usage as used

    found = used(settings, provider)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    table(
        ("provider", "id", "objects", "stored", "under way", "quota"),
        (
            (
                account["provider"],
                account["key"],
                account["objects"],
                size_text(account["stored"]),
                size_text(account["coming"]),
                "none" if account["quota"] is None else size_text(account["quota"]),
            )
            for account in found
        ),
    )


@command.command("mint")
@click.argument("provider")
@click.option("--id", "key", help="The account; not needed when the provider has only one.")
@click.option("--lifetime", type=click.FloatRange(min=1), default=3600, show_default=True, help="Seconds.")
@click.pass_obj
def mint(settings: Settings, provider: str, key: str | None, lifetime: float) -> None:
    """Make temporary credentials, for providers that have them; prints them as JSON."""
    from vodkit.server.admin import mint as minted

    click.echo(json.dumps(minted(settings, provider, key, lifetime), ensure_ascii=False))

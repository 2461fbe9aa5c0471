"""``vodkit accounts``."""

from __future__ import annotations

import click

from ._options import FolderCommands, Pair, folder
from ._show import echo_json, size_text, table


@click.group("accounts", cls=FolderCommands)
def command() -> None:
    """Manage who may sign requests to the service. Works while the service runs."""


@command.command("list")
@click.option("--provider", help="Only this provider's.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(provider: str | None, as_json: bool) -> None:
    """Show all accounts, without their secrets."""
    from vodkit.server.admin import list_accounts

    found = list_accounts(folder(), provider)
    if as_json:
        for account in found:
            echo_json(account)
        return
    for account in found:
        state = "disabled" if account["disabled"] else "open" if account["open"] else "active"
        click.echo(f"{account['provider']}\t{account['key']}\t{state}")


@command.command("add")
@click.argument("provider")
@click.option("--id", "key", help="Public id; made when not given.")
@click.option("--secret", envvar="VODKIT_ACCOUNT_SECRET", help="Secret; made when not given.")
@click.option("--set", "facts", type=Pair(), multiple=True, help="A further fact of the account.")
def add(provider: str, key: str | None, secret: str | None, facts: tuple[tuple[str, str], ...]) -> None:
    """Add an account, or change or enable one; prints it as JSON, once, with its secret."""
    from vodkit.server.admin import add_account

    entry = add_account(folder(), provider, key, secret, dict(facts))
    shown = {"provider": entry.provider, "id": entry.key, "secret": entry.secret, **entry.attrs}
    echo_json(shown)


@command.command("disable")
@click.argument("provider")
@click.argument("id")
def disable(provider: str, id: str) -> None:
    """Let an account sign no more; a running service follows within seconds."""
    from vodkit.server.admin import disable_account

    disable_account(folder(), provider, id)
    click.echo(f"disabled {provider} {id}")


@command.command("set")
@click.argument("provider")
@click.argument("id")
@click.argument("values", metavar="NAME=VALUE...", nargs=-1, type=Pair())
@click.option("--unset", metavar="NAME", multiple=True, help="As if it had never been set.")
def set_(provider: str, id: str, values: tuple[tuple[str, str], ...], unset: tuple[str, ...]) -> None:
    """Change what an account may: quota, max_seconds, concurrency, procedure, private_targets.

    Prints all of it as JSON. A running service follows within seconds.
    """
    from vodkit.server.admin import set_allowances

    echo_json(set_allowances(folder(), provider, id, dict(values), unset))


@command.command("usage")
@click.option("--provider", help="Only this provider's.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line, in bytes.")
def usage(provider: str | None, as_json: bool) -> None:
    """Show what accounts store: finished objects, parts of uploads under way, and the quota."""
    from vodkit.server.admin import usage as used

    found = used(folder(), provider)
    if as_json:
        for account in found:
            echo_json(account)
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
def mint(provider: str, key: str | None, lifetime: float) -> None:
    """Make temporary credentials, for providers that have them; prints them as JSON."""
    from vodkit.server.admin import mint as minted

    echo_json(minted(folder(), provider, key, lifetime))

"""``vodkit callbacks``."""

from __future__ import annotations

import click

from ._options import FolderCommands, Pair, folder, folder_is_given
from ._show import echo_json, table


@click.group("callbacks", cls=FolderCommands)
def command() -> None:
    """Manage who is told of what happens in the service, and watch callbacks arrive here.

    All but 'listen' work on the service's folder, whether it runs or not.
    """


@command.command()
@click.argument("url")
@click.option("--account", default="", metavar="PROVIDER:ID", help="Only this account's events.")
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Only events of this type; repeatable.")
def add(url: str, account: str, types: tuple[str, ...]) -> None:
    """Add a signed webhook; prints it as JSON, once, with its secret."""
    from vodkit.server.deliveries.admin import add_webhook

    echo_json(add_webhook(folder(), url, account, types))


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(as_json: bool) -> None:
    """Show all webhooks, without their secrets."""
    from vodkit.server.deliveries.admin import list_webhooks

    found = list_webhooks(folder())
    if as_json:
        for hook in found:
            echo_json(hook)
        return
    rows = (
        (
            h["id"],
            h["url"],
            h["account"] or "all",
            ",".join(h["types"]) or "all",
            "off" if h["disabled"] else "on",
        )
        for h in found
    )
    table(("id", "url", "account", "types", "state"), rows)


@command.command()
@click.argument("id")
def rotate(id: str) -> None:
    """Give a webhook a new secret; prints it as JSON, once. The old one signs as well for a day."""
    from vodkit.server.deliveries.admin import rotate_webhook

    echo_json(rotate_webhook(folder(), id))


@command.command()
@click.argument("id")
def remove(id: str) -> None:
    """Remove a webhook; what is on its way to it is given up."""
    from vodkit.server.deliveries.admin import remove_webhook

    remove_webhook(folder(), id)
    click.echo(f"removed {id}")


@command.command()
@click.argument("id")
def enable(id: str) -> None:
    """Switch a webhook on again that its receiver ended by answering 410."""
    from vodkit.server.deliveries.admin import enable_webhook

    enable_webhook(folder(), id)
    click.echo(f"enabled {id}")


@command.command()
@click.argument("id")
@click.pass_context
def test(ctx: click.Context, id: str) -> None:
    """Send a webhook a message now; prints what its receiver says, and fails if it does not take it."""
    from vodkit.server.deliveries.admin import try_webhook

    end = try_webhook(folder(), id)
    echo_json(end)
    ctx.exit(0 if end["accepted"] else 1)


@command.command()
@click.option("--account", default="", metavar="PROVIDER:ID", help="Only this account's.")
@click.option("--state", "states", multiple=True, type=click.Choice(["waiting", "done", "dead"]))
@click.option("--dead", is_flag=True, help="Those that were given up; the same as --state dead.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def deliveries(account: str, states: tuple[str, ...], dead: bool, limit: int, as_json: bool) -> None:
    """Show what was and is to be told to whom, newest first: webhooks and the vendors' callbacks."""
    from vodkit.server.deliveries.admin import list_deliveries

    found = list_deliveries(folder(), account, [*states, *(["dead"] if dead else [])], limit)
    if as_json:
        for row in found:
            echo_json(row)
        return
    names = ("id", "type", "style", "target", "state", "attempts", "status", "error")
    table(names, ([row[name] for name in names] for row in found))


@command.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--dead", is_flag=True, help="All that were given up.")
@click.option(
    "--since", metavar="DURATION", help="All that ended, well or not, of the last 90s, 30m, 12h, 7d."
)
@click.option("--account", default="", metavar="PROVIDER:ID", help="Only this account's.")
def replay(ids: tuple[str, ...], dead: bool, since: str | None, account: str) -> None:
    """Send again: deliveries or events by their ids, or many. A running service does it within seconds."""
    from vodkit.server.deliveries.admin import replay as again
    from vodkit.server.deliveries.admin import seconds

    if not ids and not dead and since is None:
        raise click.UsageError("name deliveries or events, or give --dead or --since")
    back = None if since is None else seconds(since)
    click.echo(f"replaying {again(folder(), ids, dead=dead, since=back, account=account)}")


@command.command()
@click.option("--listen", "address", default="127.0.0.1:0", show_default=True, metavar="HOST:PORT")
@click.option("--forward", default="", metavar="URL", help="Pass each on, and answer what comes back.")
@click.option("--style", default="", metavar="STYLE", help="Whose they are, where that cannot be told.")
@click.option(
    "--key", "keys", type=Pair(), multiple=True, metavar="STYLE=KEY", help="What they are signed with."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def listen(
    address: str,
    forward: str,
    style: str,
    keys: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Print each callback that arrives on this machine: whose it is, and whether it is genuine.

    STYLE is a provider, or 'vodkit' for the service's own webhooks; with --data the keys of the service on
    that folder are known. Ends with Ctrl-C.
    """
    from vodkit.sandbox.listen import Judge, with_keys
    from vodkit.sandbox.listen import listen as run

    known = {}
    if folder_is_given():
        from vodkit.server.deliveries.admin import keys_of

        known = keys_of(folder())
    judge = Judge(style, with_keys(known, keys))
    show = (lambda arrival: echo_json(arrival.as_dict())) if as_json else _print
    run(address, judge, show, lambda url: click.echo(f"vodkit listening {url}", err=as_json), forward=forward)


def _print(arrival: object) -> None:
    from vodkit.sandbox.listen import Arrival

    assert isinstance(arrival, Arrival)
    for line in arrival.lines():
        click.echo(line)

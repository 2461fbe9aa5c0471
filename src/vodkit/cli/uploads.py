"""``vodkit uploads``: the ledger."""

from __future__ import annotations

import click

from ._options import Where, connection
from ._show import Bar, echo_json, echo_uploaded, size_text, table


@click.group()
def command() -> None:
    """See, resume, abort and tidy up the uploads that this machine has made."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Finished ones too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_uploads(everything: bool, as_json: bool) -> None:
    """List unfinished uploads, newest first."""
    from vodkit.engine.uploads import ledger_uploads

    found = [upload for upload in ledger_uploads() if everything or upload.status != "done"]
    if as_json:
        for upload in found:
            echo_json(upload.as_dict())
    else:
        table(
            ("id", "provider", "status", "sent", "size", "source"),
            ((u.id, u.provider, u.status, size_text(u.sent), size_text(u.size), u.source) for u in found),
        )


@command.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@connection
@click.option("--json", "as_json", is_flag=True, help="One JSON object per upload.")
def resume(ids: tuple[str, ...], where: Where, as_json: bool) -> None:
    """Go on with interrupted uploads."""
    with where.connect() as vod:
        for id in ids:
            with Bar(id, quiet=as_json) as bar:
                result = vod.uploads.resume(id, on_progress=bar, on_notice=bar.notice)
            if as_json:
                echo_json(result.as_dict())
            else:
                echo_uploaded(result.media)


@command.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@connection
def abort(ids: tuple[str, ...], where: Where) -> None:
    """Give uploads up: the provider forgets what was sent."""
    with where.connect() as vod:
        for id in ids:
            vod.uploads.abort(id)
            click.echo(f"aborted {id}")


@command.command()
@click.option("--older-than", type=click.IntRange(min=0), default=30, show_default=True, metavar="DAYS")
def clean(older_than: int) -> None:
    """Forget finished and failed uploads that are older than DAYS."""
    from vodkit.engine.uploads import clean_ledger

    click.echo(f"forgot {clean_ledger(older_than * 86400.0)} uploads")

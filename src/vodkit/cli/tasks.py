"""``vodkit tasks``."""

from __future__ import annotations

import click

from ._options import FolderCommands, folder
from ._show import echo_json, table

_STATES = click.Choice(["waiting", "running", "done", "failed", "cancelled"])


@click.group("tasks", cls=FolderCommands)
def command() -> None:
    """See and steer what the service makes of media. Works while the service runs."""


@command.command("list")
@click.option("--provider", help="Only this provider's.")
@click.option("--media", "media_id", metavar="MEDIA", help="Only those of this media.")
@click.option("--state", "states", type=_STATES, multiple=True, help="Only those in this state.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(
    provider: str | None, media_id: str | None, states: tuple[str, ...], limit: int, as_json: bool
) -> None:
    """List tasks, newest first."""
    from vodkit.server.task_admin import list_tasks

    found = list_tasks(folder(), provider=provider, media_id=media_id, states=states, limit=limit)
    if as_json:
        for task in found:
            echo_json(task)
        return
    names = ("id", "provider", "media", "kind", "state", "progress", "error")
    table(names, ([_cell(task[name]) for name in names] for task in found))


@command.command("show")
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(id: str, as_json: bool) -> None:
    """Show a task, by its id or the provider's, and how far each of its steps is."""
    from vodkit.server.task_admin import show_task

    found = show_task(folder(), id)
    if as_json:
        echo_json(found)
        return
    for name, value in found.items():
        if name != "steps":
            click.echo(f"{name}\t{_cell(value)}")
    names = ("name", "state", "progress", "error")
    table(("step", *names[1:]), ([_cell(step[name]) for name in names] for step in found["steps"]))


@command.command("add")
@click.argument("media")
@click.option("--procedure", default="", metavar="NAME", help="Default: what the account has chosen.")
@click.option(
    "--priority", type=click.IntRange(-10, 10), default=0, show_default=True, help="Higher goes first."
)
def add(media: str, procedure: str, priority: int) -> None:
    """Have a procedure run over a MEDIA that is there, and print the task's id."""
    from vodkit.server.task_admin import add_task

    click.echo(add_task(folder(), media, procedure, priority))


@command.command("cancel")
@click.argument("id")
def cancel(id: str) -> None:
    """Stop a task."""
    from vodkit.server.task_admin import cancel_task

    cancel_task(folder(), id)
    click.echo(f"cancelled {id}")


@command.command("retry")
@click.argument("id")
@click.option("--step", "steps", multiple=True, help="This step alone; what failed when not given.")
def retry(id: str, steps: tuple[str, ...]) -> None:
    """Do an ended task again: what failed, or the steps that are named."""
    from vodkit.server.task_admin import retry_task

    retry_task(folder(), id, steps)
    click.echo(f"waiting {id}")


def _cell(value: object) -> str:
    return f"{value:.0%}" if isinstance(value, float) else "" if value is None else str(value)

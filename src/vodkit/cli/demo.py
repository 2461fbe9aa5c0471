"""``vodkit demo``."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

import click

from ._show import Bar, echo_json, size_text


@click.command()
@click.argument("videos", metavar="[VIDEO]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object per upload on standard output.")
@click.option("--keep", is_flag=True, help="Leave the service running until Ctrl-C.")
def command(videos: tuple[Path, ...], as_json: bool, keep: bool) -> None:
    """Start a service here, upload through every protocol, and play it back. Needs no account.

    Without a VIDEO it makes a clip. Interrupt it (kill -9 too) and run it again: it goes on where it was.
    """
    from vodkit.sandbox import demo

    demo.check_videos(videos)
    home = demo.home()
    with demo.service(home) as running:
        for video in videos or (demo.clip(home),):
            for provider in demo.providers():
                label = f"{provider:8} {video.name}"
                with Bar(label, quiet=as_json) as bar:
                    shown = demo.show(running, provider, video, home / "client", bar, bar.notice)
                if as_json:
                    echo_json(shown.as_dict())
                    continue
                again = ", resumed" if shown.resumed else ""
                click.echo(
                    f"{provider:8} {shown.id}  {size_text(shown.size)} in {shown.seconds:.2f} s{again}"
                )
                click.echo(f"         {shown.url}")
                if shown.watch:
                    click.echo(f"         watch it: {shown.watch}")
                click.echo(f"         the same bytes came back: md5 {shown.md5}")
        if keep:
            click.echo(f"vodkit: the service runs at {running.url}; Ctrl-C ends it", err=True)
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()

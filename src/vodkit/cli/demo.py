"""``vodkit demo``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._show import Bar, echo_json, size_text

if TYPE_CHECKING:
    from vodkit.sandbox.demo import Shown


@click.command()
@click.argument("videos", metavar="[VIDEO]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object per upload on standard output.")
@click.option("--keep", is_flag=True, help="Leave the service running until Ctrl-C.")
def command(videos: tuple[Path, ...], as_json: bool, keep: bool) -> None:
    """Start a service here, upload through every protocol, and make streams of it. Needs no account.

    Without a VIDEO it makes a clip. Interrupt it (kill -9 too) and run it again: it goes on where it was.
    """
    from vodkit.sandbox import demo
    from vodkit.sandbox.forever import wait_for_ctrl_c

    demo.check_videos(videos)
    home = demo.home()
    with demo.service(home) as running:
        uploads = []
        for video in videos or (demo.clip(home),):
            for provider in demo.providers():
                with Bar(f"{provider:8} {video.name}", quiet=as_json) as bar:
                    shown = demo.show(running, provider, video, home / "client", bar, bar.notice)
                uploads.append(shown)
                if not as_json:
                    _tell_upload(shown)
        for shown in uploads:
            with Bar(f"{shown.provider:8} streams", quiet=as_json) as bar:
                shown = demo.finish(running, shown, home / "client", bar.waits)
            if as_json:
                echo_json(shown.as_dict())
            else:
                _tell_streams(shown)
        if keep:
            click.echo(f"vodkit: the service runs at {running.url}; Ctrl-C ends it", err=True)
            with contextlib.suppress(KeyboardInterrupt):
                wait_for_ctrl_c()


def _tell_upload(shown: Shown) -> None:
    again = ", resumed" if shown.resumed else ""
    click.echo(f"{shown.provider:8} {shown.id}  {size_text(shown.size)} in {shown.seconds:.2f} s{again}")
    click.echo(f"         {shown.url}")
    click.echo(f"         the same bytes came back: md5 {shown.md5}")
    click.echo(f"         watch: {shown.watch}")


def _tell_streams(shown: Shown) -> None:
    if shown.hls_url:
        click.echo(f"{shown.provider:8} streams: {shown.hls_url}")
    else:
        click.echo(f"{shown.provider:8} no streams yet: {shown.error or 'they are still being made'}")

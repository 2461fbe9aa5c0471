"""The page that plays a media, where the provider is a vodkit service."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from vodkit.core.media import Media


def with_page(media: Media, service: str | None) -> Media:
    """``media`` with its ``watch_url``, as far as it can be told.

    The vendors' wires know no such page. A vodkit service plays an object at ``/v/<provider>/…``, and leads
    from ``/watch/v/<provider>/…`` to the page of its media; a signed link is good for both.

    Args:
        media: From the provider.
        service: The base address of a vodkit service, ``None`` for the vendor's own cloud.
    """
    if service is None or media.watch_url:
        return media
    parts = urlsplit(media.url)
    before, played, rest = parts.path.partition("/v/")
    if not played or not rest.startswith((f"{media.provider}/", "s/")):
        return media
    return replace(media, watch_url=parts._replace(path=f"{before}/watch/v/{rest}").geturl())

"""Where objects play, as the API tells it (tencent.md §B.4)."""

from __future__ import annotations

from vodkit.server.contract import Service

from .credentials import PROVIDER

LINK_LIFE = 6 * 3600.0
"""Seconds that links are good for, where nothing plays without one."""


def address(service: Service, space: str, key: str, folder: str = "") -> str:
    """Where an object plays; ``""`` for no object. Signed where nothing plays otherwise.

    Args:
        folder: That of the media it belongs to. The signature is then part of the path, and the vendor's own
            may follow it.
    """
    if not key:
        return ""
    url = service.play_url(PROVIDER, space, key)
    return service.sign_url(url, LINK_LIFE, folder) if service.settings.signed_playback else url

"""What tests ask of the service behind the drop-in's back."""

from __future__ import annotations

import tempfile
from pathlib import Path

from vodkit.providers.ucloud import UCloud
from vodkit.server.embedded import EmbeddedService

KEYS = ("example@example.com1296235120854146120", "46f09bb9fab4f12dfc160dae12273d5332b5debe")
BLOCK = 4 << 20


def vod(service: EmbeddedService, space: str) -> UCloud:
    """A connection of the tests' own."""
    return UCloud(*KEYS, space, service=service.url)


def put(service: EmbeddedService, space: str, key: str, data: bytes) -> None:
    """Store an object."""
    with (
        tempfile.TemporaryDirectory() as folder,
        UCloud(*KEYS, space, service=service.url, state_dir=folder) as connection,
    ):
        connection.upload(data, name="file", key=key, allow_empty=True)


def get(service: EmbeddedService, space: str, key: str) -> bytes:
    """The bytes of an object."""
    with tempfile.TemporaryDirectory() as folder, vod(service, space) as connection:
        return connection.media.download(f"{space}/{key}", Path(folder) / "file").read_bytes()


def kind(service: EmbeddedService, space: str, key: str) -> str:
    """The MIME type of an object."""
    with vod(service, space) as connection:
        return str(connection.media.get(f"{space}/{key}").extra["ContentType"])


def keys(service: EmbeddedService, space: str) -> set[str]:
    """The keys that a space has."""
    with vod(service, space) as connection:
        return {media.extra["key"] for media in connection.media.list()}

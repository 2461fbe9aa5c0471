"""Small files that come inside of a request: covers, subtitles, watermarks."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection

from vodkit.server.contract import Upload
from vodkit.server.errors import UploadGone
from vodkit.server.incoming import Given

from ..wire import codes
from .answer import ApiError
from .caller import Caller
from .credentials import PROVIDER

_IMAGES = {b"\xff\xd8\xff": "jpeg", b"\x89PNG\r\n\x1a\n": "png", b"GIF8": "gif"}


@dataclass(frozen=True, slots=True)
class Stored:
    """A small file that is on disk and waits for its name."""

    upload: Upload
    content_type: str
    md5: str


def decoded(text: str, name: str) -> bytes:
    """The bytes of a parameter that is base64. Raises ``InvalidParameterValue``."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ApiError(codes.INVALID_VALUE, f"{name} is not base64") from None


def image_kind(data: bytes, name: str) -> str:
    """``gif``, ``jpeg`` or ``png``. Raises ``InvalidParameterValue.PicFormatError`` for anything else."""
    kind = next((kind for magic, kind in _IMAGES.items() if data.startswith(magic)), None)
    if kind is None:
        raise ApiError(f"{codes.INVALID_VALUE}.PicFormatError", f"{name} is not a GIF, JPEG or PNG image")
    return kind


class Files:
    """The files of one request; an async context manager, which lets go of what has no name when it fails.

    Args:
        caller: Whose they are.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._uploads: list[Upload] = []

    async def __aenter__(self) -> Files:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and self._uploads:
            await self._caller.service.catalog.write(self._let_go)

    async def store(self, space: str, key: str, content_type: str, data: bytes) -> Stored:
        """Put bytes on disk; they have no name until :func:`name`."""
        caller = self._caller

        def create(conn: Connection) -> Upload:
            return caller.service.uploads.create(
                conn,
                account=caller.account,
                provider=PROVIDER,
                space=space,
                key=key,
                content_type=content_type,
            )

        upload = await caller.service.catalog.write(create)
        self._uploads.append(upload)
        await caller.service.uploads.receive(upload, 1, Given(data))
        return Stored(upload, content_type, hashlib.md5(data, usedforsecurity=False).hexdigest())

    def _let_go(self, conn: Connection) -> None:
        for upload in self._uploads:
            with contextlib.suppress(UploadGone):
                self._caller.service.uploads.abort(conn, upload.id)


def name(conn: Connection, caller: Caller, stored: Stored) -> None:
    """Give a stored file its name."""
    caller.service.objects.put(
        conn,
        account=caller.account,
        provider=PROVIDER,
        space=stored.upload.space,
        key=stored.upload.key,
        blob=caller.service.uploads.complete(conn, stored.upload.id),
        content_type=stored.content_type,
        etag=stored.md5,
    )

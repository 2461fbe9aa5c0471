"""What all handler classes share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import vodkit
from vodkit.providers.ucloud import sign

from ._config import Defaults
from ._line import Line
from ._response import Result, failed
from .auth import Auth
from .logger import logger


class Handler:
    """Calls the service with one key pair.

    Args:
        public_key, private_key: The pair.

    Raises:
        ValueError: a key is empty, or no text.
    """

    _defaults: ClassVar[Defaults]

    def __init__(self, public_key: str, private_key: str) -> None:
        self._auth = Auth(public_key, private_key)

    def set_keys(self, public_key: str, private_key: str) -> None:
        """Use another pair from now on."""
        self._auth = Auth(public_key, private_key)

    def authorization(
        self,
        method: str,
        bucket: str,
        key: str,
        header: Mapping[str, str] | None = None,
        mime_type: str | None = None,
    ) -> str:
        """The ``Authorization`` header of a request to the file API."""
        given = {} if mime_type is None else {"content_type": mime_type}
        return sign.authorization(
            self._auth.public_key,
            self._auth.private_key,
            method.upper(),
            bucket,
            key,
            headers=checked(header),
            **given,
        )

    def signature(
        self,
        bucket: str,
        key: str,
        method: str = "get",
        header: Mapping[str, str] | None = None,
        mime_type: str | None = None,
    ) -> str:
        """The signature of a signed URL, whose expiry is ``header["Expires"]``."""
        given = checked(header)
        text = sign.string_to_sign(
            method.upper(),
            sign.resource(bucket, key),
            md5=given.get("Content-MD5", ""),
            content_type=given.get("Content-Type", "") if mime_type is None else mime_type,
            date=given.get("Expires", ""),
            headers=sign.canonical_headers(list(given.items()), ["x-ucloud-"]),
        )
        return self._auth.ufile_signature(text)

    def _line(self, space: str | None, header: Mapping[str, str], **how: Any) -> Line:
        return Line(self._defaults, self._auth.public_key, self._auth.private_key, space, header, **how)

    def _call(
        self,
        doing: str,
        space: str | None,
        header: Mapping[str, str] | None,
        do: Callable[[Line], Result | None],
        **how: Any,
    ) -> Result:
        """Do one call over a line of its own.

        Args:
            doing: What it is, for the log.
            space: Where to.
            header: The caller's headers; they are copied, never changed.
            do: The call; ``None`` where the newest answer is its result.
            how: Of the :class:`~ucloud._line.Line`.

        Raises:
            ValueError: ``header`` is no dictionary.
            OSError: a local file cannot be read or written.
        """
        given, line = checked(header), None
        try:
            with self._line(space, given, **how) as line:
                result = do(line) or line.result()
        except vodkit.VodError as error:
            result = line.failure(error) if line is not None else failed(error, None)
        resp = result[1]
        if resp.ok():
            logger.info("%s: %s", doing, resp.status_code)
        else:
            logger.warning("%s: %s %s", doing, resp.status_code, resp.error)
        return result


def checked(header: Mapping[str, str] | None) -> dict[str, str]:
    """A copy of the caller's headers.

    Raises:
        ValueError: they are no dictionary.
    """
    if header is not None and not isinstance(header, dict):
        raise ValueError("header is a dictionary")
    return {str(name): str(value) for name, value in (header or {}).items()}


def type_in(header: Mapping[str, str] | None) -> str | None:
    """The content type among the caller's headers."""
    return next((value for name, value in checked(header).items() if name.lower() == "content-type"), None)

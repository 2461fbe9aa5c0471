"""The exceptions of the object store."""

from __future__ import annotations

from collections.abc import Mapping


class CosException(Exception):
    """The root of both."""

    def __init__(self, message: object) -> None:
        self._message = message

    def __str__(self) -> str:
        return str(self._message)


class CosClientError(CosException):
    """The store was not reached, or what it holds is not what was sent."""


class CosServiceError(CosException):
    """The store refused.

    Args:
        method: HTTP method of the request.
        message: ``code``, ``message``, ``resource``, ``requestid`` and ``traceid``.
        status_code: HTTP status of the answer.
    """

    def __init__(self, method: str, message: Mapping[str, str], status_code: int) -> None:
        super().__init__(message)
        self._facts = dict(message)
        self._status_code = status_code

    def __str__(self) -> str:
        return str(self._facts)

    def get_origin_msg(self) -> str:
        """The answer's text; ``""`` here, where only its facts are kept."""
        return ""

    def get_digest_msg(self) -> dict[str, str]:
        """All facts."""
        return self._facts

    def get_status_code(self) -> int:
        """HTTP status."""
        return self._status_code

    def get_error_code(self) -> str:
        """The store's code."""
        return self._facts["code"]

    def get_error_msg(self) -> str:
        """The store's words."""
        return self._facts["message"]

    def get_resource_location(self) -> str:
        """What the request was about."""
        return self._facts["resource"]

    def get_trace_id(self) -> str:
        """``Unknown``: nothing tells it."""
        return self._facts["traceid"]

    def get_request_id(self) -> str:
        """The store's id of the request."""
        return self._facts["requestid"]

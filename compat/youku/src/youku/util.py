"""The package's exception, and what reads answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vodkit.providers.youku import wire


class YoukuError(Exception):
    """The platform refused, or could not be asked.

    Attributes:
        code: The platform's number; ``""`` if its error has none, ``None`` where there is no error to read.
        type: The platform's class of error; of a failure that is not its own, the name of vodkit's error.
        description: For people.
        status_code: HTTP status, or ``None`` where there was no answer.
    """

    def __init__(self, code: Any, _type: Any, description: Any, status_code: Any) -> None:
        super().__init__(code, _type, description, status_code)
        self.code = code
        self.type = _type
        self.description = description
        self.status_code = status_code

    def __str__(self) -> str:
        return f"http_status: {self.status_code}, error: {self.code}, {self.type}, {self.description}"


def check_error(response: Any, expect_status: int = 200) -> None:
    """Look for an error in an answer.

    Args:
        response: Has ``status_code``, and ``content`` or ``text``.
        expect_status: Any other 2xx is as good if the answer holds no error.

    Raises:
        YoukuError: it holds one, has the status of one, or is not JSON.
    """
    status: int = response.status_code
    content = getattr(response, "content", None)
    try:
        answer = wire.parse_answer(response.text.encode() if content is None else content)
    except wire.Malformed as problem:
        raise YoukuError(None, None, str(problem), status) from None
    if isinstance(answer, wire.RemoteFault):
        raise YoukuError(answer.code or "", answer.type, answer.description, status)
    if status != expect_status and not 200 <= status < 300:
        raise YoukuError(None, None, "the answer is no success and says no error", status)


def remove_none_value(data: Mapping[Any, Any]) -> dict[Any, Any]:
    """A copy without the members that are ``None``."""
    return {name: value for name, value in data.items() if value is not None}

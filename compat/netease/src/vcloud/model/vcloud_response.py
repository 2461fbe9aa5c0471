"""An answer of the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(repr=False, eq=False)
class VcloudResp:
    """A code with what it brings.

    Attributes:
        code: 200, or the failure's number.
        ret: Members of a success, or ``None``.
        msg: Text of a failure, or ``None``.
    """

    code: int
    ret: dict[str, Any] | None
    msg: str | None


class Message(str):
    """Text that stands in place of a result; ``vars()`` of it works as on a result.

    Attributes:
        code: The API's number, or ``None`` where it did not answer.
        msg: The text.
    """

    def __new__(cls, msg: str, code: int | None = None) -> Message:
        """See the class."""
        message = super().__new__(cls, msg)
        message.code = code
        message.msg = msg
        return message

    code: int | None
    msg: str

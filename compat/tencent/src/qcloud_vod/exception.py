"""The exception for what is wrong with a request before it is sent."""

from __future__ import annotations


class VodClientException(Exception):
    """Something that the caller named cannot be uploaded.

    Attributes:
        message: What; also the text of the exception.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

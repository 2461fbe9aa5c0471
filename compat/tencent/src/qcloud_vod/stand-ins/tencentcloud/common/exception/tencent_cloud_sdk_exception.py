"""The exception of every call of the cloud API."""

from __future__ import annotations


class TencentCloudSDKException(Exception):
    """A call failed.

    Attributes:
        code: The API's code, or one of the vendor's library.
        message: The API's words.
        requestId: The API's id of the call, or ``None`` where it did not answer.
    """

    def __init__(
        self, code: str | None = None, message: str | None = None, requestId: str | None = None
    ) -> None:
        super().__init__(code, message, requestId)
        self.code = code
        self.message = message
        self.requestId = requestId

    def __str__(self) -> str:
        return (
            f"[TencentCloudSDKException] code:{self.code} message:{self.message} requestId:{self.requestId}"
        )

    def get_code(self) -> str | None:
        """The code."""
        return self.code

    def get_message(self) -> str | None:
        """The words."""
        return self.message

    def get_request_id(self) -> str | None:
        """The id of the call."""
        return self.requestId

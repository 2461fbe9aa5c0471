"""Answers of API 3.0 (tencent.md §A.5).

Every answer is HTTP 200 with exactly ``application/json``: the official clients take any other status for
a broken network, and skip their error check for any other content type.
"""

from __future__ import annotations

from vodkit.server.contract import Send


class ApiError(Exception):
    """A request that is refused.

    Attributes:
        code: Error code of the API, such as ``InvalidParameterValue.MediaType``.
        message: One sentence for the caller; holds no secret.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


async def reply(send: Send, document: bytes) -> None:
    """Send a document as HTTP 200."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(document))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": document})

"""Answers of the API host, of the node lookup and of the nodes (netease.md §2, §3.4, §6.2)."""

from __future__ import annotations

from vodkit.server.contract import Head, Send

_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"x-nos-token, content-type, content-md5, appkey, nonce, curtime, checksum, accid, token",
    ),
    (b"access-control-max-age", b"86400"),
]


class ApiError(Exception):
    """A call of the API that is refused; the answer is HTTP 200 all the same.

    Attributes:
        code: One of the vendor's numbers, see ``wire``.
        message: One sentence for the caller; holds no secret.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class NodeError(Exception):
    """A request to a node that is refused.

    Attributes:
        status: HTTP status.
        code: ``errCode``.
        message: One sentence for the caller; holds no secret.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


async def reply(send: Send, document: bytes, status: int = 200) -> None:
    """Send a JSON document that pages of any origin may read."""
    headers = [
        (b"content-type", b"application/json;charset=utf-8"),
        (b"content-length", b"%d" % len(document)),
        *_CORS,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": document})


def is_preflight(head: Head) -> bool:
    """Whether a browser asks what it may send."""
    return head.method == "OPTIONS" and "access-control-request-method" in head.headers


async def preflight(send: Send) -> None:
    """Tell a browser that it may send everything that the SDKs send."""
    await send({"type": "http.response.start", "status": 204, "headers": _CORS})
    await send({"type": "http.response.body", "body": b""})

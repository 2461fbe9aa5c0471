"""Calls of the API host and of the node lookup: sign, send, read (netease.md §2-§5)."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vodkit.core.contract import Exchange
from vodkit.core.errors import ProtocolError, ServerError

from .. import sign, wire
from ..errors import PROVIDER, api_error

TIMEOUT = 30.0
"""Seconds to wait for an answer of the API (netease.md §10)."""


@dataclass(frozen=True, slots=True)
class Api:
    """How the vendor is reached.

    Attributes:
        key, secret: AppKey and AppSecret.
        base: Base address of the API host, without a trailing slash.
        lookups: Base addresses of the hosts that name the nodes, in order.
        clock: Unix time.
        timeout: Seconds to wait for any answer; ``None`` for this room's own choices.
    """

    key: str
    secret: str = field(repr=False)
    base: str
    lookups: tuple[str, ...]
    clock: Callable[[], float] = time.time
    timeout: float | None = None

    def call(self, exchange: Exchange, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """One call, such as ``video/get``: the members of ``ret``. Nonce and time are fresh each time.

        Members that are ``None`` are not sent.

        Raises:
            VodError: the exchange failed, or the API refused; classified by its code.
        """
        path = f"{wire.API_PREFIX}{operation}"
        headers = {
            "Content-Type": "application/json;charset=utf-8",
            **sign.headers(self.key, self.secret, secrets.token_hex(16), int(self.clock())),
        }
        given = {name: value for name, value in params.items() if value is not None}
        body = json.dumps(given, ensure_ascii=False).encode()
        reply = exchange(
            "POST", f"{self.base}{path}", headers=headers, body=body, timeout=self.timeout or TIMEOUT
        )
        answer = wire.parse_answer(reply.body) if reply.status == 200 else None
        if answer is None:
            raise ServerError(
                f"{path}: this is no answer of the API",
                provider=PROVIDER,
                status=reply.status,
                retryable=reply.status == 200 or reply.status >= 500,
                advice="Check endpoint and scheme",
            )
        if answer.code != wire.OK:
            raise api_error(answer, path=path)
        return answer.result

    def nodes(self, exchange: Exchange, lookup: int, bucket: str) -> tuple[str, ...]:
        """The upload nodes for a bucket, best first, each once; asked at one of :attr:`lookups`.

        Raises:
            VodError: the exchange failed, or there was no list; both are retryable, at another host.
        """
        base = self.lookups[lookup % len(self.lookups)]
        url = f"{base}{wire.LBS_PATH}?{wire.lbs_query(bucket)}"
        reply = exchange("GET", url, timeout=self.timeout or TIMEOUT)
        nodes = wire.parse_lbs(reply.body) if reply.status == 200 else ()
        if not nodes:
            raise ProtocolError(
                f"{base} names no upload nodes", provider=PROVIDER, status=reply.status, retryable=True
            )
        return tuple(dict.fromkeys(nodes))

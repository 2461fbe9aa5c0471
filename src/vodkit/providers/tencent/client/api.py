"""Calls of the VOD API: sign, send, read (tencent.md §A)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from vodkit.core.contract import Exchange, Reply
from vodkit.core.errors import CredentialExpired

from .. import sign, wire
from ..errors import api_error
from .credentials import Credential, Credentials

_CONTENT_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Api:
    """How the API is reached.

    Attributes:
        credentials: Who signs.
        endpoint: Host, with a scheme in front of it where that is not https.
        region: Region of the API.
        language: Of error messages.
        clock: Unix time.
    """

    credentials: Credentials
    endpoint: str
    region: str
    language: str
    clock: Callable[[], float] = time.time

    def call(self, exchange: Exchange, action: str, fields: Mapping[str, Any]) -> wire.Answer:
        """Call one action. An expired key is renewed once, where there is a callable to ask.

        Raises:
            VodError: the exchange failed, or the API refused; classified by its code.
        """
        credential = self.credentials.get()
        try:
            return self._once(exchange, action, fields, credential)
        except CredentialExpired:
            if not self.credentials.renew(credential):
                raise
            return self._once(exchange, action, fields, self.credentials.get())

    def _once(
        self, exchange: Exchange, action: str, fields: Mapping[str, Any], credential: Credential
    ) -> wire.Answer:
        base = self.endpoint if "://" in self.endpoint else f"https://{self.endpoint}"
        url = base.rstrip("/") + "/"
        body = wire.dump_request(fields)
        now = self.clock()
        reply = exchange(
            "POST", url, headers=self._headers(action, url, body, credential, int(now)), body=body
        )
        answer = wire.parse_answer(reply.body, reply.status)
        if answer.error_code:
            error = api_error(
                answer.error_code, answer.error_message, answer.request_id, action=action, status=reply.status
            )
            if answer.error_code == wire.codes.SIGNATURE_EXPIRE:
                error.advice = _clock_advice(reply, now)
            raise error
        return answer

    def _headers(
        self, action: str, url: str, body: bytes, credential: Credential, timestamp: int
    ) -> dict[str, str]:
        headers = {
            "Content-Type": _CONTENT_TYPE,
            "X-TC-Action": action,
            "X-TC-Version": wire.VERSION,
            "X-TC-Timestamp": str(timestamp),
            "X-TC-Region": self.region,
            "X-TC-Language": self.language,
            "X-TC-RequestClient": wire.OUR_CLIENT,
            "X-TC-TraceId": str(uuid.uuid4()),
            "Authorization": sign.sign_tc3(
                credential.secret_id,
                credential.secret_key,
                host=urlsplit(url).netloc,
                content_type=_CONTENT_TYPE,
                payload=body,
                timestamp=timestamp,
            ),
        }
        if credential.token:
            headers["X-TC-Token"] = credential.token
        return headers


def _clock_advice(reply: Reply, now: float) -> str:
    """How far this machine's clock is from the server's, where the answer tells."""
    try:
        skew = now - parsedate_to_datetime(reply.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return "Check this machine's clock"
    if abs(skew) < sign.MAX_SKEW:
        return "The request was under way for too long; try again"
    way = "ahead of" if skew > 0 else "behind"
    return f"Set this machine's clock: it is {abs(skew):.0f} seconds {way} the server's"

"""Upload policies: what is posted to whom once an object is there (ucloud.md §2.5).

The receiver's answer becomes the answer to the upload, so the request that made the object makes the first
try itself. The delivery is written in the commit that publishes: if the try fails, or the service dies before
it, the worker goes on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from vodkit.core.events import Event
from vodkit.server import targets
from vodkit.server.contract import Account
from vodkit.server.processing import Address, Message

from .. import sign
from ..errors import BAD_REQUEST
from .answer import Refused

STYLE = "ucloud-policy"
_FORM = "application/x-www-form-urlencoded"
_QUERY = "%=&+/:;,?@!$'()*[]~"
"""What stays as it is where a body goes into a query."""

_VARIABLE = re.compile(r"\$\((x:[^()]{1,100})\)")
_DELAYS = (10.0, 60.0, 300.0, 1800.0, 7200.0)
"""Seconds between tries; the vendor tells none."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A callback that an uploader asks for.

    Attributes:
        url: Where to.
        body: What is sent, variables filled in; its repr tells nothing of it.
        body_type: Its MIME type; ``""`` for ``a=b&c=d``, which goes into the query as well.
    """

    url: str = field(repr=False)
    body: str = field(repr=False)
    body_type: str

    @property
    def address(self) -> Address:
        """Where the event of the upload goes."""
        return Address(STYLE, self.url, {"body": self.body, "type": self.body_type})


def read(encoded: str) -> Policy | None:
    """The policy of a request whose signature holds; ``None`` where it has none.

    Raises:
        Refused: it cannot be followed; nothing was stored.
    """
    if not encoded:
        return None
    told = sign.decode_policy(encoded)
    if told is None:
        raise Refused(400, BAD_REQUEST, "the upload policy is not base64 of a JSON object")
    if "callbackUrl" not in told:
        return None
    url, body, type_ = (told.get(name, "") for name in ("callbackUrl", "callbackBody", "callbackBodyType"))
    variables = told.get("callbackVar", {})
    if isinstance(body, dict):
        body, type_ = json.dumps(body, ensure_ascii=False), type_ or "application/json"
    if not (isinstance(url, str) and isinstance(body, str) and isinstance(type_, str)):
        raise Refused(400, BAD_REQUEST, "callbackUrl, callbackBody and callbackBodyType must be text")
    if not (type_.isascii() and type_.isprintable()) or not isinstance(variables, dict):
        raise Refused(400, BAD_REQUEST, "callbackBodyType must be a MIME type, and callbackVar an object")
    try:
        targets.check(url)
    except targets.TargetRefused as problem:
        raise Refused(400, BAD_REQUEST, f"callbackUrl cannot be used: {problem}") from None
    return Policy(url, _filled(body, type_, variables), type_)


def _filled(body: str, type_: str, variables: Mapping[str, Any]) -> str:
    """A body with the values of its variables, escaped as its type wants it; unknown ones stay."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in variables:
            return found[0]
        text = str(variables[found[1]])
        return json.dumps(text, ensure_ascii=False)[1:-1] if "json" in type_ else quote(text, safe="")

    return _VARIABLE.sub(value, body)


class PolicyStyle:
    """Implements :class:`vodkit.server.processing.CallbackStyle`."""

    def message(self, conn: Connection, event: Event, address: Address, account: Account) -> Message:
        """A POST of the body. Without a type it is a form, and in the query too: the vendor's page says that
        it is posted, and one of its SDKs that it goes by the query."""
        body, type_ = str(address.attrs["body"]), str(address.attrs["type"])
        url = address.target
        query = "" if type_ else quote(body, safe=_QUERY)
        if query and len(url) + len(query) < targets.LONGEST_URL:
            url += ("&" if "?" in url else "?") + query
        return Message(url, {"Content-Type": type_ or _FORM}, body.encode())

    def accepted(self, status: int, body: bytes) -> bool:
        """A success whose body is JSON: anything else could not be passed on to the uploader."""
        try:
            json.loads(body)
        except (ValueError, RecursionError):
            return False
        return 200 <= status < 300

    def delay(self, attempts: int) -> float | None:
        """See :class:`vodkit.server.processing.CallbackStyle`."""
        return _DELAYS[attempts - 1] if attempts <= len(_DELAYS) else None

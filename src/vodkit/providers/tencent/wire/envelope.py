"""Requests and answers of the API as bytes (tencent.md §A.1, §A.4, §A.5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from vodkit.core.errors import ProtocolError

MAX_FIELDS = 10_000
"""Fields of one form; more is refused before anything is built from it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A parsed answer of the API.

    Attributes:
        fields: Members of ``Response``, ``Error`` and ``RequestId`` left out.
        request_id: The vendor's id of the request; ``""`` where it is missing.
        error_code: ``""`` for a success.
        error_message: The vendor's words.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    request_id: str = ""
    error_code: str = ""
    error_message: str = ""


def dump_request(fields: Mapping[str, Any]) -> bytes:
    """The JSON body of a request; members that are ``None`` are left out."""
    return json.dumps({k: v for k, v in fields.items() if v is not None}, ensure_ascii=False).encode()


def parse_json_request(body: bytes) -> dict[str, Any]:
    """The fields of a JSON request; an empty body has none, members that are null are dropped.

    Raises:
        ValueError: it is not a JSON object.
    """
    try:
        data = json.loads(body.decode("utf-8-sig")) if body.strip() else {}
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None
    if not isinstance(data, dict):
        raise ValueError("the body is not a JSON object")
    return {name: value for name, value in data.items() if value is not None}


def parse_form(text: str) -> dict[str, str]:
    """The decoded parameters of a form body or query string; the last of repeated ones counts.

    Raises:
        ValueError: there are too many of them, or they are not UTF-8.
    """
    return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"))


def success_body(request_id: str, fields: Mapping[str, Any]) -> bytes:
    """The body of a successful answer. Send it with ``Content-Type`` exactly ``application/json``."""
    return json.dumps({"Response": {**fields, "RequestId": request_id}}, ensure_ascii=False).encode()


def error_body(request_id: str, code: str, message: str) -> bytes:
    """The body of an error, which goes out with HTTP status 200."""
    error = {"Code": code, "Message": message}
    return json.dumps({"Response": {"Error": error, "RequestId": request_id}}, ensure_ascii=False).encode()


def parse_answer(body: bytes, status: int = 200) -> Answer:
    """Read an answer by its body, whatever its content type says.

    Args:
        body: As it came.
        status: HTTP status; anything but 200 without a readable body is a failure of the server.

    Raises:
        ProtocolError: it is not an API answer; retryable when the status tells of a server's fault.
    """
    try:
        response = json.loads(body)["Response"]
        if not isinstance(response, dict):
            raise TypeError("Response is not an object")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ProtocolError(
            "the answer is not one of the VOD API",
            provider="tencent",
            status=status,
            retryable=status >= 500 or status == 429,
            advice="Check the endpoint and whether a proxy answers in its place",
        ) from None
    fields = dict(response)
    error = fields.pop("Error", None)
    request_id = str(fields.pop("RequestId", None) or "")
    if isinstance(error, dict):
        code, message = str(error.get("Code") or "InternalError"), str(error.get("Message") or "")
        return Answer(fields, request_id, code, message)
    return Answer(fields, request_id)

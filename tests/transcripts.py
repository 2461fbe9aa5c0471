"""Requests of the recorded transcripts (``tests/golden``), as the service gets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def scope(request: Mapping[str, Any]) -> dict[str, Any]:
    """The ASGI scope of a recorded request, whose headers are pairs or members."""
    path, _, query = request["target"].partition("?")
    headers = request["headers"]
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return {
        "type": "http",
        "scheme": "http",
        "method": request["method"],
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), str(value).encode("latin-1")) for name, value in pairs],
    }

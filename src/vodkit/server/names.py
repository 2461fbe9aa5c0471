"""Ids that the service hands out, and names that clients give."""

from __future__ import annotations

import secrets
import time
import unicodedata

from .errors import BadName


def new_id() -> str:
    """Random, URL-safe, and later than the ids made before it."""
    return f"{time.time_ns() // 1000:014x}{secrets.token_hex(9)}"


def check_name(text: str) -> str:
    """``text``, if every database can store it.

    Raises:
        BadName: it holds NUL or half of a surrogate pair.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadName("the name is not Unicode text") from error
    if "\0" in text:
        raise BadName("the name holds a NUL character")
    return text


def folded(text: str) -> str:
    """``text`` as it is compared where neither case nor the way to write a letter count."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def prefix_end(prefix: str) -> str | None:
    """The least text, by bytes, above all that begin with ``prefix``; ``None`` if there is none."""
    while prefix:
        last = ord(prefix[-1])
        if last < 0x10FFFF:
            return prefix[:-1] + chr(0xE000 if last == 0xD7FF else last + 1)
        prefix = prefix[:-1]
    return None

"""The addresses at which media play, and the links that are good for a while."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, quote, unquote, urlsplit

from .access import Refused
from .contract import MediaRecord, Vault
from .processing import OUTPUTS

_ONE = "play"
_FOLDER = "play folder"
_WATCH = "watch"
"""What links are signed for."""

_SIGNED = "/v/s/"

Place = tuple[str, str, str]
"""Provider, space and key of an object."""


class Links:
    """Makes and checks addresses.

    ``expires`` (seconds since the epoch) and ``signature`` in the query make a signed link to one object, or
    to one watch page. ``/v/s/<expires>-<signature>/<provider>/<space>/<key>`` is a signed link to a media's
    whole folder: relative addresses in a playlist lead to links that are signed too.

    Args:
        vault: Signs.
        base: What all addresses begin with, without a trailing slash.
        now: The clock.
    """

    def __init__(self, vault: Vault, base: str, now: Callable[[], float]) -> None:
        self._vault = vault
        self._base = base
        self._now = now

    def play(self, provider: str, space: str, key: str) -> str:
        """Where an object plays; unsigned."""
        return f"{self._base}/v/{quote(provider, safe='')}/{quote(space, safe='@')}/{quote(key)}"

    def watch(self, media: MediaRecord, lifetime: float | None = None) -> str:
        """The page that plays a media; signed if it has a ``lifetime`` (seconds)."""
        url = f"{self._base}/watch/{quote(media.id, safe='')}"
        return url if lifetime is None else f"{url}?{self._query(_WATCH, [media.id], self._end(lifetime))}"

    def sign(self, url: str, lifetime: float, folder: str = "") -> str:
        """A play URL that is good for ``lifetime`` seconds.

        Args:
            url: From :meth:`play`.
            lifetime: Seconds.
            folder: That of the media the object belongs to: the link is then good for all of it.

        Raises:
            ValueError: it is not a play URL of this service, or its object is not in the folder.
        """
        parts = urlsplit(url)
        place = place_of(parts.path)
        if place is None or not place[2].startswith(folder):
            raise ValueError(f"not a play URL of this service, or not of the folder {folder!r}: {url}")
        expires = self._end(lifetime)
        if folder:
            signature = self._vault.sign(_FOLDER, _signed_text([*place[:2], folder], expires))
            path = f"{_SIGNED}{expires}-{signature}{parts.path.removeprefix('/v')}"
            return parts._replace(path=path, query="").geturl()
        return f"{url.partition('?')[0]}?{self._query(_ONE, [*place], expires)}"

    def link(self, place: Place, token: str, query: str, media: MediaRecord | None) -> float | None:
        """Until when the link is good by which an object was asked for; ``None`` if it was no link of ours.

        Args:
            place: The object's.
            token: What :func:`split_token` found in the path.
            query: Raw.
            media: What the object belongs to.

        Raises:
            Refused: the link is not valid, or not any more.
        """
        if not token:
            return self._in_query(_ONE, [*place], query)
        folder = folder_of(media, place[1]) if media is not None else ""
        if not folder or not place[2].startswith(folder):
            raise Refused(403, "the link is not valid")
        expires, _, signature = token.partition("-")
        return self._check(_FOLDER, [*place[:2], folder], expires, signature)

    def watch_link(self, media: MediaRecord, query: str) -> float | None:
        """Until when a link to a watch page is good; ``None`` if it is no signed one.

        Raises:
            Refused: the link is not valid, or not any more.
        """
        return self._in_query(_WATCH, [media.id], query)

    def _end(self, lifetime: float) -> int:
        return int(self._now() + lifetime)

    def _query(self, purpose: str, signed: list[str], expires: int) -> str:
        return f"expires={expires}&signature={self._vault.sign(purpose, _signed_text(signed, expires))}"

    def _in_query(self, purpose: str, signed: list[str], query: str) -> float | None:
        if "signature=" not in query:
            return None
        fields: Mapping[str, list[str]] = parse_qs(query, keep_blank_values=True)
        if "signature" not in fields:
            return None
        return self._check(purpose, signed, fields.get("expires", [""])[0], fields["signature"][0])

    def _check(self, purpose: str, signed: list[str], expires: str, signature: str) -> float:
        if not (expires.isascii() and expires.isdigit() and len(expires) < 16):
            raise Refused(403, "the link is not valid")
        if not self._vault.verify(purpose, _signed_text(signed, int(expires)), signature):
            raise Refused(403, "the link is not valid")
        if int(expires) <= self._now():
            raise Refused(403, "the link has expired")
        return float(expires)


def folder_of(media: MediaRecord, space: str) -> str:
    """The folder of a space that is all a media's own, ``""`` if it has none there."""
    if space == OUTPUTS:
        return f"{media.id}/"
    return media.folder if space == media.space else ""


def split_token(path: str) -> tuple[str, str]:
    """What a raw path carries of a signature, or ``""``, and the path without it."""
    if not path.startswith(_SIGNED):
        return "", path
    token, _, rest = path.removeprefix(_SIGNED).partition("/")
    return token, f"/v/{rest}"


def place_of(path: str) -> Place | None:
    """Provider, space and key of a raw path."""
    parts = path.split("/", 4)
    if len(parts) < 5 or parts[:2] != ["", "v"] or not parts[4]:
        return None
    try:
        provider, space, key = (unquote(part, errors="strict") for part in parts[2:])
    except UnicodeDecodeError:
        return None
    if "\0" in space + key:
        return None
    return provider, space, key


def _signed_text(signed: list[str], expires: int) -> str:
    return json.dumps([*signed, expires])

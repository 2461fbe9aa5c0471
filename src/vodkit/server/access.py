"""Who may watch: everybody, who has a signed link, or who knows the password."""

from __future__ import annotations

import hmac
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .contract import Head, MediaRecord, Room, Service, StoredObject, Vault

ALL, PRIVATE, PASSWORD = "all", "private", "password"
"""Values of :attr:`MediaRecord.access`."""

EVERYBODY, LINK, VENDOR = "everybody", "link", "vendor"
"""By what a viewer may watch."""


class Refused(Exception):
    """A viewer who may not have what is asked for.

    Attributes:
        status: HTTP status.
        text: Why.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class Leave:
    """That a viewer may watch.

    Attributes:
        until: Seconds since the epoch.
        by: :data:`EVERYBODY`, :data:`LINK` (one of ours) or :data:`VENDOR` (the vendor's own).
    """

    until: float
    by: str


def sealed_password(vault: Vault, password: str) -> str:
    """What :attr:`MediaRecord.password_sealed` holds for a password; ``""`` for none."""
    return vault.seal(password.encode("utf-8", "surrogatepass")) if password else ""


def knows_password(vault: Vault, media: MediaRecord, given: str) -> bool:
    """Whether ``given`` is the password of a media; takes as long for any text of its length."""
    password = vault.unseal(media.password_sealed) if media.password_sealed else None
    return password is not None and hmac.compare_digest(password, given.encode("utf-8", "surrogatepass"))


class Access:
    """The one place where it is decided who may watch.

    Args:
        service: Settings and clock.
        rooms: By name; each may have rules and links of its own (``check_play``).
    """

    def __init__(self, service: Service, rooms: Mapping[str, Room]) -> None:
        self._service = service
        self._rooms = rooms

    async def decide(
        self, head: Head, found: StoredObject, media: MediaRecord | None, link: float | None
    ) -> Leave:
        """Whether a viewer may have an object.

        Args:
            head: The request for its play URL.
            found: The object.
            media: What it belongs to.
            link: Until when a link of ours that came along is good; ``None`` without one.

        Raises:
            Refused: the viewer may not.
        """
        now = self._service.now()
        until = math.inf
        if media is not None:
            if media.expires is not None:
                until = media.expires
            if until <= now:
                raise Refused(404, "there is no such object")
            if media.status == "blocked":
                raise Refused(403, "this media is blocked")
        if link is not None:
            return Leave(min(until, link), LINK)
        theirs = await self._vendor(head, found, media)
        if theirs is not None:
            if theirs <= now:
                raise Refused(403, "this object plays by signed links only")
            return Leave(min(until, theirs), VENDOR)
        access = media.access if media is not None else ALL
        if access == PASSWORD:
            raise Refused(403, "this media plays for who knows its password; its watch page asks for it")
        if access != ALL or self._service.settings.signed_playback:
            raise Refused(403, "this object plays by signed links only")
        return Leave(until, EVERYBODY)

    async def _vendor(self, head: Head, found: StoredObject, media: MediaRecord | None) -> float | None:
        """What the object's room says; see :class:`vodkit.server.contract.Room`."""
        check: Any = getattr(self._rooms[found.provider], "check_play", None)
        verdict = check(head, found, media) if check is not None else None
        if inspect.isawaitable(verdict):
            verdict = await verdict
        return None if verdict is None else float(verdict)

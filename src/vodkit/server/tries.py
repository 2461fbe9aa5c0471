"""How often passwords may be tried."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

WINDOW = 600.0
"""Seconds in which wrong passwords are counted together."""

EACH = 10
"""Wrong passwords of one address for one media in a window."""

ALL = 200
"""Wrong passwords of all addresses for one media in a window."""

_MOST = 10_000


class Tries:
    """Counts wrong passwords, in memory.

    Args:
        now: The clock.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._wrong: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def wait(self, media: str, address: str) -> float:
        """Seconds until the next try; 0 for at once."""
        bounds = (((media, address), EACH), ((media, ""), ALL))
        return max(self._left(who, most) for who, most in bounds)

    def wrong(self, media: str, address: str) -> None:
        """Note a wrong password."""
        now = self._now()
        for who in ((media, address), (media, "")):
            until, count = self._wrong.pop(who, (0.0, 0))
            self._wrong[who] = (until, count + 1) if until > now else (now + WINDOW, 1)
        while len(self._wrong) > _MOST:
            self._wrong.popitem(last=False)

    def _left(self, who: tuple[str, str], most: int) -> float:
        until, count = self._wrong.get(who, (0.0, 0))
        return max(0.0, until - self._now()) if count >= most else 0.0

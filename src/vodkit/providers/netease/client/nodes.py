"""Which upload node the next request goes to (netease.md §5)."""

from __future__ import annotations

from collections.abc import Sequence

TRIES = 2
"""Failures in a row that a node is given before the next one is tried."""


class Nodes:
    """The nodes of one upload, best first, and the one in use.

    A node that works is kept. When every node has failed they are asked for anew, once; after that the list
    is gone through again for as long as the engine's patience lasts.

    Attributes:
        listed: Base addresses.
        stale: Whether they are to be asked for anew.
    """

    def __init__(self, listed: Sequence[str]) -> None:
        self.listed = tuple(listed)
        self.stale = not self.listed
        self._at = 0
        self._failures = 0
        self._renewed = False

    @property
    def current(self) -> str:
        """The node in use."""
        return self.listed[self._at]

    def renew(self, listed: Sequence[str]) -> None:
        """Take a new list."""
        self.listed, self.stale = tuple(listed), False
        self._at = self._failures = 0

    def worked(self) -> None:
        """The node in use answered."""
        self._failures, self._renewed = 0, False

    def failed(self) -> None:
        """The node in use did not answer, or failed."""
        self._failures += 1
        if self._failures < TRIES:
            return
        self._failures = 0
        self._at = (self._at + 1) % len(self.listed)
        if self._at == 0 and not self._renewed:
            self._renewed = self.stale = True

"""What one upload writes down while it runs."""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from vodkit.core.errors import NotResumable
from vodkit.core.media import Media
from vodkit.core.part import Part, Receipt, Saved, Sent
from vodkit.core.source import Item

from .integrity import crc64_of_ranges, gaps
from .ledger import Ledger


class Journal:
    """The ledger's row of one upload, or, where there is no ledger, only what the receipt needs.

    Args:
        ledger: ``None`` for an upload that cannot be resumed.
        id: The upload's id.
        require_resume: Whether losing the ledger in mid-upload is an error.
        notice: Told when it happens.
    """

    def __init__(
        self, ledger: Ledger | None, id: str, require_resume: bool, notice: Callable[[str], None]
    ) -> None:
        self.id = id
        self._ledger = ledger
        self._require_resume = require_resume
        self._notice = notice
        self._ranges: dict[int, set[tuple[int, int, str]]] = defaultdict(set)
        self._lock = threading.Lock()

    def saved(self) -> Saved | None:
        """What an earlier run left."""
        if self._ledger is None:
            return None
        saved, crcs = self._ledger.saved(self.id)
        for receipt in saved.receipts if saved else ():
            crc64 = crcs.get((receipt.item, receipt.key))
            if crc64 is not None:
                self._ranges[receipt.item].add((receipt.offset, receipt.length, crc64))
        return saved

    def read(self, part: Part, crc64: str) -> None:
        """A part was read to its end, whether or not it arrives: its digest describes the source."""
        with self._lock:
            self._ranges[part.item].add((part.offset, part.length, crc64))

    def gaps(self, item: Item) -> list[tuple[int, int]]:
        """``(offset, length)`` of the ranges of an item whose digest is not known."""
        return gaps(self._ranges[item.index], item.size or 0)

    def record(self, part: Part, sent: Sent, crc64: str | None) -> None:
        """Take down the answer to a part.

        Raises:
            NotResumable: it cannot be written, and resumability was required.
        """
        receipt = None
        if sent.receipt is not None:
            receipt = Receipt(part.item, part.key, part.offset, part.length, sent.receipt)
        if receipt is not None or sent.state is not None:
            self._write(lambda ledger: ledger.record(self.id, sent.state, receipt, crc64))

    def restart(self) -> None:
        """The remote upload is gone; a new one begins under the same id."""
        self._write(lambda ledger: ledger.restart(self.id))

    def done(self, media: Media, items: Sequence[Item]) -> dict[str, Any]:
        """The upload has become ``media``: close the row. Returns the receipt."""
        receipt: dict[str, Any] = {
            "provider": media.provider,
            "media": media.id,
            "size": sum(item.size or 0 for item in items),
            "items": [self._item_receipt(item) for item in items],
        }
        self._require_resume = False
        self._write(lambda ledger: ledger.finish(self.id, "done", media=media.id, receipt=receipt))
        return receipt

    def gave_up(self, status: str, error: str) -> None:
        """Close the row of an upload that will not go on."""
        self._write(lambda ledger: ledger.finish(self.id, status, error=error))

    def stands_still(self, error: str) -> None:
        """Note why the upload stopped; it can be resumed."""
        self._write(lambda ledger: ledger.note_error(self.id, error))

    def _item_receipt(self, item: Item) -> dict[str, Any]:
        crc64 = crc64_of_ranges(self._ranges[item.index], item.size or 0)
        known = item.digests | ({"crc64": crc64} if crc64 is not None else {})
        return {"name": item.name, "role": item.role, "size": item.size, **known}

    def _write(self, what: Callable[[Ledger], None]) -> None:
        if self._ledger is None:
            return
        try:
            what(self._ledger)
        except sqlite3.Error as error:
            if self._require_resume:
                raise NotResumable(f"the record of uploads cannot be written: {error}") from error
            self._ledger = None
            self._notice(f"the record of this upload cannot be written any more: {error}")

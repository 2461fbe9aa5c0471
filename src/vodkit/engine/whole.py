"""Digests of whole contents: those a provider must know before the first byte, and the receipt's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from vodkit.core.errors import SourceError
from vodkit.core.part import Part
from vodkit.core.source import Identity, Item
from vodkit.transport import Cancel

from .body import Window
from .feed import Feed
from .integrity import digest
from .journal import Journal
from .ledger import Ledger
from .progress import Meter
from .watch import Watch


def know_digests(
    items: Sequence[Item],
    identities: Sequence[Identity | None],
    needs: frozenset[str],
    window: Window,
    ledger: Ledger | None,
    meter: Meter,
    cancel: Cancel,
) -> None:
    """See to it that every item has the digests that a provider ``needs``; the ledger keeps them.

    Raises:
        SourceError: the size of an item must be known and is not.
        Cancelled: stopped.
    """
    names = sorted(needs - {"size"})
    for item, identity in zip(items, identities):
        if item.size is None:
            raise SourceError(
                f"the size of {item.name!r} must be known before it is sent",
                advice="Save it to a file and upload that",
            )
        missing = [name for name in names if name not in item.digests]
        place = item.source.location
        if ledger is None or place is None or identity is None:
            _hash(item, missing, window, meter, cancel)
            continue
        stamp = json.dumps(identity.as_json())
        for name in missing:
            if (value := ledger.digest(place, name, stamp)) is not None:
                item.digests[name] = value
        computed = [name for name in missing if name not in item.digests]
        _hash(item, computed, window, meter, cancel)
        for name in computed:
            ledger.keep_digest(place, name, stamp, item.digests[name])


def fill_gaps(items: Iterable[Item], journal: Journal, feed: Feed, watch: Watch, window: Window) -> None:
    """Read the ranges that arrived without a record of their digest: their answer, or its note, was lost.

    Raises:
        VodError: a source cannot be read any more, or has changed since.
    """
    for item in items:
        for offset, length in journal.gaps(item):
            if feed.stream(item.index) is not None:
                break
            crc64 = digest("crc64")
            with feed.reading(item.index) as reader:
                for piece in window.over(reader, offset, length):
                    crc64.update(piece)
            watch.look(item.index)
            journal.read(Part(item.index, str(offset), offset, length), crc64.hexdigest())


def _hash(item: Item, names: Sequence[str], window: Window, meter: Meter, cancel: Cancel) -> None:
    if not names:
        return
    meter.begin("hashing", item.size)
    hashers = {name: digest(name) for name in names}
    reader = item.source.open()
    try:
        for piece in window.over(reader, 0, item.size or 0):
            cancel.check()
            for hasher in hashers.values():
                hasher.update(piece)
            meter.moved(len(piece))
            meter.tick()
    finally:
        reader.close()
    item.digests.update({name: hasher.hexdigest() for name, hasher in hashers.items()})

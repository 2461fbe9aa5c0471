"""The units that a session hands to the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Part:
    """One unit of transfer, or, without a body, one step of the protocol.

    Attributes:
        item: Index of the item that the bytes belong to.
        key: Unique within the item for as long as the remote upload lives; the ledger keys receipts by it.
        offset: Where the bytes begin in the item.
        length: How many bytes; 0 for a step (open, list, complete, check). For an item of unknown size
            it is the most that the part may hold: the engine trims it when the source ends.
        last: Whether the item ends with this part.
        needs: Digests (``md5``, ``sha1``, ``crc32``, ``crc64``) wanted before the first byte is sent,
            because they travel ahead of the body.
        takes: Digests computed while the bytes pass, for comparison with the answer.
        body: Whether a request body of ``length`` bytes belongs to the part. An empty file's only part has
            a body of zero bytes; a step has none.
        args: What the session needs to send the part; JSON.
    """

    item: int
    key: str
    offset: int = 0
    length: int = 0
    last: bool = False
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    body: bool = True
    args: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def step(cls, key: str, item: int = 0, **args: Any) -> Part:
        """A part without a body: one call of the protocol, retried and cancelled like any other part."""
        return cls(item=item, key=key, body=False, args=args)


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to hand out now.

    Attributes:
        seconds: Ask again after this time, or ``None``: after another part has ended.
    """

    seconds: float | None = None


class Done:
    """The session has come to its end; parts still in flight do not matter any more and are cut off."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "DONE"


DONE: Final = Done()

Next = Part | Wait | Done


@dataclass(frozen=True, slots=True)
class Sent:
    """What the session makes of a part's reply.

    Attributes:
        receipt: What proves the part (JSON), one row of the ledger; ``None`` for steps.
        state: The session's state (JSON) if it changed, else ``None``.
        next: The part that the same worker goes on with, where the provider's reply names it.
    """

    receipt: Mapping[str, Any] | None = None
    state: Mapping[str, Any] | None = None
    next: Next | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A part that the provider has acknowledged.

    Attributes:
        item: Index of the item.
        key: The part's key.
        offset: Where it begins in the item.
        length: Bytes.
        data: The session's own proof (an ETag, digests), JSON.
    """

    item: int
    key: str
    offset: int
    length: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Saved:
    """What the ledger kept of an interrupted upload.

    Attributes:
        state: The session's last state.
        receipts: The acknowledged parts. The server's own list wins over them.
    """

    state: Mapping[str, Any]
    receipts: tuple[Receipt, ...] = ()

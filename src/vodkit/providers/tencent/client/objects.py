"""One object on its way into the store: which parts it takes, and what proves them. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from vodkit.core.checksums import crc64_concat
from vodkit.core.errors import QuotaExceeded
from vodkit.core.part import Part, Receipt
from vodkit.core.source import Item

from ..cos.wire import MAX_PARTS, PartEntry
from ..errors import PROVIDER
from . import plan

_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Proof:
    """What the store answered for bytes that we sent: ETag without quotes, length, CRC-64."""

    etag: str
    length: int
    crc64: int

    def as_json(self) -> dict[str, Any]:
        """For the ledger; the CRC as text, because JSON's numbers are floats to many readers."""
        return {"etag": self.etag, "length": self.length, "crc64": str(self.crc64)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Proof:
        """The inverse of :meth:`as_json`."""
        return cls(data["etag"], data["length"], int(data["crc64"]))


class Phase(Enum):
    """Where an object stands."""

    LOOK = auto()
    NEW = auto()
    SENDING = auto()
    COMPLETE = auto()
    DROP = auto()
    DONE = auto()


class ObjectUpload:
    """One object: a simple PUT, or a multipart upload.

    Attributes:
        item: What is uploaded.
        upload_id: Of the multipart upload, ``""`` while there is none.
        each: Part size that the plan is made of.
        phase: Where it stands.
        proof: Of the whole object, once it is done.
    """

    def __init__(self, item: Item, wanted: int | None) -> None:
        self.item = item
        self.upload_id = ""
        self.each = plan.part_size(item.size, wanted)
        self.phase = Phase.NEW
        self.proof: Proof | None = None
        self._have: dict[int, Proof] = {}
        self._unproven: dict[int, str] = {}
        self._last: int | None = None
        self._plan: Iterator[tuple[int, int, int]] = iter(())
        self._busy = False
        self._streamed = item.size is None

    @property
    def parts(self) -> list[tuple[int, str]]:
        """Numbers and ETags for completing, in order."""
        return [(number, self._have[number].etag) for number in sorted(self._have)]

    @property
    def whole(self) -> Proof:
        """What the parts add up to; its ETag is not known yet."""
        proofs = [self._have[number] for number in sorted(self._have)]
        crc64 = crc64_concat([(proof.crc64, proof.length) for proof in proofs])
        return Proof("", sum(proof.length for proof in proofs), crc64)

    def next(self) -> Part | None:
        """What can be done now, or ``None`` while everything that can be is under way."""
        if self.phase is Phase.SENDING:
            return self._next_part()
        if self._busy or self.phase is Phase.DONE:
            return None
        self._busy = True
        index, size = self.item.index, self.item.size
        if self.phase is Phase.NEW:
            if size is not None and size <= self.each:
                return Part(index, "put", 0, size, last=True, takes=("crc64",), args={"do": "put"})
            return Part.step("open", index, do="open")
        do = self.phase.name.lower()
        return Part.step(do, index, do=do)

    def _next_part(self) -> Part | None:
        for number, offset, length in self._plan:
            if number in self._have:
                continue
            if self._ended_before(number, offset):
                break
            size = self.item.size
            if size is not None:
                length = min(length, size - offset)
            etag = self._unproven.get(number, "")
            return Part(
                self.item.index,
                str(number),
                offset,
                length,
                last=offset + length == size,
                needs=("md5", "crc64") if etag else (),
                takes=("crc64",),
                args={"do": "part", "number": number, "etag": etag},
            )
        if self._last is None:
            if len(self._have) < MAX_PARTS:
                return None
            raise QuotaExceeded(
                "the stream is longer than an upload of 10,000 parts can hold",
                provider=PROVIDER,
                advice="Save it to a file first, so that its size is known",
            )
        if len(self._have) == self._last:
            self.phase, self._busy = Phase.COMPLETE, False
            return self.next()
        return None

    def _ended_before(self, number: int, offset: int) -> bool:
        """Whether the object has no such part: a stream tells its size when it has come to its end."""
        size = self.item.size
        if self._last is None and size is not None and offset >= size and number > 1:
            self._last = number - 1
        return self._last is not None and number > self._last

    def is_single(self, part: Part) -> bool:
        """Whether a part turned out to be the whole of a stream of unknown length."""
        return self._streamed and part.last and part.offset == 0

    # --- answers ---

    def opened(self, upload_id: str) -> None:
        """The multipart upload is open."""
        self.upload_id, self._busy = upload_id, False
        self._start()

    def _start(self) -> None:
        self.phase = Phase.SENDING
        self._plan = self._layout()
        if self.item.size is not None and not self._streamed:
            self._last = -(-self.item.size // self.each)

    def _layout(self) -> Iterator[tuple[int, int, int]]:
        size = self.item.size
        return plan.unknown(self.each) if self._streamed or size is None else plan.known(size, self.each)

    def sent(self, part: Part, proof: Proof) -> None:
        """A part is stored."""
        number = int(part.args["number"])
        self._have[number] = proof
        if part.last:
            self._last = number

    def stored(self, proof: Proof) -> None:
        """The whole object is stored; a multipart upload that turned out not to be needed is dropped."""
        self.proof, self._busy = proof, False
        needless = self.upload_id and self.phase is Phase.SENDING
        self.phase = Phase.DROP if needless else Phase.DONE

    def dropped(self) -> None:
        """The multipart upload that was not needed is gone."""
        self.upload_id, self.phase = "", Phase.DONE

    # --- resuming ---

    def as_json(self) -> list[Any]:
        """What tells the multipart upload and how it is cut, for the state."""
        return [self.upload_id, self.each, self._streamed]

    def resume(self, upload: Sequence[Any] | None, receipts: Sequence[Receipt]) -> None:
        """Take up what an earlier run left; the first step then asks the store.

        Args:
            upload: What :meth:`as_json` kept, or ``None``.
            receipts: This object's.
        """
        for receipt in receipts:
            if receipt.key in ("put", "complete"):
                self.proof = Proof.from_json(receipt.data)
            elif receipt.key.isdecimal():
                self._have[int(receipt.key)] = Proof.from_json(receipt.data)
        if upload is not None:
            self.upload_id, self.each, self._streamed = str(upload[0]), int(upload[1]), bool(upload[2])
        if upload is not None or self.proof is not None:
            self.phase = Phase.LOOK

    def found(self, entries: Sequence[PartEntry]) -> None:
        """The store has these parts of the open upload, and is believed over our receipts."""
        receipts, self._have, self._busy = self._have, {}, False
        self._start()
        lengths = self._lengths()
        for entry in entries:
            # What does not fit the plan would shift everything after it: it is sent again.
            if entry.size != lengths.get(entry.number):
                continue
            receipt = receipts.get(entry.number)
            if receipt is not None and (receipt.etag, receipt.length) == (entry.etag, entry.size):
                self._have[entry.number] = receipt
            elif _MD5.fullmatch(entry.etag):
                self._unproven[entry.number] = entry.etag

    def _lengths(self) -> dict[int, int]:
        """Length of every part by its number; of a stream whose size is unknown, the most it may hold."""
        size = self.item.size
        return {
            number: length if size is None else min(length, size - offset)
            for number, offset, length in self._layout()
            if size is None or offset < size
        }

    def lost(self) -> None:
        """The store has neither the open upload nor the object: begin anew."""
        self.upload_id, self.proof, self._busy = "", None, False
        self._have, self._unproven, self._last = {}, {}, None
        self.phase = Phase.NEW

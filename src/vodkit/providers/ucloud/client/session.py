"""One upload: PutFile for what fits one block, else open, parts, finish (ucloud.md §4.1).

Where the steps lead: NAME (fix the key) → HIT (if asked for) → PUT, or OPEN → SENDING → FINISH → DONE. An
earlier run is taken up by LOOK, which asks the service what it has.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Final

from vodkit.core.contract import Body, Digests, UploadOptions
from vodkit.core.errors import IntegrityError, NotFound, Superseded
from vodkit.core.media import Media
from vodkit.core.part import DONE, Next, Part, Saved, Sent, Wait
from vodkit.core.source import Item

from .. import wire
from ..errors import PROVIDER
from .bucket import Bucket, Kept
from .media import kind_of, media_id, told_in
from .options import Wanted

PARALLEL: Final = 4


class Phase(Enum):
    """What comes next."""

    NAME = auto()
    HIT = auto()
    PUT = auto()
    OPEN = auto()
    LOOK = auto()
    SENDING = auto()
    FINISH = auto()
    DONE = auto()


class UCloudSession:
    """The state machine of one upload; see :class:`vodkit.core.contract.Session`.

    Args:
        bucket: The space that is uploaded to.
        item: What is uploaded.
        wanted: With which options.
        options: What else the caller wants.
        saved: What an earlier run left.
        multipart: Whether even small objects go in parts (the UVideo variant knows nothing else).
        link_life: Seconds that the signed link of the finished media lives.
    """

    def __init__(
        self,
        bucket: Bucket,
        item: Item,
        wanted: Wanted,
        options: UploadOptions,
        saved: Saved | None,
        *,
        multipart: bool,
        link_life: int,
    ) -> None:
        self._bucket, self._item, self._wanted = bucket, item, wanted
        self._parallel = options.parallel or PARALLEL
        self._multipart, self._link_life = multipart, link_life
        self._phase = Phase.NAME
        self._busy = False
        self._key = ""
        self._upload_id = ""
        self._block = wire.BLOCK
        self._next = 0
        self._have: dict[int, str] = {}
        self._told: dict[int, str] = {}
        self._receipts: dict[int, str] = {}
        self._kept: Kept | None = None
        if saved is not None and saved.state:
            self._resume(saved)

    def _resume(self, saved: Saved) -> None:
        self._key = saved.state["key"]
        self._upload_id = saved.state.get("upload_id", "")
        self._block = saved.state.get("block", wire.BLOCK)
        self._receipts = {
            int(receipt.key): receipt.data["etag"] for receipt in saved.receipts if receipt.key.isdecimal()
        }
        self._phase = Phase.LOOK if self._upload_id else self._after_naming()

    def _state(self) -> dict[str, Any]:
        return {"key": self._key, "upload_id": self._upload_id, "block": self._block}

    @property
    def max_parallel(self) -> int:
        """How many parts may be in flight at once."""
        return self._parallel

    @property
    def upload_id(self) -> str:
        """The service's id of the upload; ``""`` before it is open, and for a single PutFile."""
        return self._upload_id

    @property
    def block(self) -> int:
        """Bytes of every part but the last."""
        return self._block

    @property
    def etags(self) -> Mapping[int, str]:
        """ETags, without quotes, of the parts that the service is known to have."""
        return self._have

    # --- what to do ---

    def next(self) -> Next:
        """See :meth:`vodkit.core.contract.Session.next`."""
        if self._phase is Phase.DONE:
            return DONE
        if self._phase is Phase.SENDING:
            return self._next_part()
        if self._busy:
            return Wait()
        self._busy = True
        size = self._item.size
        if self._phase is Phase.HIT:
            return Part(0, "hit", 0, size or 0, last=True, needs=("sha1_blocks",), args={"do": "hit"})
        if self._phase is Phase.PUT:
            return Part(0, "put", 0, size or 0, last=True, takes=("sha1",), args={"do": "put"})
        do = self._phase.name.lower()
        return Part.step(do, do=do)

    def _after_naming(self) -> Phase:
        return Phase.HIT if self._wanted.instant else self._after_asking()

    def _after_asking(self) -> Phase:
        size = self._item.size
        small = size is not None and size <= wire.BLOCK
        return Phase.PUT if small and not self._multipart else Phase.OPEN

    def _next_part(self) -> Next:
        size = self._item.size
        while size is None or self._next * self._block < size:
            number, offset = self._next, self._next * self._block
            self._next += 1
            if number in self._have:
                continue
            length = self._block if size is None else min(self._block, size - offset)
            etag = self._told.get(number, "")
            return Part(
                0,
                str(number),
                offset,
                length,
                last=offset + length == size,
                needs=("sha1",) if etag else (),
                takes=("sha1",),
                args={"do": "part", "number": number, "etag": etag},
            )
        if len(self._have) < self._count:
            return Wait()
        self._phase, self._busy = Phase.FINISH, False
        return self.next()

    @property
    def _count(self) -> int:
        return -(-(self._item.size or 0) // self._block)

    # --- doing it ---

    def send(self, part: Part, body: Body, digests: Digests) -> Any:
        """See :meth:`vodkit.core.contract.Session.send`."""
        bucket, key, wanted = self._bucket, self._key, self._wanted
        typed = {"content-type": wanted.content_type, **wanted.headers}
        match part.args["do"]:
            case "name":
                return wanted.new_key()
            case "hit":
                etag = wire.object_etag(part.length, digests["sha1_blocks"])
                return bucket.hit(key, part.length, etag, typed)
            case "put":
                return bucket.put(key, part, body, digests, typed, wanted.policy)
            case "open":
                return bucket.open(key, typed)
            case "look":
                return self._look()
            case "finish":
                return self._finish()
        number, etag = part.args["number"], part.args["etag"]
        if etag and wire.part_etag(digests["sha1"]) == etag:
            return etag
        return bucket.part(key, self._upload_id, part, number, body, digests, wanted.content_type)

    def _look(self) -> Any:
        """The parts that the service has, or the object if a finish came through unheard."""
        try:
            return self._bucket.parts(self._key, self._upload_id)
        except NotFound as gone:
            kept = self._stored(self._receipts)
            if kept is None:
                raise Superseded("the provider no longer has the parts", provider=PROVIDER) from gone
            return kept

    def _finish(self) -> Kept:
        etags = [self._have[number] for number in sorted(self._have)]
        try:
            kept = self._bucket.finish(self._key, self._upload_id, etags, {}, self._wanted.policy)
        except NotFound as gone:
            # A finish whose answer was lost leaves the object and no upload.
            found = self._stored(self._have)
            if found is None:
                raise Superseded("the provider no longer has the parts", provider=PROVIDER) from gone
            kept = found
        expected = self._expected(self._have)
        if expected and kept.etag != expected:
            raise IntegrityError(
                f"finishing {self._key}: the ETag is {kept.etag}, and that of what was sent is {expected}",
                provider=PROVIDER,
                advice=f"Delete {media_id(self._bucket.name, self._key)!r} and upload the file again",
            )
        return kept

    def _stored(self, parts: Mapping[int, str]) -> Kept | None:
        """The object under our key, if it is what these parts make."""
        expected = self._expected(parts)
        try:
            found = self._bucket.head(self._key)
        except NotFound:
            return None
        same = found.size == self._item.size and expected == found.etag
        return Kept(found.etag, found.headers) if same else None

    def _expected(self, parts: Mapping[int, str]) -> str:
        """The object's ETag, from those of all its parts; ``""`` where they do not tell it.

        Only parts of exactly one ETag block do: the SHA-1 of a longer one hides those of its blocks.
        """
        size = self._item.size
        if size is None or self._block != wire.BLOCK or sorted(parts) != list(range(self._count)):
            return ""
        return wire.whole_etag(size, [wire.digest_of(parts[number]) for number in range(self._count)])

    # --- taking it in ---

    def sent(self, part: Part, reply: Any) -> Sent:
        """See :meth:`vodkit.core.contract.Session.sent`."""
        do = part.args["do"]
        if do == "part":
            self._have[part.args["number"]] = reply
            return Sent(receipt={"etag": reply})
        self._busy = False
        if isinstance(reply, Kept):
            self._kept, self._phase = reply, Phase.DONE
            return Sent(receipt={"etag": reply.etag} if part.body else None)
        if do == "name":
            self._key, self._phase = reply, self._after_naming()
        elif do == "hit":
            self._phase = self._after_asking()
            return Sent()
        elif do == "open":
            self._upload_id, self._block, self._phase = reply.upload_id, reply.block, Phase.SENDING
        else:
            self._looked(reply)
            return Sent()
        return Sent(state=self._state())

    def _looked(self, parts: list[wire.PartEntry]) -> None:
        """Believe the service: parts that it and the ledger know alike stand, others are compared first."""
        self._phase = Phase.SENDING
        size = self._item.size
        for entry in parts:
            length = self._block if size is None else min(self._block, size - entry.number * self._block)
            if entry.size != length:
                continue
            # A source of unknown length is read once, from its beginning: no part of it can be left out.
            if size is not None and self._receipts.get(entry.number) == entry.etag:
                self._have[entry.number] = entry.etag
            else:
                self._told[entry.number] = entry.etag

    def failed(self, part: Part, error: Exception) -> Part | None:
        """See :meth:`vodkit.core.contract.Session.failed`."""
        if isinstance(error, Superseded):
            raise error
        if part.args["do"] == "part" and isinstance(error, NotFound) and error.status == 404:
            raise Superseded("the provider no longer has the upload", provider=PROVIDER) from error
        return None

    # --- the end ---

    def finish(self) -> Media:
        """See :meth:`vodkit.core.contract.Session.finish`."""
        assert self._kept is not None
        digest = wire.digest_of(self._kept.etag)
        if digest:
            self._item.digests["sha1_blocks"] = digest
        name, key = self._bucket.name, self._key
        extra = {"key": key, "ETag": self._kept.etag, "ContentType": self._wanted.content_type}
        if self._kept.callback is not None:
            extra["Callback"] = self._kept.callback
        media = Media(
            provider=PROVIDER,
            id=media_id(name, key),
            url=self._kept.url or self._bucket.link(key, self._link_life),
            title=key.rpartition("/")[2],
            size=self._item.size,
            kind=kind_of(self._wanted.content_type, key),
            space=name,
            extra=extra,
        )
        return media.told(told_in(self._kept.headers))

    def abort(self) -> None:
        """See :meth:`vodkit.core.contract.Session.abort`."""
        if self._upload_id and self._phase is not Phase.DONE:
            with contextlib.suppress(NotFound):
                self._bucket.abort(self._key, self._upload_id)

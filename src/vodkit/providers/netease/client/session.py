"""One upload: init, node lookup, blocks one after the other, and what became of them (netease.md §1, §10).

The server's offset is the only truth about where the next block begins. Bytes that the server turns out to
have, though no answer said so (the answer was lost, or it took only the front of a block), are given to the
engine as a part that is not sent: it is noted like any other, and a stream that cannot seek lets go of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

from vodkit.core.contract import Body, Digests, Exchange, Reply
from vodkit.core.errors import (
    CredentialExpired,
    IntegrityError,
    NotFound,
    ProtocolError,
    QuotaExceeded,
    ServerError,
    Superseded,
    VodError,
)
from vodkit.core.media import Media
from vodkit.core.part import DONE, Next, Part, Saved, Sent
from vodkit.core.source import Item

from .. import wire
from ..errors import PROVIDER, node_error
from .api import Api
from .media import Found, NetEaseMedia
from .nodes import Nodes

POLLS = 3
"""How often the id of a finished object is asked for again before giving up: after 1, 2 and 4 seconds."""

POLL_SECONDS = 1.0
_BLOCK_TIMEOUT = 60.0


class Phase(Enum):
    """What comes next."""

    INIT = auto()
    BLOCKS = auto()
    ASK = auto()
    """How far has the server come?"""
    FIND = auto()
    """Has it become a media, though nobody said so?"""
    MUST_FIND = auto()
    """It has; what is the id?"""
    SHOW = auto()
    DONE = auto()


_STEPS: Mapping[Phase, Part] = {
    Phase.INIT: Part.step("init", do="init"),
    Phase.ASK: Part.step("ask", do="ask"),
    Phase.FIND: Part.step("find", do="find", absent="go on", attempt=0),
    Phase.MUST_FIND: Part.step("find", do="find", absent="wait", attempt=0),
    Phase.SHOW: Part.step("show", do="show", attempt=0),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """What upload/init named.

    Attributes:
        bucket, object: Where the bytes go.
        token: What allows it; not part of the repr.
    """

    bucket: str
    object: str
    token: str = field(repr=False)


class NetEaseSession:
    """The state machine of one upload; see :class:`vodkit.core.contract.Session`.

    Args:
        api: How the vendor is reached.
        exchange: The wire.
        item: What is sent.
        fields: Of upload/init.
        block_size: Bytes of a block.
        saved: What an earlier run left.
    """

    max_parallel = 1

    def __init__(
        self,
        api: Api,
        exchange: Exchange,
        item: Item,
        fields: Mapping[str, Any],
        block_size: int,
        saved: Saved | None,
    ) -> None:
        self._api, self._exchange, self._item = api, exchange, item
        self._fields, self._block_size = fields, block_size
        self._calls = NetEaseMedia(api, exchange)
        self._phase = Phase.INIT
        self._grant: Grant | None = None
        self._nodes = Nodes(())
        self._lookup = 0
        self._context = ""
        self._offset = 0
        self._noted = 0
        self._found: Found | None = None
        self._media: Media | None = None
        self._resumed = saved is not None and bool(saved.state)
        if saved is not None and saved.state:
            self._resume(saved)

    def _resume(self, saved: Saved) -> None:
        state = saved.state
        self._grant = Grant(**state["grant"])
        self._nodes = Nodes(state["nodes"])
        self._context = state["context"]
        self._noted = max((receipt.offset + receipt.length for receipt in saved.receipts), default=0)
        if state["found"] is not None:
            self._found = Found(**state["found"])
            self._phase, self._offset = Phase.SHOW, self._item.size or self._noted
        else:
            # Without a context no block was ever answered; a single one may have made a media all the same.
            self._phase = Phase.ASK if self._context else Phase.FIND

    def _state(self) -> dict[str, Any]:
        grant, found = self._grant, self._found
        assert grant is not None
        return {
            "grant": {"bucket": grant.bucket, "object": grant.object, "token": grant.token},
            "nodes": list(self._nodes.listed),
            "context": self._context,
            "found": None
            if found is None
            else {"object": found.object, "vid": found.vid, "image": found.image},
        }

    # --- what to do ---

    def next(self) -> Next:
        """See :meth:`vodkit.core.contract.Session.next`."""
        if self._noted < self._offset:
            return self._known()
        if self._phase is Phase.DONE:
            return DONE
        if self._phase in (Phase.BLOCKS, Phase.ASK) and self._nodes.stale:
            return Part.step("nodes", do="nodes")
        return self._block() if self._phase is Phase.BLOCKS else _STEPS[self._phase]

    def _block(self) -> Part:
        """The block that begins where the server stands; an item of unknown size is cut by the engine."""
        offset, size = self._offset, self._item.size
        length = self._block_size if size is None else min(self._block_size, size - offset)
        last = size is not None and offset + length == size
        return Part(self._item.index, str(offset), offset, length, last=last, args={"do": "block"})

    def _known(self) -> Part:
        """Bytes that the server has, for the engine to note."""
        length, size = self._offset - self._noted, self._item.size
        if size is None:
            length = min(length, self._block_size)
        return Part(
            self._item.index,
            str(self._noted),
            self._noted,
            length,
            last=self._noted + length == size,
            args={"do": "known"},
        )

    # --- doing it ---

    def send(self, part: Part, body: Body, digests: Digests) -> Any:
        """See :meth:`vodkit.core.contract.Session.send`."""
        match part.args["do"]:
            case "init":
                return self._init()
            case "nodes":
                assert self._grant is not None
                return self._api.nodes(self._exchange, self._lookup, self._grant.bucket)
            case "ask":
                return self._ask()
            case "find":
                return self._ask_id(part.args["absent"], part.args["attempt"])
            case "show":
                return self._show(part.args["attempt"])
            case "known":
                return None
        return self._send_block(part, body)

    def _init(self) -> Grant:
        answer = self._api.call(self._exchange, "upload/init", self._fields)
        try:
            grant = Grant(str(answer["bucket"]), str(answer["object"]), str(answer["xNosToken"]))
        except KeyError as missing:
            raise ProtocolError(f"upload/init answered without {missing}", provider=PROVIDER) from None
        if answer.get("storageType"):
            raise ProtocolError(
                "the account's storage is of another kind than this protocol uploads to",
                provider=PROVIDER,
                advice="Ask the vendor for storage in mainland China, or use their own app SDK",
            )
        return grant

    def _at_node(self, method: str, query: str, body: Body | None, headers: Mapping[str, str]) -> Reply:
        grant = self._grant
        assert grant is not None
        url = f"{self._nodes.current}{wire.object_path(grant.bucket, grant.object)}?{query}"
        headers = {wire.TOKEN_HEADER: grant.token, **headers}
        timeout = self._api.timeout or _BLOCK_TIMEOUT
        reply = self._exchange(method, url, headers=headers, body=body, timeout=timeout)
        if reply.status != 200:
            raise node_error(reply.status, reply.body)
        return reply

    def _send_block(self, part: Part, body: Body) -> wire.BlockReply:
        first = {} if self._context else {"Content-Type": wire.content_type(self._item.name)}
        query = wire.block_query(part.offset, part.last, self._context)
        reply = wire.parse_block_reply(self._at_node("POST", query, body, first).body)
        if reply is None:
            raise ProtocolError("the answer to a block has no offset", provider=PROVIDER, retryable=True)
        end = part.offset + part.length
        if reply.offset > end or (reply.offset <= part.offset and part.length):
            raise ProtocolError(
                f"a node stands at {reply.offset} after a block from {part.offset} to {end}",
                provider=PROVIDER,
                retryable=True,
            )
        return reply

    def _ask(self) -> int:
        """The offset that the server has reached."""
        data = self._at_node("GET", wire.resume_query(self._context), None, {}).body
        reply = wire.parse_block_reply(data)
        if reply is None:
            raise ProtocolError(
                "the answer to a resume query has no offset", provider=PROVIDER, retryable=True
            )
        if self._item.size is not None and reply.offset > self._item.size:
            raise Superseded("the provider has more bytes than the file", provider=PROVIDER)
        return reply.offset

    def _ask_id(self, absent: str, attempt: int) -> Found | None:
        """The id of the object. ``absent`` says what it means if there is none yet."""
        assert self._grant is not None
        found = [one for one in self._calls.query([self._grant.object]) if one.vid or one.image]
        if found:
            return found[0]
        if absent == "wait":
            raise ServerError(
                "the object is stored and has no id yet",
                provider=PROVIDER,
                retry_after=POLL_SECONDS * 2**attempt,
                advice="Run the same upload again: it only asks for the id",
            )
        if absent == "gone":
            raise Superseded("the provider no longer knows the upload", provider=PROVIDER)
        return None

    def _show(self, attempt: int) -> Media | None:
        """The media as the vendor shows it; an image is never shown."""
        found = self._found
        assert found is not None
        if found.vid is None:
            return None
        try:
            media = self._calls.get(found.id)
        except NotFound as error:
            raise ServerError(
                "the video is not shown yet",
                provider=PROVIDER,
                code=error.code,
                request_id=error.request_id,
                retry_after=POLL_SECONDS * 2**attempt,
            ) from error
        if media.size and media.size != self._item.size:
            raise IntegrityError(
                f"the provider stored {media.size} bytes, {self._item.size} were sent", provider=PROVIDER
            )
        return media

    # --- taking it in ---

    def sent(self, part: Part, reply: Any) -> Sent:
        """See :meth:`vodkit.core.contract.Session.sent`."""
        match part.args["do"]:
            case "init":
                self._grant, self._phase = reply, Phase.BLOCKS
            case "nodes":
                self._nodes.renew(reply)
            case "ask":
                self._nodes.worked()
                self._stands_at(reply)
                return Sent()
            case "find":
                return self._looked(reply)
            case "show":
                self._media, self._phase = reply, Phase.DONE
                return Sent()
            case "known":
                self._noted = part.offset + part.length
                return Sent(receipt={})
            case "block":
                return self._stored(part, reply)
        return Sent(state=self._state())

    def _stands_at(self, offset: int) -> None:
        self._offset, self._phase = offset, Phase.BLOCKS
        self._noted = min(self._noted, offset)

    def _stored(self, part: Part, reply: wire.BlockReply) -> Sent:
        self._nodes.worked()
        self._context = reply.context or self._context
        self._offset = reply.offset
        whole = reply.offset == part.offset + part.length
        if whole:
            self._noted = reply.offset
            if part.last:
                self._ended(reply)
        return Sent(receipt={} if whole else None, state=self._state())

    def _ended(self, reply: wire.BlockReply) -> None:
        """The last block is in: its answer tells the id, or the API host has to."""
        assert self._grant is not None
        result = (reply.callback or {}).get("ret")
        ids = result if isinstance(result, dict) else {}
        vid, image = ids.get("vid"), ids.get("imgId")
        if isinstance(vid, int) or isinstance(image, int):
            self._found = Found(self._grant.object, vid or None, image or None)
            self._phase = Phase.SHOW
        else:
            self._phase = Phase.MUST_FIND

    def _looked(self, found: Found | None) -> Sent:
        size = self._item.size
        if found is not None:
            self._found, self._phase = found, Phase.SHOW
            if size is not None:
                self._offset = size
        elif self._context:
            self._phase = Phase.ASK
        else:
            self._stands_at(0)
        return Sent(state=self._state())

    def failed(self, part: Part, error: Exception) -> Part | None:
        """See :meth:`vodkit.core.contract.Session.failed`."""
        assert isinstance(error, VodError)
        match part.args["do"]:
            case "nodes":
                self._lookup += 1
            case "find" | "show":
                return self._later(part, error)
            case "ask":
                return self._ask_failed(error)
            case "block":
                return self._block_failed(part, error)
        return None

    @staticmethod
    def _later(part: Part, error: VodError) -> Part | None:
        """The same question again, with longer to wait before the next; ``None`` when it was asked enough."""
        attempt = part.args["attempt"] + 1
        if error.retry_after is None:
            return None
        error.retryable = attempt <= POLLS
        return Part.step(part.key, **{**part.args, "attempt": attempt}) if error.retryable else None

    def _ask_failed(self, error: VodError) -> Part | None:
        if error.status == 404:
            # It is unknown, or it has ended: then there is a media.
            return Part.step("find", do="find", absent="gone", attempt=0)
        if error.status in (400, 403):
            raise Superseded(f"the provider refuses to go on: {error.message}", provider=PROVIDER) from error
        return self._other_node(error)

    def _block_failed(self, part: Part, error: VodError) -> Part | None:
        if error.status == wire.STORED_NOT_PUBLISHED:
            self._phase = Phase.MUST_FIND
            return _STEPS[self._phase]
        if isinstance(error, QuotaExceeded):
            return None
        if error.status == 400 and self._context:
            self._phase = Phase.ASK
            return _STEPS[self._phase]
        begun = bool(self._context) or self._resumed
        if isinstance(error, CredentialExpired) or (error.status in (403, 404) and begun):
            raise Superseded(f"the upload cannot go on: {error.message}", provider=PROVIDER) from error
        if not error.retryable:
            return None
        # Nobody knows whether the block arrived: the server is asked before it is sent again.
        if part.last:
            self._phase = Phase.FIND
        elif self._context:
            self._phase = Phase.ASK
        return self._other_node(error) or _STEPS.get(self._phase)

    def _other_node(self, error: VodError) -> Part | None:
        """Note that the node in use failed; the step that finds others when all have."""
        if error.retryable:
            self._nodes.failed()
        return Part.step("nodes", do="nodes") if self._nodes.stale else None

    # --- the end ---

    def finish(self) -> Media:
        """See :meth:`vodkit.core.contract.Session.finish`."""
        found = self._found
        assert found is not None
        if self._media is not None:
            extra = {**self._media.extra, "objectName": found.object}
            return replace(self._media, size=self._media.size or self._item.size, extra=extra)
        return Media(
            provider=PROVIDER,
            id=found.id,
            title=str(self._fields.get("userFileName") or self._fields["originFileName"]),
            size=self._item.size,
            kind="image",
            extra={"objectName": found.object},
        )

    def abort(self) -> None:
        """The protocol has no call for it: what was sent expires at the provider."""

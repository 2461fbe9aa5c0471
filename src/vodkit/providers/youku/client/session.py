"""One upload: create, create_file, slices, check, commit (youku.md §4, §6.1)."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Mapping
from typing import Any

from vodkit.core.contract import Body, Digests, Exchange, UploadOptions
from vodkit.core.errors import IntegrityError, ProtocolError, RemoteError, Superseded, TimedOut
from vodkit.core.media import Media
from vodkit.core.part import DONE, Next, Part, Saved, Sent, Wait
from vodkit.core.source import Item

from .. import wire
from ..errors import PROVIDER
from .api import Api, gupload
from .media import to_media
from .options import create_fields, slice_kib

log = logging.getLogger("vodkit.youku")

PARALLEL = 4
PATIENCE = 600.0
"""Seconds that the upload server may take to store what it has, or to hand out what is missing."""
_LONGEST_WAIT = 10.0
_ORPHANED = 1
"""Status of a slice that was handed out and not received (§4.6)."""


class YoukuSession:
    """The state machine of one upload; see :class:`vodkit.core.contract.Session`.

    The server plans: each worker asks for a slice with ``new_slice`` and is then told the next one by every
    answer, until there is none. When all workers have come to that point, ``check`` says whether the whole
    has arrived.
    """

    def __init__(
        self, api: Api, exchange: Exchange, item: Item, options: UploadOptions, saved: Saved | None
    ) -> None:
        self._api, self._exchange, self._item = api, exchange, item
        self._fields = create_fields(item, options)
        self._size = item.size or 0
        self._place = item.source.location or item.name
        self._parallel = options.parallel or PARALLEL
        self._kib = slice_kib(options.part_size)
        self._created: wire.Created | None = None
        self._filed = False
        self._committed = ""
        self._shown: Mapping[str, Any] | None = None
        self._over = False

        self._busy = False
        self._looked = True
        self._recover = False
        self._dry = False
        self._ready: wire.Check | None = None
        self._chains = 0
        self._asked = 0
        self._mine: set[int] = set()
        self._progressed = True
        self._pause = 1.0
        self._not_before = 0.0
        self._stuck: float | None = None
        if saved is not None and saved.state:
            self._resume(saved.state)

    def _resume(self, state: Mapping[str, Any]) -> None:
        self._created = wire.Created(state["video_id"], state["upload_token"], state["upload_server"])
        self._kib = state["slice_kib"]
        self._filed = state["filed"]
        self._committed = state["committed"]
        self._looked = not self._filed

    def _state(self) -> dict[str, Any]:
        assert self._created is not None
        return {
            "video_id": self._created.video_id,
            "upload_token": self._created.upload_token,
            "upload_server": self._created.upload_server,
            "slice_kib": self._kib,
            "filed": self._filed,
            "committed": self._committed,
        }

    @property
    def max_parallel(self) -> int:
        """How many slices may be in flight at once; no more than there are."""
        return min(self._parallel, max(1, wire.slice_count(self._size, self._kib * wire.KIB)))

    # --- what to do ---

    def next(self) -> Next:
        """See :meth:`vodkit.core.contract.Session.next`."""
        step = self._step()
        if step:
            return self._once(step)
        if self._over:
            return DONE
        if self._busy or (self._dry and self._chains):
            return Wait()
        left = self._not_before - time.monotonic()
        if left > 0:
            return Wait(left)
        if self._dry:
            return self._once("check")
        self._chains += 1
        self._asked += 1
        return Part.step(f"new_slice/{self._asked}", do="new_slice")

    def _step(self) -> str:
        """The step that must be done before anything else; ``""`` where slices are to be sent."""
        if self._created is None:
            return "create"
        if self._committed:
            return "" if self._over else "show"
        if not self._filed:
            return "create_file"
        if not self._looked:
            return "check"
        if self._recover:
            return "recover"
        return "commit" if self._ready else ""

    def _once(self, step: str) -> Next:
        if self._busy:
            return Wait()
        self._busy = True
        return Part.step(step, do=step)

    # --- doing it ---

    def send(self, part: Part, body: Body, digests: Digests) -> Any:
        """See :meth:`vodkit.core.contract.Session.send`."""
        try:
            return self._do(part, body, digests)
        except wire.Malformed as problem:
            raise ProtocolError(
                f"{part.args['do']}: {problem}", provider=PROVIDER, retryable=True
            ) from problem

    def _do(self, part: Part, body: Body, digests: Digests) -> Any:
        match part.args["do"]:
            case "create":
                fields = {**self._fields, "file_md5": self._item.digests["md5"]}
                return self._create(fields)
            case "create_file":
                return self._create_file()
            case "new_slice":
                return wire.Assignment.parse(self._gupload("new_slice"), self._size)
            case "slice":
                return self._upload_slice(part, body, digests)
            case "check":
                return wire.Check.parse(self._gupload("check"))
            case "recover":
                return self._reset_orphans()
            case "commit":
                return self._commit()
        return self._show()

    def _gupload(self, verb: str, **fields: Any) -> dict[str, Any]:
        assert self._created is not None
        given = {"upload_token": self._created.upload_token, **fields}
        return gupload(self._exchange, wire.upload_base(self._created.upload_server), verb, given)

    def _create(self, fields: Mapping[str, Any]) -> wire.Created:
        answer = self._api.authorized(self._exchange, "POST", "uploads/create.json", fields)
        created = wire.Created.parse(answer)
        wire.upload_base(created.upload_server)
        return created

    def _create_file(self) -> None:
        assert self._created is not None
        name = self._fields["file_name"]
        fields = {
            "upload_token": self._created.upload_token,
            "file_size": self._size,
            "ext": name.rpartition(".")[2] if "." in name else "",
            "slice_length": self._kib,
        }
        base = wire.upload_base(self._created.upload_server)
        gupload(self._exchange, base, "create_file", fields, form=True)

    def _upload_slice(self, part: Part, body: Body, digests: Digests) -> tuple[wire.Assignment, str]:
        assert self._created is not None
        md5 = digests["md5"]
        fields = {
            "upload_token": self._created.upload_token,
            "slice_task_id": part.args["id"],
            "offset": part.offset,
            "length": part.length,
            "hash": md5,
        }
        base = wire.upload_base(self._created.upload_server)
        try:
            answer = gupload(self._exchange, base, "upload_slice", fields, body=body)
        except IntegrityError as error:
            # What arrived was damaged on its way: the same slice again may arrive whole.
            error.retryable = True
            raise
        return wire.Assignment.parse(answer, self._size), md5

    def _reset_orphans(self) -> None:
        """Give back what an earlier run was handed and did not send; a server may not know how to."""
        try:
            answer = self._gupload("slices", ver="2.0")
            found = [wire.whole(entry, "sid") for entry in answer.get("slices") or () if _is_orphan(entry)]
            if found:
                self._gupload("reset_slice", ver="2.0", slice_task_id=",".join(map(str, found)))
        except Superseded:
            raise
        except (RemoteError, wire.Malformed):
            return

    def _commit(self) -> str:
        assert self._created is not None
        assert self._ready is not None
        fields = {
            "upload_token": self._created.upload_token,
            "upload_server_ip": self._ready.server_ip or None,
        }
        answer = self._api.authorized(self._exchange, "POST", "uploads/commit.json", fields)
        id = answer.get("video_id")
        if not isinstance(id, str) or not id:
            raise wire.Malformed("the answer names no video")
        expected = self._created.video_id
        if expected and id != expected:
            raise IntegrityError(
                f"the upload was opened as video {expected!r} and closed as {id!r}",
                provider=PROVIDER,
                advice="Look at both videos: the bytes may have gone to another upload",
            )
        return id

    def _show(self) -> Mapping[str, Any]:
        """What the platform says about the new video; nothing where it does not say it yet."""
        fields = {"video_id": self._committed}
        try:
            return self._api.authorized(self._exchange, "GET", "videos/show.json", fields)
        except RemoteError:
            return {}

    # --- taking it in ---

    def sent(self, part: Part, reply: Any) -> Sent:
        """See :meth:`vodkit.core.contract.Session.sent`."""
        do = part.args["do"]
        if do in ("new_slice", "slice"):
            return self._assigned(part, reply)
        self._busy = False
        if do == "check":
            self._checked(reply)
            return Sent()
        match do:
            case "create":
                self._created = reply
                log.info("video %s is opened for %s", reply.video_id, self._place)
            case "create_file":
                self._filed = True
            case "recover":
                self._recover = False
                return Sent()
            case "commit":
                self._committed = reply
                log.info("video %s holds %s", reply, self._place)
            case "show":
                self._shown, self._over = reply, True
                return Sent()
        return Sent(state=self._state())

    def _assigned(self, part: Part, reply: Any) -> Sent:
        receipt = None
        if part.args["do"] == "slice":
            reply, md5 = reply
            receipt = {"md5": md5}
            self._mine.discard(part.args["id"])
            self._progressed, self._stuck = True, None
        given: wire.Slice | None = reply.slice
        # In the end-game a server hands out again what another worker of ours is sending.
        if given is None or given.number in self._mine:
            self._chains -= 1
            self._dry = True
            return Sent(receipt)
        self._mine.add(given.number)
        return Sent(receipt, next=self._slice(given))

    def _slice(self, given: wire.Slice) -> Part:
        return Part(
            item=self._item.index,
            key=str(given.number),
            offset=given.offset,
            length=given.length,
            last=given.offset + given.length == self._size,
            needs=("md5",),
            args={"do": "slice", "id": given.number},
        )

    def _checked(self, check: wire.Check) -> None:
        if not self._looked:
            self._looked = True
            self._recover = check.status == 4
            self._ready = check if check.status == 1 else None
            self._dry = check.status in (2, 3)
            return
        if check.status == 1:
            self._ready = check
            return
        self._dry = check.status != 4
        if self._progressed and check.status == 4:
            self._progressed = False
            return
        self._wait()

    def _wait(self) -> None:
        """Nothing has moved since the last check: wait 1, 2, 4 ... 10 s before the next one."""
        now = time.monotonic()
        if self._stuck is None:
            self._stuck, self._pause = now, 1.0
        if now - self._stuck > PATIENCE:
            raise TimedOut(
                f"the upload server has not come to an end in {PATIENCE:.0f} s",
                provider=PROVIDER,
                advice="Upload it again later: it goes on where it is",
            )
        self._not_before = now + self._pause
        self._pause = min(_LONGEST_WAIT, 2 * self._pause)

    def failed(self, part: Part, error: Exception) -> Part | None:
        """See :meth:`vodkit.core.contract.Session.failed`: the same again, as far as the error allows."""
        return None

    # --- the end ---

    def finish(self) -> Media:
        """See :meth:`vodkit.core.contract.Session.finish`."""
        shown = {**(self._shown or {}), "id": self._committed}
        shown.setdefault("title", self._fields["title"])
        media = to_media({"state": "encoding", **shown})
        if media.size is not None and media.size != self._size:
            raise IntegrityError(
                f"the platform holds {media.size} bytes, {self._size} were sent", provider=PROVIDER
            )
        return media

    def abort(self) -> None:
        """See :meth:`vodkit.core.contract.Session.abort`: cancels an upload that has not ended."""
        if self._created is None or self._committed:
            return
        with contextlib.suppress(Superseded):
            check = wire.Check.parse(self._gupload("check")) if self._filed else None
            fields = {
                "upload_token": self._created.upload_token,
                "upload_server_ip": check.server_ip if check else None,
            }
            self._api.authorized(self._exchange, "GET", "uploads/cancel.json", fields)


def _is_orphan(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("status") in (_ORPHANED, str(_ORPHANED))

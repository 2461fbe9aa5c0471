"""One upload: ApplyUpload, objects into the store, CommitUpload (tencent.md §B.1, §B.2, §C.3, §D)."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from vodkit.core.contract import Body, Digests, Exchange, UploadOptions
from vodkit.core.errors import (
    AuthError,
    ConnectFailed,
    CredentialExpired,
    ManifestError,
    NotFound,
    Superseded,
    VodError,
)
from vodkit.core.media import Media
from vodkit.core.part import DONE, Next, Part, Saved, Sent, Wait
from vodkit.core.source import Item

from .. import wire
from ..cos.client import Bucket
from ..cos.client import Credentials as StoreKey
from ..cos.wire import host
from ..errors import PROVIDER
from .api import Api
from .grant import Grant
from .objects import ObjectUpload, Phase, Proof
from .options import is_manifest

PARALLEL = 5
HOSTS = ("myqcloud.com", "tencentcos.cn")
"""Domains of the object store; the second is tried when the first cannot be connected to."""

_STORE_STEPS = frozenset({"look", "open", "put", "part", "complete", "drop"})
_CLOCK_MARGIN = 60

_AMENDABLE = {"MediaName": ("Name", ""), "ClassId": ("ClassId", 0), "ExpireTime": ("ExpireTime", "")}
"""Fields of ApplyUpload that a committed media can still take on: ModifyMediaInfo's name, and "not given"."""


class TencentSession:
    """The state machine of one upload; see :class:`vodkit.core.contract.Session`."""

    def __init__(
        self,
        api: Api,
        exchange: Exchange,
        items: Sequence[Item],
        fields: Mapping[str, Any],
        options: UploadOptions,
        saved: Saved | None,
    ) -> None:
        self._api, self._exchange, self._fields = api, exchange, dict(fields)
        self._host = 0
        self._parallel = options.parallel or PARALLEL
        self._objects = {item.index: ObjectUpload(item, options.part_size) for item in items}
        self._items = list(items)
        self._waiting = dict(self._objects)
        self._last = self._waiting.pop(items[0].index) if is_manifest(fields) else None
        self._grant: Grant | None = None
        self._applied: dict[str, Any] = dict(fields)
        self._committed: dict[str, Any] | None = None
        self._resumed = saved is not None and bool(saved.state)
        self._busy = False
        self._amended = False
        if saved is not None and saved.state:
            self._resume(saved)

    def _resume(self, saved: Saved) -> None:
        state = saved.state
        self._grant = Grant.from_answer(state["grant"])
        self._applied = dict(state["fields"])
        self._committed = state["committed"]
        for index, upload in self._objects.items():
            receipts = [receipt for receipt in saved.receipts if receipt.item == index]
            upload.resume(state["uploads"].get(str(index)), receipts)

    def _state(self) -> dict[str, Any]:
        assert self._grant is not None
        uploads = {
            str(index): upload.as_json() for index, upload in self._objects.items() if upload.upload_id
        }
        return {
            "grant": self._grant.as_json(),
            "fields": self._applied,
            "uploads": uploads,
            "committed": self._committed,
        }

    @property
    def max_parallel(self) -> int:
        """How many parts may be in flight at once."""
        return self._parallel

    # --- what to do ---

    def next(self) -> Next:
        """See :meth:`vodkit.core.contract.Session.next`."""
        if self._committed is not None:
            return self._after_commit()
        if self._grant is None:
            return self._once(Part.step("apply", do="apply"))
        if self._stale:
            return self._once(Part.step("supersede", do="supersede"))
        for upload in self._waiting.values():
            part = upload.next()
            if part is not None:
                return part
        if self._waiting:
            return Wait()
        if self._last is not None:
            self._waiting, self._last = {self._last.item.index: self._last}, None
            return self.next()
        return self._once(Part.step("commit", do="commit"))

    def _once(self, part: Part) -> Next:
        if self._busy:
            return Wait()
        self._busy = True
        return part

    def _after_commit(self) -> Next:
        if self._amended or not self._amendments():
            return DONE
        return self._once(Part.step("amend", do="amend"))

    @property
    def _stale(self) -> bool:
        """Whether the earlier run was granted for options that a commit could not make good."""
        now, then = self._fields, self._applied
        return any(now.get(name) != then.get(name) for name in {*now, *then} - set(_AMENDABLE))

    def _amendments(self) -> dict[str, Any]:
        never = wire.format_time(wire.NEVER)
        return {
            field: self._fields.get(name, blank) or (never if name == "ExpireTime" else blank)
            for name, (field, blank) in _AMENDABLE.items()
            if self._fields.get(name) != self._applied.get(name)
        }

    # --- doing it ---

    def send(self, part: Part, body: Body, digests: Digests) -> Any:
        """See :meth:`vodkit.core.contract.Session.send`."""
        do = part.args["do"]
        if do in _STORE_STEPS:
            return self._store_step(part, body, digests)
        return {
            "apply": self._apply,
            "supersede": self._supersede,
            "commit": self._commit,
            "amend": self._amend,
        }[do]()

    def _apply(self) -> Grant:
        answer = self._api.call(self._exchange, "ApplyUpload", self._fields)
        grant = Grant.from_answer(answer.fields)
        if len({grant.key(item) for item in self._items}) < len(self._items):
            raise ManifestError(
                "two files would be stored under one name",
                provider=PROVIDER,
                advice="Rename the segment that is named like the manifest's stored object",
            )
        return grant

    def _supersede(self) -> None:
        raise Superseded("the interrupted upload was begun with other options", provider=PROVIDER)

    def _store_step(self, part: Part, body: Body, digests: Digests) -> Any:
        """One request to the object store; where the account's own key signs, an expired one is renewed."""
        assert self._grant is not None
        upload = self._objects[part.item]
        key = self._grant.key(upload.item)
        used = None if self._grant.certificate else self._api.credentials.get()
        try:
            return self._ask_store(key, upload, part, body, digests)
        except CredentialExpired:
            if used is None or not self._api.credentials.renew(used):
                raise
            return self._ask_store(key, upload, part, body, digests)

    def _ask_store(self, key: str, upload: ObjectUpload, part: Part, body: Body, digests: Digests) -> Any:
        bucket = self._bucket()
        match part.args["do"]:
            case "look":
                return self._look(bucket, key, upload)
            case "open":
                return bucket.initiate(key)
            case "complete":
                return self._complete(bucket, key, upload)
            case "drop":
                return self._abort(bucket, key, upload)
        number, etag = part.args.get("number", 0), part.args.get("etag", "")
        if not etag or digests["md5"] != etag:
            # An item that turns out to be a single part needs no multipart upload.
            if number == 0 or upload.is_single(part):
                etag = bucket.put_object(key, part, body, digests)
            else:
                etag = bucket.upload_part(key, upload.upload_id, number, part, body, digests)
        return Proof(etag, part.length, int(digests["crc64"], 16))

    def _bucket(self) -> Bucket:
        grant = self._grant
        assert grant is not None

        def credentials() -> StoreKey:
            key = grant.certificate or self._api.credentials.get()
            return StoreKey(key.secret_id, key.secret_key, key.token, grant.expires or None)

        base = f"https://{host(grant.bucket, grant.region, HOSTS[self._host])}"
        return Bucket(base, credentials, self._exchange, clock=self._api.clock)

    def _look(self, bucket: Bucket, key: str, upload: ObjectUpload) -> Any:
        if upload.proof is not None:
            return self._stored(bucket, key, upload.proof)
        try:
            return bucket.list_parts(key, upload.upload_id)
        except NotFound:
            return self._stored(bucket, key, upload.whole)

    def _stored(self, bucket: Bucket, key: str, expected: Proof) -> Proof | None:
        """The object in the store, if it is the one that we sent."""
        try:
            found = bucket.head(key)
        except NotFound:
            return None
        same = found.size == expected.length and found.crc64 == str(expected.crc64)
        return Proof(found.etag, found.size, expected.crc64) if same else None

    def _complete(self, bucket: Bucket, key: str, upload: ObjectUpload) -> Proof:
        whole = upload.whole
        try:
            done = bucket.complete(key, upload.upload_id, upload.parts, crc64=whole.crc64)
        except NotFound:
            # A completion whose answer was lost leaves the object and no upload.
            found = self._stored(bucket, key, whole)
            if found is None:
                raise
            return found
        return Proof(done.etag, whole.length, whole.crc64)

    def _commit(self) -> dict[str, Any]:
        assert self._grant is not None
        fields = {"VodSessionKey": self._grant.session_key, "SubAppId": self._fields.get("SubAppId")}
        answer = self._api.call(self._exchange, "CommitUpload", fields)
        return {**answer.fields, "RequestId": answer.request_id}

    def _amend(self) -> None:
        assert self._committed is not None
        fields = {"FileId": self._committed["FileId"], "SubAppId": self._fields.get("SubAppId")}
        self._api.call(self._exchange, "ModifyMediaInfo", {**fields, **self._amendments()})

    # --- taking it in ---

    def sent(self, part: Part, reply: Any) -> Sent:
        """See :meth:`vodkit.core.contract.Session.sent`."""
        do = part.args["do"]
        if do in ("apply", "commit", "amend"):
            self._busy = False
            if do == "apply":
                self._grant = reply
            elif do == "commit":
                self._committed = reply
            else:
                self._amended = True
            return Sent(state=self._state())
        upload = self._objects[part.item]
        if do == "open":
            upload.opened(reply)
            return Sent(state=self._state())
        if do == "look":
            self._looked(upload, reply)
            return Sent(state=self._state() if reply is None else None)
        if do == "drop":
            upload.dropped()
            self._settle(upload)
            return Sent(state=self._state())
        if do == "part" and not upload.is_single(part):
            upload.sent(part, reply)
        else:
            upload.stored(reply)
            self._settle(upload)
        return Sent(receipt=reply.as_json())

    def _looked(self, upload: ObjectUpload, reply: Any) -> None:
        if reply is None:
            upload.lost()
        elif isinstance(reply, Proof):
            upload.stored(reply)
            self._settle(upload)
        else:
            upload.found(reply)

    def _settle(self, upload: ObjectUpload) -> None:
        if upload.phase is Phase.DONE:
            self._waiting.pop(upload.item.index, None)

    def failed(self, part: Part, error: Exception) -> Part | None:
        """See :meth:`vodkit.core.contract.Session.failed`."""
        do = part.args["do"]
        if isinstance(error, Superseded):
            raise error
        if do in ("apply", "commit", "amend"):
            gone = isinstance(error, VodError) and error.code in (
                wire.codes.VOD_SESSION_KEY,
                wire.codes.RESOURCE_NOT_FOUND,
            )
            if do == "commit" and gone and self._resumed:
                raise Superseded(
                    "the provider no longer knows the upload session", provider=PROVIDER
                ) from error
            return None
        if isinstance(error, ConnectFailed):
            self._host = (self._host + 1) % len(HOSTS)
        elif isinstance(error, NotFound) and error.code == "NoSuchUpload":
            raise Superseded("the provider no longer has the parts", provider=PROVIDER) from error
        elif isinstance(error, VodError):
            self._judge_key(error)
        return None

    def _judge_key(self, error: VodError) -> None:
        """An upload's own key cannot be renewed: past its life, only a new ApplyUpload goes on."""
        grant = self._grant
        if grant is None or grant.certificate is None:
            return
        over = bool(grant.expires) and self._api.clock() > grant.expires - _CLOCK_MARGIN
        forgotten = self._resumed and error.code in ("InvalidAccessKeyId", "NoSuchBucket")
        refused = error.code in ("ExpiredToken", "InvalidToken") or (over and isinstance(error, AuthError))
        if refused or forgotten:
            raise Superseded("the upload's temporary key is past its life", provider=PROVIDER) from error
        if isinstance(error, CredentialExpired):
            error.advice = "The upload's key has time to live yet: check this machine's clock"

    # --- the end ---

    def finish(self) -> Media:
        """See :meth:`vodkit.core.contract.Session.finish`."""
        committed, fields = self._committed, self._fields
        assert committed is not None
        main = self._objects[self._items[0].index]
        sizes = [item.size for item in self._items if item.role != "cover"]
        url = str(committed.get("MediaUrl") or "")
        etag = main.proof.etag if main.proof is not None else ""
        expires = fields.get("ExpireTime")
        forever = wire.format_time(wire.NEVER)
        extra = {
            "RequestId": committed.get("RequestId", ""),
            "StorageRegion": self._grant and self._grant.region,
        }
        if main.proof is not None:
            extra["CRC64"] = str(main.proof.crc64)
        media = Media(
            provider=PROVIDER,
            id=str(committed.get("FileId") or ""),
            url=url,
            title=fields["MediaName"],
            size=sum(size or 0 for size in sizes),
            md5=etag if len(etag) == 32 else "",
            cover_url=str(committed.get("CoverUrl") or ""),
            kind=wire.category(fields["MediaType"]).lower(),
            expires=wire.parse_time(expires) if expires and expires != forever else None,
            hls_url=url if fields["MediaType"] == "m3u8" else "",
            space=str(fields.get("SubAppId") or ""),
            extra=extra,
        )
        return media.told(committed.get(wire.TOLD))

    def abort(self) -> None:
        """See :meth:`vodkit.core.contract.Session.abort`: aborts every open multipart upload."""
        if self._grant is None or self._committed is not None:
            return
        bucket = self._bucket()
        for upload in self._objects.values():
            if upload.upload_id and upload.phase is not Phase.DONE:
                self._abort(bucket, self._grant.key(upload.item), upload)

    @staticmethod
    def _abort(bucket: Bucket, key: str, upload: ObjectUpload) -> None:
        with contextlib.suppress(NotFound):
            bucket.abort(key, upload.upload_id)

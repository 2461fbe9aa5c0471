"""The room: which requests are Tencent's, and who answers them."""

from __future__ import annotations

import dataclasses
import functools
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Connection, MetaData

from vodkit.server import logs
from vodkit.server.contract import (
    Account,
    Blob,
    Head,
    MediaRecord,
    Receive,
    Scope,
    Send,
    Service,
    StoredObject,
    Vault,
)
from vodkit.server.dispatch import head_of
from vodkit.server.errors import QuotaExceeded, StorageFull, TooLarge, Truncated
from vodkit.server.incoming import Body
from vodkit.server.processing import CallbackStyle, Notice, Task, TaskStep

from .. import sign
from ..cos.errors import EXPIRED
from ..cos.server import Access, Cos
from ..cos.sign import Refused
from ..cos.wire import MIN_PART
from ..wire import ACTIONS as WIRE
from ..wire import (
    OUR_CLIENT,
    SERVICE,
    VERSION,
    BadField,
    codes,
    convert,
    error_body,
    parse_form,
    success_body,
)
from . import (
    apps,
    auth,
    beyond,
    classes,
    detail,
    events,
    manifest,
    media,
    modify,
    plays,
    procedure_templates,
    pulls,
    push,
    search,
    sts,
    tasks,
    templates,
    upload,
    watermarks,
)
from .answer import ApiError, reply
from .caller import Action, Caller, Owner
from .credentials import BadToken, Credentials, Parts, UnknownKey
from .fields import ID, take
from .tables import METADATA

_API_HOST = re.compile(r"(vod|sts)(\.intl)?(\.[a-z]{2}-[a-z]+(-\d+)?)?\.tencentcloudapi\.com")
_COS_HOST = re.compile(
    r"[a-z0-9-]+\.(cos[a-z-]*\.[a-z0-9.-]+|cn-north|cn-south|cn-south-2|cn-east|cn-southwest|sg)"
    r"\.(myqcloud\.com|tencentcos\.cn)"
)
_TC3_OURS = re.compile(r"TC3-HMAC-SHA256\s+Credential=[^/]*/[^/]*/(vod|sts)/tc3_request")
_COS_SIGNED = "q-sign-algorithm="

_ACTIONS: Mapping[str, Action] = {
    **upload.ACTIONS,
    **manifest.ACTIONS,
    **media.ACTIONS,
    **search.ACTIONS,
    **modify.ACTIONS,
    **classes.ACTIONS,
    **procedure_templates.ACTIONS,
    **templates.ACTIONS,
    **watermarks.ACTIONS,
    **tasks.ACTIONS,
    **pulls.ACTIONS,
    **plays.ACTIONS,
    **events.ACTIONS,
    **apps.ACTIONS,
}
_SUB_APP = {"SubAppId": dataclasses.replace(ID, code=codes.SUB_APP_ID)}


@dataclasses.dataclass(frozen=True, slots=True)
class _Api:
    """One service of API 3.0.

    Attributes:
        version: The only one there is.
        actions: Handlers by name.
        types: Types of their fields by name.
    """

    version: str
    actions: Mapping[str, Action]
    types: Mapping[str, Any]


_APIS = {
    SERVICE: _Api(VERSION, _ACTIONS, WIRE),
    sts.SERVICE: _Api(sts.VERSION, sts.ACTIONS, sts.WIRE),
}


class Room:
    """The server side of Tencent VOD and COS. Implements :class:`vodkit.server.contract.Room`."""

    TABLES: ClassVar[MetaData] = METADATA
    MIGRATIONS: ClassVar[str] = str(Path(__file__).parent / "migrations")

    def __init__(self, service: Service) -> None:
        self._service = service
        self._credentials = Credentials(service)
        self._store = Cos(service, self._store_access)
        self._log = logs.get("tencent")
        self.callbacks: Mapping[str, CallbackStyle] = {events.PUSH: push.Push(service)}

    @staticmethod
    def callback_keys(vault: Vault, conn: Connection) -> list[str]:
        """What pushed events are signed with, of all accounts."""
        return events.keys(vault, conn)

    def claims(self, head: Head) -> bool:
        """Whether a request is for the API or for the object store."""
        return self._is_store(head) or self._is_api(head)

    @staticmethod
    def _is_store(head: Head) -> bool:
        return (
            _COS_HOST.fullmatch(head.host) is not None
            or head.headers.get("authorization", "").startswith(_COS_SIGNED)
            or any(pair.startswith(_COS_SIGNED) for pair in head.query.split("&"))
        )

    @staticmethod
    def _is_api(head: Head) -> bool:
        return (
            _API_HOST.fullmatch(head.host) is not None
            or _TC3_OURS.match(head.headers.get("authorization", "")) is not None
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        head = head_of(scope)
        if self._is_store(head):
            await self._store(scope, receive, send)
            return
        request_id = str(uuid.uuid4())
        try:
            body = await Body(scope, receive).read(self._service.settings.max_document)
            document = success_body(request_id, await self._answer(head, body, request_id))
        except ApiError as error:
            document = error_body(request_id, error.code, error.message)
        except TooLarge:
            limit = self._service.settings.max_document
            document = error_body(request_id, "RequestSizeLimitExceeded", f"at most {limit} bytes are taken")
        except Truncated:
            return
        except QuotaExceeded as problem:
            document = error_body(request_id, codes.LIMIT_EXCEEDED, str(problem))
        except StorageFull:
            document = error_body(request_id, codes.INTERNAL, "the service has no room left")
        except Exception:
            self._log.exception("action failed", request_id=request_id)
            document = error_body(request_id, codes.INTERNAL, "the service failed on this request")
        await reply(send, document)

    async def _answer(self, head: Head, body: bytes, request_id: str) -> Mapping[str, Any]:
        now = self._service.now()
        call = auth.read(head, body)
        credential = await auth.authenticate(call, self._credentials, now)
        api = _APIS[call.service]
        action = api.actions.get(call.action)
        if action is None:
            beyond.refuse(call.action)
            raise ApiError(codes.INVALID_ACTION, f"the action {call.action} does not exist here")
        if call.version != api.version:
            raise ApiError(codes.NO_SUCH_VERSION, f"there is only the version {api.version}")
        if not credential.grant.allows(call.service, call.action):
            raise ApiError(codes.AUTH_UNAUTHORIZED, "these credentials do not allow this action")
        params = self._params(call, api, action)
        caller = Caller(
            service=self._service,
            account=credential.account.id,
            now=now,
            credentials=self._credentials,
            credential=credential,
            request_id=request_id,
            ours=call.client == OUR_CLIENT,
        )
        if action.in_app:
            app = await apps.resolve(self._service, credential.account, params["SubAppId"])
            caller = dataclasses.replace(caller, app=app)
        return await action.run(caller, params)

    @staticmethod
    def _params(call: auth.Call, api: _Api, action: Action) -> dict[str, Any]:
        try:
            given = convert(api.types[call.action], call.params, text=call.text)
        except BadField as problem:
            raise ApiError(codes.INVALID_PARAMETER, f"the parameter {problem}") from None
        return take(given, {**action.fields, **_SUB_APP} if action.in_app else action.fields)

    async def _store_access(self, key: str, token: str, bucket: str) -> Access | None:
        """What a key gives access to in a bucket; ``None`` for an unknown key.

        Raises:
            Refused: the token is not that key's.
        """
        try:
            credential = await self._credentials.resolve(key, token)
        except UnknownKey:
            return None
        except BadToken as problem:
            raise Refused("AccessDenied", EXPIRED if problem.expired else str(problem)) from None
        account = credential.account.id
        session = credential.grant.session
        buckets = await self._service.catalog.read(lambda conn: apps.buckets(conn, account))
        return Access(
            account,
            credential.secret,
            functools.partial(credential.grant.allows_object, bucket),
            credential.expires,
            credential.open,
            int(credential.account.attrs.get("min_part_size") or MIN_PART),
            bucket in buckets,
            lambda conn: not session or upload.is_open(conn, session),
        )

    async def check_play(self, head: Head, found: StoredObject, media: MediaRecord | None) -> float | None:
        """Until when the key protection of its account lets a play URL have an object; ``None`` where that
        asks for none."""
        account = await self._service.accounts.get(found.account)
        key = account.attrs.get("playback_key") if account else None
        if not key:
            return None
        fields = parse_form(head.query)
        if not sign.verify_playback(key, head.path, fields, now=self._service.now()).ok:
            return 0.0
        return int(fields["t"], 16) + sign.PLAYBACK_GRACE

    @staticmethod
    def mint(parts: Parts, account: Account, *, lifetime: float) -> dict[str, Any]:
        """Temporary credentials of an account, good for everything that its permanent key is.

        Args:
            parts: Of the service, which need not run.
            account: One of this room's.
            lifetime: Seconds until they expire.

        Returns:
            ``secret_id``, ``secret_key``, ``token`` and ``expires`` (seconds since the epoch).
        """
        minted = Credentials(parts).mint(account, lifetime)
        return {
            "secret_id": minted.key,
            "secret_key": minted.secret,
            "token": minted.token,
            "expires": minted.expires,
        }

    @staticmethod
    def knows_procedure(conn: Connection, account: str, name: str) -> bool:
        """Whether a template of procedures has this name; see :class:`vodkit.server.contract.Room`."""
        return templates.any_named(conn, account, templates.PROCEDURE, name)

    def task_changed(self, conn: Connection, task: Task) -> Notice | None:
        """ProcedureStateChanged or PullComplete; see :class:`vodkit.server.processing.Works`."""
        owner = self._owner(conn, task)
        if owner is None:
            return None
        media.settle(conn, owner, task)
        return detail.notice(conn, owner, task)

    def step_failed(self, conn: Connection, task: Task, step: TaskStep) -> Notice | None:
        """ProcedureStateChanged of a part that failed; see :class:`vodkit.server.processing.Works`."""
        owner = self._owner(conn, task)
        return detail.part_failed(conn, owner, task, step) if owner is not None else None

    def pulled(self, conn: Connection, task: Task, blob: Blob, content_type: str) -> MediaRecord:
        """Make the media of a pull; see :class:`vodkit.server.processing.Works`."""
        owner = self._owner(conn, task)
        assert owner is not None, "applications are never removed"
        return pulls.pulled(conn, owner, task, blob)

    def expired(self, conn: Connection, media: MediaRecord) -> Notice | None:
        """FileDeleted; see :class:`vodkit.server.contract.Room`."""
        owner = self._owner_of(conn, media.account, media.attrs.get("app"))
        return events.expired(conn, owner, media) if owner else None

    def _owner(self, conn: Connection, task: Task) -> Owner | None:
        """Whose task it is; of one that the room did not ask for, its media tells."""
        id = task.attrs.get("app")
        if id is None:
            record = self._service.media.by_id(conn, task.media)
            id = record.attrs["app"] if record else None
        return self._owner_of(conn, task.account, id)

    def _owner_of(self, conn: Connection, account: str, id: int | None) -> Owner | None:
        app = apps.known(conn, account, id) if id is not None else None
        now = self._service.now()
        return Owner(service=self._service, account=account, now=now, app=app) if app else None

    async def sweep(self, now: float) -> None:
        """Remove upload sessions that are over, and SessionIds that may come again."""
        await upload.sweep(self._service, now)
        await tasks.sweep(self._service, now)

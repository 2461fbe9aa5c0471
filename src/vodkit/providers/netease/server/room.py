"""The room: which requests are NetEase's, and who answers them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Connection, MetaData

from vodkit.server import logs
from vodkit.server.contract import Blob, Head, MediaRecord, Receive, Scope, Send, Service, Vault
from vodkit.server.dispatch import head_of
from vodkit.server.errors import StorageFull, TooLarge, Truncated
from vodkit.server.incoming import Body
from vodkit.server.processing import CallbackStyle, Notice, Task

from .. import wire
from . import buckets, callbacks, contexts, entries, media, snapshots, transcoding, uploading, users
from .answer import ApiError, is_preflight, preflight, reply
from .auth import Authenticator, forget_nonces
from .caller import Caller, Handler
from .nodes import Nodes
from .tables import METADATA

_BATCH = 100
"""Uploads that one commit removes."""


class Room:
    """The server side of NetEase VOD and its nodes. Implements :class:`vodkit.server.contract.Room`."""

    TABLES: ClassVar[MetaData] = METADATA
    MIGRATIONS: ClassVar[str] = str(Path(__file__).parent / "migrations")

    def __init__(self, service: Service) -> None:
        self._service = service
        self._authenticate = Authenticator(service)
        self._nodes = Nodes(service)
        self._log = logs.get("netease")
        self.callbacks: Mapping[str, CallbackStyle] = {callbacks.STYLE: callbacks.Callbacks(service)}
        self._handlers: Mapping[str, Handler] = {
            "upload/init": uploading.init,
            "video/query": uploading.query(self._nodes.busy),
            **callbacks.HANDLERS,
            **media.HANDLERS,
            **snapshots.HANDLERS,
            **transcoding.HANDLERS,
            **entries.HANDLERS,
            **users.HANDLERS,
        }

    @staticmethod
    def callback_keys(vault: Vault, conn: Connection) -> list[str]:
        """What callbacks are signed with, of all accounts."""
        return callbacks.keys(vault, conn)

    def claims(self, head: Head) -> bool:
        """Whether a request is for the API host, the node lookup, or an upload node."""
        return _is_api(head) or _is_lookup(head) or _is_stats(head) or _is_node(head)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        head = head_of(scope)
        if is_preflight(head):
            await preflight(send)
        elif _is_api(head):
            await self._api(head, Body(scope, receive), send)
        elif _is_lookup(head):
            await reply(send, await self._look_up(head))
        elif _is_stats(head):
            await reply(send, b"{}")
        else:
            await self._nodes(scope, receive, send)

    # The API host.

    async def _api(self, head: Head, body: Body, send: Send) -> None:
        request_id = uuid.uuid4().hex
        try:
            found = await self._call(head, body, request_id)
            document = wire.success(found, request_id)
        except ApiError as error:
            document = wire.failure(error.code, error.message, request_id)
        except TooLarge as error:
            document = wire.failure(wire.BAD_REQUEST, str(error), request_id)
        except Truncated:
            return
        except StorageFull:
            document = wire.failure(wire.INTERNAL, "the service has no room left", request_id)
        except Exception:
            self._log.exception("call failed", request_id=request_id)
            document = wire.failure(wire.INTERNAL, "the service failed on this request", request_id)
        await reply(send, document)

    async def _call(self, head: Head, body: Body, request_id: str) -> Mapping[str, Any]:
        raw = await body.read(self._service.settings.max_document)
        operation = head.path.removeprefix(wire.API_PREFIX)
        owner = await self._authenticate(head, operation)
        handler = self._handlers.get(operation)
        if handler is None or not head.path.startswith(wire.API_PREFIX):
            raise ApiError(wire.NOT_FOUND, f"there is no call {head.path}")
        if head.method != "POST":
            raise ApiError(wire.BAD_REQUEST, "calls are made by POST")
        return await handler(Caller(self._service, owner, request_id, self._service.now()), _object(raw))

    # The node lookup.

    async def _look_up(self, head: Head) -> bytes:
        """Nodes for a bucket: those of its account, or this service under its own address, named twice."""
        bucket = wire.parse_lbs_query(head.query)
        service = self._service
        owner = await service.catalog.read(lambda conn: buckets.owner(conn, bucket)) if bucket else None
        account = await service.accounts.get(owner) if owner else None
        nodes = account.attrs.get("nodes") if account else None
        own = service.settings.public_url
        return wire.lbs_answer(f"{own}{wire.LBS_PATH}", [node.rstrip("/") for node in nodes or [own]])

    def task_changed(self, conn: Connection, task: Task) -> Notice | None:
        """What is said of a task; see :class:`vodkit.server.processing.Works`."""
        return transcoding.changed(conn, self._service, task)

    def pulled(self, conn: Connection, task: Task, blob: Blob, content_type: str) -> MediaRecord:
        """Take what was fetched for a cover; see :class:`vodkit.server.processing.Works`."""
        return snapshots.pulled(conn, self._service, task, blob, content_type)

    async def sweep(self, now: float) -> dict[str, int]:
        """Remove uploads that are over, and nonces outside their window."""

        def clean(conn: Connection) -> int:
            return contexts.sweep(conn, self._service, now, _BATCH)

        catalog = self._service.catalog
        await catalog.write(lambda conn: forget_nonces(conn, now))
        removed = batch = await catalog.write(clean)
        while batch >= _BATCH:
            batch = await catalog.write(clean)
            removed += batch
        return {"uploads": removed}


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise ApiError(wire.BAD_REQUEST, "the body is not a JSON object")
    return data


def _is_api(head: Head) -> bool:
    ours = head.path.startswith(wire.API_PREFIX)
    return head.host in wire.API_HOSTS or (ours and ("appkey" in head.headers or is_preflight(head)))


def _is_lookup(head: Head) -> bool:
    asked = head.path == wire.LBS_PATH and wire.is_versioned(head.query)
    return asked or (head.host in wire.LBS_HOSTS and head.path == wire.LBS_PATH)


def _is_stats(head: Head) -> bool:
    return head.path == wire.STATS_PATH and wire.is_versioned(head.query)


def _is_node(head: Head) -> bool:
    """A block or a resume query: by its token, or, where that is missing, by a query that only nodes get."""
    if wire.parse_object_path(head.path) is None or head.host in (*wire.API_HOSTS, *wire.LBS_HOSTS):
        return False
    if is_preflight(head):
        return wire.TOKEN_HEADER in head.headers.get("access-control-request-headers", "").lower()
    return wire.TOKEN_HEADER in head.headers or wire.is_node_query(head.query)

"""The client."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import vodkit
from vodkit.providers.netease import wire

from .._connect import connect
from .._watched import Watched
from ..model.query_result import QueryResult
from ..model.upload_host import UploadHost
from ..model.upload_init import UploadInit
from ..model.vcloud_response import Message, VcloudResp
from ..transport import Transport
from .auth import Auth

logger = logging.getLogger(__name__)

_UNREACHABLE = "请求异常"
_CALLBACK_SET = "设置成功"
_NOTHING_FOUND = "查询结果为空"
_OPTIONS = {
    "userFileName": "title",
    "description": "description",
    "typeId": "category",
    "presetId": "procedure",
    "watermarkId": "watermark",
    "userDefInfo": "user_defined",
    "uploadCallbackUrl": "upload_callback",
    "callbackUrl": "transcode_callback",
    "transOffset": "trans_offset",
    "transDuration": "trans_duration",
}
"""Members of upload/init, and what vodkit calls them."""

_AFTER_THE_BYTES = ("find", "show")
"""Steps of an upload that ask what the stored bytes have become."""


class Client:
    """Uploads, and asks for what became of it.

    Args:
        access_key_id: AppKey.
        access_key_secret: AppSecret.
        transport_class: Makes what sends the single calls; :meth:`upload_file` sends by vodkit's engine.

    Attributes:
        allow_empty: Whether a file of 0 bytes is uploaded, as the vendor's service takes it.
        raise_errors: Whether a failed upload is raised as vodkit's error, not logged and returned as
            ``None`` or text.
    """

    allow_empty = True
    raise_errors = False

    def __init__(
        self,
        access_key_id: str,
        access_key_secret: str,
        transport_class: Callable[[], Any] = Transport,
    ) -> None:
        self.transport = transport_class()
        self.auth = Auth(access_key_id, access_key_secret)

    def upload_init(self, body: Mapping[str, Any]) -> UploadInit | None:
        """Ask where an object goes; ``None`` on failure."""
        answer = self._call("upload/init", body)
        given = (answer and answer.ret) or {}
        found: list[Any] = [given.get(name) for name in ("bucket", "object", "xNosToken")]
        if not all(found):
            logger.error("upload/init: %s", answer and answer.msg)
            return None
        return UploadInit(*found)

    def get_upload_host(self) -> UploadHost | None:
        """Ask which nodes take uploads; ``None`` on failure."""
        data, info = self.transport.upload_host_get()
        nodes = [node for node in (data or {}).get("upload") or [] if isinstance(node, str)]
        if not nodes:
            logger.error("no upload nodes: %s", info)
            return None
        return UploadHost(nodes[0], nodes[min(1, len(nodes) - 1)])

    def upload_file(
        self,
        body: Mapping[str, Any],
        file_path: str,
        progress_handler: Callable[[int, int], object] | None = None,
        mime_type: str = "application/octet-stream",
    ) -> QueryResult | Message | None:
        """Upload a file; called again after an interruption it goes on where it was.

        Args:
            body: Members of upload/init; ``originFileName`` is needed.
            file_path: The file.
            progress_handler: Told the bytes that are stored and those of the whole file, after every block.
                What it raises ends the upload, which can be resumed.
            mime_type: Of the object; ``application/octet-stream`` stands for what the name's extension says.

        Returns:
            The id; a text if the file is stored and its id could not be had; ``None`` on any other failure.

        Raises:
            OSError: the file cannot be read.
        """
        with Path(file_path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
        name = body.get("originFileName")
        if not isinstance(name, str) or not name.strip():
            return self._failed(vodkit.ConfigError("originFileName is missing in the body"))
        left_out = [member for member in body if member != "originFileName" and member not in _OPTIONS]
        if left_out:
            logger.warning("upload/init knows no %s: left out", ", ".join(map(str, left_out)))
        try:
            with connect(self.auth.AppKey, self.auth.AppSecret) as vod:
                watched = Watched(vod, self.auth, mime_type, progress_handler, size)
                media = vod.upload(
                    Path(file_path),
                    name=name,
                    **{_OPTIONS[member]: body[member] for member in body if member in _OPTIONS},
                    allow_empty=self.allow_empty,
                    on_progress=watched.tell,
                    on_notice=logger.warning,
                )
        except vodkit.VodError as error:
            return self._failed(error)
        watched.end()
        vid, image = wire.numbers(media.id)
        return QueryResult(media.extra["objectName"], vid, image)

    def query_id(self, body: Mapping[str, Any]) -> QueryResult | Message:
        """The id of the first object of ``objectNames`` that is known, or a text."""
        found = self.query_ids(body)
        return found if isinstance(found, Message) else found[0]

    def query_ids(self, body: Mapping[str, Any]) -> list[QueryResult] | Message:
        """The ids of all objects of ``objectNames`` that are known, at least one, or a text."""
        answer = self._call("video/query", body)
        if answer is None or answer.code != wire.OK:
            return _message(answer)
        found = [
            QueryResult(entry.get("objectName"), entry.get("vid"), entry.get("imgId"))
            for entry in answer.ret.get("list") or ()
        ]
        return found or Message(_NOTHING_FOUND, answer.code)

    def set_callback(self, body: Mapping[str, Any]) -> Message:
        """Set the address that finished uploads are reported to; a text says what became of it."""
        answer = self._call("upload/setcallback", body)
        if answer is None or answer.code != wire.OK:
            return _message(answer)
        return Message(_CALLBACK_SET, answer.code)

    def _call(self, operation: str, body: Mapping[str, Any]) -> Any:
        """One signed call; its :class:`VcloudResp`, or ``None`` where there was no answer."""
        self.auth.checkSumBuilder()
        path = f"{wire.API_PREFIX}{operation}"
        _, answer = self.transport.vcloud_api_request(path, self.auth.getVcloudHeaders(), body)
        if answer is None:
            logger.error("%s: no answer", operation)
        return answer

    def _failed(self, error: vodkit.VodError) -> Message | None:
        """What a failed upload returns."""
        if self.raise_errors:
            raise error
        logger.error("not uploaded: %s", error)
        if error.part not in _AFTER_THE_BYTES:
            return None
        return Message(error.provider_message or _UNREACHABLE)


def _message(answer: VcloudResp | None) -> Message:
    if answer is None:
        return Message(_UNREACHABLE)
    return Message(answer.msg or "", answer.code)

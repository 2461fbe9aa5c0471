"""Sending the blocks of an object whose place, nodes and token the caller has."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import vodkit
from vodkit.engine.calls import patiently
from vodkit.engine.settings import EngineSettings
from vodkit.providers.netease import wire
from vodkit.providers.netease.errors import node_error

from .. import config, http
from ..utils import block_at

if TYPE_CHECKING:
    from ..model.upload_host import UploadHost
    from ..model.upload_init import UploadInit

logger = logging.getLogger(__name__)

Answered = tuple[dict[str, Any] | None, http.ResponseInfo]
Result = tuple[dict[str, Any] | None, http.ResponseInfo | None]


def put_file(
    upload_init: UploadInit,
    upload_host: UploadHost,
    file_name: str,
    file_path: str,
    file_size: int,
    modify_time: float,
    offset: int,
    context: str,
    upload_progress_recorder: Any,
    mime_type: str = "application/octet-stream",
    progress_handler: Callable[[int, int], object] | None = None,
) -> Result:
    """Send a file from ``offset`` on; the last block's answer, and what became of the last request.

    Raises:
        OSError: the file cannot be read.
    """
    with Path(file_path).open("rb") as stream:
        return put_stream(
            upload_init,
            upload_host,
            file_name,
            file_size,
            modify_time,
            offset,
            context,
            stream,
            upload_progress_recorder,
            mime_type,
            progress_handler,
        )


def put_stream(
    upload_init: UploadInit,
    upload_host: UploadHost,
    file_name: str,
    size: int,
    modify_time: float,
    offset: int,
    context: str,
    input_stream: BinaryIO,
    upload_progress_recorder: Any,
    mime_type: str,
    progress_handler: Callable[[int, int], object] | None = None,
) -> Result:
    """As :func:`put_file`, from an open file that can seek."""
    return _Resume(
        upload_init,
        upload_host,
        file_name,
        size,
        modify_time,
        offset,
        context,
        input_stream,
        upload_progress_recorder,
        mime_type,
        progress_handler,
    ).upload()


@dataclass(repr=False, eq=False)
class _Resume:
    """One upload, whose next block always begins where the node stands."""

    upload_init: UploadInit
    upload_host: UploadHost
    file_name: str
    size: int
    modify_time: float
    offset: int
    context: str
    input_stream: BinaryIO
    upload_progress_recorder: Any
    mime_type: str
    progress_handler: Callable[[int, int], object] | None

    def __post_init__(self) -> None:
        self._hosts = [self.upload_host.upload_host, self.upload_host.upload_host_backup]
        self._info: http.ResponseInfo | None = None

    def upload(self) -> Result:
        """Send what is left. ``None`` as the first result where it was not sent to its end."""
        while True:
            block = block_at(self.input_stream, self.offset)
            end = self.offset + len(block)
            if end > self.size or not (block or self.offset == self.size) or not self._unchanged():
                logger.error("%s is not what it was when its upload began", self.file_name)
                return None, self._info
            try:
                answer = patiently(partial(self._send, block), EngineSettings(), vodkit.Cancel())
            except vodkit.VodError as error:
                logger.error("not uploaded: %s", error)
                return None, self._info
            begun, self.context = bool(self.context), answer.get("context") or self.context
            last, self.offset = self.offset + len(block) == self.size, answer["offset"]
            if not begun:
                self.record_upload_progress(self.context)
            if callable(self.progress_handler):
                self.progress_handler(self.offset, self.size)
            if last and self.offset == self.size:
                self.upload_progress_recorder.delete_upload_record(self.file_name, self.modify_time)
                return answer, self._info

    def block_upload(self, url: str, block: bytes) -> Answered:
        """Send one block to its address."""
        headers = {wire.TOKEN_HEADER: self.upload_init.xNosToken}
        if not self.context:
            headers["Content-Type"] = self.mime_type
        return http._post_file(url, headers, block)

    def block_url(self, host: str, offset: int, context: str) -> str:
        """The address of the block that begins at ``offset``."""
        path = wire.object_path(self.upload_init.bucket, self.upload_init.objectName)
        last = self.size - offset <= config._BLOCK_SIZE
        return f"{host}{path}?{wire.block_query(offset, last, context)}"

    def record_upload_progress(self, context: str) -> None:
        """Keep what another process needs to go on."""
        record = {
            "bucket": self.upload_init.bucket,
            "object": self.upload_init.objectName,
            "xNosToken": self.upload_init.xNosToken,
            "size": self.size,
            "context": context,
            "host": vars(self.upload_host),
        }
        self.upload_progress_recorder.set_upload_record(self.file_name, self.modify_time, record)

    @staticmethod
    def as_parent(num: float, den: float) -> str:
        """A share in per cent."""
        return f"{100 * num / den if den else 0:5.1f}%"

    def _unchanged(self) -> bool:
        """Whether the file is as long as it was."""
        try:
            return os.fstat(self.input_stream.fileno()).st_size == self.size
        except OSError:
            return True

    def _send(self, block: bytes) -> dict[str, Any]:
        """Send the block to the node in use; one that fails changes places with the other."""
        url = self.block_url(self._hosts[0], self.offset, self.context)
        answer, info = self.block_upload(url, block)
        self._info = info
        reply = wire.parse_block_reply(info.response.content) if answer else None
        end = self.offset + len(block)
        if answer is not None and reply is not None and (self.offset < reply.offset <= end or not block):
            return answer
        self._hosts.reverse()
        if isinstance(info.exception, vodkit.VodError):
            raise info.exception
        raise node_error(info.status_code, info.response.content)

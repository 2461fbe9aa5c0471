"""Single steps of an upload, for callers that drive it by themselves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from vodkit.engine.integrity import digest
from vodkit.providers.youku import wire

from ._calls import text_of
from ._errors import vendor_errors
from ._record import Record
from ._state import State
from .util import YoukuError

_BLOCK = 1 << 20


class Steps(State):
    """One request each."""

    def create(self, params: Mapping[str, Any]) -> None:
        """Open an upload; nothing is written into ``params``."""
        self.file_md5 = self.checksum_md5file(self.file)
        file = {"file_name": self.file_name, "file_size": self.file_size, "file_md5": self.file_md5}
        fields = {**{name: text_of(value) for name, value in params.items()}, **file}
        self._release()
        self._lost()
        with vendor_errors():
            self._record = Record(self._vod(), self.file)
        with self._driving():
            answer = self._authorized("POST", "create", fields)
            created = wire.Created.parse(answer)
            self._created(created.video_id, created.upload_token, created.upload_server)
            self._options = self._known_options(params)
            self._write()

    def create_file(self) -> None:
        """Tell the upload server what comes."""
        fields = {"file_size": self.file_size, "ext": self.file_ext, "slice_length": wire.DEFAULT_SLICE}
        with self._driving():
            self._gupload("create_file", fields, form=True)
        self._filed = True
        self._write()
        self._hook(self._save_upload_state_to_file)

    def new_slice(self) -> None:
        """Be handed a slice."""
        self._handed("new_slice", {})

    def upload_slice(self) -> None:
        """Send the slice that was handed out, and be handed the next one."""
        with open(self.file, "rb") as file:
            file.seek(self.slice_offset or 0)
            data = file.read(self.slice_length or 0)
        if len(data) != self.slice_length:
            raise YoukuError(wire.Codes.HASH, "UploadsException", "the file is shorter than it was", None)
        fields = {
            "slice_task_id": self.slice_task_id,
            "offset": self.slice_offset,
            "length": self.slice_length,
            "hash": self.checksum_md5data(data),
        }
        self._handed("upload_slice", fields, data)

    def check(self) -> dict[str, Any]:
        """How far the platform is."""
        return self._gupload("check", {})

    def cancel(self) -> Any:
        """Give the upload up; returns its token. The object can upload again."""
        token = self.upload_token
        status = self.check()
        fields = {"upload_token": token, "upload_server_ip": status.get("upload_server_ip")}
        with self._driving():
            self._authorized("GET", "cancel", fields)
        if self._record is not None:
            self._release()
            self._record.forget()
        self._hook(self._delete_upload_state_file)
        self._lost()
        self._percent = 0
        return token

    def spec(self) -> dict[str, Any]:
        """The platform's limits."""
        with vendor_errors():
            return self._vod().spec()

    def checksum_md5file(self, filename: str | os.PathLike[str]) -> str:
        """MD5 of a file, in hex."""
        md5 = digest("md5")
        with open(filename, "rb") as file:
            while block := file.read(_BLOCK):
                md5.update(memoryview(block))
        return md5.hexdigest()

    def checksum_md5data(self, data: bytes) -> str:
        """MD5 of bytes, in hex."""
        md5 = digest("md5")
        md5.update(memoryview(data))
        return md5.hexdigest()

"""Uploading."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import vodkit
from vodkit.providers.youku import wire

from ._calls import text_of
from ._errors import vendor_errors
from ._record import Record
from ._steps import Steps
from ._watched import Watched
from .util import remove_none_value

_OTHER_EDITIONS = ("thumbnail", "isweb", "isnew", "target")
"""Parameters of the platform's browser and object-store editions."""


class YoukuUpload(Steps):
    """The upload of one file.

    ``YoukuUpload(client_id, access_token, file, logger)`` and
    ``YoukuUpload(client_id, access_token, file, v_vid, logger)``: what has a method ``info`` is the logger.

    Args:
        client_id: Id of the application.
        access_token: Of the user who uploads.
        file: Path of the file.
        v_vid: The caller's own number for it; it is in the log, beside the platform's id.
        logger: Told what a caller should know; ids at INFO.

    Attributes:
        state_folder: Folder of the record of uploads; ``None`` for vodkit's own (``VODKIT_STATE_DIR``).
        write_beside: Whether ``<file>.upload`` is written, too, as the vendor's package does.
        trust_state: Whether a token is used that an overridden ``_read_upload_state_from_file`` brings and
            the ledger does not know for this very file. Another file's would mix the two.
        video_id: The platform's id, known from create on.

    Raises:
        OSError: there is no such file.
    """

    write_beside = False

    def __init__(
        self, client_id: str, access_token: str, file: Any, *more: Any, v_vid: Any = None, logger: Any = None
    ) -> None:
        if len(more) > 2:
            raise TypeError(f"YoukuUpload() takes 3 to 5 arguments, {3 + len(more)} were given")
        for value in more:
            if hasattr(value, "info"):
                logger = value
            elif value is not None:
                v_vid = value
        self.client_id = client_id
        self.access_token = access_token
        self.v_vid = v_vid
        self.logger = logger or logging.getLogger(__name__)
        self.file = os.fspath(file)
        self.file_size = os.path.getsize(self.file)
        self.file_dir, self.file_name = os.path.split(self.file)
        self.file_dir = self.file_dir or "."
        self.file_ext = self.file_name.rpartition(".")[2] if "." in self.file_name else ""
        self.file_md5 = None
        self._percent = 0
        self._lost()
        with contextlib.suppress(vodkit.VodError):
            self._record = Record(self._vod(), self.file)
        self._hook(self._read_upload_state_from_file)
        self._distrust()

    # Methods that callers override.

    def _save_upload_state_to_file(self) -> None:
        """Called when the platform knows the file. The ledger has it all; ``<file>.upload`` if asked for."""
        if self.write_beside:
            text = json.dumps({"upload_token": self.upload_token, "upload_server_ip": self.upload_server_ip})
            fresh = f"{self.file}.upload.{os.getpid()}"
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as state:
                state.write(text)
            os.replace(fresh, f"{self.file}.upload")

    def _read_upload_state_from_file(self) -> None:
        """Called by the constructor: find an unfinished upload in the ledger, else in ``<file>.upload``."""
        known = self._record.read() if self._record is not None else None
        if known is not None:
            self._took_up(known[0])
            self._options = known[1]
        else:
            self.upload_token, self.upload_server_ip = self._beside() or (None, None)

    def _delete_upload_state_file(self) -> None:
        """Called when the upload is over, or gone."""
        with contextlib.suppress(FileNotFoundError):
            os.remove(f"{self.file}.upload")

    def _save_slice_state(self, result: Mapping[str, Any]) -> None:
        """Called with every answer that hands out a slice."""
        self.slice_task_id = result["slice_task_id"]
        self.slice_offset = result["offset"]
        self.slice_length = result["length"]
        self.transferred = result["transferred"]
        self.finished = result["finished"]

    def prepare_video_params(
        self,
        title: Any = None,
        tags: Any = "Others",
        description: Any = "",
        copyright_type: Any = "original",
        public_type: Any = "all",
        category: Any = None,
        watch_password: Any = None,
        latitude: Any = None,
        longitude: Any = None,
        shoot_time: Any = None,
        deshake: Any = None,
        **others: Any,
    ) -> dict[str, Any]:
        """What create takes: title and description cut to what the platform takes, a list of tags joined."""
        for name in others:
            if name not in _OTHER_EDITIONS:
                raise TypeError(f"prepare_video_params() got an unexpected keyword argument {name!r}")
            self.logger.warning("%s is not sent: it belongs to another way of uploading", name)
        if isinstance(shoot_time, datetime):
            shoot_time = f"{shoot_time:%Y-%m-%d %H:%M:%S}"
        given = {
            "title": (self.file_name if title is None else str(title))[: wire.TITLE_LIMIT],
            "tags": text_of(tags),
            "description": str(description or "")[: wire.DESCRIPTION_LIMIT],
            "copyright_type": copyright_type,
            "public_type": public_type,
            "category": category or None,
            "watch_password": watch_password or None,
            "latitude": latitude,
            "longitude": longitude,
            "shoot_time": f"{shoot_time:%Y-%m-%d %H:%M:%S}"
            if isinstance(shoot_time, datetime)
            else shoot_time,
            "deshake": deshake,
        }
        return remove_none_value(given)

    def upload(self, params: Mapping[str, Any] = {}) -> Any:
        """Upload the file, or go on with an interrupted upload of it; called again it returns the same id.

        Args:
            params: Arguments of :meth:`prepare_video_params`; an upload that goes on keeps those it has.

        Raises:
            YoukuError: the platform refused, or could not be reached; the upload can go on later.
        """
        if self._committed:
            return self.video_id
        options = self._known_options(self.prepare_video_params(**params))
        if self.upload_token is None or self._options is None:
            self._options = options
        elif params and options != self._options:
            self.logger.warning("%s goes on with the parameters that its upload began with", self.file)
        return self._run()

    def _run(self) -> Any:
        self._release()
        with vendor_errors():
            vod = self._vod()
            now = Record(vod, self.file)
            same = self._record is not None and now.subject == self._record.subject
            self._record = now
            provider: Any = vod.provider
            known = self._state() if self.upload_token is not None and same else None
            watched: Any = Watched(provider, self, known)
            vod.provider = watched
            try:
                vod.upload(
                    Path(self.file), allow_empty=True, on_notice=self.logger.warning, **(self._options or {})
                )
            finally:
                vod.provider = provider
        return self.video_id

    def commit(self) -> Any:
        """Wait until everything is stored, and end the upload; returns the id.

        Raises:
            ValueError: slices are missing.
        """
        if self._committed:
            return self.video_id
        if self.check()["status"] == 4:
            raise ValueError("there are slices to send before the commit")
        return self._run()

    def transferred_percent(self) -> int:
        """Whole percent, 0 to 100, that the platform has received; never less than before."""
        done = self.finished or self._committed
        share = 100 if done else wire.percent(self.transferred, self.file_size) if self.transferred else 0
        self._percent = max(self._percent, share)
        return self._percent

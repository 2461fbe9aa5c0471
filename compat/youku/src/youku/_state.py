"""The state of an upload, which single steps and the engine's run of it have in common."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import vodkit
from vodkit.engine.calls import patiently
from vodkit.providers.youku import CAPABILITIES, wire
from vodkit.providers.youku.client import Youku
from vodkit.providers.youku.client.api import gupload

from ._connect import Connected
from ._errors import vendor_errors
from ._record import Record


class State(Connected):
    """What an object knows of its upload, with the names that callers of the vendor's package know."""

    state_folder: str | os.PathLike[str] | None = None
    trust_state = False

    client_id: str
    access_token: str
    file: str
    file_size: int
    file_name: str
    file_ext: str
    file_md5: str | None
    logger: logging.Logger
    v_vid: Any

    upload_token: str | None
    upload_server_ip: str | None
    video_id: str | None
    slice_task_id: int | None
    slice_offset: int | None
    slice_length: int | None
    transferred: int | None
    finished: bool

    _record: Record | None = None
    _options: dict[str, Any] | None = None
    _filed = False
    _committed = False

    def _save_upload_state_to_file(self) -> None: ...
    def _delete_upload_state_file(self) -> None: ...
    def _save_slice_state(self, result: Mapping[str, Any]) -> None: ...

    def _vod(self) -> Youku:
        return self._connect(self.client_id, self.access_token, self.state_folder)

    def _hook(self, method: Callable[[], None]) -> None:
        """Call a method that keeps state somewhere else, too: the upload does not depend on it."""
        try:
            method()
        except Exception as error:
            self.logger.warning("%s: %s failed: %s", self.file, method.__name__, error)

    # What becomes of the upload.

    def _lost(self) -> None:
        """There is no upload, or none any more."""
        self.upload_token = self.upload_server_ip = self.video_id = None
        self.slice_task_id = self.slice_offset = self.slice_length = self.transferred = None
        self.finished = self._filed = self._committed = False

    def _created(self, video_id: str, upload_token: str, upload_server: str) -> None:
        self.video_id, self.upload_token = video_id, upload_token
        self.upload_server_ip = wire.upload_base(upload_server).removeprefix("http://")
        self.logger.info("video %s is opened for %s%s", video_id, self.file, self._number())

    def _took_up(self, state: Mapping[str, Any]) -> None:
        """An upload goes on."""
        self.upload_token, self._filed = state["upload_token"], state["filed"]
        self.upload_server_ip = wire.upload_base(state["upload_server"]).removeprefix("http://")
        self.video_id = state["video_id"] or None

    def _over(self, video_id: str) -> None:
        self.video_id, self.transferred = video_id, self.file_size
        self.finished = self._committed = True
        self.logger.info("video %s holds %s%s", video_id, self.file, self._number())
        self._hook(self._delete_upload_state_file)

    def _number(self) -> str:
        return "" if self.v_vid is None else f" ({self.v_vid})"

    def _state(self) -> dict[str, Any]:
        """The state as the room's sessions keep it."""
        return {
            "video_id": self.video_id or "",
            "upload_token": self.upload_token,
            "upload_server": self.upload_server_ip,
            "slice_kib": wire.DEFAULT_SLICE,
            "filed": self._filed,
            "committed": "",
        }

    @staticmethod
    def _known_options(params: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: params.get(name) for name in CAPABILITIES.options}
        return {name: value for name, value in given.items() if value is not None}

    # State that was found.

    def _beside(self) -> tuple[str, str] | None:
        """Token and address in ``<file>.upload``, unless the file was changed after it was written."""
        place = f"{self.file}.upload"
        try:
            with open(place, encoding="utf-8") as file:
                found = json.load(file)
            token, server = found["upload_token"], found["upload_server_ip"]
            wire.upload_base(server)
            older = os.stat(place).st_mtime_ns < os.stat(self.file).st_mtime_ns
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None
        if older:
            self.logger.warning("%s is older than the video and is not used", place)
        return None if older or not isinstance(token, str) or not token else (token, server)

    def _distrust(self) -> None:
        """Drop a token that may be another file's."""
        if self.upload_token is None:
            return
        known = self._record.read() if self._record is not None else None
        if known is not None and known[0]["upload_token"] == self.upload_token:
            self._took_up(known[0])
            self._options = known[1]
        elif self.trust_state or self.upload_token == (self._beside() or (None,))[0]:
            self._filed = True
        else:
            self.logger.warning("%s: state that may be of another file is not used", self.file)
            self._lost()

    # Single requests.

    @contextmanager
    def _driving(self) -> Iterator[None]:
        """Nobody else drives this upload from now on."""
        with vendor_errors():
            if self._record is not None:
                self._record.hold()
            yield

    def _authorized(self, method: str, verb: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """One request to the platform in the user's name."""
        vod = self._vod()
        provider: Any = vod.provider
        answer = provider.api.authorized(vod.transport.bind(), method, f"uploads/{verb}.json", fields)
        return dict(answer)

    def _release(self) -> None:
        if self._record is not None:
            self._record.release()

    def _write(self) -> None:
        """Keep the state in the ledger, as far as that goes."""
        try:
            if self._record is not None:
                self._record.write(self._state(), self._options or {})
        except Exception as error:
            self.logger.warning("this upload will not be resumable: %s", error)

    def _gupload(
        self, verb: str, fields: Mapping[str, Any], *, form: bool = False, body: Any = None
    ) -> dict[str, Any]:
        """One request to the upload server, again where its failure may pass.

        Raises:
            ValueError: nothing was created.
            YoukuError: the server refused, or could not be reached.
        """
        token, server = self.upload_token, self.upload_server_ip
        if token is None or server is None:
            raise ValueError("there is no upload yet: create one")
        given = {"upload_token": token, **fields}
        with vendor_errors():
            vod = self._vod()
            exchange = vod.transport.bind()
            return patiently(
                lambda: gupload(exchange, wire.upload_base(server), verb, given, form=form, body=body),
                vod.settings,
                vodkit.Cancel(),
            )

    def _handed(self, verb: str, fields: Mapping[str, Any], body: Any = None) -> None:
        with self._driving():
            result = wire.Assignment.parse(self._gupload(verb, fields, body=body), self.file_size)
        self._save_slice_state(result.as_json())

"""Records of uploads that a caller drives by itself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vodkit.engine.ledger import Ledger, Subject
from vodkit.engine.settings import default_state_dir


class UploadProgressRecorder:
    """Keeps records in vodkit's ledger; :meth:`vcloud.Client.upload_file` keeps its own there.

    Args:
        record_folder: Where the ledger is; the folder for temporary files, which others write to, stands for
            vodkit's own.
    """

    def __init__(self, record_folder: str = tempfile.gettempdir()) -> None:
        self.record_folder = record_folder

    def get_upload_record(self, file_name: str, key: Any) -> dict[str, Any] | None:
        """What was kept, or ``None``."""
        with self._ledger() as ledger:
            entry = ledger.find_open(_subject(file_name, key))
            saved = ledger.saved(entry.id)[0] if entry is not None else None
        return dict(saved.state) if saved is not None else None

    def set_upload_record(self, file_name: str, key: Any, data: Mapping[str, Any]) -> None:
        """Keep something in place of what was kept."""
        subject = _subject(file_name, key)
        with self._ledger() as ledger:
            entry = ledger.find_open(subject)
            ledger.record(entry.id if entry is not None else ledger.open(subject), data, None, None)

    def delete_upload_record(self, file_name: str, key: Any) -> None:
        """Forget what was kept, if anything was."""
        with self._ledger() as ledger:
            entry = ledger.find_open(_subject(file_name, key))
            if entry is not None:
                ledger.mark_aborted(entry.id)

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        shared = self.record_folder == tempfile.gettempdir()
        with Ledger(default_state_dir() if shared else Path(self.record_folder)) as ledger:
            yield ledger


def _subject(file_name: str, key: Any) -> Subject:
    """A record is found by the file's name and its time, as the vendor's callers name it."""
    return Subject("netease", "vcloud.put_file", "", f"{key}/{file_name}", file_name, None, "[]", "{}")

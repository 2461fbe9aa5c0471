"""The ledger's row of an upload that a caller drives step by step; the engine goes on from the same row."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from vodkit import UploadBusy
from vodkit.engine.ledger import Ledger, Subject
from vodkit.engine.sources import PathSource
from vodkit.providers.youku.client import Youku


class Record:
    """What is known of the upload of one file, as the file is now. Without a ledger nothing is.

    Args:
        vod: The connection; its ledger is used.
        path: The file.

    Raises:
        SourceError: it cannot be read.
    """

    def __init__(self, vod: Youku, path: str) -> None:
        source = PathSource(path)
        identity = source.identity()
        self._folder = vod.settings.directory
        self._alone = contextlib.ExitStack()
        self._held = False
        self.subject = Subject(
            provider=vod.provider.name,
            account=vod.provider.account(),
            destination="",
            source=str(source.location),
            name=source.name,
            size=source.size,
            identities=json.dumps([identity.as_json() if identity else None]),
            options="{}",
        )

    def read(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """State and options of the unfinished upload of exactly this content, unless it is being driven."""
        if not (self._folder / "ledger.sqlite3").exists():
            return None
        try:
            with Ledger(self._folder) as ledger, ledger.driving(self.subject):
                found = ledger.find_open(self.subject)
                if found is None or found.identities != self.subject.identities:
                    return None
                saved, _ = ledger.saved(found.id)
                return (dict(saved.state), json.loads(found.options)) if saved is not None else None
        except Exception:
            return None

    def write(self, state: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        """Keep a state; raises what the ledger raises where it cannot be written."""
        text = json.dumps(dict(options), sort_keys=True, default=str, ensure_ascii=False)
        subject = dataclasses.replace(self.subject, options=text)
        with Ledger(self._folder) as ledger:
            found = ledger.find_open(subject)
            if found is not None and (found.identities, found.options) != (subject.identities, text):
                ledger.mark_aborted(found.id)
                found = None
            ledger.record(ledger.open(subject) if found is None else found.id, state, None, None)

    def forget(self) -> None:
        """Close the row of an upload that was cancelled."""
        with contextlib.suppress(Exception), Ledger(self._folder) as ledger:
            found = ledger.find_open(self.subject)
            if found is not None:
                ledger.mark_aborted(found.id)

    def hold(self) -> None:
        """Be the only one that drives this upload, until :meth:`release`.

        Raises:
            UploadBusy: another one does.
        """
        if self._held:
            return
        self._held = True
        try:
            ledger = self._alone.enter_context(Ledger(self._folder))
            self._alone.enter_context(ledger.driving(self.subject))
        except UploadBusy:
            self.release()
            raise
        except Exception:
            self._alone.close()

    def release(self) -> None:
        """Let others drive it."""
        self._alone.close()
        self._held = False

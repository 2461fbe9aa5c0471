"""``vod.uploads``: the ledger, and going on with what stands in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from vodkit.core.contract import Provider, UploadOptions
from vodkit.core.errors import NotResumable, SourceNotFound, UnknownUpload
from vodkit.core.source import Identity, Item, Reader
from vodkit.transport import Cancel, Transport

from .ledger import Entry, Ledger
from .manifests import expand, kind_of
from .progress import Progress
from .run import UploadResult, abort_upload
from .settings import EngineSettings
from .sources.urls import scheme_of

MONTH = 30 * 86400.0


def ledger_uploads(status: str | None = None, *, state_dir: Path | None = None) -> Sequence[Entry]:
    """Every upload of this machine's ledger, newest first; of one status if named.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    with Ledger(EngineSettings(state_dir=state_dir).directory) as ledger:
        return ledger.list(status)


def clean_ledger(older_than: float = MONTH, *, state_dir: Path | None = None) -> int:
    """Forget uploads that are over and were last touched more than ``older_than`` seconds ago.

    Returns:
        How many were forgotten.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    with Ledger(EngineSettings(state_dir=state_dir).directory) as ledger:
        return ledger.clean(older_than)


class Sender(Protocol):
    """The connection that uploads go on over; see :class:`vodkit.Vod`."""

    @property
    def provider(self) -> Provider: ...

    @property
    def transport(self) -> Transport: ...

    def ledger(self) -> Ledger: ...

    def upload_detailed(self, source: str, **options: Any) -> UploadResult: ...


class UploadCalls:
    """The uploads of one connection's ledger; those of other connections are not shown."""

    def __init__(self, vod: Sender) -> None:
        self._vod = vod

    def list(self, status: str | None = None) -> list[Entry]:
        """This account's uploads, newest first; of one status (``open``, ``done`` ...) if named.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        return [entry for entry in self._vod.ledger().list(status) if self._is_ours(entry)]

    def get(self, id: str) -> Entry:
        """The upload of this id, or the newest one that became the media of this id.

        Raises:
            UnknownUpload: this account has none.
        """
        entry = self._vod.ledger().get(id)
        if not self._is_ours(entry):
            raise UnknownUpload(
                f"the upload {id!r} belongs to {entry.provider}, account {entry.account!r}",
                advice="Connect as that account",
            )
        return entry

    def resume(
        self,
        id: str,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        cancel: Cancel | None = None,
    ) -> UploadResult:
        """Go on with an interrupted upload.

        Raises:
            UnknownUpload: there is none of this id.
            NotResumable: it is over, or its source cannot be found again.
            VodError: as :meth:`vodkit.Vod.upload`.
        """
        entry = self.get(id)
        if entry.status != "open":
            raise NotResumable(f"the upload {id!r} is over: {entry.status}", advice="Upload the source again")
        media, cover = _named(entry, self._vod.provider.capabilities.manifests)
        return self._vod.upload_detailed(
            media,
            cover=cover,
            name=entry.name,
            allow_empty=True,
            on_progress=on_progress,
            on_notice=on_notice,
            cancel=cancel,
            **json.loads(entry.options),
        )

    def abort(self, id: str) -> None:
        """Give an interrupted upload up: the provider forgets what was sent.

        Raises:
            UnknownUpload: there is none of this id.
            NotResumable: it is over.
            UploadBusy: a process is at it.
            VodError: the provider could not be told; the upload stays as it was.
        """
        entry = self.get(id)
        if entry.status != "open":
            raise NotResumable(f"the upload {id!r} is over: {entry.status}", advice="")
        abort_upload(
            self._vod.provider,
            _remembered(entry),
            UploadOptions(values=json.loads(entry.options)),
            entry,
            ledger=self._vod.ledger(),
            transport=self._vod.transport,
        )

    def clean(self, older_than: float = MONTH) -> int:
        """Forget uploads that are over and were last touched more than ``older_than`` seconds ago.

        Returns:
            How many were forgotten.
        """
        return self._vod.ledger().clean(older_than)

    def _is_ours(self, entry: Entry) -> bool:
        provider: Provider = self._vod.provider
        return (entry.provider, entry.account) == (provider.name, provider.account())


def _named(entry: Entry, manifests: bool) -> tuple[str, str | None]:
    """The media and the cover among an entry's sources; a manifest's files follow from the manifest."""
    media, *others = entry.source.split("\n")
    for place in (media, *others):
        if scheme_of(place) is not None and "?" in place:
            raise NotResumable(
                "the query of the source's address is not kept, it may be secret",
                advice="Upload the same address again: it goes on where it was",
            )
    if manifests and scheme_of(media) is None and kind_of(media) is not None:
        segments = {str(path) for _, path in expand(media).files}
        others = [place for place in others if place not in segments]
    if len(others) > 1:
        raise NotResumable("the manifest names other files than before", advice="Upload it again")
    return media, others[0] if others else None


def _remembered(entry: Entry) -> list[Item]:
    """The items of an upload whose sources may be gone; enough to abort it."""
    sizes = [data["size"] if data else None for data in json.loads(entry.identities)]
    items = []
    for index, (place, size) in enumerate(zip(entry.source.split("\n"), sizes, strict=True)):
        name = entry.name if index == 0 else place.rpartition("/")[2]
        role = "media" if index == 0 else "segment"
        items.append(Item(index, role, _Gone(name, place, size), name, size))
    return items


@dataclass(slots=True)
class _Gone:
    """A source that is known and not looked at any more."""

    name: str
    location: str | None
    size: int | None

    def identity(self) -> Identity | None:
        """Not known any more."""
        return None

    def open(self) -> Reader:
        """Never possible."""
        raise SourceNotFound(f"the source {self.name!r} belongs to an upload that is being aborted")

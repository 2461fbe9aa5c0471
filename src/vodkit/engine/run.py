"""Running an upload from beginning to end: who may, from where, how often, and what is kept of it."""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from vodkit.core.contract import Body, Provider, Reply, UploadOptions
from vodkit.core.errors import LedgerError, NotResumable, SourceChanged, Superseded, VodError
from vodkit.core.media import Media
from vodkit.core.part import Saved
from vodkit.core.source import Identity, Item
from vodkit.transport import Cancel, Transport

from .bandwidth import Bandwidth
from .body import Flow, Window
from .feed import Feed
from .journal import Journal
from .ledger import Entry, Ledger, Subject
from .progress import Meter, Progress
from .retry import Budget
from .runner import Job, Runner, total_size
from .settings import EngineSettings
from .watch import Watch
from .whole import fill_gaps, know_digests

Notice = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class UploadResult:
    """What became of an upload.

    Attributes:
        media: What it is on the provider.
        upload_id: Its id in the ledger.
        resumed: Whether an earlier run's parts were used.
        sent_bytes: Bytes that this run put on the wire, repetitions included.
        total_bytes: Bytes of all items.
        seconds: How long this run took.
        receipt: Sizes and digests of what was sent, for a later comparison.
    """

    media: Media
    upload_id: str
    resumed: bool
    sent_bytes: int
    total_bytes: int
    seconds: float
    receipt: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the media's own members, and what is known of the upload."""
        return {
            **self.media.as_dict(),
            "upload_id": self.upload_id,
            "resumed": self.resumed,
            "sent_bytes": self.sent_bytes,
            "total_bytes": self.total_bytes,
            "seconds": self.seconds,
            "receipt": dict(self.receipt),
        }


def open_ledger(settings: EngineSettings, on_notice: Notice | None = None) -> Ledger | None:
    """The ledger of these settings, or ``None`` with a notice where it cannot be had.

    Raises:
        NotResumable: it cannot be had, and the settings require resumability.
    """
    try:
        return Ledger(settings.directory, on_notice)
    except LedgerError as error:
        _without_ledger(settings, on_notice or _ignore, error.message)
        return None


def run_upload(
    provider: Provider,
    items: Sequence[Item],
    options: UploadOptions,
    *,
    settings: EngineSettings | None = None,
    ledger: Ledger | None = None,
    transport: Transport | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_notice: Notice | None = None,
    cancel: Cancel | None = None,
) -> UploadResult:
    """Upload ``items``; go on with an earlier run of the same upload if there is one.

    Args:
        provider: Where to.
        items: The media first, then cover and segments.
        options: Already checked against the provider's capabilities.
        settings: How it runs.
        ledger: Where it is recorded; ``None``: it cannot be resumed.
        transport: Connections to share; ``None``: its own, from ``settings``.
        on_progress: Called in this thread, about ten times per second, and once at the end.
        on_notice: Told in one line what the user should know.
        cancel: Stops it from another thread; it stays resumable.

    Raises:
        VodError: see :mod:`vodkit.core.errors`. Of :class:`SourceChanged` the remote upload has been
            aborted; after everything else it can be resumed, if there is a ledger.
        KeyboardInterrupt: at once; it stays resumable.
    """
    settings = settings or EngineSettings()
    with contextlib.ExitStack() as stack:
        wire = transport or stack.enter_context(Transport(settings.transport()))
        upload = _Upload(provider, list(items), options, settings, wire, on_progress, on_notice or _ignore)
        return upload.run(ledger, cancel)


def abort_upload(
    provider: Provider,
    items: Sequence[Item],
    options: UploadOptions,
    entry: Entry,
    *,
    ledger: Ledger,
    transport: Transport,
    cancel: Cancel | None = None,
) -> None:
    """Let the provider forget an interrupted upload, and mark it aborted.

    Raises:
        UploadBusy: it is being driven.
        VodError: the provider could not be told; the upload stays as it was.
    """
    subject = _subject(provider, items, options, [None] * len(items), entry.source)
    with ledger.driving(subject):
        saved, _ = ledger.saved(entry.id)
        if saved is not None:
            provider.begin(items, options, saved, transport.bind(cancel)).abort()
        ledger.mark_aborted(entry.id)


class _Line:
    """The exchange of one upload; each session's run gets a scope of its own to stop in."""

    def __init__(self, transport: Transport, parent: Cancel | None) -> None:
        self._transport = transport
        self._parent = parent
        self.scope = Cancel(parent)

    def renew(self) -> Cancel:
        self.scope.detach()
        self.scope = Cancel(self._parent)
        return self.scope

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | Body | None = None,
        timeout: float | None = None,
    ) -> Reply:
        send = self._transport.bind(self.scope)
        return send(method, url, headers=headers, body=body, timeout=timeout)


class _Upload:
    """One call of :func:`run_upload`."""

    def __init__(
        self,
        provider: Provider,
        items: list[Item],
        options: UploadOptions,
        settings: EngineSettings,
        transport: Transport,
        on_progress: Callable[[Progress], None] | None,
        notice: Notice,
    ) -> None:
        self._provider = provider
        self._items = items
        self._options = options
        self._settings = settings
        self._transport = transport
        self._notice = notice
        self._meter = Meter(on_progress, interval=settings.report_interval)

    def run(self, ledger: Ledger | None, cancel: Cancel | None) -> UploadResult:
        started = time.monotonic()
        self._provider.check(self._items, self._options)
        watch = Watch(self._items)
        self._line = _Line(self._transport, cancel)
        with self._recorded(ledger, watch) as (journal, saved), contextlib.closing(Feed(self._items)) as feed:
            self._meter.begin("sending", total_size(self._items))
            flow = Flow(Bandwidth(self._settings.bandwidth), self._meter, self._line.scope)
            job = Job(
                items=self._items,
                feed=feed,
                flow=flow,
                watch=watch,
                journal=journal,
                budget=Budget(self._settings),
                parallel=self._settings.parallel or self._options.parallel,
                window=self._settings.window,
            )
            self._resumed = saved is not None
            media = self._sessions(job, saved)
            with contextlib.suppress(VodError):
                fill_gaps(self._items, journal, feed, watch, Window(self._settings.window))
            receipt = journal.done(media, self._items)
            self._meter.tick(force=True)
            self._meter.tick(force=True, done=True)
            return UploadResult(
                media=media,
                upload_id=journal.id,
                resumed=self._resumed,
                sent_bytes=self._meter.wire_bytes,
                total_bytes=total_size(self._items) or 0,
                seconds=time.monotonic() - started,
                receipt=receipt,
            )

    # Sessions.

    def _sessions(self, job: Job, saved: Saved | None) -> Media:
        """Run sessions until one comes to its end; a new one follows where a remote upload is gone."""
        for left in range(self._settings.supersedes, -1, -1):
            job.flow.cancel = self._line.renew()
            for receipt in saved.receipts if saved else ():
                self._meter.acknowledged(receipt.item, receipt.key, receipt.length)
            session = self._provider.begin(self._items, self._options, saved, self._line)
            try:
                return Runner(session, job).run()
            except Superseded as error:
                if not left:
                    job.journal.gave_up("failed", str(error))
                    raise
                self._notice(f"the remote upload is gone ({error.message}); a new one begins")
                job.journal.restart()
                self._meter.forget_parts()
                saved, self._resumed = None, False
            except SourceChanged as error:
                self._line.renew()
                with contextlib.suppress(VodError):
                    session.abort()
                job.journal.gave_up("aborted", str(error))
                raise
            except VodError as error:
                job.journal.stands_still(str(error))
                raise
            finally:
                self._line.scope.detach()
        raise AssertionError("unreachable")

    # The record.

    @contextmanager
    def _recorded(self, ledger: Ledger | None, watch: Watch) -> Iterator[tuple[Journal, Saved | None]]:
        """The upload's journal, and what an earlier run left; nobody else drives the upload meanwhile."""
        locations = [item.source.location for item in self._items]
        findable = None not in locations and None not in watch.identities
        if ledger is None or not findable or not self._provider.capabilities.resume:
            if self._settings.require_resume:
                raise NotResumable("this upload could not be resumed", advice="Upload a file, with a ledger")
            self._know_digests(None, watch.identities)
            yield self._unrecorded(), None
            return
        source = "\n".join(str(location) for location in locations)
        subject = _subject(self._provider, self._items, self._options, watch.identities, source)
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(ledger.driving(subject))
                self._know_digests(ledger, watch.identities)
                journal, saved = self._reopened(ledger, subject)
            except (OSError, sqlite3.Error) as error:
                _without_ledger(self._settings, self._notice, str(error))
                self._know_digests(None, watch.identities)
                journal, saved = self._unrecorded(), None
            yield journal, saved

    def _unrecorded(self) -> Journal:
        return Journal(None, secrets.token_hex(10), self._settings.require_resume, self._notice)

    def _reopened(self, ledger: Ledger, subject: Subject) -> tuple[Journal, Saved | None]:
        """The journal of the open upload if it is about the same content, else of a new one."""
        found = ledger.find_open(subject)
        if found is not None and (found.identities, found.options) == (subject.identities, subject.options):
            journal = Journal(ledger, found.id, self._settings.require_resume, self._notice)
            return journal, journal.saved()
        if found is not None:
            what = "source" if found.identities != subject.identities else "options"
            self._notice(f"the {what} changed since the interruption: the upload begins anew")
            self._abandon(ledger, found)
        id = ledger.open(subject)
        return Journal(ledger, id, self._settings.require_resume, self._notice), None

    def _abandon(self, ledger: Ledger, entry: Entry) -> None:
        """Abort an upload whose content is out of date, remotely as far as that goes."""
        saved, _ = ledger.saved(entry.id)
        if saved is not None:
            try:
                self._provider.begin(self._items, self._options, saved, self._line).abort()
            except VodError as error:
                self._line.scope.check()
                self._notice(f"the old remote upload could not be aborted and will expire: {error}")
        ledger.mark_aborted(entry.id)

    def _know_digests(self, ledger: Ledger | None, identities: Sequence[Identity | None]) -> None:
        if needs := self._provider.needs:
            window = Window(self._settings.window)
            know_digests(self._items, identities, needs, window, ledger, self._meter, self._line.scope)


def _subject(
    provider: Provider,
    items: Sequence[Item],
    options: UploadOptions,
    identities: Sequence[Identity | None],
    source: str,
) -> Subject:
    return Subject(
        provider=provider.name,
        account=provider.account(),
        destination=provider.destination(options),
        source=source,
        name=items[0].name,
        size=total_size(list(items)),
        identities=json.dumps([identity.as_json() if identity else None for identity in identities]),
        options=json.dumps(dict(options.values), sort_keys=True, default=str, ensure_ascii=False),
    )


def _without_ledger(settings: EngineSettings, notice: Notice, why: str) -> None:
    if settings.require_resume:
        raise NotResumable(
            f"this upload would not be resumable: {why}", advice="Point VODKIT_STATE_DIR at a writable folder"
        )
    notice(f"this upload will not be resumable: {why}")


def _ignore(_: str) -> None:
    pass

"""A connection to a provider: what ``vodkit.connect`` returns and every room's typed constructor is."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack
from urllib.parse import urlsplit

from vodkit.core.contract import (
    CallbackStore,
    ManagesCallbacks,
    ManagesSpaces,
    Provider,
    SpaceStore,
    UploadOptions,
)
from vodkit.core.errors import ConfigError, UnsupportedOption
from vodkit.core.media import Media
from vodkit.transport import Cancel, Transport

from .ledger import Ledger
from .media import MediaCalls
from .pages import with_page
from .prepare import Preparation
from .progress import Progress
from .run import UploadResult, open_ledger, run_upload
from .settings import EngineSettings
from .sources import AnySource
from .uploads import UploadCalls
from .verify import VerifyReport, verify

OnProgress = Callable[[Progress], None]
OnNotice = Callable[[str], None]


class Shared(TypedDict, total=False):
    """What every provider's constructor takes beside its own settings; :data:`vodkit.core.config.SHARED`."""

    service: str | None
    proxy: str | None
    ca_file: str | None
    state_dir: str | Path | None
    parallel: int | None
    bandwidth: int | None
    timeout: float | None
    connect_timeout: float | None
    stall_timeout: float | None
    part_tries: int | None
    upload_tries: int | None


def engine_settings(**shared: Unpack[Shared]) -> EngineSettings:
    """The engine's settings that the shared options stand for; ``None`` means the default.

    Raises:
        ConfigError: a value cannot be.
    """
    given: dict[str, Any] = {name: value for name, value in shared.items() if value is not None}
    if "timeout" in given:
        given["answer_timeout"] = given.pop("timeout")
    if "state_dir" in given:
        given["state_dir"] = Path(given["state_dir"]).expanduser()
    if "service" in given:
        given["service"] = _service(given["service"])
    return EngineSettings(**given)


class Vod:
    """A connection to a provider. Thread-safe; close it, or use it as a context manager.

    Args:
        provider: The room's client side.
        settings: How transfers run.
    """

    def __init__(self, provider: Provider, *, settings: EngineSettings | None = None) -> None:
        self.provider = provider
        self.settings = settings or EngineSettings()
        self.transport = Transport(self.settings.transport())
        self._exchange = self.transport.bind()
        self._lock = threading.Lock()
        self._ledger: Ledger | None = None
        self.media = MediaCalls(
            provider.name,
            provider.capabilities,
            provider.media(self._exchange),
            self.transport,
            self.settings,
        )
        self.uploads = UploadCalls(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.provider.name}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close connections and the ledger; may be called again."""
        self.transport.close()
        with self._lock:
            ledger, self._ledger = self._ledger, None
        if ledger is not None:
            ledger.close()

    def upload(
        self,
        source: AnySource,
        *,
        title: str | None = None,
        cover: AnySource | None = None,
        name: str | None = None,
        part_size: int | None = None,
        parallel: int | None = None,
        allow_empty: bool = False,
        require_resume: bool = False,
        on_progress: OnProgress | None = None,
        on_notice: OnNotice | None = None,
        cancel: Cancel | None = None,
        **options: Any,
    ) -> Media:
        """Upload something; called again after an interruption it goes on where it was.

        Args:
            source: What: see :func:`vodkit.engine.sources.open_source`. An HLS or DASH manifest takes the
                files it names along.
            title: Display name.
            cover: A picture, anything that a source can be.
            name: File name for the provider; default the source's own.
            part_size: Bytes of a part; default the provider's choice.
            parallel: Parts in flight, 1 to 16; default the connection's, else the provider's choice.
            allow_empty: Whether a source without a byte is meant.
            require_resume: Whether an upload that could not be resumed is an error.
            on_progress: Told how far it is, in the calling thread; what it raises ends the upload.
            on_notice: Told in one line what the user should know.
            cancel: Stops it from another thread; it stays resumable.
            options: Those of ``capabilities.options``.

        Raises:
            UnsupportedOption: an option that the provider cannot honour; nothing was sent.
            SourceError: the source cannot be uploaded.
            VodError: see :mod:`vodkit.core.errors`.
        """
        return self.upload_detailed(
            source,
            title=title,
            cover=cover,
            name=name,
            part_size=part_size,
            parallel=parallel,
            allow_empty=allow_empty,
            require_resume=require_resume,
            on_progress=on_progress,
            on_notice=on_notice,
            cancel=cancel,
            **options,
        ).media

    def upload_detailed(
        self,
        source: AnySource,
        *,
        title: str | None = None,
        cover: AnySource | None = None,
        name: str | None = None,
        part_size: int | None = None,
        parallel: int | None = None,
        allow_empty: bool = False,
        require_resume: bool = False,
        on_progress: OnProgress | None = None,
        on_notice: OnNotice | None = None,
        cancel: Cancel | None = None,
        **options: Any,
    ) -> UploadResult:
        """As :meth:`upload`, with the upload's id, what was sent, and the receipt."""
        provider, notice = self.provider, on_notice or _ignore
        values = {"title": title, **options}
        values = {option: value for option, value in values.items() if value is not None}
        capabilities = provider.capabilities
        capabilities.refuse_unknown(provider.name, [*values, *(["cover"] if cover is not None else [])])
        if part_size is not None and part_size < 1:
            raise ConfigError(f"part_size is {part_size}", advice="Choose 1 or more")
        settings = dataclasses.replace(
            self.settings,
            parallel=self.settings.parallel if parallel is None else parallel,
            require_resume=require_resume or self.settings.require_resume,
        )
        cancel = cancel or Cancel()
        with ExitStack() as keep:
            # What is fetched from the web comes from there, also where the provider is a service elsewhere.
            web = dataclasses.replace(settings.transport(), via=None)
            prepare = Preparation(provider.name, capabilities, provider.needs, web, cancel, notice, keep)
            items = prepare.items(source, name=name, cover=cover, allow_empty=allow_empty)
            result = run_upload(
                provider,
                items,
                UploadOptions(values=values, part_size=part_size, parallel=settings.parallel),
                settings=settings,
                ledger=self._open_ledger(settings, notice),
                transport=self.transport,
                on_progress=on_progress,
                on_notice=notice,
                cancel=cancel,
            )
        return dataclasses.replace(result, media=with_page(result.media, settings.service))

    def verify(self, id: str) -> VerifyReport:
        """Compare what the provider says it holds with the receipt of the upload.

        Args:
            id: Of an upload, or of a media that was uploaded from this machine.

        Raises:
            UnknownUpload: the ledger knows neither.
            NotFound: the provider has it no more.
            IntegrityError: what it holds is not what was sent, or it says nothing to compare.
        """
        return verify(self.uploads.get(id), self.media)

    @property
    def spaces(self) -> SpaceStore:
        """The calls about spaces (buckets).

        Raises:
            UnsupportedOption: the provider has none.
        """
        if self.provider.capabilities.spaces and isinstance(self.provider, ManagesSpaces):
            return self.provider.spaces(self._exchange)
        raise UnsupportedOption("spaces cannot be managed", provider=self.provider.name)

    @property
    def callbacks(self) -> CallbackStore:
        """The calls about callbacks.

        Raises:
            UnsupportedOption: the provider has none that could be set by a call.
        """
        if self.provider.capabilities.callbacks and isinstance(self.provider, ManagesCallbacks):
            return self.provider.callbacks(self._exchange)
        raise UnsupportedOption("callbacks cannot be set", provider=self.provider.name)

    def ledger(self) -> Ledger:
        """The connection's ledger.

        Raises:
            LedgerError: it cannot be used.
        """
        with self._lock:
            if self._ledger is None:
                self._ledger = Ledger(self.settings.directory)
            return self._ledger

    def _open_ledger(self, settings: EngineSettings, notice: OnNotice) -> Ledger | None:
        """The ledger for an upload, which goes without where it must."""
        with self._lock:
            if self._ledger is None:
                self._ledger = open_ledger(settings, notice)
            return self._ledger


def _service(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ConfigError(
            f"service is {url!r}, which is not the base address of one",
            advice="Write http://HOST:PORT, as `vodkit serve` prints it",
        )
    return url.rstrip("/")


def _ignore(_: str) -> None:
    pass

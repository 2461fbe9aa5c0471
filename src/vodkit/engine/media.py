"""``vod.media``: what is on the provider."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from vodkit.core.capabilities import Capabilities
from vodkit.core.config import suggestion
from vodkit.core.contract import MediaStore, PullsSources
from vodkit.core.errors import InvalidRequest, UnsupportedOption
from vodkit.core.media import Media, Processing
from vodkit.transport import Cancel, Transport

from .calls import patiently
from .download import Downloader
from .pages import with_page
from .progress import Progress
from .settings import EngineSettings
from .waiting import processing_of, until_ready

OnProcessing = Callable[[Processing], None]


class MediaCalls:
    """Finding, changing, fetching and removing media. Calls that only read are tried again."""

    def __init__(
        self,
        provider: str,
        capabilities: Capabilities,
        store: MediaStore,
        transport: Transport,
        settings: EngineSettings,
    ) -> None:
        self._provider = provider
        self.capabilities = capabilities
        self._transport = transport
        self._settings = settings
        self.store = store
        """The room's own store, with whatever else it can do."""

    def get(self, id: str) -> Media:
        """One media.

        Raises:
            NotFound: there is none of this id.
        """
        return self._with_page(patiently(lambda: self.store.get(id), self._settings, Cancel()))

    def list(self, **filters: Any) -> Iterator[Media]:
        """All media that match, page by page as they are asked for.

        Args:
            filters: Those of ``capabilities.search``.

        Raises:
            UnsupportedOption: the provider has no such filter; raised by the call itself.
        """
        for name in filters:
            if name not in self.capabilities.search:
                known = self.capabilities.search
                advice = suggestion(name, known, "It has") if known else "It has none"
                raise UnsupportedOption(f"no filter {name!r}", provider=self._provider, advice=advice)
        return self._pages(filters)

    def update(self, id: str, **changes: Any) -> Media:
        """Change title, description, tags ..., by the upload options' names.

        Raises:
            UnsupportedOption: the provider cannot change this.
            NotFound: there is no such media.
        """
        return self._with_page(self.store.update(id, **changes))

    def delete(self, id: str) -> None:
        """Delete one media for good.

        Raises:
            NotFound: there is no such media.
        """
        self.store.delete(id)

    def wait(
        self,
        id: str,
        *,
        timeout: float | None = None,
        on_progress: OnProcessing | None = None,
        cancel: Cancel | None = None,
    ) -> Media:
        """Wait until a media is ready, and return it as it is then.

        Args:
            id: Of the media.
            timeout: Seconds; ``None`` waits as long as it takes.
            on_progress: Told what every look found, in the calling thread.
            cancel: Stops waiting from another thread; the provider goes on.

        Raises:
            ProcessingFailed: it will not be ready; the message says why, if the provider does.
            TimedOut: it is not ready yet.
            NotFound: there is no such media.
        """
        self._until_ready(id, timeout, on_progress, cancel or Cancel())
        return self.get(id)

    def pull(self, url: str, **options: Any) -> str:
        """Have the provider fetch a source by itself; see :meth:`pulled`.

        Args:
            url: ``http`` or ``https``.
            options: Those of ``capabilities.pull``; ``None`` leaves one out.

        Returns:
            The provider's id of the pull.

        Raises:
            UnsupportedOption: the provider fetches nothing, or not with such an option; nothing was sent.
            InvalidRequest: it will not fetch this.
        """
        values = {name: value for name, value in options.items() if value is not None}
        self.capabilities.refuse_pull(self._provider, values)
        if not url.lower().startswith(("http://", "https://")):
            raise InvalidRequest(
                "only http and https addresses can be pulled",
                provider=self._provider,
                advice="Upload a file with: vodkit upload",
            )
        return self._puller().pull(url, values)

    def pulled(
        self,
        pull: str,
        *,
        ready: bool = False,
        timeout: float | None = None,
        on_progress: OnProcessing | None = None,
        cancel: Cancel | None = None,
    ) -> Media:
        """Wait until a pull is over, and return its media, which may still be processed then.

        Args:
            pull: The id that :meth:`pull` returned.
            ready: Wait until the media is ready, too, within the same ``timeout``.
            timeout, on_progress, cancel: As in :meth:`wait`.

        Raises:
            ProcessingFailed: the source could not be had, or its media will not be ready; the message says
                why, if the provider does.
            TimedOut: it has not come yet, or is not ready yet.
            NotFound: there is no such pull.
        """
        puller, begun, cancel = self._puller(), time.monotonic(), cancel or Cancel()
        found = until_ready(
            lambda: puller.pulling(pull),
            f"pull {pull}",
            self._provider,
            self._settings,
            timeout=timeout,
            on_progress=on_progress,
            cancel=cancel,
            advice="See that the address can be fetched from where the provider is; then pull it again",
        )
        if ready:
            self._until_ready(found.media, timeout, on_progress, cancel, begun)
        return self.get(found.media)

    def _until_ready(
        self,
        id: str,
        timeout: float | None,
        on_progress: OnProcessing | None,
        cancel: Cancel,
        begun: float | None = None,
    ) -> None:
        until_ready(
            lambda: processing_of(self.store, id),
            f"media {id}",
            self._provider,
            self._settings,
            timeout=timeout,
            on_progress=on_progress,
            cancel=cancel,
            begun=begun,
        )

    def _puller(self) -> PullsSources:
        self.capabilities.refuse_pull(self._provider, ())
        assert isinstance(self.store, PullsSources)
        return self.store

    def download(
        self,
        id: str,
        path: str | os.PathLike[str],
        *,
        byte_range: tuple[int, int] | None = None,
        parallel: int | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Path:
        """Fetch the original to a file, which appears only when it is whole and has been checked.

        Called again after a break it goes on where it was, if the original is still the same.

        Args:
            id: Of the media.
            path: The file; replaced if it exists.
            byte_range: First and last byte, both included; ``None`` for all.
            parallel: Most connections at once, 1 to 16, for an original of more than 4 MiB at a server that
                has ranges; default the connection's, else 4.
            on_progress: Told how far it is, in the calling thread.
            cancel: Stops it from another thread.

        Raises:
            UnsupportedOption: the provider hands out no originals.
            NotFound, PermissionDenied, InvalidRequest: it cannot be had.
            IntegrityError: what arrived is not what the provider says it holds.
            UploadBusy: it is being fetched to this path already.
            ConfigError: the path cannot be written to, or ``parallel`` is out of range.
        """
        if not self.capabilities.download:
            raise UnsupportedOption("originals cannot be fetched", provider=self._provider)
        target = Path(path)
        self.downloader(cancel, on_progress, parallel).run(id, target, byte_range)
        return target

    def downloader(
        self,
        cancel: Cancel | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        parallel: int | None = None,
    ) -> Downloader:
        """What :meth:`download` works with."""
        settings = replace(self._settings, parallel=self._settings.parallel if parallel is None else parallel)
        return Downloader(
            self.store, self._provider, self._transport, settings, cancel or Cancel(), on_progress
        )

    def _pages(self, filters: dict[str, Any]) -> Iterator[Media]:
        marker, seen = "", set[str]()
        while True:
            page = patiently(
                lambda marker=marker: self.store.page(marker=marker, **filters),  # type: ignore[misc]
                self._settings,
                Cancel(),
            )
            for media in page.items:
                # What is uploaded meanwhile shifts the pages of an offset-based listing.
                if media.id not in seen:
                    seen.add(media.id)
                    yield self._with_page(media)
            if not page.next:
                return
            marker = page.next

    def _with_page(self, media: Media) -> Media:
        return with_page(media, self._settings.service)

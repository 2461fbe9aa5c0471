"""Asking a provider again and again until something is over."""

from __future__ import annotations

import time
from collections.abc import Callable

from vodkit.core.contract import MediaStore, ReportsProcessing
from vodkit.core.errors import ConfigError, ProcessingFailed, TimedOut
from vodkit.core.media import Processing
from vodkit.transport import Cancel

from .calls import patiently
from .settings import EngineSettings

_FIRST_PAUSE = 0.2
_PAUSE_GROWS = 1.5
_LONGEST_PAUSE = 5.0
_WHEN_BLOCKED = "It plays for nobody until the provider unblocks it"


def processing_of(store: MediaStore, id: str) -> Processing:
    """How far a media is, by the provider's own call for it.

    Raises:
        NotFound: there is none of this id.
    """
    if isinstance(store, ReportsProcessing):
        return store.processing(id)
    media = store.get(id)
    return Processing(media.status, error=media.error, media=media.id)


def until_ready(
    look: Callable[[], Processing],
    what: str,
    provider: str,
    settings: EngineSettings,
    *,
    timeout: float | None,
    on_progress: Callable[[Processing], None] | None,
    cancel: Cancel,
    advice: str | None = None,
    begun: float | None = None,
) -> Processing:
    """Look until it is ready, with longer and longer pauses.

    Args:
        look: Asks the provider; tried again when it fails for a while.
        what: Names it in errors.
        provider: Name of the provider room.
        settings: How failures are survived.
        timeout: Seconds; ``None`` waits as long as it takes.
        on_progress: Told what every look found.
        cancel: Stops it from another thread.
        advice: What to do when it will not be ready.
        begun: When the timeout began to count, on the monotonic clock, where it counts for more than this;
            default now.

    Raises:
        ProcessingFailed: it will not be ready.
        TimedOut: it is not ready yet.
        ConfigError: the timeout is below 0.
    """
    if timeout is not None and timeout < 0:
        raise ConfigError(f"timeout is {timeout}", advice="Choose 0 seconds or more")
    start = time.monotonic() if begun is None else begun
    end = float("inf") if timeout is None else start + timeout
    pause = _FIRST_PAUSE
    while True:
        found = patiently(look, settings, cancel)
        if on_progress is not None:
            on_progress(found)
        if found.status == "ready":
            return found
        if found.status != "processing":
            todo = _WHEN_BLOCKED if found.status == "blocked" else advice
            raise ProcessingFailed(f"{what} {_ending(found)}", provider=provider, advice=todo)
        left = end - time.monotonic()
        if left <= 0:
            raise TimedOut(
                f"{what} is not ready after {timeout:g} seconds",
                provider=provider,
                advice="Wait again: the provider goes on with it",
            )
        cancel.wait(min(pause, left))
        pause = min(pause * _PAUSE_GROWS, _LONGEST_PAUSE)


def _ending(found: Processing) -> str:
    if found.status == "failed":
        return f"failed: {found.error}" if found.error else "failed"
    return f"is {found.status}"

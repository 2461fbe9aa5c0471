"""The async face: whole operations, each handed to a thread of the same engine."""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from vodkit.core.media import Media, Processing
from vodkit.transport import Cancel

from .ledger import Entry
from .progress import Progress
from .run import UploadResult
from .sources import AnySource
from .uploads import MONTH
from .verify import VerifyReport
from .vod import Vod

T = TypeVar("T")
MAX_OPERATIONS = 32
"""Operations that run at once; more wait for their turn."""

AsyncSource = AnySource | AsyncIterable[bytes]
OnProgress = Callable[[Progress], Awaitable[None] | None]
OnNotice = Callable[[str], Awaitable[None] | None]
OnProcessing = Callable[[Processing], Awaitable[None] | None]


class _Threads:
    """Runs blocking operations; cancelling the task stops the operation before it lets go."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(MAX_OPERATIONS, thread_name_prefix="vodkit-async")

    async def run(self, work: Callable[[], T], cancel: Cancel | None = None) -> T:
        """Do ``work`` in a thread. On cancellation ``cancel`` is set and the thread's end awaited."""
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            if cancel is not None:
                cancel.cancel()
                while not future.done():
                    # A second cancellation changes nothing: the thread is on its way out.
                    await asyncio.wait([future])
                _look_away(future)
            else:
                future.add_done_callback(_look_away)
            raise

    async def close(self) -> None:
        await asyncio.to_thread(self._pool.shutdown)


class AsyncVod:
    """A connection for asyncio; an async context manager. Its methods are those of :class:`vodkit.Vod`."""

    def __init__(self, vod: Vod) -> None:
        self.vod = vod
        self._threads = _Threads()
        self.media = AsyncMedia(vod, self._threads)
        self.uploads = AsyncUploads(vod, self._threads)

    def __repr__(self) -> str:
        return f"<AsyncVod {self.vod.provider.name}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close it after the operations that still run."""
        await self._threads.close()
        self.vod.close()

    @property
    def spaces(self) -> AsyncCalls:
        """The calls about spaces, to be awaited. Raises ``UnsupportedOption`` where there are none."""
        return AsyncCalls(self.vod.spaces, self._threads)

    @property
    def callbacks(self) -> AsyncCalls:
        """The calls about callbacks, to be awaited. Raises ``UnsupportedOption`` where there are none."""
        return AsyncCalls(self.vod.callbacks, self._threads)

    async def upload(self, source: AsyncSource, **options: Any) -> Media:
        """As :meth:`vodkit.Vod.upload`. Callbacks run in the event loop and may be coroutine functions.

        ``source`` may also be an async iterable of bytes. Cancelling the task cancels the transfer, which
        stays resumable.
        """
        return (await self.upload_detailed(source, **options)).media

    async def upload_detailed(
        self,
        source: AsyncSource,
        *,
        on_progress: OnProgress | None = None,
        on_notice: OnNotice | None = None,
        cancel: Cancel | None = None,
        **options: Any,
    ) -> UploadResult:
        """As :meth:`vodkit.Vod.upload_detailed`; see :meth:`upload`."""
        scope = Cancel(cancel)
        bridge = _Bridge(asyncio.get_running_loop(), scope)
        given = bridge.pieces(source) if isinstance(source, AsyncIterable) else source
        try:
            return await self._threads.run(
                functools.partial(
                    self.vod.upload_detailed,
                    given,
                    on_progress=bridge.callback(on_progress),
                    on_notice=bridge.callback(on_notice),
                    cancel=scope,
                    **options,
                ),
                scope,
            )
        finally:
            scope.detach()

    async def verify(self, id: str) -> VerifyReport:
        """As :meth:`vodkit.Vod.verify`."""
        return await self._threads.run(lambda: self.vod.verify(id))


class AsyncMedia:
    """As :class:`vodkit.engine.media.MediaCalls`, to be awaited."""

    def __init__(self, vod: Vod, threads: _Threads) -> None:
        self._media = vod.media
        self._threads = threads

    async def get(self, id: str) -> Media:
        """One media."""
        return await self._threads.run(lambda: self._media.get(id))

    async def list(self, **filters: Any) -> AsyncIterator[Media]:
        """All media that match."""
        found = self._media.list(**filters)
        while (media := await self._threads.run(lambda: next(found, None))) is not None:
            yield media

    async def update(self, id: str, **changes: Any) -> Media:
        """Change a media."""
        return await self._threads.run(lambda: self._media.update(id, **changes))

    async def delete(self, id: str) -> None:
        """Delete a media for good."""
        await self._threads.run(lambda: self._media.delete(id))

    async def wait(
        self, id: str, *, timeout: float | None = None, on_progress: OnProcessing | None = None
    ) -> Media:
        """Wait until a media is ready. Cancelling the task ends the wait; the provider goes on."""
        scope = Cancel()
        told = _Bridge(asyncio.get_running_loop(), scope).callback(on_progress)
        return await self._threads.run(
            lambda: self._media.wait(id, timeout=timeout, on_progress=told, cancel=scope), scope
        )

    async def pull(self, url: str, **options: Any) -> str:
        """Have the provider fetch a source by itself; the id of the pull."""
        return await self._threads.run(lambda: self._media.pull(url, **options))

    async def pulled(
        self,
        pull: str,
        *,
        ready: bool = False,
        timeout: float | None = None,
        on_progress: OnProcessing | None = None,
    ) -> Media:
        """Wait until a pull is over, or its media is ready. Cancelling the task ends the wait; the provider
        goes on."""
        scope = Cancel()
        told = _Bridge(asyncio.get_running_loop(), scope).callback(on_progress)
        return await self._threads.run(
            lambda: self._media.pulled(pull, ready=ready, timeout=timeout, on_progress=told, cancel=scope),
            scope,
        )

    async def download(
        self,
        id: str,
        path: str | os.PathLike[str],
        *,
        byte_range: tuple[int, int] | None = None,
        parallel: int | None = None,
        on_progress: OnProgress | None = None,
    ) -> Path:
        """Fetch the original to a file. Cancelling the task stops it; the next call goes on."""
        scope = Cancel()
        bridge = _Bridge(asyncio.get_running_loop(), scope)
        return await self._threads.run(
            lambda: self._media.download(
                id,
                path,
                byte_range=byte_range,
                parallel=parallel,
                on_progress=bridge.callback(on_progress),
                cancel=scope,
            ),
            scope,
        )


class AsyncUploads:
    """As :class:`vodkit.engine.uploads.UploadCalls`, to be awaited."""

    def __init__(self, vod: Vod, threads: _Threads) -> None:
        self._uploads = vod.uploads
        self._threads = threads

    async def list(self, status: str | None = None) -> list[Entry]:
        """This account's uploads, newest first."""
        return await self._threads.run(lambda: self._uploads.list(status))

    async def resume(
        self, id: str, *, on_progress: OnProgress | None = None, on_notice: OnNotice | None = None
    ) -> UploadResult:
        """Go on with an interrupted upload."""
        scope = Cancel()
        bridge = _Bridge(asyncio.get_running_loop(), scope)
        return await self._threads.run(
            lambda: self._uploads.resume(
                id,
                on_progress=bridge.callback(on_progress),
                on_notice=bridge.callback(on_notice),
                cancel=scope,
            ),
            scope,
        )

    async def abort(self, id: str) -> None:
        """Give an interrupted upload up."""
        await self._threads.run(lambda: self._uploads.abort(id))

    async def clean(self, older_than: float = MONTH) -> int:
        """Forget uploads that are over."""
        return await self._threads.run(lambda: self._uploads.clean(older_than))


class AsyncCalls:
    """The methods of a blocking object, to be awaited; iterators come back as lists."""

    def __init__(self, target: object, threads: _Threads) -> None:
        self._target = target
        self._threads = threads

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._target, name)

        def work(args: tuple[Any, ...], options: dict[str, Any]) -> Any:
            answer = method(*args, **options)
            return list(answer) if isinstance(answer, Iterator) else answer

        async def call(*args: Any, **options: Any) -> Any:
            return await self._threads.run(lambda: work(args, options))

        return call


class _Bridge:
    """Calls back from an engine's thread into the event loop, and waits for the answer there."""

    def __init__(self, loop: asyncio.AbstractEventLoop, cancel: Cancel) -> None:
        self._loop = loop
        self._cancel = cancel

    def callback(self, function: Callable[[T], Awaitable[None] | None] | None) -> Callable[[T], None] | None:
        """A blocking stand-in for a callback, coroutine function or not; its exceptions come through."""
        if function is None:
            return None

        async def call(value: T) -> None:
            answer = function(value)
            if inspect.isawaitable(answer):
                await answer

        return lambda value: self._wait(call(value))

    def pieces(self, source: AsyncIterable[bytes]) -> Iterator[bytes]:
        """The pieces of an async iterable, one by one."""
        iterator = aiter(source)

        async def following() -> bytes | None:
            return await anext(iterator, None)

        while (piece := self._wait(following())) is not None:
            yield piece

    def _wait(self, work: Any) -> Any:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)

        def wake() -> None:
            future.cancel()

        with self._cancel.waking(wake):
            try:
                return future.result()
            except CancelledError:
                self._cancel.check()
                raise


def _look_away(future: asyncio.Future[Any]) -> None:
    """Take note of the outcome of an operation that nobody waits for."""
    if not future.cancelled():
        future.exception()

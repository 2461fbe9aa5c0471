"""Originals brought back: resumable, checked, and put in place only when they are whole."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from vodkit.core.contract import CRC64_HEADER, MediaStore, ReportsDigests
from vodkit.core.errors import (
    ConfigError,
    ConnectionLost,
    IntegrityError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    RemoteError,
    ServerError,
    UploadBusy,
    VodError,
)
from vodkit.transport import Cancel, Download, Transport

from .fetch import Facts, Fetcher, fill
from .integrity import Digest, digest
from .progress import Meter, Progress
from .retry import Budget
from .settings import EngineSettings

WINDOW = 1024 * 1024
_PLACE = (0, "download")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be fetched: bytes ``start`` to ``end``, exclusive, of a file with these facts."""

    facts: Facts
    start: int
    end: int | None
    digests: Mapping[str, str]

    @property
    def length(self) -> int | None:
        return None if self.end is None else self.end - self.start


class Downloader:
    """Brings one media's original to a file.

    Args:
        store: Where it is.
        provider: Name of the room, for errors.
        transport: What requests travel on.
        settings: How often to try.
        cancel: Stops it; what has arrived stays and is used by the next run.
        on_progress: Told how far it is.
    """

    def __init__(
        self,
        store: MediaStore,
        provider: str,
        transport: Transport,
        settings: EngineSettings,
        cancel: Cancel,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._store = store
        self._provider = provider
        self._cancel = cancel
        self._settings = settings
        self._fetcher = Fetcher(transport, cancel, self._judge)
        self._meter = Meter(on_progress)

    def run(self, id: str, path: Path, byte_range: tuple[int, int] | None) -> None:
        """Fetch ``id`` to ``path``; ``byte_range`` is first and last byte, both included.

        Bytes arrive in ``<path>.<hash>.part``, named after the content's version, so that a later run goes
        on with the same content only.

        Raises:
            NotFound, PermissionDenied, InvalidRequest: the original or the range cannot be had.
            IntegrityError: what arrived is not what the provider says it holds; nothing is put in place.
        UploadBusy: it is being fetched to this path already.
            ConfigError: the path cannot be written to.
        """
        if path.is_dir() or not path.parent.is_dir():
            what = "is a directory" if path.is_dir() else "is in a directory that does not exist"
            raise ConfigError(f"{str(path)!r} {what}", advice="Name a file in a directory that exists")
        if byte_range is not None and not 0 <= byte_range[0] <= byte_range[1]:
            raise InvalidRequest(f"{byte_range!r} is not a range (first byte, last byte)")
        budget = Budget(self._settings)
        while True:
            try:
                self._attempt(id, path, byte_range, budget)
                return
            except VodError as error:
                delay = budget.failed(_PLACE, error) if error.retryable else None
                if delay is None:
                    raise
                self._cancel.wait(delay)

    def look(self, id: str) -> tuple[Facts, Mapping[str, str]]:
        """What the provider says about the original, without its bytes: size, version and digests.

        Raises:
            NotFound, PermissionDenied: it cannot be had.
        """
        url, headers = self._store.download_request(id)
        with ExitStack() as stack:
            answer = self._fetcher.get(url, {**headers, "Range": "bytes=0-0"}, stack)
            if answer.status == 416 and Facts.of(answer).size is None:
                # An empty original, at a server that does not tell its size along with the refusal.
                answer = self._fetcher.get(url, headers, stack)
            return Facts.of(answer), self._told(answer.headers)

    def _told(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Digests of the whole, from whatever served it: a service's play URL, or the vendor's own store."""
        told = {"crc64": headers[CRC64_HEADER]} if CRC64_HEADER in headers else {}
        if isinstance(self._store, ReportsDigests):
            told |= self._store.digests(headers)
        return told

    def _attempt(self, id: str, path: Path, byte_range: tuple[int, int] | None, budget: Budget) -> None:
        facts, told = self.look(id)
        plan = self._plan(facts, byte_range, told)
        part = path.with_name(f"{path.name}.{self._token(id, plan)}.part")
        hashers = {name: digest(name) for name in plan.digests}
        self._meter.begin("receiving", plan.length)
        with _alone(part) as descriptor:
            have = self._adopt(descriptor, plan, hashers)
            if plan.length is None or have < plan.length:
                self._receive(id, descriptor, have, plan, hashers, budget)
            os.fsync(descriptor)
            self._check(part, plan, hashers)
            os.replace(part, path)  # noqa: PTH105
        _sync_directory(path.parent)
        self._meter.tick(force=True, done=True)

    def _plan(self, facts: Facts, byte_range: tuple[int, int] | None, told: Mapping[str, str]) -> _Plan:
        if byte_range is None:
            return _Plan(facts, 0, facts.size, told)
        first, last = byte_range
        if facts.size is not None and first >= facts.size:
            raise InvalidRequest(
                f"the original has {facts.size} bytes, none at {first}", provider=self._provider
            )
        if not facts.ranges or facts.size is None:
            raise ProtocolError("the provider does not answer to ranges", provider=self._provider)
        return _Plan(facts, first, min(last + 1, facts.size), {})

    def _token(self, id: str, plan: _Plan) -> str:
        """Names the content: a part file of another version, range or media is never gone on with."""
        facts = plan.facts
        text = "\n".join(map(str, (self._provider, id, facts.size, facts.version, plan.start, plan.end)))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _adopt(self, descriptor: int, plan: _Plan, hashers: Mapping[str, Digest]) -> int:
        """How many bytes an earlier run left that can be used; they are digested."""
        have = os.fstat(descriptor).st_size
        if not plan.facts.ranges or not plan.facts.version or plan.length is None or have > plan.length:
            os.ftruncate(descriptor, 0)
            return 0
        buffer = memoryview(bytearray(WINDOW if hashers else 0))
        offset = 0
        while hashers and offset < have:
            self._cancel.check()
            count = os.preadv(descriptor, [buffer], offset)
            for hasher in hashers.values():
                hasher.update(buffer[:count])
            offset += count
        self._meter.acknowledged(0, "adopted", have)
        return have

    def _receive(
        self,
        id: str,
        descriptor: int,
        have: int,
        plan: _Plan,
        hashers: Mapping[str, Digest],
        budget: Budget,
    ) -> None:
        url, headers = self._store.download_request(id)
        wanted = dict(headers)
        ranged = plan.facts.ranges and (have > 0 or plan.length != plan.facts.size)
        if ranged:
            wanted["Range"] = f"bytes={plan.start + have}-{(plan.end or 0) - 1}"
            if plan.facts.validator:
                wanted["If-Range"] = plan.facts.validator
        buffer = memoryview(bytearray(WINDOW))
        with ExitStack() as stack:
            answer = self._fetcher.get(url, wanted, stack)
            facts = Facts.of(answer)
            if facts.version != plan.facts.version or (ranged and answer.status != 206):
                raise ConnectionLost("the original was replaced while it was being fetched")
            while count := fill(answer, buffer):
                _write(descriptor, buffer[:count])
                for hasher in hashers.values():
                    hasher.update(buffer[:count])
                self._meter.moved(count)
                self._meter.tick()
                budget.succeeded(_PLACE)
                self._cancel.check()

    def _check(self, part: Path, plan: _Plan, hashers: Mapping[str, Digest]) -> None:
        got = part.stat().st_size
        wrong = [
            f"{name} is not {told}"
            for name, told in plan.digests.items()
            if hashers[name].hexdigest() != told
        ]
        if plan.length is not None and got != plan.length:
            wrong.insert(0, f"{got} bytes came, not {plan.length}")
        if wrong:
            part.unlink()
            raise IntegrityError(
                f"what arrived is not what the provider holds: {'; '.join(wrong)}",
                provider=self._provider,
                advice="Download it again; if this repeats, check the network path and the disk",
            )

    def _judge(self, answer: Download) -> None:
        status = answer.status
        if status == 416:
            return
        kinds: dict[int, type[RemoteError]] = {
            401: PermissionDenied,
            403: PermissionDenied,
            404: NotFound,
            410: NotFound,
            429: RateLimited,
        }
        kind = kinds.get(status, ServerError if status >= 500 else RemoteError)
        raise kind("the original cannot be had", provider=self._provider, status=status)


@contextmanager
def _alone(part: Path) -> Iterator[int]:
    """The part file, open for appending; nobody else writes to it meanwhile.

    Raises:
        UploadBusy: another process or thread fetches the same content to the same file.
    """
    while True:
        with part.open("a+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UploadBusy(
                    f"{part.name!r} is being fetched already", advice="Wait for the other process, or stop it"
                ) from None
            # Whoever held the lock may have put the file in place since it was opened.
            if _is_still(part, file.fileno()):
                yield file.fileno()
                return


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _write(descriptor: int, data: memoryview) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _sync_directory(path: Path) -> None:
    """Make the new name durable; file systems that cannot do it are left to themselves."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

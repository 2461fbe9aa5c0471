"""Originals brought back: resumable, checked, and put in place only when they are whole.

A first request asks for one byte and learns the size, the version (ETag and Last-Modified) and the digests of
the whole. The version names the part file, ``<file>.<hash>.part``, so that nothing of another content is ever
gone on with.

If the server has ranges, a size and a version, the content is cut into ranges of 4 MiB and workers fetch them
over connections of their own; a small file is one range, and thus one stream. Every request carries the
validator as ``If-Range``, and every answer is held to the version and the size: a content that changes
meanwhile is started anew. A range that breaks goes on within itself. When it is whole its bytes are synced,
and a line in the part file's log says so, with its digests (:mod:`.partfile`); after a kill -9 at most the
ranges in flight are fetched again, after an orderly end no byte.

Without ranges or a version there is one stream, from the first byte after every break.

At the end the digests of the whole are made from those of the ranges (CRC-64, SHA-1 over 4 MiB blocks) and
compared; those that cannot be, such as MD5, take one pass over the file. Then the log is cut off, the file
synced and renamed. Workers hold one slice of 64 KiB each, however large the file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from vodkit.core.contract import MediaStore
from vodkit.core.errors import ConfigError, IntegrityError, InvalidRequest, ProtocolError, VodError
from vodkit.transport import Cancel, Transport

from .bandwidth import Bandwidth
from .calls import patiently
from .fetch import SLICE, Facts, fill
from .integrity import digest
from .origin import Origin, Replaced, Unranged
from .partfile import PartFile, alone
from .progress import Meter, Progress
from .ranges import Flow, Ranges
from .retry import Budget
from .settings import EngineSettings

PARALLEL = 4
"""Ranges in flight at once, unless told otherwise."""
_PLACE = (0, "download")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be fetched: bytes ``start`` to ``end``, exclusive, of a file with these facts.

    ``ranged``: in ranges that can be gone on with.
    """

    facts: Facts
    start: int
    end: int | None
    digests: Mapping[str, str]
    ranged: bool

    @property
    def length(self) -> int | None:
        return None if self.end is None else self.end - self.start


class Downloader:
    """Brings one media's original to a file.

    Args:
        store: Where it is.
        provider: Name of the room, for errors.
        transport: What requests travel on.
        settings: How often to try, how many ranges at once, how fast.
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
        self._transport = transport
        self._cancel = cancel
        self._settings = settings
        self._bandwidth = Bandwidth(settings.bandwidth)
        self._meter = Meter(on_progress, interval=settings.report_interval)

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
        budget, ranged = Budget(self._settings), True
        while True:
            scope = Cancel(self._cancel)
            try:
                self._attempt(id, path, byte_range, Flow(self._bandwidth, self._meter, scope, budget), ranged)
                return
            except Unranged:
                if byte_range is not None:
                    raise
                ranged = False
            except Replaced as error:
                delay = budget.failed(_PLACE, error)
                if delay is None:
                    raise
                self._cancel.wait(delay)
            finally:
                scope.detach()

    def look(self, id: str) -> tuple[Facts, Mapping[str, str]]:
        """What the provider says about the original, without its bytes: size, version and digests.

        Raises:
            NotFound, PermissionDenied: it cannot be had.
        """
        return self._origin(id, self._cancel).look()

    def _origin(self, id: str, cancel: Cancel) -> Origin:
        return Origin(self._store, self._provider, id, self._transport, cancel)

    def _attempt(
        self, id: str, path: Path, byte_range: tuple[int, int] | None, flow: Flow, ranged: bool
    ) -> None:
        origin = self._origin(id, flow.cancel)
        facts, told = patiently(origin.look, self._settings, flow.cancel)
        plan = self._plan(facts, byte_range, told, ranged)
        self._meter.begin("receiving", plan.length)
        with alone(path.with_name(f"{path.name}.{self._token(id, plan)}.part")) as part:
            try:
                known = (self._in_ranges if plan.ranged else self._in_one)(origin, plan, part, flow)
            except (Replaced, Unranged):
                part.path.unlink()
                raise
            came = part.size if plan.length is None or not plan.ranged else plan.length
            self._check(part, plan, known, came)
            part.seal(came)
            os.replace(part.path, path)  # noqa: PTH105
        _sync_directory(path.parent)
        self._meter.tick(force=True, done=True)

    def _plan(
        self, facts: Facts, byte_range: tuple[int, int] | None, told: Mapping[str, str], ranged: bool
    ) -> _Plan:
        ranged = facts.size == 0 or (ranged and facts.ranges and bool(facts.version))
        if byte_range is None:
            return _Plan(facts, 0, facts.size, told, ranged)
        first, last = byte_range
        if facts.size is not None and first >= facts.size:
            raise InvalidRequest(
                f"the original has {facts.size} bytes, none at {first}", provider=self._provider
            )
        if not facts.ranges or facts.size is None:
            raise ProtocolError("the provider does not answer to ranges", provider=self._provider)
        return _Plan(facts, first, min(last + 1, facts.size), {}, ranged)

    def _token(self, id: str, plan: _Plan) -> str:
        """Names the content: a part file of another version, range or media is never gone on with."""
        facts = plan.facts
        text = "\n".join(
            map(str, (self._provider, id, facts.size, facts.version, plan.start, plan.end, plan.ranged))
        )
        return hashlib.sha256(f"{text}\n{sorted(plan.digests.items())}".encode()).hexdigest()[:12]

    def _in_ranges(self, origin: Origin, plan: _Plan, part: PartFile, flow: Flow) -> Mapping[str, str]:
        """Receive what is missing; the digests of the whole that are known without reading it."""
        ranges = part.ranges(plan.length or 0)
        receiving = Ranges(origin, plan.facts, plan.start, part, ranges, plan.digests, flow)
        receiving.run(self._settings.parallel or PARALLEL)
        return receiving.digests()

    def _in_one(self, origin: Origin, plan: _Plan, part: PartFile, flow: Flow) -> Mapping[str, str]:
        """Receive everything in one stream, after a break from the first byte again; its digests."""
        return patiently(lambda: self._stream(origin, plan, part, flow), self._settings, flow.cancel)

    def _stream(self, origin: Origin, plan: _Plan, part: PartFile, flow: Flow) -> dict[str, str]:
        part.clear()
        hashers = {name: digest(name) for name in plan.digests}
        buffer = memoryview(bytearray(SLICE))
        offset = 0
        try:
            with ExitStack() as stack:
                if plan.end is None or plan.length == plan.facts.size:
                    answer = origin.whole(plan.facts, stack)
                else:
                    answer = origin.range(plan.facts, plan.start, plan.end - 1, stack)
                self._meter.tick(force=True)
                while count := fill(answer, buffer):
                    flow.bandwidth.take(count, flow.cancel)
                    part.write(offset, buffer[:count])
                    offset += count
                    for hasher in hashers.values():
                        hasher.update(buffer[:count])
                    self._meter.moved(count)
                    self._meter.tick()
        except VodError:
            self._meter.returned(offset)
            raise
        return {name: hasher.hexdigest() for name, hasher in hashers.items()}

    def _check(self, part: PartFile, plan: _Plan, known: Mapping[str, str], came: int) -> None:
        hashers = {name: digest(name) for name in plan.digests if name not in known}
        wrong = [f"{came} bytes came, not {plan.length}"] if plan.length not in (None, came) else []
        part.digest(0, came, hashers.values(), self._cancel.check)
        got = {**known, **{name: hasher.hexdigest() for name, hasher in hashers.items()}}
        wrong += [f"{name} is not {told}" for name, told in plan.digests.items() if got[name] != told]
        if wrong:
            part.path.unlink()
            raise IntegrityError(
                f"what arrived is not what the provider holds: {'; '.join(wrong)}",
                provider=self._provider,
                advice="Download it again; if this repeats, check the network path and the disk",
            )


def _sync_directory(path: Path) -> None:
    """Make the new name durable; file systems that cannot do it are left to themselves."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

"""Toy providers: one for every shape of wire, over servers that live in the test's memory.

A fault strikes before a call takes effect, or after it, when only the answer is lost.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vodkit.core.capabilities import Capabilities
from vodkit.core.contract import Body, Digests, Exchange, MediaStore, UploadOptions
from vodkit.core.errors import ConnectionLost, IntegrityError, Superseded
from vodkit.core.media import Media
from vodkit.core.part import DONE, Next, Part, Saved, Sent, Wait
from vodkit.core.source import Identity, Item
from vodkit.engine.integrity import digest

Fault = Callable[[str], None]


def no_fault(_: str) -> None:
    pass


def random_faults(seed: int, rate: float) -> Fault:
    """Fails a share of all calls, before or after their effect."""
    dice, lock = random.Random(seed), threading.Lock()

    def fault(_: str) -> None:
        with lock:
            if dice.random() < rate:
                raise ConnectionLost("injected")

    return fault


@dataclass
class ToyServer:
    """Uploads by id; every call is atomic."""

    size_of_slice: int = 1000
    takes_halves: bool = False
    fault: Fault = no_fault
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    aborted: list[str] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    cursor: dict[str, int] = field(default_factory=dict)

    def call(self, what: str, effect: Callable[[], Any]) -> Any:
        self.fault(f"before {what}")
        with self.lock:
            self.calls.append(what)
            result = effect()
        self.fault(f"after {what}")
        return result

    def open(self, total: int = 0) -> str:
        def effect() -> str:
            id = f"u{len(self.uploads) + 1}"
            self.uploads[id], self.totals[id], self.cursor[id] = {}, total, 0
            return id

        return str(self.call("open", effect))

    def known(self, id: str) -> dict[int, bytes]:
        if id in self.gone or id not in self.uploads:
            raise Superseded(f"no upload {id}")
        return self.uploads[id]

    def put(self, id: str, offset: int, data: bytes) -> None:
        self.call("put", lambda: self.known(id).__setitem__(offset, data))

    def append(self, id: str, offset: int, data: bytes, final: bool) -> int:
        """Sequential wire: what is already there is answered with the stored length."""

        def effect() -> int:
            blocks = self.known(id)
            stored = sum(map(len, blocks.values()))
            if offset == stored:
                taken = data if final or not self.takes_halves else data[: len(data) // 2 + 1]
                blocks[offset] = taken
                stored += len(taken)
            elif offset + len(data) > stored:
                raise IntegrityError(f"offset {offset} and {stored} are stored", retryable=False)
            if final:
                self.media[id] = self.content(id)
            return stored

        return int(self.call("append", effect))

    def stored(self, id: str) -> int:
        return int(self.call("stored", lambda: sum(map(len, self.known(id).values()))))

    def offsets(self, id: str) -> list[int]:
        return list(self.call("list", lambda: sorted(self.known(id))))

    def assignment(self, id: str) -> tuple[int, int] | None:
        """Server-planned wire: the next slice, round and round over those that are missing."""
        missing = [at for at in range(0, self.totals[id], self.size_of_slice) if at not in self.known(id)]
        if not missing:
            return None
        later = [at for at in missing if at >= self.cursor[id]]
        at = (later or missing)[0]
        self.cursor[id] = at + 1
        return at, min(self.size_of_slice, self.totals[id] - at)

    def new_slice(self, id: str) -> tuple[int, int] | None:
        found = self.call("new_slice", lambda: self.assignment(id))
        return found if found is None else (found[0], found[1])

    def put_slice(self, id: str, offset: int, data: bytes) -> tuple[int, int] | None:
        def effect() -> tuple[int, int] | None:
            self.known(id)[offset] = data
            return self.assignment(id)

        found = self.call("put_slice", effect)
        return found if found is None else (found[0], found[1])

    def complete(self, id: str) -> str:
        def effect() -> str:
            self.known(id)
            self.media[id] = self.content(id)
            return id

        return str(self.call("complete", effect))

    def content(self, id: str) -> bytes:
        out, blocks = b"", self.uploads[id]
        for offset in sorted(blocks):
            assert offset == len(out), f"a hole before {offset}"
            out += blocks[offset]
        return out


def take_in(body: Body, digests: Digests) -> bytes:
    """Read a body twice, as after a redirect, and compare what was computed along."""
    first = b"".join(bytes(piece) for piece in body)
    data = b"".join(bytes(piece) for piece in body)
    assert first == data and len(data) == body.length
    whole = digest("crc64")
    whole.update(memoryview(data))
    assert digests["crc64"] == whole.hexdigest()
    return data


class ToySession:
    """What the three shapes share."""

    max_parallel = 1

    def __init__(self, server: ToyServer, item: Item, part_size: int, saved: Saved | None) -> None:
        self.server, self.item, self.part_size = server, item, part_size
        self.saved = saved
        self.id = str(saved.state["id"]) if saved else ""
        self.asked = False
        self.finished = False

    def failed(self, part: Part, error: Exception) -> Part | None:
        return None

    def finish(self) -> Media:
        return Media(provider="toy", id=self.id, size=self.item.size)

    def abort(self) -> None:
        self.server.aborted.append(self.id)

    def opening(self) -> Next | None:
        if self.asked:
            return None if self.id else Wait()
        self.asked = True
        return Part.step("resume" if self.id else "open")


class ParallelSession(ToySession):
    """Parts planned by the client, any order, then one completing step."""

    max_parallel = 4

    def __init__(self, server: ToyServer, item: Item, part_size: int, saved: Saved | None) -> None:
        super().__init__(server, item, part_size, saved)
        self.there: set[int] = set()
        self.ready = False
        self.at = 0
        self.flying = 0
        self.completing = False

    def next(self) -> Next:
        if (opening := self.opening()) is not None:
            return opening
        if not self.ready:
            return Wait()
        while self.at in self.there:
            self.at += self.part_size
        size = self.item.size
        if size is None or self.at < size or (size == 0 and not self.at):
            offset, self.at = self.at, self.at + self.part_size
            if size == 0:
                self.at = 1
            length = self.part_size if size is None else min(self.part_size, size - offset)
            self.flying += 1
            return Part(0, str(offset), offset, length, needs=("md5",), takes=("sha1",))
        if self.flying:
            return Wait()
        if self.finished:
            return DONE
        if self.completing:
            return Wait()
        self.completing = True
        return Part.step("complete")

    def send(self, part: Part, body: Body, digests: Digests) -> Any:
        if part.key == "open":
            return self.server.open()
        if part.key == "resume":
            return self.server.offsets(self.id)
        if part.key == "complete":
            return self.server.complete(self.id)
        needed = digests["md5"]
        data = take_in(body, digests)
        for name, value in (("md5", needed), ("sha1", digests["sha1"])):
            hasher = digest(name)
            hasher.update(memoryview(data))
            assert value == hasher.hexdigest()
        return self.server.put(self.id, part.offset, data)

    def sent(self, part: Part, reply: Any) -> Sent:
        if part.key == "open":
            self.id, self.ready = reply, True
            return Sent(state={"id": self.id})
        if part.key == "resume":
            self.there, self.ready = set(reply), True
            return Sent()
        if part.key == "complete":
            self.finished = True
            return Sent()
        self.flying -= 1
        return Sent(receipt={"etag": part.offset})


class SequentialSession(ToySession):
    """Blocks one after the other; after a failure the server says where to go on."""

    def __init__(self, server: ToyServer, item: Item, part_size: int, saved: Saved | None) -> None:
        super().__init__(server, item, part_size, saved)
        self.at = 0
        self.busy = False

    def next(self) -> Next:
        if (opening := self.opening()) is not None:
            return opening
        return DONE if self.finished else self.block()

    def block(self) -> Part:
        size = self.item.size
        length = self.part_size if size is None else min(self.part_size, size - self.at)
        last = size is not None and self.at + length == size
        return Part(0, str(self.at), self.at, length, last=last)

    def send(self, part: Part, body: Body, digests: Digests) -> Any:
        if part.key == "open":
            return self.server.open()
        if part.key in ("resume", "ask"):
            return self.server.stored(self.id)
        return self.server.append(self.id, part.offset, take_in(body, digests), part.last)

    def sent(self, part: Part, reply: Any) -> Sent:
        if part.key == "open":
            self.id = reply
            return Sent(state={"id": reply}, next=self.block())
        if part.key in ("resume", "ask"):
            self.at = reply
            return Sent(next=self.block())
        self.at = reply
        self.finished = part.last
        return Sent(receipt={"at": reply}, next=DONE if self.finished else self.block())

    def failed(self, part: Part, error: Exception) -> Part | None:
        return Part.step("ask") if part.body else None


class SlicedSession(ToySession):
    """Slices handed out by the server, to several workers; the answer to one names the next."""

    max_parallel = 3

    def __init__(self, server: ToyServer, item: Item, part_size: int, saved: Saved | None) -> None:
        super().__init__(server, item, part_size, saved)
        self.opened = False
        self.dry = False
        self.flying = 0
        self.committing = False

    def next(self) -> Next:
        if (opening := self.opening()) is not None:
            return opening
        if not self.opened:
            return Wait()
        if not self.dry:
            self.flying += 1
            return Part.step("new_slice")
        if self.finished:
            return DONE
        if self.flying or self.committing:
            return Wait(0.001)
        self.committing = True
        return Part.step("commit")

    def send(self, part: Part, body: Body, digests: Digests) -> Any:
        if part.key == "open":
            return self.server.open(self.item.size or 0)
        if part.key == "resume":
            return self.server.stored(self.id)
        if part.key == "new_slice":
            return self.server.new_slice(self.id)
        if part.key == "commit":
            return self.server.complete(self.id)
        return self.server.put_slice(self.id, part.offset, take_in(body, digests))

    def sent(self, part: Part, reply: Any) -> Sent:
        if part.key == "open":
            self.id, self.opened = reply, True
            return Sent(state={"id": reply})
        if part.key == "resume":
            self.opened = True
            return Sent()
        if part.key == "commit":
            self.finished = True
            return Sent(next=DONE)
        receipt = {"slice": part.offset} if part.body else None
        if reply is None:
            self.dry = True
            self.flying -= 1
            return Sent(receipt=receipt)
        offset, length = reply
        return Sent(receipt=receipt, next=Part(0, str(offset), offset, length))


SHAPES: Mapping[str, type[ToySession]] = {
    "parallel": ParallelSession,
    "sequential": SequentialSession,
    "sliced": SlicedSession,
}


class ToyProvider:
    """A provider of one shape on one server."""

    name = "toy"

    def __init__(
        self,
        server: ToyServer,
        shape: str = "parallel",
        part_size: int = 1000,
        needs: frozenset[str] = frozenset(),
    ) -> None:
        self.server, self.shape, self.part_size, self.needs = server, shape, part_size, needs
        self.capabilities = Capabilities(options={"title": "title"}, unknown_length=True)
        self.sessions: list[Any] = []
        self.make: Callable[..., Any] = SHAPES[shape]

    def account(self) -> str:
        return "me"

    def destination(self, options: UploadOptions) -> str:
        return "there"

    def check(self, items: Sequence[Item], options: UploadOptions) -> None:
        pass

    def begin(
        self, items: Sequence[Item], options: UploadOptions, saved: Saved | None, exchange: Exchange
    ) -> Any:
        session = self.make(self.server, items[0], self.part_size, saved)
        self.sessions.append(session)
        return session

    def media(self, exchange: Exchange) -> MediaStore:
        raise NotImplementedError


class FileSource:
    """A file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        self.location: str | None = str(path)
        self.size: int | None = path.stat().st_size

    def identity(self) -> Identity | None:
        status = self.path.stat()
        return Identity(status.st_size, status.st_mtime_ns, status.st_ino)

    def open(self) -> MemoryReader:
        return MemoryReader(self.path.read_bytes(), seekable=True)


class MemoryReader:
    """Bytes; when not seekable, consecutive reads are insisted on, and come in small portions."""

    def __init__(self, data: bytes, seekable: bool) -> None:
        self.data, self.seekable = data, seekable
        self.position = 0

    def read_at(self, offset: int, into: memoryview) -> int:
        if not self.seekable:
            assert offset == self.position
        want = len(into) if self.seekable else min(len(into), 777)
        chunk = self.data[offset : offset + want]
        into[: len(chunk)] = chunk
        self.position = offset + len(chunk)
        return len(chunk)

    def close(self) -> None:
        pass


class StreamSource:
    """Bytes that come once, of unknown length unless it is given."""

    location: str | None = None

    def __init__(self, data: bytes, size: int | None = None) -> None:
        self.name, self.data, self.size = "stream.mp4", data, size

    def identity(self) -> Identity | None:
        return None

    def open(self) -> MemoryReader:
        return MemoryReader(self.data, seekable=False)


def item_of(source: FileSource | StreamSource) -> Item:
    return Item(0, "media", source, source.name, source.size)

"""A receiver of callbacks on the loopback interface."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.loopback import Handler, Server


@dataclass(frozen=True)
class Got:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What arrived, and what is answered."""

    url: str = ""
    status: int = 200
    answer: bytes = b'{"ok": true}'
    got: list[Got] = field(default_factory=list)
    wait: threading.Event | None = None


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver until the block ends; it answers after ``wait`` is set, if there is one."""
    found = Receiver()

    class Taking(Handler):
        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.got.append(Got(self.command, self.path, headers, self.received()))
            if found.wait is not None:
                found.wait.wait(30)
            self.answer(found.status, found.answer, {"Content-Type": "application/json"})

    with Server(Taking) as server:
        found.url = server.base
        yield found

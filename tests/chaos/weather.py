"""Bad weather on a line: faults at random moments, the same ones for the same seed."""

from __future__ import annotations

import random
import threading
import time
from types import TracebackType

from vodkit.testing.faults import FaultProxy

MIB = 1 << 20


class Weather:
    """Faults on ``line`` for as long as the block runs; the line is calm afterwards.

    Args:
        line: Where the client's connections pass.
        seed: Decides the faults and the pauses between them. Where in the upload a fault falls depends on
            the machine as well.
        pause: Longest time between two faults, in seconds.

    Attributes:
        seen: The faults that there were, for a failed test's report.
    """

    def __init__(self, line: FaultProxy, seed: int, pause: float = 0.25) -> None:
        self.seen: list[str] = []
        self._line = line
        self._random = random.Random(seed)
        self._pause = pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._blow, name="weather", daemon=True)

    def __enter__(self) -> Weather:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._line.calm()

    def _blow(self) -> None:
        faults = (
            self._cut,
            self._break,
            self._refuse,
            self._gateway,
            self._lose,
            self._freeze,
            self._reorder,
        )
        while not self._over.wait(self._random.uniform(0.0, self._pause)):
            fault = self._random.choice(faults)
            self.seen.append(fault.__name__.removeprefix("_"))
            fault()

    def _cut(self) -> None:
        self._line.cut(after=self._random.randrange(4 * MIB))

    def _break(self) -> None:
        self._line.break_all()

    def _refuse(self) -> None:
        self._line.refuse(self._random.randrange(1, 4))

    def _gateway(self) -> None:
        self._line.answer(self._random.choice((500, 502, 503)))

    def _lose(self) -> None:
        self._line.lose_reply()

    def _freeze(self) -> None:
        self._line.freeze()
        time.sleep(self._random.uniform(0.0, self._pause))
        self._line.thaw()

    def _reorder(self) -> None:
        self._line.hold(self._random.uniform(0.0, 2 * self._pause))
        self._line.break_all()

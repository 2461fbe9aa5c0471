"""A set of byte ranges."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class Ranges:
    """Half-open ranges of integers, kept apart and sorted; touching ones merge."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in ranges:
            self.add(start, end)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._starts, self._ends))

    @property
    def end(self) -> int:
        """The end of the last range; 0 without any."""
        return self._ends[-1] if self._ends else 0

    @property
    def first_gap(self) -> int:
        """The least number from 0 on that is not in the set."""
        return self._ends[0] if self._starts and self._starts[0] == 0 else 0

    def overlaps(self, start: int, end: int) -> bool:
        """Whether any of ``start`` to ``end`` is in the set."""
        at = bisect_right(self._ends, start)
        return start < end and at < len(self._starts) and self._starts[at] < end

    def add(self, start: int, end: int) -> None:
        """Put a range in."""
        if start >= end:
            return
        first = bisect_left(self._ends, start)
        last = bisect_right(self._starts, end)
        if first < last:
            start = min(start, self._starts[first])
            end = max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def remove(self, start: int, end: int) -> None:
        """Take a range out, as far as it is in."""
        if start >= end:
            return
        first = bisect_right(self._ends, start)
        last = bisect_left(self._starts, end)
        if first >= last:
            return
        left = (self._starts[first], start) if self._starts[first] < start else None
        right = (end, self._ends[last - 1]) if self._ends[last - 1] > end else None
        kept = [part for part in (left, right) if part]
        self._starts[first:last] = [part[0] for part in kept]
        self._ends[first:last] = [part[1] for part in kept]

    def gaps(self, end: int) -> Iterator[tuple[int, int]]:
        """What is missing between 0 and ``end``."""
        at = 0
        for start, stop in self:
            if start >= end:
                break
            if at < start:
                yield at, start
            at = stop
        if at < end:
            yield at, end

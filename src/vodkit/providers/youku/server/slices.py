"""The states of an upload's slices, in rows (youku.md §6, rules S1-S9).

A slice without a row is new. Rows are made when a slice is handed out or arrives; ``cursor`` is the lowest
number that never had one, so a plan of a million slices costs nothing until it is used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from ..wire import Assignment, Slice, slice_at
from .tables import slices, uploads

NEW: Final = 0
OUT: Final = 1
RECEIVED: Final = 2

SETTLING: Final = 1.0
"""Seconds that a slice's body may take to begin arriving before the slice is handed out to another caller."""
LEASE: Final = 5.0
"""Seconds after which a caller that opens a chain is given an abandoned slice rather than a new one (S7)."""
_SCAN: Final = 1000


@dataclass(frozen=True, slots=True)
class Handed:
    """What a caller gets.

    Attributes:
        assignment: The answer.
        ripe_in: Seconds until a slice that is out and not arriving may be handed out again; ``None`` where
            all that is missing is arriving.
    """

    assignment: Assignment
    ripe_in: float | None = None

    @property
    def final(self) -> bool:
        """Whether waiting cannot bring anything better."""
        return self.assignment.slice is not None or self.assignment.finished


def hand_out(
    conn: Connection, upload: RowMapping, now: float, arriving: Collection[int], *, opening: bool = False
) -> Handed:
    """Give the caller a slice: an abandoned one to a caller that opens a chain, a new one, or in the end-game
    the one that has been out for longest without arriving.

    Args:
        upload: Its row, locked and up to date.
        arriving: Slices whose bodies are on their way.
        opening: Whether this is new_slice and not the answer to a slice.
    """
    if upload["received"] == upload["count"]:
        return Handed(Assignment(None, upload["transferred"], finished=True))
    idle = _oldest_idle(conn, upload, arriving)
    number = None
    if opening and idle is not None and idle["since"] <= now - LEASE:
        number = idle["number"]
    if number is None:
        number = _lowest_new(conn, upload)
    if number is None and idle is not None and idle["since"] <= now - SETTLING:
        number = idle["number"]
    if number is None:
        ripe = None if idle is None else max(0.0, idle["since"] + SETTLING - now)
        return Handed(Assignment(None, upload["transferred"], finished=False), ripe)
    put(conn, upload, number, OUT, now)
    return Handed(Assignment(planned(upload, number), upload["transferred"], finished=False))


def planned(upload: RowMapping, number: int) -> Slice | None:
    """A slice of the upload's plan."""
    return slice_at(number, upload["size"], upload["slice_bytes"])


def get(conn: Connection, upload: RowMapping, number: int) -> RowMapping | None:
    """The row of a slice, if it has one."""
    return conn.execute(select(slices).where(*_is(upload, number))).mappings().first()


def put(
    conn: Connection, upload: RowMapping, number: int, state: int, now: float, *, md5: str = ""
) -> RowMapping | None:
    """Set the state of a slice; the row as it was."""
    old = get(conn, upload, number)
    values = {"state": state, "since": now, "md5": md5}
    if old is None:
        conn.execute(insert(slices).values(fingerprint=upload["fingerprint"], number=number, **values))
    else:
        conn.execute(update(slices).where(*_is(upload, number)).values(values))
    return old


def received(
    conn: Connection, upload: RowMapping, number: int, size: int, md5: str, now: float
) -> dict[str, Any]:
    """A slice's bytes are stored; the upload's new counts, which count each byte once."""
    old = put(conn, upload, number, RECEIVED, now, md5=md5)
    again = old is not None and old["state"] == RECEIVED
    return {
        "received": upload["received"] + (0 if again else 1),
        "transferred": upload["transferred"] + (0 if again else size),
    }


def missing(conn: Connection, upload: RowMapping) -> tuple[int, list[int]]:
    """How many slices are new, and which are out."""
    query = select(slices.c.number).where(_of(upload), slices.c.state == OUT).order_by(slices.c.number)
    out = list(conn.scalars(query))
    return upload["count"] - upload["received"] - len(out), out


def states(conn: Connection, upload: RowMapping, most: int) -> list[tuple[int, int]]:
    """Number and state of the first ``most`` slices, in order."""
    query = select(slices.c.number, slices.c.state).where(_of(upload), slices.c.number <= most)
    known = {row.number: row.state for row in conn.execute(query)}
    return [(number, known.get(number, NEW)) for number in range(1, min(upload["count"], most) + 1)]


def reset(conn: Connection, upload: RowMapping, numbers: Iterable[int], arriving: Collection[int]) -> int:
    """Return slices that are out, and not arriving, to those to be handed out; how many."""
    given = [number for number in numbers if number not in arriving]
    changed = update(slices).where(_of(upload), slices.c.state == OUT, slices.c.number.in_(given))
    return conn.execute(changed.values(state=NEW, since=0.0)).rowcount


def _lowest_new(conn: Connection, upload: RowMapping) -> int | None:
    given_back = conn.scalar(select(func.min(slices.c.number)).where(_of(upload), slices.c.state == NEW))
    cursor: int = upload["cursor"]
    while cursor <= upload["count"]:
        taken = select(slices.c.number).where(_of(upload), slices.c.number >= cursor)
        numbers = list(conn.scalars(taken.order_by(slices.c.number).limit(_SCAN)))
        start = cursor
        for number in numbers:
            if number != cursor:
                break
            cursor += 1
        if cursor - start < _SCAN:
            break
    if cursor != upload["cursor"]:
        conn.execute(
            update(uploads).where(uploads.c.fingerprint == upload["fingerprint"]).values(cursor=cursor)
        )
    fresh = cursor if cursor <= upload["count"] else None
    return min((number for number in (given_back, fresh) if number is not None), default=None)


def _oldest_idle(conn: Connection, upload: RowMapping, arriving: Collection[int]) -> RowMapping | None:
    query = select(slices).where(_of(upload), slices.c.state == OUT).order_by(slices.c.since, slices.c.number)
    for row in conn.execute(query.limit(len(arriving) + 1)).mappings():
        if row["number"] not in arriving:
            return row
    return None


def _of(upload: RowMapping) -> Any:
    return slices.c.fingerprint == upload["fingerprint"]


def _is(upload: RowMapping, number: int) -> tuple[Any, Any]:
    return _of(upload), slices.c.number == number

"""What belongs to videos: users, comments, playlists, shows, persons, keywords, and links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from .tables import items, links


@dataclass(frozen=True, slots=True)
class Item:
    """One of them.

    Attributes:
        kind: ``user``, ``comment``, ``playlist``, ``show``, ``person`` or ``keyword``.
        id: Unique within its kind.
        owner: Id of the user it belongs to, or ``""``.
        about: Id of what it belongs to, or ``""``.
        facts: Its fields, as the platform names them (JSON).
        created: Seconds since the epoch.
    """

    kind: str
    id: str
    owner: str = ""
    about: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    created: float = 0.0

    @property
    def shown(self) -> dict[str, Any]:
        """Its fields with its id."""
        return {"id": self.id, **self.facts}


def seed(conn: Connection, found: Iterable[Item], linked: Iterable[tuple[str, str, str]] = ()) -> None:
    """Put items and links (kind, source, target) there, in place of those of the same names.

    Shows, persons and keywords come from the platform's editors and not from a call: this is how they get in.
    """
    for item in found:
        put(conn, item)
    for kind, source, target in linked:
        link(conn, kind, source, target, 0.0)


def put(conn: Connection, item: Item) -> None:
    """Insert an item, or replace the one of its kind and id."""
    columns = ("owner", "about", "created")
    values = {name: getattr(item, name) for name in columns} | {"facts": dict(item.facts)}
    here = (items.c.kind == item.kind, items.c.id == item.id)
    if conn.execute(update(items).where(*here).values(values)).rowcount == 0:
        conn.execute(insert(items).values(kind=item.kind, id=item.id, **values))


def get(conn: Connection, kind: str, id: str) -> Item | None:
    """One item."""
    row = conn.execute(select(items).where(items.c.kind == kind, items.c.id == id)).first()
    return _item(row) if row else None


def some(conn: Connection, kind: str, ids: Iterable[str]) -> list[Item]:
    """Those of these ids that there are, in their order."""
    return [item for id in ids if (item := get(conn, kind, id)) is not None]


def all(conn: Connection, kind: str, *, owner: str | None = None, about: str | None = None) -> list[Item]:
    """Items of a kind, newest first."""
    query = select(items).where(items.c.kind == kind)
    if owner is not None:
        query = query.where(items.c.owner == owner)
    if about is not None:
        query = query.where(items.c.about == about)
    return [_item(row) for row in conn.execute(query.order_by(items.c.created.desc(), items.c.id.desc()))]


def remove(conn: Connection, kind: str, id: str) -> None:
    """Delete an item and the links from and to it."""
    conn.execute(delete(items).where(items.c.kind == kind, items.c.id == id))
    conn.execute(delete(links).where(links.c.kind == kind, links.c.source == id))


def link(conn: Connection, kind: str, source: str, target: str, now: float) -> None:
    """Link two things; once is enough."""
    if not linked(conn, kind, source, target):
        conn.execute(insert(links).values(kind=kind, source=source, target=target, created=now))


def unlink(conn: Connection, kind: str, source: str, target: str) -> None:
    """Take a link away."""
    conn.execute(delete(links).where(_link(kind, source), links.c.target == target))


def linked(conn: Connection, kind: str, source: str, target: str) -> bool:
    """Whether there is this link."""
    query = select(links.c.kind).where(_link(kind, source), links.c.target == target)
    return conn.execute(query).first() is not None


def targets(conn: Connection, kind: str, source: str, *, newest_first: bool = False) -> list[str]:
    """What a thing is linked to, in the order in which it was."""
    order = links.c.created.desc() if newest_first else links.c.created
    return list(conn.scalars(select(links.c.target).where(_link(kind, source)).order_by(order)))


def sources(conn: Connection, kind: str, target: str) -> list[str]:
    """What is linked to a thing."""
    query = select(links.c.source).where(links.c.kind == kind, links.c.target == target)
    return list(conn.scalars(query.order_by(links.c.created)))


def count(conn: Connection, kind: str, source: str) -> int:
    """How many things a thing is linked to."""
    return conn.scalar(select(func.count()).select_from(links).where(_link(kind, source))) or 0


def _link(kind: str, source: str) -> Any:
    return (links.c.kind == kind) & (links.c.source == source)


def _item(row: Row[Any]) -> Item:
    return Item(row.kind, row.id, row.owner, row.about, row.facts, row.created)

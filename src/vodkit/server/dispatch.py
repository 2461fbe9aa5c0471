"""Which room a request belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from .contract import Head, Room, Scope


class AmbiguousRequest(Exception):
    """More than one room claims a request; a defect of the rooms.

    Attributes:
        rooms: Their names.
    """

    def __init__(self, rooms: list[str]) -> None:
        super().__init__(f"claimed by {', '.join(rooms)}")
        self.rooms = rooms


def head_of(scope: Scope) -> Head:
    """The head of an HTTP request, built once per request."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Head(
        method=scope["method"],
        authority=headers.get("host", "").lower(),
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        address=address_of(scope),
    )


def address_of(scope: Scope) -> str:
    """The address that a request came from; ``""`` if it is not known."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def claimed(rooms: Mapping[str, Room], head: Head) -> tuple[str, Room] | None:
    """The one room that claims a request, with its name; ``None`` when none does.

    Raises:
        AmbiguousRequest: several do.
    """
    found = [(name, room) for name, room in rooms.items() if room.claims(head)]
    if len(found) > 1:
        raise AmbiguousRequest([name for name, _ in found])
    return found[0] if found else None

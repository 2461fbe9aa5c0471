"""Header names that keep their capitals on the wire, for clients that search the text of an answer."""

from __future__ import annotations


class Spelled(bytes):
    """A header name that is sent as it is written here.

    The HTTP server puts names into lower case and compares them so; this one equals its lower-case form, and
    putting it into lower case changes nothing.
    """

    def lower(self) -> Spelled:
        """Itself."""
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, bytes) and bytes.lower(self) == bytes.lower(other)

    def __hash__(self) -> int:
        return hash(bytes.lower(self))

"""What a parser found."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import ManifestError
from .names import relative_name

MAX_REFERENCES = 200_000
"""Most references, repeated ones too, that a manifest may make: more is a mistake or an attack."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One file that a manifest names.

    Attributes:
        uri: As it stands in the manifest, with ``./`` taken out.
        name: The path that a player asks for, relative to the manifest: query and fragment cut off and
            percent-escapes undone. What the file must be called where it is served.
        optional: Whether it may be missing: rounding lets a template count one segment too many.
    """

    uri: str
    name: str
    optional: bool = False


@dataclass(slots=True)
class Parsed:
    """The references of one manifest.

    Attributes:
        references: Each file once, in order of appearance.
        notices: What the user should know: what was left out, what looks live.
    """

    references: list[Reference] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set, repr=False)
    _given: set[str] = field(default_factory=set, repr=False)
    _count: int = field(default=0, repr=False)

    @property
    def names(self) -> list[str]:
        """The path of each file as a player asks for it, each once, in order of appearance."""
        return list(dict.fromkeys(reference.name for reference in self.references))

    def add(self, uri: str, *, optional: bool = False) -> None:
        """Take in one reference, unless it is there already.

        Raises:
            ManifestError: it is not a relative path, or there are too many.
        """
        self._count += 1
        if self._count > MAX_REFERENCES:
            raise ManifestError(f"the manifest makes more than {MAX_REFERENCES} references")
        if uri in self._given:
            return
        self._given.add(uri)
        uri, name = relative_name(uri)
        if uri not in self._seen:
            self._seen.add(uri)
            self.references.append(Reference(uri, name, optional))

    def notice(self, text: str) -> None:
        """Take in one line for the user, unless it is there already."""
        if text not in self.notices:
            self.notices.append(text)

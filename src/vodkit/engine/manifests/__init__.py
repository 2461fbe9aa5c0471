"""The files of an HLS or DASH folder, found and checked before a byte is sent."""

from __future__ import annotations

import os
import posixpath
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from vodkit.core.errors import ManifestError, SourceNotFound, SourceUnreadable
from vodkit.core.manifests import MAX_TEXT, Reference, decode, kind_of, parse

__all__ = ["ManifestFolder", "expand", "kind_of"]


@dataclass(slots=True)
class ManifestFolder:
    """What a manifest needs to play.

    Attributes:
        files: Relative name, as a player asks for it, and real path of each file that the manifest names,
            directly or through nested playlists; the manifest itself is not among them.
        notices: What the user should know.
    """

    files: list[tuple[str, Path]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def expand(path: str | os.PathLike[str]) -> ManifestFolder:
    """Find every file that a manifest on disk names, nested playlists included.

    A reference with a query or percent-escapes is looked up under its literal name first, then without
    the query, then with the escapes undone; it is uploaded under the name that a player asks for.

    Raises:
        ManifestError: a manifest is broken, a file is missing (all of them are named), or something lies
            outside the manifest's directory, also by way of a symbolic link.
        SourceNotFound, SourceUnreadable: the manifest itself cannot be read.
    """
    top = Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve() would follow the manifest's own link
    search = _Search(Path(os.path.realpath(top.parent)), {top.name: top.resolve()})
    search.run(top)
    return search.folder


class _Search:
    """One walk over a manifest and the playlists that it nests."""

    def __init__(self, root: Path, found: dict[str, Path]) -> None:
        self.root = root
        self.found = found
        self.folder = ManifestFolder()
        self.missing: list[str] = []

    def run(self, top: Path) -> None:
        queue = deque([("", self.root, top)])
        while queue:
            prefix, directory, manifest = queue.popleft()
            parsed = parse(_read(manifest), kind_of(manifest.name) or "m3u8")
            self.folder.notices += [n for n in parsed.notices if n not in self.folder.notices]
            for reference in parsed.references:
                name = posixpath.join(prefix, reference.name)
                local = self.find(directory, reference)
                if local is None:
                    if not reference.optional:
                        self.missing.append(name)
                elif self.take(name, local.resolve()) and kind_of(name) is not None:
                    queue.append((posixpath.dirname(name), local.parent, local))
        if self.missing:
            shown = ", ".join(repr(name) for name in self.missing[:20])
            more = f" and {len(self.missing) - 20} more" if len(self.missing) > 20 else ""
            raise ManifestError(
                f"the manifest names files that are not there: {shown}{more}",
                advice=f"Put them into {str(self.root)!r}, or take them out of the manifest",
            )
        if not self.folder.files:
            raise ManifestError("the manifest names no file that could be played")

    def find(self, directory: Path, reference: Reference) -> Path | None:
        """The file that a reference means, by its own name, link or not; ``None`` if there is none."""
        plain = reference.uri.partition("#")[0].partition("?")[0]
        for name in dict.fromkeys((reference.uri, plain, reference.name)):
            try:
                real = (directory / name).resolve(strict=True)
                if not real.is_file():
                    continue
            except (OSError, RuntimeError, ValueError):
                continue
            if not real.is_relative_to(self.root):
                raise ManifestError(
                    f"the manifest names {name!r}, a symbolic link that leaves its directory",
                    advice="Only files beside the manifest or below it can be uploaded with it",
                )
            return directory / name
        return None

    def take(self, name: str, local: Path) -> bool:
        """Whether a file is new; two files that a player cannot tell apart are an error."""
        known = self.found.get(name)
        if known is None:
            self.found[name] = local
            self.folder.files.append((name, local))
        elif known != local:
            raise ManifestError(
                f"the manifest names two files that players cannot tell apart: {known.name!r}, {local.name!r}"
            )
        return known is None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(4 * MAX_TEXT + 1)
    except FileNotFoundError:
        raise SourceNotFound(f"there is no file {str(path)!r}") from None
    except OSError as error:
        raise SourceUnreadable(f"the manifest {str(path)!r} cannot be read: {error.strerror}") from None
    return decode(data)

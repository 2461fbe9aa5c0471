"""What an account keeps beside its media: categories, transcoding templates, watermarks (netease.md §8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .media import NetEaseMedia

_PAGE = 100


class Entries:
    """One kind of entry; members by the vendor's names (``description``, ``shdMp4``, ``imageId`` ...).

    Args:
        media: The room's media calls.
        kind: ``type``, ``preset`` or ``watermark``.
        remove: The vendor's word for deleting one.
    """

    def __init__(self, media: NetEaseMedia, kind: str, remove: str) -> None:
        self._media, self._kind, self._remove = media, kind, remove

    def create(self, name: str, **members: Any) -> int:
        """A new one; its id."""
        made = self._call("create", **{f"{self._kind}Name": name}, **members)
        return int(made[f"{self._kind}Id"])

    def get(self, id: int) -> dict[str, Any]:
        """One, as the vendor shows it. Raises :class:`~vodkit.core.errors.NotFound`."""
        return self._call("get", **{f"{self._kind}Id": id})

    def list(self) -> Iterator[dict[str, Any]]:
        """All, as the vendor shows them."""
        page, seen = 1, 0
        while True:
            answer = self._call("list", currentPage=page, pageSize=_PAGE)
            found = answer.get("list") or []
            yield from found
            page, seen = page + 1, seen + len(found)
            if not found or seen >= int(answer.get("totalRecords") or 0):
                return

    def update(self, id: int, **members: Any) -> None:
        """Change one. Raises :class:`~vodkit.core.errors.NotFound`."""
        self._call("update", **{f"{self._kind}Id": id}, **members)

    def delete(self, id: int) -> None:
        """Delete one. Raises :class:`~vodkit.core.errors.NotFound`."""
        self._call(self._remove, **{f"{self._kind}Id": id})

    def _call(self, what: str, **params: Any) -> dict[str, Any]:
        return self._media.call(f"{self._kind}/{what}", **params)

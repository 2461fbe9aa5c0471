"""What media are sorted into: classes and applications (tencent.md §B.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .media import TencentMedia


@dataclass(frozen=True, slots=True)
class MediaClass:
    """A class that media are sorted into.

    Attributes:
        id: ClassId.
        parent: Id of the class above, -1 for none.
        name: Display name.
        level: 0 for a top class, at most 3.
        children: Ids of the classes below.
    """

    id: int
    parent: int
    name: str
    level: int
    children: tuple[int, ...] = ()


class Classes:
    """The account's tree of classes: four levels at most."""

    def __init__(self, media: TencentMedia) -> None:
        self._media = media

    def list(self) -> list[MediaClass]:
        """All classes."""
        answer = self._media.call("DescribeAllClass")
        return [
            MediaClass(
                id=int(info["ClassId"]),
                parent=int(info.get("ParentId", -1)),
                name=str(info.get("ClassName") or info.get("Name") or ""),
                level=int(info.get("Level") or 0),
                children=tuple(info.get("SubClassIdSet") or ()),
            )
            for info in answer.get("ClassInfoSet") or ()
        ]

    def create(self, name: str, *, parent: int = -1) -> int:
        """A new class; its id. Raises :class:`~vodkit.core.errors.Conflict` if the name is taken."""
        return int(self._media.call("CreateClass", ParentId=parent, ClassName=name)["ClassId"])

    def rename(self, id: int, name: str) -> None:
        """Rename a class. Raises :class:`~vodkit.core.errors.NotFound`."""
        self._media.call("ModifyClass", ClassId=id, ClassName=name)

    def delete(self, id: int) -> None:
        """Delete an empty class. Raises :class:`~vodkit.core.errors.Conflict` if it holds anything."""
        self._media.call("DeleteClass", ClassId=id)


@dataclass(frozen=True, slots=True)
class SubApp:
    """An application of the account.

    Attributes:
        id: SubAppId.
        name: Display name.
        status: ``On``, ``Off`` or ``Destroyed``.
        description: For people.
    """

    id: int
    name: str
    status: str
    description: str = ""


class SubApps:
    """The account's applications."""

    def __init__(self, media: TencentMedia) -> None:
        self._media = media

    def list(self) -> Iterator[SubApp]:
        """All applications."""
        offset = 0
        while True:
            answer = self._media.call("DescribeSubAppIds", Offset=offset, Limit=200)
            found = answer.get("SubAppIdInfoSet") or ()
            for info in found:
                yield SubApp(
                    id=int(info["SubAppId"]),
                    name=str(info.get("SubAppIdName") or info.get("Name") or ""),
                    status=str(info.get("Status") or ""),
                    description=str(info.get("Description") or ""),
                )
            offset += len(found)
            if not found or offset >= int(answer.get("TotalCount") or 0):
                return

"""Management of spaces.

The functions of this module are the methods of the :class:`BucketManager` that was made last: the vendor's
own examples call them so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from .._response import Result
from .._spaces import Manager
from .config import _defaults

Header = Mapping[str, str] | None

_newest: BucketManager | None = None


class BucketManager(Manager):
    """Creates, lists, changes and deletes spaces; see :class:`ucloud._spaces.Manager`."""

    _defaults = _defaults

    def __init__(self, public_key: str, private_key: str) -> None:
        global _newest
        super().__init__(public_key, private_key)
        _newest = self

    def createspace(
        self,
        space: str,
        spacetype: str = "private",
        domainlist: Sequence[str] | None = None,
        header: Header = None,
        projectid: str | None = None,
    ) -> Result:
        """A new space, ``private`` or ``public``."""
        return self._create(space, spacetype, domainlist, header, projectid)

    def deletespace(self, space: str, header: Header = None, projectid: str | None = None) -> Result:
        """Delete an empty space."""
        return self._manage("DeleteBucket", space, header, projectid)

    def describespace(
        self,
        space: str | None = None,
        offset: int = 0,
        limit: int = 10,
        header: Header = None,
        projectid: str | None = None,
    ) -> Result:
        """One space, or a page of all of them."""
        return self._list("DescribeBucket", space, offset, limit, header, projectid)

    def updatespace(
        self, space: str, spacetype: str, header: Header = None, projectid: str | None = None
    ) -> Result:
        """Make a space ``private`` or ``public``."""
        return self._manage("UpdateBucket", space, header, projectid, Type=spacetype)

    def getfilelist(
        self,
        space: str,
        offset: int = 0,
        limit: int = 20,
        header: Header = None,
        projectid: str | None = None,
    ) -> Result:
        """A page of a space's files."""
        return self._list("GetFileList", space, offset, limit, header, projectid)


def _of_newest(method: Callable[..., Result]) -> Callable[..., Result]:
    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Result:
        if _newest is None:
            raise RuntimeError("make a BucketManager(public_key, private_key) first")
        return method(_newest, *args, **kwargs)

    return call


createspace = _of_newest(BucketManager.createspace)
deletespace = _of_newest(BucketManager.deletespace)
describespace = _of_newest(BucketManager.describespace)
updatespace = _of_newest(BucketManager.updatespace)
getfilelist = _of_newest(BucketManager.getfilelist)

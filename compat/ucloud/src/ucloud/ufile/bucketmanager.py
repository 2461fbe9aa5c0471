"""Management of buckets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._response import Result
from .._spaces import Manager
from .config import _defaults

Header = Mapping[str, str] | None


class BucketManager(Manager):
    """Creates, lists, changes and deletes buckets; see :class:`ucloud._spaces.Manager`."""

    _defaults = _defaults

    def createbucket(
        self,
        bucket: str,
        buckettype: str = "private",
        domainlist: Sequence[str] | None = None,
        header: Header = None,
        projectid: str | None = None,
    ) -> Result:
        """A new bucket, ``private`` or ``public``."""
        return self._create(bucket, buckettype, domainlist, header, projectid)

    def deletebucket(self, bucket: str, header: Header = None, projectid: str | None = None) -> Result:
        """Delete an empty bucket."""
        return self._manage("DeleteBucket", bucket, header, projectid)

    def describebucket(
        self,
        bucket: str | None = None,
        offset: int = 0,
        limit: int = 10,
        header: Header = None,
        projectid: str | None = None,
    ) -> Result:
        """One bucket, or a page of all of them."""
        return self._list("DescribeBucket", bucket, offset, limit, header, projectid)

    def updatebucket(
        self, bucket: str, buckettype: str, header: Header = None, projectid: str | None = None
    ) -> Result:
        """Make a bucket ``private`` or ``public``."""
        return self._manage("UpdateBucket", bucket, header, projectid, Type=buckettype)

    def getfilelist(
        self,
        bucket: str,
        offset: int = 0,
        limit: int = 20,
        header: Header = None,
        projectid: str | None = None,
    ) -> Result:
        """A page of a bucket's files."""
        return self._list("GetFileList", bucket, offset, limit, header, projectid)

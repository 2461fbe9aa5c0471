"""Management of objects: a media's id is ``space/key`` (ucloud.md §4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from vodkit.core.contract import MEDIA_HEADER, Exchange
from vodkit.core.errors import NotFound, UnsupportedOption
from vodkit.core.media import Media, MediaPage

from .. import wire
from ..errors import PROVIDER
from .bucket import Bucket, Connection, Stored
from .options import metadata_headers, refused, storage_class, type_of

MAX_PAGE = 1000
_ELSEWHERE = ("Key", "Media")
"""Fields of a listing's entry that do not go into ``extra`` as they are."""


def media_id(space: str, key: str) -> str:
    """The id of an object. A space's name has no slash, so the first one ends it."""
    return f"{space}/{key}"


def place_of(id: str) -> tuple[str, str]:
    """Space and key of an id.

    Raises:
        NotFound: it is not of that form, so nothing has it.
    """
    space, slash, key = id.partition("/")
    if not slash or not key or not wire.is_bucket(space):
        raise NotFound(
            f"there is no media {id!r}", provider=PROVIDER, advice="An id here is SPACE/KEY, as list shows it"
        )
    try:
        return space, wire.check_key(key)
    except wire.BadKey as problem:
        raise NotFound(f"there is no media {id!r}: {problem}", provider=PROVIDER) from None


def kind_of(content_type: str, key: str) -> str:
    """``video``, ``audio``, ``image`` or ``file``, by the MIME type, else by the key's extension."""
    for told in (content_type, type_of(key)):
        top = told.partition("/")[0].lower()
        if top in ("video", "audio", "image"):
            return top
        if told.lower() in ("application/x-mpegurl", "application/vnd.apple.mpegurl", "application/dash+xml"):
            return "video"
    return "file"


class UCloudMedia:
    """See :class:`vodkit.core.contract.MediaStore`; what it has beyond is the vendor's.

    Args:
        connection: How spaces are reached.
        exchange: The wire.
        space: Listed unless another one is asked for.
        link_life: Seconds that signed links live.
    """

    def __init__(self, connection: Connection, exchange: Exchange, space: str, link_life: int) -> None:
        self._connection, self._exchange = connection, exchange
        self._space, self._link_life = space, link_life

    def bucket(self, space: str) -> Bucket:
        """The calls about one space."""
        return Bucket(self._connection, space, self._exchange)

    def _at(self, id: str) -> tuple[Bucket, str]:
        space, key = place_of(id)
        return self.bucket(space), key

    def get(self, id: str) -> Media:
        """One media. Raises :class:`~vodkit.core.errors.NotFound`."""
        bucket, key = self._at(id)
        return self._of_head(bucket, key, bucket.head(key))

    def page(self, *, marker: str = "", limit: int = 50, **filters: Any) -> MediaPage:
        """One page of a space: ``space`` (the connection's by default), ``prefix``."""
        bucket = self.bucket(filters.get("space") or self._space)
        data = bucket.list(filters.get("prefix") or "", marker, min(limit, MAX_PAGE))
        contents = data.get("Contents") or ()
        following = str(data.get("NextMarker") or "") if data.get("IsTruncated") else ""
        return MediaPage(
            items=tuple(self._of_entry(bucket, entry) for entry in contents),
            next=following if following != marker else "",
        )

    def delete(self, id: str) -> None:
        """Delete one media. Raises :class:`~vodkit.core.errors.NotFound`."""
        bucket, key = self._at(id)
        bucket.delete(key)

    def update(self, id: str, **changes: Any) -> Media:
        """Change ``content_type`` (OpMeta) or ``storage_class`` (ClassSwitch).

        Raises:
            UnsupportedOption: anything else; nothing was changed.
            NotFound: there is no such media.
        """
        bucket, key = self._at(id)
        for name in changes:
            if name not in ("content_type", "storage_class"):
                raise UnsupportedOption(
                    f"{name!r} of a media cannot be changed",
                    provider=PROVIDER,
                    advice="It can be: content_type, storage_class",
                )
        wanted = changes.get("storage_class")
        if wanted is not None:
            wanted = storage_class(str(wanted))
        if changes.get("content_type") is not None:
            bucket.set_type(key, str(changes["content_type"]))
        if wanted is not None:
            bucket.set_class(key, wanted)
        return self.get(id)

    def download_request(self, id: str) -> tuple[str, Mapping[str, str]]:
        """A signed link to the original."""
        bucket, key = self._at(id)
        return bucket.link(key, self._link_life), {}

    def digests(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """The SHA-1 over 4 MiB blocks that the ETag carries; see
        :class:`vodkit.core.contract.ReportsDigests`."""
        etag = wire.unquoted(headers.get("etag", ""))
        digest = wire.digest_of(etag) if len(etag) == 32 else ""
        return {"sha1_blocks": digest} if digest else {}

    # --- the vendor's own ---

    def link(self, id: str, *, life: int | None = None, method: str = "GET") -> str:
        """A signed URL of an object: ``GET``, ``HEAD``, or ``PUT`` to let somebody else upload it.

        Args:
            id: ``space/key``.
            life: Seconds; the connection's ``link_life`` if not given.
            method: Of the request that the link is for.
        """
        bucket, key = self._at(id)
        return bucket.link(key, self._link_life if life is None else life, method=method)

    def public_url(self, id: str) -> str:
        """The unsigned URL of an object; it serves objects of public spaces only."""
        bucket, key = self._at(id)
        return bucket.public_url(key)

    def copy(self, id: str, target: str, *, metadata: Any = None) -> Media:
        """Copy an object to another id; ``metadata`` replaces the original's.

        Raises:
            NotFound: there is no such media.
        """
        source, source_key = self._at(id)
        bucket, key = self._at(target)
        headers: dict[str, str] = {}
        if metadata is not None:
            headers = {"X-Ufile-Metadata-Directive": "REPLACE", **metadata_headers(metadata)}
        bucket.copy(key, source.name, source_key, headers)
        return self.get(target)

    def rename(self, id: str, key: str, *, force: bool = False) -> Media:
        """Give an object another key in its space; ``force`` replaces what has that key.

        Raises:
            Conflict, InvalidRequest: another object has the key.
        """
        bucket, old = self._at(id)
        try:
            bucket.rename(old, wire.check_key(key), force=force)
        except wire.BadKey as problem:
            raise refused(str(problem), "Choose another key") from None
        return self.get(media_id(bucket.name, key))

    def restore(self, id: str) -> Media:
        """Make an archived object readable for a while."""
        bucket, key = self._at(id)
        bucket.restore(key)
        return self.get(id)

    def switch_class(self, id: str, name: str) -> Media:
        """Move an object to another storage class: ``STANDARD``, ``IA`` or ``ARCHIVE``."""
        return self.update(id, storage_class=name)

    # --- what comes back ---

    def _of_head(self, bucket: Bucket, key: str, found: Stored) -> Media:
        headers = found.headers
        kind = headers.get("content-type", "")
        extra: dict[str, Any] = {"key": key, "ETag": found.etag, "ContentType": kind}
        if wire.STORAGE_CLASS in headers:
            extra["StorageClass"] = headers[wire.STORAGE_CLASS]
        if wire.RESTORE in headers:
            extra["Restore"] = headers[wire.RESTORE]
        meta = {
            name.removeprefix(wire.META): value
            for name, value in headers.items()
            if name.startswith(wire.META)
        }
        media = Media(
            provider=PROVIDER,
            id=media_id(bucket.name, key),
            url=found.url or bucket.link(key, self._link_life),
            title=key.rpartition("/")[2],
            size=found.size,
            kind=kind_of(kind, key),
            created=_modified(headers.get("last-modified", "")),
            space=bucket.name,
            extra={**extra, "UserMeta": meta},
        )
        return media.told(told_in(headers))

    def _of_entry(self, bucket: Bucket, entry: Mapping[str, Any]) -> Media:
        key, size, kind = (str(entry.get(name, "")) for name in ("Key", "Size", "MimeType"))
        created = entry.get("LastModified")
        media = Media(
            provider=PROVIDER,
            id=media_id(bucket.name, key),
            url=str(entry.get("PlayUrl") or "") or bucket.link(key, self._link_life),
            title=key.rpartition("/")[2],
            size=int(size) if size.isdecimal() else None,
            kind=kind_of(kind, key),
            created=datetime.fromtimestamp(created, UTC) if isinstance(created, int) else None,
            space=bucket.name,
            extra={"key": key, **{name: value for name, value in entry.items() if name not in _ELSEWHERE}},
        )
        return media.told(entry.get("Media"))


def told_in(headers: Mapping[str, str]) -> Any:
    """What a vodkit service tells of an object's media; ``None`` from anybody else."""
    try:
        return json.loads(headers.get(MEDIA_HEADER, "null"))
    except ValueError:
        return None


def _modified(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):
        return None

"""Management of media (tencent.md §B.7)."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from vodkit.core.contract import Exchange
from vodkit.core.errors import InvalidRequest, NotFound, ProtocolError, UnsupportedOption
from vodkit.core.media import Media, MediaPage, Processing

from .. import wire
from ..cos.wire import CRC64
from ..errors import PROVIDER
from . import tasks
from .api import Api
from .options import expiry, number, refused

_LISTS = {
    "ids": "FileIds",
    "names": "Names",
    "name_prefixes": "NamePrefixes",
    "descriptions": "Descriptions",
    "categories": "ClassIds",
    "tags": "Tags",
    "kinds": "Categories",
    "source_types": "SourceTypes",
    "storage_regions": "StorageRegions",
    "storage_classes": "StorageClasses",
    "media_types": "MediaTypes",
    "status": "Status",
}
_RANGES = {
    "created_after": ("CreateTime", "After"),
    "created_before": ("CreateTime", "Before"),
    "expires_after": ("ExpireTime", "After"),
    "expires_before": ("ExpireTime", "Before"),
}
_OURS = ("FileId", wire.TOLD)
"""Members that a media shows by fields of its own."""

_STATUS = {"Normal": "ready", "Forbidden": "blocked", "SystemForbidden": "blocked"}


class TencentMedia:
    """See :class:`vodkit.core.contract.MediaStore`.

    Args:
        api: How the API is reached.
        exchange: The wire.
        sub_app: Application of every call, or ``None``.
    """

    def __init__(self, api: Api, exchange: Exchange, sub_app: int | None) -> None:
        self._api, self._exchange, self._sub_app = api, exchange, sub_app

    def call(self, action: str, **fields: Any) -> dict[str, Any]:
        """Any action of the API, by its own names: ``call("DescribeTaskDetail", TaskId=...)``.

        ``SubAppId`` is the connection's unless given. Returns the answer's fields.

        Raises:
            VodError: the exchange failed, or the API refused.
        """
        table = wire.ACTIONS.get(action)
        if self._sub_app is not None and (table is None or "SubAppId" in table):
            fields.setdefault("SubAppId", self._sub_app)
        return dict(self._api.call(self._exchange, action, fields).fields)

    def describe(self, ids: Sequence[str], *, filters: Sequence[str] = ()) -> list[dict[str, Any]]:
        """The vendor's own description of up to 20 media; unknown ids are left out.

        Args:
            ids: FileIds.
            filters: Sections to include (``basicInfo``, ``metaData``, ``transcodeInfo`` ...); empty for all.
        """
        answer = self.call("DescribeMediaInfos", FileIds=list(ids), Filters=list(filters) or None)
        return list(answer.get("MediaInfoSet") or ())

    def get(self, id: str) -> Media:
        """One media. Raises :class:`~vodkit.core.errors.NotFound`."""
        return to_media(self._described(id))

    def _described(self, id: str) -> dict[str, Any]:
        found = self.describe([id])
        if not found:
            raise NotFound(f"there is no media {id!r}", provider=PROVIDER)
        return found[0]

    def processing(self, id: str) -> Processing:
        """See :class:`vodkit.core.contract.ReportsProcessing`.

        The vendor's description of a media says nothing of its procedure: the latest task does. A vodkit
        service tells the media's own status besides.
        """
        info = self._described(id)
        media = to_media(info)
        if media.status == "blocked" or (wire.TOLD in info and media.status != "processing"):
            return Processing(media.status, error=media.error, media=id)
        found = self.call("DescribeTasks", FileId=id, Limit=100).get("TaskSet") or ()
        latest = next((task for task in found if task.get("TaskType") == "Procedure"), None)
        if latest is None:
            return Processing(media.status, media=id)
        return tasks.of_procedure(self.call("DescribeTaskDetail", TaskId=latest["TaskId"]), id)

    def pull(self, url: str, values: Mapping[str, Any]) -> str:
        """See :class:`vodkit.core.contract.PullsSources`."""
        return str(self.call("PullUpload", **tasks.pull_fields(url, values))["TaskId"])

    def pulling(self, pull: str) -> Processing:
        """See :class:`vodkit.core.contract.PullsSources`."""
        return tasks.of_pull(self.call("DescribeTaskDetail", TaskId=pull))

    def page(self, *, marker: str = "", limit: int = 50, **filters: Any) -> MediaPage:
        """One page of SearchMedia, newest first unless ``order="asc"``.

        The vendor shows the first 5,000 of a search only. A listing goes on beyond them by searching again
        from the creation time that it had come to; media of that second may then come twice.

        Raises:
            UnsupportedOption: there is no such filter.
            InvalidRequest: a filter's value cannot be, or the marker is not ours.
        """
        place, _, since = marker.partition("@")
        if place and not place.isdecimal():
            raise InvalidRequest("the marker is not one of a listing", provider=PROVIDER)
        offset = int(place or 0)
        fields = _search_fields(filters)
        edge = "After" if fields["Sort"]["Order"] == "Asc" else "Before"
        if since:
            fields["CreateTime"] = {**fields.get("CreateTime", {}), edge: since}
        limit = min(max(limit, 1), wire.Limits.SEARCH_PAGE, wire.Limits.SEARCH_WINDOW - offset)
        answer = self.call("SearchMedia", Offset=offset, Limit=limit, **fields)
        found = answer.get("MediaInfoSet") or ()
        items = tuple(to_media(info) for info in found)
        total = int(answer.get("TotalCount") or 0)
        offset += len(items)
        following = ""
        if items and offset >= wire.Limits.SEARCH_WINDOW:
            reached = _edge_time(items[-1], edge)
            following = f"0@{reached}" if reached and reached != since else ""
        elif items and offset < total:
            following = f"{offset}@{since}" if since else str(offset)
        counted = total < wire.Limits.SEARCH_WINDOW and not since
        return MediaPage(items, total if counted else None, following)

    def delete(self, id: str, *, parts: Iterable[Mapping[str, Any]] = ()) -> None:
        """Delete one media, or only some of its files.

        Args:
            id: FileId.
            parts: ``{"Type": "TranscodeFiles", "Definition": 0}`` and the like; empty for everything.

        Raises:
            NotFound: there is no such media.
        """
        self.get(id)
        self.call("DeleteMedia", FileId=id, DeleteParts=[dict(part) for part in parts] or None)

    def update(self, id: str, **changes: Any) -> Media:
        """Change ``title``, ``description``, ``category``, ``expires``, ``tags``, ``add_tags``,
        ``delete_tags``, ``cover`` (a path or bytes), or any field of ModifyMediaInfo by the vendor's name.

        ``tags`` replaces all tags; ``expires=None`` means never.

        Raises:
            UnsupportedOption: the vendor cannot change this.
            NotFound: there is no such media.
        """
        fields, tags = _modify_fields(changes)
        if tags is not None:
            have = set(self.get(id).extra["BasicInfo"].get("TagSet") or ())
            # The vendor refuses to take some away and add others in one call.
            self._modify(id, {"DeleteTags": sorted(have - set(tags))})
            self._modify(id, {"AddTags": [tag for tag in dict.fromkeys(tags) if tag not in have]})
        self._modify(id, fields)
        return self.get(id)

    def _modify(self, id: str, fields: dict[str, Any]) -> None:
        given = {name: value for name, value in fields.items() if value not in ([], None)}
        if given:
            self.call("ModifyMediaInfo", FileId=id, **given)

    def download_request(self, id: str) -> tuple[str, Mapping[str, str]]:
        """Where the original can be fetched from."""
        url = self.get(id).url
        if not url:
            raise NotFound(f"media {id!r} has no address", provider=PROVIDER)
        return url, {}

    def digests(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """The CRC-64 that COS, and what serves its objects, tells; see
        :class:`vodkit.core.contract.ReportsDigests`."""
        told = headers.get(CRC64, "")
        return {"crc64": f"{int(told):016x}"} if told.isascii() and told.isdigit() else {}


def to_media(info: Mapping[str, Any]) -> Media:
    """A MediaInfo of the API as ours; the vendor's sections stay in ``extra``.

    Raises:
        ProtocolError: it has no FileId.
    """
    basic, meta = info.get("BasicInfo") or {}, info.get("MetaData") or {}
    if not info.get("FileId"):
        raise ProtocolError("a media without FileId", provider=PROVIDER)
    url = str(basic.get("MediaUrl") or "")
    expires = _time(basic.get("ExpireTime"))
    sides = [int(meta.get(name) or 0) or None for name in ("Width", "Height")]
    width, height = reversed(sides) if int(meta.get("Rotate") or 0) % 180 else sides
    media = Media(
        provider=PROVIDER,
        id=str(info["FileId"]),
        url=url,
        title=str(basic.get("Name") or ""),
        size=meta.get("Size"),
        md5=str(meta.get("Md5") or ""),
        cover_url=str(basic.get("CoverUrl") or ""),
        kind=str(basic.get("Category") or wire.category(str(basic.get("Type") or ""))).lower(),
        status=_STATUS.get(str(basic.get("Status") or "Normal"), "processing"),
        created=_time(basic.get("CreateTime")),
        expires=None if expires == wire.NEVER else expires,
        hls_url=_stream_url(info, "HLS", url, ".m3u8"),
        dash_url=_stream_url(info, "DASH", url, ".mpd"),
        duration=float(meta.get("Duration") or 0.0) or None,
        width=width,
        height=height,
        extra={name: value for name, value in info.items() if name not in _OURS and value is not None},
    )
    return media.told(info.get(wire.TOLD))


def _stream_url(info: Mapping[str, Any], package: str, url: str, manifest: str) -> str:
    """The first streams of a package, else the media itself where it is their manifest."""
    streams = (info.get("AdaptiveDynamicStreamingInfo") or {}).get("AdaptiveDynamicStreamingSet") or ()
    for stream in streams:
        if str(stream.get("Package") or "").upper() == package and stream.get("Url"):
            return str(stream["Url"])
    return url if url.partition("?")[0].endswith(manifest) else ""


def _time(text: Any) -> datetime | None:
    try:
        return wire.parse_time(text) if text else None
    except (ValueError, TypeError):
        return None


def _edge_time(last: Media, edge: str) -> str:
    """Where a listing goes on: the last one's creation time, its whole second included."""
    if last.created is None:
        return ""
    return wire.format_time(last.created + timedelta(seconds=1) if edge == "Before" else last.created)


def _search_fields(filters: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {"Sort": {"Field": "CreateTime", "Order": "Desc"}}
    for name, value in filters.items():
        if value is None:
            continue
        if name in _LISTS:
            values = value.split(",") if isinstance(value, str) else value
            values = list(values) if isinstance(values, Iterable) else [values]
            fields[_LISTS[name]] = [
                number({name: v}, name) if name == "categories" else str(v) for v in values
            ]
        elif name in _RANGES:
            field, end = _RANGES[name]
            fields.setdefault(field, {})[end] = expiry(value)
        elif name == "order":
            if str(value).lower() not in ("asc", "desc"):
                raise refused("order is neither asc nor desc", "Use asc for oldest first")
            fields["Sort"]["Order"] = str(value).capitalize()
        elif name == "sub_app":
            fields["SubAppId"] = number(filters, name)
        else:
            raise UnsupportedOption(
                f"media.list has no filter {name!r}",
                provider=PROVIDER,
                advice=f"It has: {', '.join([*_LISTS, *_RANGES, 'order', 'sub_app'])}",
            )
    return fields


def _modify_fields(changes: Mapping[str, Any]) -> tuple[dict[str, Any], list[str] | None]:
    """ModifyMediaInfo's fields, and the tags to end up with, or ``None`` to leave them."""
    fields: dict[str, Any] = {}
    tags: list[str] | None = None
    for name, value in changes.items():
        if name == "title":
            fields["Name"] = value
        elif name == "description":
            fields["Description"] = value
        elif name == "category":
            fields["ClassId"] = number(changes, name) or 0
        elif name == "expires":
            fields["ExpireTime"] = expiry(value) or wire.format_time(wire.NEVER)
        elif name == "tags":
            tags = _tags(value)
        elif name in ("add_tags", "delete_tags"):
            fields["AddTags" if name == "add_tags" else "DeleteTags"] = _tags(value)
        elif name == "cover":
            raw = (
                bytes(value) if isinstance(value, bytes | bytearray) else Path(os.fspath(value)).read_bytes()
            )
            fields["CoverData"] = base64.b64encode(raw).decode()
        elif name in wire.ACTIONS["ModifyMediaInfo"] and name != "FileId":
            fields[name] = value
        else:
            raise UnsupportedOption(
                f"{name!r} of a media cannot be changed",
                provider=PROVIDER,
                advice="It can be: title, description, category, expires, tags, add_tags, delete_tags, cover",
            )
    return fields, tags


def _tags(value: Any) -> list[str]:
    return [tag.strip() for tag in value.split(",") if tag.strip()] if isinstance(value, str) else list(value)

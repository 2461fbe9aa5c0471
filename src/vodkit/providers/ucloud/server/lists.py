"""Listings of a space: PrefixFileList and ListObjects (ucloud.md §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from vodkit.server.contract import StoredObject
from vodkit.server.incoming import Body

from .. import wire
from ..errors import BAD_REQUEST, PROVIDER
from .admit import Right, admit
from .answer import Refused, Reply, json_answer
from .media import told_of
from .objects import play_url
from .request import Request

if TYPE_CHECKING:
    from .room import Room

MAX_PAGE = 1000


async def by_prefix(room: Room, request: Request, body: Body) -> Reply:
    """PrefixFileList: by byte order of the key, after the marker."""
    caller = await admit(room.service, request, Right.LIST)
    limit = request.number("limit", 20, 1, MAX_PAGE)
    found = await room.service.catalog.read(
        lambda conn: room.service.objects.list(
            conn,
            PROVIDER,
            caller.space.name,
            request.param("prefix"),
            after=request.param("marker"),
            limit=limit + 1,
        )
    )
    shown = found[:limit]
    return json_answer(
        {
            "BucketName": caller.space.name,
            "BucketId": caller.space.id,
            "NextMarker": shown[-1].key if len(found) > limit else "",
            "DataSet": [file_entry(stored) for stored in shown],
        }
    )


def file_entry(stored: StoredObject) -> dict[str, Any]:
    """An object as PrefixFileList and GetFileList show it, under its old and its new name."""
    return {
        "BucketName": stored.space,
        "FileName": stored.key,
        "ObjectName": stored.key,
        "Hash": stored.etag,
        "MimeType": stored.content_type,
        "Size": stored.blob.size,
        "CreateTime": int(stored.created),
        "ModifyTime": int(stored.created),
        "StorageClass": stored.attrs.get("class", "STANDARD"),
    }


async def by_delimiter(room: Room, request: Request, body: Body) -> Reply:
    """ListObjects: keys, and with the delimiter ``/`` the folders below the prefix."""
    caller = await admit(room.service, request, Right.LIST)
    limit = request.number("max-keys", 100, 0, MAX_PAGE)
    prefix, marker, delimiter = (request.param(name) for name in ("prefix", "marker", "delimiter"))
    if delimiter not in ("", "/"):
        raise Refused(400, BAD_REQUEST, "the delimiter is / or nothing")

    def look(conn: Connection) -> tuple[list[StoredObject], list[str], str]:
        return _page(room, conn, caller.space.name, prefix, marker, delimiter, limit)

    keys, folders, following = await room.service.catalog.read(look)
    told = await told_of(room.service, caller.space, keys)
    public = caller.space.public
    return json_answer(
        {
            "Name": caller.space.name,
            "Prefix": prefix,
            "MaxKeys": str(limit),
            "Delimiter": delimiter,
            "IsTruncated": bool(following),
            "NextMarker": following,
            "Contents": [
                {**_entry(room, stored, public=public), "Media": told.get(stored.key, {})} for stored in keys
            ],
            "CommonPrefixes": [{"Prefix": folder} for folder in folders],
        }
    )


def _page(
    room: Room, conn: Connection, space: str, prefix: str, marker: str, delimiter: str, limit: int
) -> tuple[list[StoredObject], list[str], str]:
    """Keys and folders after the marker, ``limit`` of both together, and the marker of the next page."""
    keys: list[StoredObject] = []
    folders: list[str] = []
    last = after = marker
    if delimiter and marker.endswith(delimiter) and len(marker) > len(prefix):
        after = _behind(marker)
    while limit:
        found = room.service.objects.list(conn, PROVIDER, space, prefix, after=after, limit=limit + 1)
        for stored in found:
            cut = stored.key.find(delimiter, len(prefix)) if delimiter else -1
            itself = bool(delimiter) and stored.key == prefix and prefix.endswith(delimiter)
            if itself:
                after = stored.key
                continue
            if len(keys) + len(folders) == limit:
                return keys, folders, last
            if cut >= 0:
                last = stored.key[: cut + 1]
                folders.append(last)
                after = _behind(last)
                break
            keys.append(stored)
            last = after = stored.key
        else:
            if len(found) <= limit:
                break
    return keys, folders, ""


def _behind(folder: str) -> str:
    """A marker behind everything in a folder: longer than any key, of the greatest character there is."""
    return folder + "\U0010ffff" * (wire.MAX_KEY // 4)


def _entry(room: Room, stored: StoredObject, *, public: bool) -> dict[str, Any]:
    """An object as ListObjects shows it; ``PlayUrl``, like ``Media``, is this service's addition."""
    meta = stored.attrs.get("meta", {})
    return {
        "Key": stored.key,
        "MimeType": stored.content_type,
        "ETag": stored.etag,
        "Size": str(stored.blob.size),
        "StorageClass": stored.attrs.get("class", "STANDARD"),
        "LastModified": int(stored.created),
        "CreateTime": int(stored.created),
        "UserMeta": {name.removeprefix(wire.META): value for name, value in meta.items()},
        "PlayUrl": play_url(room, stored.space, stored.key, public=public),
    }

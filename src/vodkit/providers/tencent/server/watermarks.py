"""Templates of watermarks: an image in a corner of the picture (tencent.md §B.7)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from ..wire import codes
from . import files
from . import template_fields as bounds
from . import templates as store
from .addresses import address
from .answer import ApiError
from .caller import Action, Caller
from .credentials import PROVIDER
from .fields import ID, Params, choice, needed, several

_PLACED = ("Name", "Comment", "XPos", "YPos", "CoordinateOrigin")
_SIZED = ("Width", "Height")


async def _create(caller: Caller, params: Params) -> dict[str, Any]:
    if params["Type"] != "image":
        raise ApiError(codes.UNSUPPORTED, "watermarks are images here, neither text nor SVG")
    image = params["ImageTemplate"] or {}
    async with files.Files(caller) as brought:
        stored = await _store(brought, caller.home.bucket, image.get("ImageContent") or "")
        spec = {
            "Type": "image",
            "Name": "",
            "Comment": "",
            "CoordinateOrigin": "TopLeft",
            "XPos": "0px",
            "YPos": "0px",
            **store.given(params, _PLACED),
            "ImageTemplate": {"Width": "10%", "Height": "0px", **_image(caller, image, stored)},
        }

        def create(conn: Connection) -> int:
            files.name(conn, caller, stored)
            return store.add(conn, caller, store.WATERMARK, spec)

        definition = await caller.service.catalog.write(create)
    return {"Definition": definition, "ImageUrl": spec["ImageTemplate"]["ImageUrl"]}


async def _modify(caller: Caller, params: Params) -> dict[str, Any]:
    image = params["ImageTemplate"] or {}
    content = image.get("ImageContent")
    changed: dict[str, Any] = store.given(params, _PLACED)
    async with files.Files(caller) as brought:
        stored = await _store(brought, caller.home.bucket, content) if content else None
        changed["ImageTemplate"] = _image(caller, image, stored)

        def change(conn: Connection) -> None:
            row = store.own(conn, caller, store.WATERMARK, params["Definition"], "Modify")
            store.replace(conn, caller, row, store.merged(row["spec"], changed))
            if stored is not None:
                files.name(conn, caller, stored)
                _forget(conn, caller, row["spec"])

        await caller.service.catalog.write(change)
    return {"ImageUrl": changed["ImageTemplate"].get("ImageUrl", "")}


async def _delete(caller: Caller, params: Params) -> dict[str, Any]:
    def delete(conn: Connection) -> None:
        row = store.own(conn, caller, store.WATERMARK, params["Definition"], "Delete")
        store.remove(conn, row)
        _forget(conn, caller, row["spec"])

    await caller.service.catalog.write(delete)
    return {}


async def _describe(caller: Caller, params: Params) -> dict[str, Any]:
    wanted = {int(definition) for definition in params["Definitions"] or ()}
    return await store.listing(
        caller, params, store.WATERMARK, lambda item: not wanted or item["Definition"] in wanted
    )


async def _store(into: files.Files, bucket: str, content: str) -> files.Stored:
    data = files.decoded(content, "ImageContent")
    kind = files.image_kind(data, "ImageContent")
    key = f"watermarks/{secrets.token_hex(12)}.{kind.replace('jpeg', 'jpg')}"
    return await into.store(bucket, key, f"image/{kind}", data)


def _image(caller: Caller, image: Mapping[str, Any], stored: files.Stored | None) -> dict[str, Any]:
    shown = {name: image[name] for name in _SIZED if image.get(name)}
    if stored is not None:
        key = stored.upload.key
        shown |= {"Key": key, "ImageUrl": address(caller.service, stored.upload.space, key)}
    return shown


def _forget(conn: Connection, caller: Caller, spec: Mapping[str, Any]) -> None:
    caller.service.objects.delete(conn, PROVIDER, caller.home.bucket, spec["ImageTemplate"]["Key"])


_PAGE = {**bounds.PAGE, "Type": choice("image", "text", "svg"), "Definitions": several(100)}

ACTIONS = {
    "CreateWatermarkTemplate": Action(
        _create, {"Type": needed(choice("image", "text", "svg")), **bounds.WATERMARK}
    ),
    "ModifyWatermarkTemplate": Action(_modify, {"Definition": needed(ID), **bounds.WATERMARK}),
    "DeleteWatermarkTemplate": Action(_delete, {"Definition": needed(ID)}),
    "DescribeWatermarkTemplates": Action(_describe, _PAGE),
}

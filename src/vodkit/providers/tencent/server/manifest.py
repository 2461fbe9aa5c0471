"""ParseStreamingManifest: what a playlist refers to (tencent.md §B.3, §D)."""

from __future__ import annotations

from typing import Any

from vodkit.core import manifests
from vodkit.core.errors import ManifestError

from ..wire import codes
from .answer import ApiError
from .caller import Action, Caller
from .fields import Params, choice, needed


async def _parse(caller: Caller, params: Params) -> dict[str, Any]:
    try:
        parsed = manifests.parse(params["MediaManifestContent"], params["ManifestType"])
    except ManifestError as problem:
        raise ApiError(codes.MANIFEST_CONTENT, problem.message) from None
    return {"MediaSegmentSet": [reference.name for reference in parsed.references]}


ACTIONS = {
    "ParseStreamingManifest": Action(
        _parse,
        {"MediaManifestContent": needed(), "ManifestType": choice("m3u8", "mpd", default="m3u8")},
        in_app=False,
    )
}

"""What the vendor's tasks say, in our words; and what a pull asks for (tencent.md §B.7)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from vodkit.core.media import Processing

from ..wire import Limits
from .options import expiry, number, refused, text

_OPEN = ("WAITING", "PROCESSING")
_PULLED = {
    "title": "MediaName",
    "cover": "CoverUrl",
    "procedure": "Procedure",
    "media_type": "MediaType",
    "source_context": "SourceContext",
    "session_context": "SessionContext",
    "storage_region": "StorageRegion",
    "session_id": "SessionId",
}


def of_procedure(detail: Mapping[str, Any], media: str) -> Processing:
    """How far a procedure is, by DescribeTaskDetail.

    A media is ready once something was made of it, as with the vendor what failed fails alone.

    Args:
        detail: The answer.
        media: Id of the media.
    """
    task = detail.get("ProcedureTask") or {}
    results = [_body(result) for result in task.get("MediaProcessResultSet") or ()]
    if detail.get("Status") in _OPEN:
        shares = [float(result.get("Progress") or 0) / 100 for result in results]
        return Processing("processing", sum(shares) / len(shares) if shares else None, media=media)
    failed = [result for result in results if result.get("Status") == "FAIL"]
    if len(failed) < len(results) or (not results and not task.get("ErrCode")):
        return Processing("ready", 1.0, media=media)
    errors = dict.fromkeys(str(result.get("Message") or "") for result in failed)
    error = "; ".join(filter(None, errors)) or str(task.get("Message") or "")
    return Processing("failed", error=error, media=media)


def _body(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one object of a result beside its type."""
    return next((value for value in result.values() if isinstance(value, Mapping)), {})


def of_pull(detail: Mapping[str, Any]) -> Processing:
    """How far a pull is, by DescribeTaskDetail."""
    task = detail.get("PullUploadTask") or {}
    media = str(task.get("FileId") or "")
    if detail.get("Status") in _OPEN:
        return Processing("processing", float(task.get("Progress") or 0) / 100)
    if task.get("ErrCode") or not media:
        return Processing("failed", error=str(task.get("Message") or ""))
    return Processing("ready", 1.0, media=media)


def pull_fields(url: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of PullUpload.

    Raises:
        InvalidRequest: an option cannot be.
    """
    cover = text(values, "cover")
    if cover and not cover.lower().startswith(("http://", "https://")):
        raise refused("the cover of a pull is not an address", "Pass the URL of a gif, jpg or png")
    fields = {
        "MediaUrl": url,
        "ClassId": number(values, "category"),
        "ExpireTime": expiry(values.get("expires")),
        **{field: text(values, name) or None for name, field in _PULLED.items()},
    }
    name = PurePosixPath(unquote(urlsplit(url).path)).stem[: Limits.MEDIA_NAME]
    fields["MediaName"] = fields["MediaName"] or name or None
    return {name: value for name, value in fields.items() if value is not None}

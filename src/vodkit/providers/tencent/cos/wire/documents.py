"""The XML documents of COS, written and read, for both ends (tencent.md §C.3-§C.5). No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from .addresses import MAX_PAGE, MAX_PARTS, quoted, unquoted

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_XML = 2 * 1024 * 1024
"""Most bytes of a document that is parsed; 10,000 parts take about one megabyte."""

_INVALID_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BadDocument(ValueError):
    """XML that is too large, not well-formed, dangerous, or not the document that was expected."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error document.

    Attributes:
        code: Such as ``NoSuchKey``.
        message: For people.
        resource: What the request was about.
        request_id, trace_id: For support.
    """

    code: str
    message: str
    resource: str = ""
    request_id: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """An open multipart upload in a listing.

    Attributes:
        key, upload_id: Its name.
        initiated: Seconds since the epoch.
        owner: Id of who opened it.
        storage_class: ``STANDARD`` unless told otherwise.
    """

    key: str
    upload_id: str
    initiated: float
    owner: str = ""
    storage_class: str = "STANDARD"


@dataclass(frozen=True, slots=True)
class PartEntry:
    """A stored part in a listing.

    Attributes:
        number: From 1.
        etag: MD5 in hex, without quotes.
        size: Bytes.
        modified: Seconds since the epoch.
    """

    number: int
    etag: str
    size: int
    modified: float = 0.0


@dataclass(frozen=True, slots=True)
class UploadList:
    """One page of a bucket's open uploads; ``next_*`` are empty on the last.

    ``encoding`` is ``url`` when keys, prefix, delimiter and markers are percent-encoded in the document.
    """

    bucket: str
    uploads: tuple[Pending, ...]
    prefix: str = ""
    delimiter: str = ""
    key_marker: str = ""
    upload_id_marker: str = ""
    next_key_marker: str = ""
    next_upload_id_marker: str = ""
    max_uploads: int = MAX_PAGE
    truncated: bool = False
    common_prefixes: tuple[str, ...] = ()
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class PartList:
    """One page of an upload's parts."""

    bucket: str
    key: str
    upload_id: str
    parts: tuple[PartEntry, ...]
    marker: int = 0
    next_marker: int = 0
    max_parts: int = MAX_PAGE
    truncated: bool = False
    encoding: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Completed:
    """The answer to a completion; ``etag`` without quotes."""

    location: str
    bucket: str
    key: str
    etag: str


def write_fault(fault: Fault) -> bytes:
    """An error document."""
    return _document(
        "Error",
        _leaf("Code", fault.code)
        + _leaf("Message", fault.message)
        + _leaf("Resource", fault.resource)
        + _leaf("RequestId", fault.request_id)
        + _leaf("TraceId", fault.trace_id),
    )


def read_fault(data: bytes) -> Fault:
    """The inverse of :func:`write_fault`; missing elements are empty. Raises :class:`BadDocument`."""
    root = _parse(data, "Error")
    return Fault(*(_text(root, name) for name in ("Code", "Message", "Resource", "RequestId", "TraceId")))


def write_initiated(bucket: str, key: str, upload_id: str) -> bytes:
    """The answer to opening a multipart upload."""
    body = _leaf("Bucket", bucket) + _leaf("Key", key) + _leaf("UploadId", upload_id)
    return _document("InitiateMultipartUploadResult", body)


def read_initiated(data: bytes) -> str:
    """The upload id. Raises :class:`BadDocument`."""
    return _required(_parse(data, "InitiateMultipartUploadResult"), "UploadId")


def write_uploads(page: UploadList) -> bytes:
    """One page of a bucket's open uploads."""
    name = _encoder(page.encoding)
    body = [
        _leaf("Bucket", page.bucket),
        _leaf("Encoding-Type", page.encoding) if page.encoding else "",
        _leaf("KeyMarker", name(page.key_marker)),
        _leaf("UploadIdMarker", page.upload_id_marker),
        _leaf("NextKeyMarker", name(page.next_key_marker)),
        _leaf("NextUploadIdMarker", page.next_upload_id_marker),
        _leaf("MaxUploads", str(page.max_uploads)),
        _leaf("Prefix", name(page.prefix)),
        _leaf("Delimiter", name(page.delimiter)),
        _leaf("IsTruncated", _flag(page.truncated)),
    ]
    body += [
        "<Upload>"
        + _leaf("Key", name(entry.key))
        + _leaf("UploadId", entry.upload_id)
        + _leaf("StorageClass", entry.storage_class)
        + _person("Initiator", entry.owner)
        + _person("Owner", entry.owner)
        + _leaf("Initiated", iso_time(entry.initiated))
        + "</Upload>"
        for entry in page.uploads
    ]
    body += [
        f"<CommonPrefixes>{_leaf('Prefix', name(prefix))}</CommonPrefixes>" for prefix in page.common_prefixes
    ]
    return _document("ListMultipartUploadsResult", "".join(body))


def read_uploads(data: bytes) -> UploadList:
    """The inverse of :func:`write_uploads`. Raises :class:`BadDocument`."""
    root = _parse(data, "ListMultipartUploadsResult")
    encoding = _text(root, "Encoding-Type")
    name = _decoder(encoding)
    return UploadList(
        bucket=_text(root, "Bucket"),
        uploads=tuple(
            Pending(
                key=name(_required(entry, "Key")),
                upload_id=_required(entry, "UploadId"),
                initiated=_seconds(_text(entry, "Initiated")),
                owner=_text(entry, "Owner/ID"),
                storage_class=_text(entry, "StorageClass"),
            )
            for entry in root.findall("Upload")
        ),
        prefix=name(_text(root, "Prefix")),
        delimiter=name(_text(root, "Delimiter")),
        key_marker=name(_text(root, "KeyMarker")),
        upload_id_marker=_text(root, "UploadIdMarker"),
        next_key_marker=name(_text(root, "NextKeyMarker")),
        next_upload_id_marker=_text(root, "NextUploadIdMarker"),
        max_uploads=_number(root, "MaxUploads", MAX_PAGE),
        truncated=_text(root, "IsTruncated").strip() == "true",
        common_prefixes=tuple(name(entry.text or "") for entry in root.findall("CommonPrefixes/Prefix")),
        encoding=encoding,
    )


def write_parts(page: PartList) -> bytes:
    """One page of an upload's parts."""
    body = [
        _leaf("Bucket", page.bucket),
        _leaf("Encoding-Type", page.encoding) if page.encoding else "",
        _leaf("Key", _encoder(page.encoding)(page.key)),
        _leaf("UploadId", page.upload_id),
        _person("Owner", page.owner),
        _person("Initiator", page.owner),
        _leaf("StorageClass", "STANDARD"),
        _leaf("PartNumberMarker", str(page.marker)),
        _leaf("NextPartNumberMarker", str(page.next_marker)),
        _leaf("MaxParts", str(page.max_parts)),
        _leaf("IsTruncated", _flag(page.truncated)),
    ]
    body += [
        "<Part>"
        + _leaf("PartNumber", str(part.number))
        + _leaf("LastModified", iso_time(part.modified))
        + _leaf("ETag", quoted(part.etag))
        + _leaf("Size", str(part.size))
        + "</Part>"
        for part in page.parts
    ]
    return _document("ListPartsResult", "".join(body))


def read_parts(data: bytes) -> PartList:
    """The inverse of :func:`write_parts`. Raises :class:`BadDocument`."""
    root = _parse(data, "ListPartsResult")
    encoding = _text(root, "Encoding-Type")
    return PartList(
        bucket=_text(root, "Bucket"),
        key=_decoder(encoding)(_text(root, "Key")),
        upload_id=_text(root, "UploadId"),
        parts=tuple(
            PartEntry(
                number=_number(part, "PartNumber"),
                etag=unquoted(_required(part, "ETag")),
                size=_number(part, "Size"),
                modified=_seconds(_text(part, "LastModified")),
            )
            for part in root.findall("Part")
        ),
        marker=_number(root, "PartNumberMarker", 0),
        next_marker=_number(root, "NextPartNumberMarker", 0),
        max_parts=_number(root, "MaxParts", MAX_PAGE),
        truncated=_text(root, "IsTruncated").strip() == "true",
        encoding=encoding,
        owner=_text(root, "Owner/ID"),
    )


def write_completion(parts: Iterable[tuple[int, str]]) -> bytes:
    """The request that completes an upload, of part numbers and ETags without quotes."""
    body = "".join(
        f"<Part>{_leaf('PartNumber', str(number))}{_leaf('ETag', quoted(etag))}</Part>"
        for number, etag in parts
    )
    return _document("CompleteMultipartUpload", body)


def read_completion(data: bytes) -> list[tuple[int, str]]:
    """The inverse of :func:`write_completion`, in the order given. Raises :class:`BadDocument`."""
    root = _parse(data, "CompleteMultipartUpload")
    parts = [
        (_number(part, "PartNumber"), unquoted(_required(part, "ETag"))) for part in root.findall("Part")
    ]
    if not 1 <= len(parts) <= MAX_PARTS:
        raise BadDocument(f"a completion names 1 to {MAX_PARTS} parts, not {len(parts)}")
    return parts


def write_completed(result: Completed) -> bytes:
    """The answer to a completion."""
    body = (
        _leaf("Location", result.location)
        + _leaf("Bucket", result.bucket)
        + _leaf("Key", result.key)
        + _leaf("ETag", quoted(result.etag))
    )
    return _document("CompleteMultipartUploadResult", body)


def read_completed(data: bytes) -> Completed:
    """The inverse of :func:`write_completed`. Raises :class:`BadDocument`."""
    root = _parse(data, "CompleteMultipartUploadResult")
    return Completed(
        _text(root, "Location"), _text(root, "Bucket"), _text(root, "Key"), unquoted(_required(root, "ETag"))
    )


def iso_time(seconds: float) -> str:
    """A time as documents carry it: UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _document(name: str, body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}>{body}</{name}>'.encode()


def _leaf(name: str, text: str) -> str:
    return f"<{name}>{escape(_INVALID_XML.sub('�', text), {chr(34): '&quot;', chr(13): '&#13;'})}</{name}>"


def _person(name: str, id: str) -> str:
    return f"<{name}>{_leaf('ID', id)}{_leaf('DisplayName', id)}</{name}>"


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _encoder(encoding: str) -> Callable[[str], str]:
    return quote if encoding == "url" else str


def _decoder(encoding: str) -> Callable[[str], str]:
    return unquote if encoding == "url" else str


def _parse(data: bytes, name: str) -> Element:
    if len(data) > MAX_XML:
        raise BadDocument(f"the document has more than {MAX_XML} bytes")
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BadDocument(f"the document is not acceptable XML: {type(error).__name__}") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.tag != name:
        raise BadDocument(f"expected <{name}>")
    return root


def _text(element: Element, name: str) -> str:
    return element.findtext(name) or ""


def _required(element: Element, name: str) -> str:
    text = _text(element, name)
    if not text:
        raise BadDocument(f"<{element.tag}> lacks <{name}>")
    return text


def _number(element: Element, name: str, default: int | None = None) -> int:
    text = _text(element, name).strip()
    if not text and default is not None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise BadDocument(f"<{element.tag}> lacks a number <{name}>")
    return int(text)


def _seconds(text: str) -> float:
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except ValueError:
        return 0.0

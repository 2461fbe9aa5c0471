"""The media of an application, and how the API shows them (tencent.md §B.7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaQuery, MediaRecord, Service, StoredObject

from ..wire import category
from . import classes
from .caller import Caller
from .credentials import PROVIDER
from .fields import shown_time

SECTIONS = {
    "basicInfo": "BasicInfo",
    "metaData": "MetaData",
    "transcodeInfo": "TranscodeInfo",
    "animatedGraphicsInfo": "AnimatedGraphicsInfo",
    "imageSpriteInfo": "ImageSpriteInfo",
    "snapshotByTimeOffsetInfo": "SnapshotByTimeOffsetInfo",
    "sampleSnapshotInfo": "SampleSnapshotInfo",
    "keyFrameDescInfo": "KeyFrameDescInfo",
    "adaptiveDynamicStreamingInfo": "AdaptiveDynamicStreamingInfo",
    "miniProgramReviewInfo": "MiniProgramReviewInfo",
    "subtitleInfo": "SubtitleInfo",
    "reviewInfo": "ReviewInfo",
}
"""Members of MediaInfo by the filter that asks for them."""

_PAGE = 1000

_NO_STREAMS: Mapping[str, Any] = {
    "Bitrate": 0,
    "Height": 0,
    "Width": 0,
    "Duration": 0.0,
    "Rotate": 0,
    "VideoStreamSet": [],
    "AudioStreamSet": [],
    "VideoDuration": 0.0,
    "AudioDuration": 0.0,
}


def find(conn: Connection, caller: Caller, file_id: str) -> MediaRecord | None:
    """A media of the caller's application; those of other applications count as absent."""
    record = caller.service.media.get(conn, PROVIDER, file_id)
    if record is None or record.account != caller.account or record.attrs["app"] != caller.home.id:
        return None
    return record


def mine(caller: Caller, **facts: Collection[str] | Collection[int]) -> MediaQuery:
    """The query for all media of the caller's application whose facts are among these."""
    return MediaQuery(PROVIDER, caller.account, attrs={"app": (caller.home.id,), **facts})


def members(conn: Connection, service: Service, space: str, folder: str) -> list[StoredObject]:
    """All objects under a folder."""
    found: list[StoredObject] = []
    after = ""
    while page := service.objects.list(conn, PROVIDER, space, folder, after=after, limit=_PAGE):
        found += page
        after = page[-1].key
    return found


def changed(record: MediaRecord, caller: Caller, attrs: Mapping[str, Any], **values: Any) -> MediaRecord:
    """A copy of a record with some values and some of its ``attrs`` replaced."""
    return replace(record, attrs={**record.attrs, **attrs}, updated=caller.now, **values)


def info(
    conn: Connection, caller: Caller, record: MediaRecord, filters: Iterable[str] | None
) -> dict[str, Any]:
    """MediaInfo of a record; sections that ``filters`` does not name are null."""
    wanted = set(filters or SECTIONS)
    shown: dict[str, Any] = {"FileId": record.remote_id}
    for name, member in SECTIONS.items():
        make = _MAKERS.get(name)
        shown[member] = make(conn, caller, record) if make and name in wanted else None
    return shown


def basic(conn: Connection, caller: Caller, record: MediaRecord) -> dict[str, Any]:
    """MediaBasicInfo of a record."""
    attrs = record.attrs
    names = classes.path_names(conn, caller, attrs["class"])
    return {
        "Name": record.title,
        "Description": attrs["description"],
        "CreateTime": shown_time(record.created),
        "UpdateTime": shown_time(record.updated),
        "ExpireTime": shown_time(record.expires),
        "ClassId": attrs["class"],
        "ClassName": names[-1],
        "ClassPath": "-".join(names),
        "CoverUrl": url(caller, record, record.cover_key),
        "Type": attrs["type"],
        "MediaUrl": url(caller, record, record.key),
        "SourceInfo": {"SourceType": "Upload", "SourceContext": attrs["source_context"]},
        "StorageRegion": attrs["region"],
        "StoragePath": f"/{record.key}",
        "TagSet": attrs["tags"],
        "Vid": record.remote_id,
        "Category": category(attrs["type"]),
        "Status": "Forbidden" if record.status == "blocked" else "Normal",
        "StorageClass": "STANDARD",
    }


def meta(conn: Connection, caller: Caller, record: MediaRecord) -> dict[str, Any]:
    """MediaMetaData of a record: what is known without looking into the media."""
    found = caller.service.objects.get(conn, PROVIDER, record.space, record.key)
    digest = found.blob.digests.get("md5", "") if found else ""
    return {"Size": record.size, "Container": record.attrs["type"], "Md5": digest, **_NO_STREAMS}


def url(caller: Caller, record: MediaRecord, key: str) -> str:
    """Where one of a media's objects plays; ``""`` for no object."""
    return caller.service.play_url(PROVIDER, record.space, key) if key else ""


def _transcodes(conn: Connection, caller: Caller, record: MediaRecord) -> dict[str, Any]:
    if not record.key:
        return {"TranscodeSet": []}
    original = {
        "Url": url(caller, record, record.key),
        "Definition": 0,
        "DigitalWatermarkType": "None",
        **meta(conn, caller, record),
    }
    del original["Rotate"], original["VideoDuration"], original["AudioDuration"]
    return {"TranscodeSet": [original]}


def _key_frames(conn: Connection, caller: Caller, record: MediaRecord) -> dict[str, Any] | None:
    frames = record.attrs["key_frames"]
    return {"KeyFrameDescSet": frames} if frames else None


def _subtitles(conn: Connection, caller: Caller, record: MediaRecord) -> dict[str, Any]:
    return {"SubtitleSet": [subtitle(caller, record, item) for item in record.attrs["subtitles"]]}


def subtitle(caller: Caller, record: MediaRecord, item: Mapping[str, Any]) -> dict[str, Any]:
    """MediaSubtitleItem of a stored subtitle."""
    return {
        "Id": item["id"],
        "Name": item["name"],
        "Language": item["language"],
        "Format": item["format"],
        "Url": url(caller, record, item["key"]),
        "Source": "UserUploaded",
    }


_MAKERS = {
    "basicInfo": basic,
    "metaData": meta,
    "transcodeInfo": _transcodes,
    "keyFrameDescInfo": _key_frames,
    "subtitleInfo": _subtitles,
}

"""The media of an application, and how the API shows them (tencent.md §B.7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import MediaQuery, MediaRecord, Service, StoredObject
from vodkit.server.processing import Output
from vodkit.server.telling import Links, errors_of, told

from ..wire import TOLD, category
from . import class_tree, made, subtitles
from .addresses import LINK_LIFE, address
from .caller import Owner
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


def find(conn: Connection, owner: Owner, file_id: str, *, lock: bool = False) -> MediaRecord | None:
    """A media of the owner's application; those of other applications count as absent.

    With ``lock`` nobody else changes it before the commit.
    """
    record = owner.service.media.get(conn, PROVIDER, file_id, lock=lock)
    if record is None or record.account != owner.account or record.attrs["app"] != owner.home.id:
        return None
    return record


def at(conn: Connection, owner: Owner, key: str) -> MediaRecord | None:
    """The media of the owner's application whose original is stored under a key."""
    record = owner.service.media.holding(conn, PROVIDER, owner.home.bucket, key)
    return find(conn, owner, record.remote_id) if record and record.key == key else None


def mine(owner: Owner, **facts: Collection[str] | Collection[int]) -> MediaQuery:
    """The query for all media of the owner's application whose facts are among these."""
    return MediaQuery(PROVIDER, owner.account, attrs={"app": (owner.home.id,), **facts})


def members(conn: Connection, service: Service, space: str, folder: str) -> list[StoredObject]:
    """All objects under a folder."""
    found: list[StoredObject] = []
    after = ""
    while page := service.objects.list(conn, PROVIDER, space, folder, after=after, limit=_PAGE):
        found += page
        after = page[-1].key
    return found


def changed(record: MediaRecord, owner: Owner, attrs: Mapping[str, Any], **values: Any) -> MediaRecord:
    """A copy of a record with some values and some of its ``attrs`` replaced."""
    return replace(record, attrs={**record.attrs, **attrs}, updated=owner.now, **values)


def infos(
    conn: Connection,
    owner: Owner,
    records: Sequence[MediaRecord],
    filters: Iterable[str] | None,
    *,
    ours: bool = False,
) -> list[dict[str, Any]]:
    """MediaInfo of records; sections that ``filters`` does not name are null.

    Args:
        ours: Whether it is for our own client, which also learns what the vendor has no words for.
    """
    wanted = set(filters or SECTIONS)
    outputs = owner.service.outputs.of_many(conn, [record.id for record in records])
    views = [_View(conn, owner, record, outputs.get(record.id, [])) for record in records]
    shown = [_info(view, wanted) for view in views]
    if ours:
        errors = errors_of(conn, owner.service, records)
        for view, info in zip(views, shown, strict=True):
            info[TOLD] = _told(view, errors.get(view.record.id, ""))
    return shown


def told_of(conn: Connection, owner: Owner, record: MediaRecord) -> dict[str, Any]:
    """What our own client learns of a media beside the vendor's words."""
    view = _View(conn, owner, record, owner.service.outputs.of(conn, record.id))
    return _told(view, errors_of(conn, owner.service, [record]).get(record.id, ""))


def _told(view: _View, error: str) -> dict[str, Any]:
    service, record = view.owner.service, view.record
    account = service.accounts.known(view.conn, record.account)
    closed = bool(account and account.attrs.get("playback_key"))
    links = Links(service, record, LINK_LIFE, closed=closed)
    return told(record, view.outputs, links, error=error)


@dataclass(frozen=True, slots=True)
class _View:
    """A media, and what was made of it."""

    conn: Connection
    owner: Owner
    record: MediaRecord
    outputs: Sequence[Output]

    def section(self, name: str) -> list[Output]:
        """What was made under templates of a kind."""
        return made.of_section(self.outputs, name)


def _info(view: _View, wanted: Collection[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {"FileId": view.record.remote_id}
    for name, member in SECTIONS.items():
        make = _MAKERS.get(name)
        shown[member] = make(view) if make and name in wanted else None
    return shown


def basic(conn: Connection, owner: Owner, record: MediaRecord) -> dict[str, Any]:
    """MediaBasicInfo of a record."""
    return _basic(_View(conn, owner, record, owner.service.outputs.of(conn, record.id)))


def _basic(view: _View) -> dict[str, Any]:
    record, attrs = view.record, view.record.attrs
    names = class_tree.path_names(view.conn, view.owner, attrs["class"])
    own_cover = url(view.owner, record, record.cover_key)
    return {
        "Name": record.title,
        "Description": attrs["description"],
        "CreateTime": shown_time(record.created),
        "UpdateTime": shown_time(record.updated),
        "ExpireTime": shown_time(record.expires),
        "ClassId": attrs["class"],
        "ClassName": names[-1],
        "ClassPath": "-".join(names),
        "CoverUrl": made.cover_url(view.owner.service, view.outputs) or own_cover,
        "Type": attrs["type"],
        "MediaUrl": url(view.owner, record, record.key),
        "SourceInfo": {"SourceType": "Upload", "SourceContext": attrs["source_context"]},
        "StorageRegion": attrs["region"],
        "StoragePath": f"/{record.key}",
        "TagSet": attrs["tags"],
        "Vid": record.remote_id,
        "Category": category(attrs["type"]),
        "Status": "Forbidden" if record.status == "blocked" else "Normal",
        "StorageClass": "STANDARD",
    }


def meta(conn: Connection, owner: Owner, record: MediaRecord) -> dict[str, Any]:
    """MediaMetaData of a record: what is known of its original by now."""
    found = owner.service.objects.get(conn, PROVIDER, record.space, record.key)
    digest = found.blob.digests.get("md5", "") if found else ""
    return made.meta(record.size, record.attrs["type"], digest, record.facts)


def url(owner: Owner, record: MediaRecord, key: str) -> str:
    """Where one of a media's objects plays; ``""`` for no object."""
    return address(owner.service, record.space, key, record.folder)


def _meta(view: _View) -> dict[str, Any]:
    return meta(view.conn, view.owner, view.record)


def _transcodes(view: _View) -> dict[str, Any]:
    items = [made.transcode(view.owner.service, output) for output in view.section("transcode")]
    return {"TranscodeSet": [_original(view), *items] if view.record.key else items}


def _original(view: _View) -> dict[str, Any]:
    original = {
        "Url": url(view.owner, view.record, view.record.key),
        "Definition": 0,
        "DigitalWatermarkType": "None",
        **_meta(view),
    }
    del original["Rotate"], original["VideoDuration"], original["AudioDuration"]
    return original


def _adaptive(view: _View) -> dict[str, Any] | None:
    streams = view.section("adaptive")
    items = [item for output in streams for item in made.adaptive(view.conn, view.owner, output)]
    return {"AdaptiveDynamicStreamingSet": items} if items else None


def _animations(view: _View) -> dict[str, Any] | None:
    items = [made.animation(view.owner.service, output) for output in view.section("animation")]
    return {"AnimatedGraphicsSet": items} if items else None


def _sprites(view: _View) -> dict[str, Any] | None:
    items = [made.sprite(view.owner.service, output) for output in view.section("sprite")]
    return {"ImageSpriteSet": items} if items else None


def _snapshots(view: _View) -> dict[str, Any] | None:
    items = made.snapshots(view.owner.service, view.section("snapshot"))
    return {"SnapshotByTimeOffsetSet": items} if items else None


def _sampled(view: _View) -> dict[str, Any] | None:
    items = made.sampled(view.conn, view.owner, view.section("sample"))
    return {"SampleSnapshotSet": items} if items else None


def _key_frames(view: _View) -> dict[str, Any] | None:
    frames = view.record.attrs["key_frames"]
    return {"KeyFrameDescSet": frames} if frames else None


def _subtitles(view: _View) -> dict[str, Any]:
    items = [subtitles.shown(view.owner.service, output) for output in subtitles.of(view.outputs)]
    return {"SubtitleSet": items}


_MAKERS = {
    "basicInfo": _basic,
    "metaData": _meta,
    "transcodeInfo": _transcodes,
    "animatedGraphicsInfo": _animations,
    "imageSpriteInfo": _sprites,
    "snapshotByTimeOffsetInfo": _snapshots,
    "sampleSnapshotInfo": _sampled,
    "keyFrameDescInfo": _key_frames,
    "adaptiveDynamicStreamingInfo": _adaptive,
    "subtitleInfo": _subtitles,
}

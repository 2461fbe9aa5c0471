"""Management of media and callbacks (netease.md §4.2, §4.3, §8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vodkit.core.contract import Exchange
from vodkit.core.errors import InvalidRequest, NotFound, ProtocolError, UnsupportedOption
from vodkit.core.media import Media, MediaPage

from .. import wire
from ..errors import PROVIDER
from .api import Api
from .options import callback_url, number, refused, text

_STATUS = {
    wire.STATUS_INITIAL: "processing",
    wire.STATUS_FAILED: "failed",
    wire.STATUS_PROCESSING: "processing",
    wire.STATUS_SUCCESS: "ready",
    wire.STATUS_BLOCKED: "blocked",
}
_WANTED = {
    "processing": wire.STATUS_PROCESSING,
    "failed": wire.STATUS_FAILED,
    "ready": wire.STATUS_SUCCESS,
    "blocked": wire.STATUS_BLOCKED,
}
_STREAMS = ("adaptHlsUrl", "shdHlsUrl", "hdHlsUrl", "sdHlsUrl")
"""Members with an HLS address, best first."""
_OURS = ("vid", "playback")
_EVENTS = {"transcode": 1, "upload": 2}


@dataclass(frozen=True, slots=True)
class Found:
    """The id of an uploaded object.

    Attributes:
        object: Its name.
        vid: Id of the video, or ``None`` for an image.
        image: Id of the image, or ``None`` for a video.
    """

    object: str
    vid: int | None
    image: int | None

    @property
    def id(self) -> str:
        """As our media calls take it."""
        return wire.media_id(self.vid, self.image)


class NetEaseMedia:
    """See :class:`vodkit.core.contract.MediaStore`.

    Args:
        api: How the vendor is reached.
        exchange: The wire.
    """

    def __init__(self, api: Api, exchange: Exchange) -> None:
        self._api, self._exchange = api, exchange

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """Any call of the API: ``call("video/get", vid=7)``; the members of ``ret``.

        Raises:
            VodError: the exchange failed, or the API refused.
        """
        return dict(self._api.call(self._exchange, operation, params))

    def query(self, objects: Sequence[str]) -> list[Found]:
        """The ids of uploaded objects, in this order; those that are unknown or not finished are left out.

        Any number may be asked for: they are asked in batches of 100.
        """
        found: list[Found] = []
        for start in range(0, len(objects), wire.MAX_BATCH):
            names = list(objects[start : start + wire.MAX_BATCH])
            try:
                answer = self.call("video/query", objectNames=names)
            except NotFound:
                continue
            found += [_found(entry) for entry in answer.get("list") or () if isinstance(entry, dict)]
        return found

    def get(self, id: str) -> Media:
        """One video. Raises :class:`~vodkit.core.errors.NotFound`; images are never shown."""
        return to_media(self.call("video/get", vid=_vid(id)))

    def page(self, *, marker: str = "", limit: int = 50, **filters: Any) -> MediaPage:
        """One page of video/list. ``status`` takes our words, ``category`` a number.

        Raises:
            UnsupportedOption: there is no such filter.
            InvalidRequest: a filter's value cannot be, or the marker is not ours.
        """
        current, _, size = (marker or f"1x{limit}").partition("x")
        if not (current.isdecimal() and size.isdecimal()):
            raise InvalidRequest("the marker is not one of a listing", provider=PROVIDER)
        params = {"currentPage": int(current), "pageSize": max(int(size), 1), **_filters(filters)}
        answer = self.call("video/list", **params)
        found = tuple(to_media(entry) for entry in answer.get("list") or ())
        total = answer.get("totalRecords")
        more = bool(found) and (total is None or int(current) * int(size) < int(total))
        return MediaPage(found, total, f"{int(current) + 1}x{size}" if more else "")

    def delete(self, id: str) -> None:
        """Delete one video with its outputs. Raises :class:`~vodkit.core.errors.NotFound`."""
        self.call("video/videoDelete", vid=_vid(id))

    def update(self, id: str, **changes: Any) -> Media:
        """Change ``title``, ``description``, ``category``.

        Raises:
            UnsupportedOption: the vendor cannot change this.
            NotFound: there is no such video.
        """
        for name in changes:
            if name not in ("title", "description", "category"):
                raise UnsupportedOption(
                    f"{name!r} of a media cannot be changed",
                    provider=PROVIDER,
                    advice="It can be: title, description, category",
                )
        before = self.call("video/get", vid=_vid(id))
        title, description = text(changes, "title"), text(changes, "description")
        kind = number(changes, "category")
        # The vendor's page does not say that members left out stay as they are.
        self.call(
            "video/edit",
            vid=_vid(id),
            videoName=before.get("videoName") if title is None else title,
            description=before.get("description") if description is None else description,
            typeId=before.get("typeId") if kind is None else kind,
        )
        return self.get(id)

    def disable(self, id: str) -> None:
        """Block a video: it plays no more. Raises :class:`~vodkit.core.errors.NotFound`."""
        self.call("video/videoDisable", vid=_vid(id))

    def recover(self, id: str) -> None:
        """Unblock a video. Raises :class:`~vodkit.core.errors.NotFound`."""
        self.call("video/videoRecover", vid=_vid(id))

    def download_request(self, id: str) -> tuple[str, Mapping[str, str]]:
        """Where the original can be fetched from."""
        url = self.get(id).url
        if not url:
            raise NotFound(f"media {id!r} has no address", provider=PROVIDER)
        return url, {}


class NetEaseCallbacks:
    """See :class:`vodkit.core.contract.CallbackStore`.

    Args:
        api: How the vendor is reached.
        exchange: The wire.
    """

    def __init__(self, api: Api, exchange: Exchange) -> None:
        self._media = NetEaseMedia(api, exchange)

    def get(self) -> Mapping[str, Any]:
        """What is set now: ``url`` for uploads, ``transcode_url`` for transcoding, ``""`` for none.

        Raises:
            UnsupportedOption: the API has no such call. The vendor's pages announce one and do not name it.
        """
        uploads, transcoding = (self._told("callback/getUrl", event) for event in ("upload", "transcode"))
        return {
            "url": str(uploads.get("callbackUrl") or ""),
            "transcode_url": str(transcoding.get("callbackUrl") or ""),
        }

    def set(self, url: str, **options: Any) -> None:
        """Report to this address from now on.

        Args:
            url: At most 200 characters, http or https; ``""`` ends that, where the API can.
            options: ``event``: ``upload`` (the default) or ``transcode``; ``sign_key``: 1 to 32 letters and
                digits that the callbacks are signed with.
        """
        event, key = options.pop("event", "upload"), text(options, "sign_key")
        options.pop("sign_key", None)
        if options or event not in _EVENTS:
            raise UnsupportedOption(
                "callbacks.set takes event (upload or transcode) and sign_key", provider=PROVIDER
            )
        if not url:
            self._told("callback/deleteUrl", event)
            return
        callback_url(url, "url")
        if key is None:
            self._media.call(f"{event}/setcallback", callbackUrl=url)
        else:
            self._media.call("callback/setUrl", type=_EVENTS[event], callbackUrl=url, signKey=key)

    def _told(self, operation: str, event: str) -> Mapping[str, Any]:
        """A call that the vendor's pages announce and do not name."""
        try:
            return self._media.call(operation, type=_EVENTS[event])
        except NotFound as error:
            raise UnsupportedOption(
                "the API neither tells nor forgets a callback address", provider=PROVIDER
            ) from error


def to_media(info: Mapping[str, Any]) -> Media:
    """A video of the API as ours; the vendor's members stay in ``extra``.

    Raises:
        ProtocolError: it has no vid.
    """
    if not info.get("vid"):
        raise ProtocolError("a video without vid", provider=PROVIDER)
    name, size = str(info.get("videoName") or ""), info.get("initialSize")
    milliseconds = _positive(info.get("durationMsec")) or (_positive(info.get("duration")) or 0) * 1000
    media = Media(
        provider=PROVIDER,
        id=str(info["vid"]),
        url=str(info.get("origUrl") or ""),
        title=name,
        size=int(size) if size is not None else None,
        cover_url=str(info.get("snapshotUrl") or ""),
        kind=wire.kind(str(info.get("origUrl") or name)),
        status=_STATUS.get(info.get("status", 0), "processing"),
        created=_time(info.get("createTime")),
        hls_url=next((str(url) for member in _STREAMS if (url := info.get(member))), ""),
        duration=milliseconds / 1000 if milliseconds else None,
        width=_positive(info.get("width")),
        height=_positive(info.get("height")),
        extra={key: value for key, value in info.items() if key not in _OURS and value is not None},
    )
    return media.told(info.get("playback"))


def _positive(value: Any) -> int | None:
    """A number above 0, which the API sends as text too; ``None`` for none."""
    text = str(value) if isinstance(value, int | str) else ""
    return int(text) if text.isascii() and text.isdecimal() and int(text) > 0 else None


def _found(entry: Mapping[str, Any]) -> Found:
    vid, image = entry.get("vid"), entry.get("imgId")
    return Found(str(entry.get("objectName") or ""), vid or None, image or None)


def _vid(id: str) -> int:
    """The number of a video. Raises ``NotFound`` for the id of an image, and for what is none."""
    if id.isascii() and id.isdecimal():
        return int(id)
    what = "the API shows no images" if id.startswith(wire.IMAGE_MARK) else "ids of videos are numbers"
    raise NotFound(f"there is no video {id!r}: {what}", provider=PROVIDER)


def _filters(filters: Mapping[str, Any]) -> dict[str, Any]:
    params: dict[str, Any] = {"status": 0, "type": 0}
    for name, value in filters.items():
        if name == "category":
            params["type"] = number(filters, name) or 0
        elif name == "status":
            if value not in _WANTED:
                raise refused(f"status cannot be {value!r}", f"Choose one of {', '.join(_WANTED)}")
            params["status"] = _WANTED[value]
        else:
            raise UnsupportedOption(
                f"media.list has no filter {name!r}", provider=PROVIDER, advice="It has: status, category"
            )
    return params


def _time(milliseconds: Any) -> datetime | None:
    if not isinstance(milliseconds, int) or milliseconds <= 0:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)

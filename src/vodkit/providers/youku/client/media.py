"""Management of videos (youku.md §9)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from vodkit.core.contract import Exchange
from vodkit.core.errors import InvalidRequest, NotFound, UnsupportedOption
from vodkit.core.media import Media, MediaPage

from ..errors import PROVIDER
from .api import Api
from .options import refused, video_fields

_PAGE = 100
_CHINA = timezone(timedelta(hours=8))
_STATUS = {"normal": "ready", "encoding": "processing", "in_review": "processing", "fail": "failed"}
_CHANGES = frozenset(
    {
        "title",
        "description",
        "tags",
        "category",
        "copyright_type",
        "public_type",
        "watch_password",
        "thumbnail_seq",
    }
)
ORDERS = ("published", "view-count", "comment-count", "favorite-count")


class YoukuMedia:
    """See :class:`vodkit.core.contract.MediaStore`.

    Args:
        api: How the platform is reached.
        exchange: The wire.
    """

    def __init__(self, api: Api, exchange: Exchange) -> None:
        self._api, self._exchange = api, exchange

    def call(self, path: str, *, post: bool = False, login: bool = False, **fields: Any) -> dict[str, Any]:
        """Any call of the older API; see :meth:`vodkit.providers.youku.Youku.call`."""
        send = self._api.authorized if login else self._api.call
        return send(self._exchange, "POST" if post else "GET", f"{path}.json", fields, old=True)

    def show(self, id: str) -> dict[str, Any]:
        """The platform's own description of a video (§9.1). Raises :class:`~vodkit.core.errors.NotFound`."""
        fields = {"video_id": id, "ext": "show"}
        return self._api.authorized(self._exchange, "GET", "videos/show.json", fields)

    def get(self, id: str) -> Media:
        """One video. Raises :class:`~vodkit.core.errors.NotFound`."""
        return to_media(self.show(id))

    def page(self, *, marker: str = "", limit: int = 50, **filters: Any) -> MediaPage:
        """One page of the user's own videos, newest first unless ``order`` says otherwise.

        Raises:
            InvalidRequest: the order is unknown, or the marker is not ours.
        """
        order = filters.get("order", ORDERS[0])
        if order not in ORDERS:
            raise refused(f"there is no order {order!r}", f"Use one of: {', '.join(ORDERS)}")
        if marker and not marker.isdecimal():
            raise InvalidRequest("the marker is not one of a listing", provider=PROVIDER)
        page, count = int(marker or 1), min(max(limit, 1), _PAGE)
        fields = {"orderby": order, "page": page, "count": count}
        answer = self._api.authorized(self._exchange, "GET", "videos/by_me.json", fields)
        items = tuple(to_media(video) for video in answer.get("videos") or ())
        total = int(answer.get("total") or 0)
        return MediaPage(items, total, str(page + 1) if items and page * count < total else "")

    def delete(self, id: str) -> None:
        """Delete one video. Raises :class:`~vodkit.core.errors.NotFound`."""
        self._api.authorized(self._exchange, "POST", "videos/destroy.json", {"video_id": id}, old=True)

    def update(self, id: str, **changes: Any) -> Media:
        """Change ``title``, ``description``, ``tags``, ``category``, ``copyright_type``, ``public_type``,
        ``watch_password`` or ``thumbnail_seq``.

        Raises:
            UnsupportedOption: the platform cannot change this.
            InvalidRequest: a value cannot be.
            NotFound: there is no such video of this user.
        """
        for name in changes:
            if name not in _CHANGES:
                raise UnsupportedOption(f"{name!r} cannot be changed", provider=PROVIDER)
        fields = {**video_fields(changes), "video_id": id, "thumbnail_seq": changes.get("thumbnail_seq")}
        if str(fields.get("title", "")).isdecimal():
            raise refused("a title of digits only is refused when a video is changed", "Add a letter")
        self._api.authorized(self._exchange, "POST", "videos/update.json", fields, old=True)
        return self.get(id)

    def download_request(self, id: str) -> tuple[str, Mapping[str, str]]:
        """Where the original can be fetched from; a vodkit service tells, the vendor does not."""
        original = self.show(id).get("original")
        url = original.get("url") if isinstance(original, dict) else None
        if not url:
            raise NotFound(f"the platform hands out no original of {id!r}", provider=PROVIDER)
        return str(url), {}

    def spec(self) -> dict[str, Any]:
        """The platform's limits (§4.8)."""
        return self._api.call(self._exchange, "GET", "schemas/upload/spec.json", {})


def to_media(video: Mapping[str, Any]) -> Media:
    """A video of the platform as ours. Times are China's, where the platform is."""
    given = video.get("original")
    original: Mapping[str, Any] = given if isinstance(given, dict) else {}
    size = original.get("size")
    media = Media(
        provider=PROVIDER,
        id=str(video.get("id") or ""),
        url=str(original.get("url") or video.get("link") or ""),
        title=str(video.get("title") or ""),
        size=size if isinstance(size, int) else None,
        md5=str(original.get("md5") or ""),
        cover_url=str(video.get("thumbnail") or ""),
        status=_STATUS.get(str(video.get("state")), "blocked"),
        created=_time(video.get("created")),
        duration=_seconds(video.get("duration")),
        extra={name: value for name, value in video.items() if name != "original"},
    )
    return media.told(video.get("playback"))


def _seconds(value: Any) -> float | None:
    """A duration, which the platform sends as text or as a number; 0 says that it is not known."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if 0 < seconds < math.inf else None


def _time(value: Any) -> datetime | None:
    try:
        return datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=_CHINA)
    except ValueError:
        return None

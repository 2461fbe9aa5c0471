"""The nouns that providers share: media, spaces, queries, receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final

_TOLD_TEXTS: Final = {
    "status": "status",
    "watch": "watch_url",
    "hls": "hls_url",
    "dash": "dash_url",
    "cover": "cover_url",
    "error": "error",
}
_TOLD_NUMBERS: Final = ("duration", "width", "height")


@dataclass(frozen=True, slots=True)
class Media:
    """A video, an audio or an image on a provider.

    Attributes:
        provider: Name of the provider room.
        id: The provider's own id.
        url: Where it plays or downloads; ``""`` where the provider tells none.
        title: Display name.
        size: Bytes of the original, or ``None`` if the provider does not say.
        md5: Hex MD5 of the original, or ``""`` if the provider does not say.
        cover_url: Address of the cover, or ``""``.
        kind: ``video``, ``audio``, ``image`` or ``file``.
        status: ``ready``, ``processing``, ``failed`` or ``blocked``.
        created: When it was made, or ``None``.
        expires: When it will be removed, or ``None`` for never.
        hls_url: Address of the HLS master playlist, or ``""``.
        space: The bucket or space it lives in, or ``""``.
        dash_url: Address of the DASH manifest, or ``""``.
        watch_url: Address of a page that plays it, or ``""``.
        duration: Seconds, or ``None`` if the provider does not say.
        width, height: Pixels as shown, or ``None`` if the provider does not say.
        error: Why it is ``failed``, or ``""``.
        extra: The provider's further fields, under the provider's names.
    """

    provider: str
    id: str
    url: str = ""
    title: str = ""
    size: int | None = None
    md5: str = ""
    cover_url: str = ""
    kind: str = "video"
    status: str = "ready"
    created: datetime | None = None
    expires: datetime | None = None
    hls_url: str = ""
    space: str = ""
    dash_url: str = ""
    watch_url: str = ""
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    error: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def told(self, data: Any) -> Media:
        """With what a vodkit service says of it beside the provider's own words; other data changes nothing.

        Args:
            data: ``status``, ``watch``, ``hls``, ``dash``, ``cover``, ``duration``, ``width``, ``height`` and
                ``error``, as far as the service says them.
        """
        if not isinstance(data, Mapping):
            return self
        texts = {field: data[name] for name, field in _TOLD_TEXTS.items() if isinstance(data.get(name), str)}
        numbers = {
            name: data[name]
            for name in _TOLD_NUMBERS
            if type(data.get(name)) in (int, float) and data[name] > 0
        }
        return replace(self, **texts, **numbers)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; times are ISO 8601."""
        data = asdict(self)
        for name in ("created", "expires"):
            when = data[name]
            data[name] = when.isoformat() if when is not None else None
        return data


@dataclass(frozen=True, slots=True)
class Processing:
    """How far a provider is with what it makes of a media, or with a source that it pulls.

    Attributes:
        status: ``processing``, then ``ready``, ``failed`` or ``blocked``.
        progress: Finished share, 0 to 1, or ``None`` if the provider does not say.
        error: Why it is ``failed``, or ``""``.
        media: Id of the media, once there is one.
    """

    status: str
    progress: float | None = None
    error: str = ""
    media: str = ""


@dataclass(frozen=True, slots=True)
class MediaPage:
    """One page of a listing.

    Attributes:
        items: The media, in the provider's order.
        total: How many there are in all, or ``None`` if the provider does not say.
        next: Opaque marker of the next page; ``""`` when this is the last.
    """

    items: tuple[Media, ...]
    total: int | None = None
    next: str = ""


@dataclass(frozen=True, slots=True)
class Space:
    """A bucket of a provider.

    Attributes:
        provider: Name of the provider room.
        name: Its name.
        access: ``public`` or ``private``.
        region: Storage region, or ``""``.
        created: When it was made, or ``None``.
        extra: The provider's further fields.
    """

    provider: str
    name: str
    access: str = "private"
    region: str = ""
    created: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; times are ISO 8601."""
        data = asdict(self)
        data["created"] = self.created.isoformat() if self.created is not None else None
        return data

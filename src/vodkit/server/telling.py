"""What the service tells vodkit's clients about a media, where the vendor's dialect has no words for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from .access import ALL
from .contract import MediaRecord, Service
from .media.facts import Facts
from .processing import OUTPUTS, Output, Task, TaskQuery

_LONGEST_ERROR = 300
_TASKS = 20
"""The newest tasks of a media that are looked at."""

_MANIFESTS = (".m3u8", ".mpd")


class Links:
    """Addresses of what belongs to a media.

    Args:
        service: Makes them.
        media: Whose they are.
        lifetime: Seconds that they are good for where not everybody may watch; else they are plain ones,
            which never end.
        closed: Whether the room lets nobody watch by plain ones.
    """

    def __init__(
        self, service: Service, media: MediaRecord, lifetime: float, *, closed: bool = False
    ) -> None:
        signed = closed or media.access != ALL or service.settings.signed_playback
        self._service, self._media = service, media
        self._lifetime = lifetime if signed else None

    def original(self) -> str:
        """Of the uploaded file; of a manifest such that what it names can be had as well."""
        folder = self._media.folder if self._media.key.endswith(_MANIFESTS) else ""
        return self._signed(self._media.space, self._media.key, folder)

    def output(self, key: str) -> str:
        """Of an object that was made of it."""
        return self._signed(OUTPUTS, key, f"{self._media.id}/")

    def cover(self, outputs: Sequence[Output]) -> str:
        """Of its cover; ``""`` where it has none."""
        made = next((output for output in outputs if output.kind == "cover"), None)
        if made is not None:
            return self.output(made.key)
        given = self._media.cover_key
        return self._signed(self._media.space, given, "") if given else ""

    def watch(self) -> str:
        """Of the page that plays it."""
        return self._service.watch_url(self._media, self._lifetime)

    def _signed(self, space: str, key: str, folder: str) -> str:
        url = self._service.play_url(self._media.provider, space, key)
        return url if self._lifetime is None else self._service.sign_url(url, self._lifetime, folder)


def told(media: MediaRecord, outputs: Sequence[Output], links: Links, *, error: str = "") -> dict[str, Any]:
    """A media's state and addresses, as :meth:`vodkit.core.media.Media.told` reads them.

    Args:
        media: As it is now.
        outputs: What was made of it.
        links: Makes its addresses.
        error: Why it failed, if it did.

    Returns:
        JSON-ready: ``status`` and, as far as there are such, ``watch``, ``hls``, ``dash``, ``cover``,
        ``duration``, ``width``, ``height`` and ``error``.
    """
    found: dict[str, Any] = {"status": media.status, "cover": links.cover(outputs)}
    if media.kind in ("video", "audio"):
        found["watch"] = links.watch()
    streams = next((output for output in outputs if output.kind == "streams"), None)
    if streams is not None:
        found["hls"] = links.output(streams.key)
        found["dash"] = links.output(streams.facts["dash"]) if streams.facts.get("dash") else ""
    if media.facts:
        facts = Facts.from_dict(dict(media.facts))
        found["duration"] = round(facts.seconds, 3)
        if facts.picture is not None:
            found["width"], found["height"] = facts.picture.shown_size
    found["error"] = error[:_LONGEST_ERROR] if media.status == "failed" else ""
    return {name: value for name, value in found.items() if value}


def errors_of(conn: Connection, service: Service, media: Collection[MediaRecord]) -> Mapping[str, str]:
    """Why the failed ones among some media failed, by our ids."""
    found: dict[str, str] = {}
    for record in media:
        if record.status == "failed":
            query = TaskQuery(media=record.id, kind="procedure", states=("failed", "cancelled"))
            tasks = (task for task in service.tasks.find(conn, query, limit=_TASKS) if task.decides)
            found |= {task.media: why(task) for task in islice(tasks, 1)}
    return found


def why(task: Task) -> str:
    """Why nothing came of a task that has ended."""
    return "its processing was cancelled" if task.state == "cancelled" else task.error

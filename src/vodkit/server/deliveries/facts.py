"""What the service's own webhooks say of an event: the same words whatever the media's provider.

The facts are kept as they were when it happened, so that a message that is late, or sent again, tells of that
moment. Addresses are made of them when a message goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from ..media.facts import Facts
from ..nouns import MediaRecord
from ..processing import OUTPUTS, Output, Outputs, Task

PlayUrl = Callable[[str, str, str], str]
"""Where an object of a provider, space and key plays."""

_SHOWN = {
    "streams": ("seconds", "renditions"),
    "file": ("seconds", "width", "height", "codec", "bitrate"),
    "cover": ("width", "height"),
    "snapshot": ("width", "height", "at"),
    "sprite": ("width", "height", "columns", "rows", "interval", "count"),
    "subtitle": ("language", "title"),
}
"""Facts of an output that are told, by its kind."""


def gather(
    conn: Connection, media: MediaRecord | None, task: Task | None, outputs: Outputs
) -> dict[str, Any]:
    """The facts of this moment, as JSON-ready data; see :func:`told`."""
    facts: dict[str, Any] = {}
    if media is not None:
        facts["media"] = {
            "id": media.remote_id,
            "title": media.title,
            "kind": media.kind,
            "status": media.status,
            "size": media.size,
            "created": media.created,
            **_probed(media.facts),
        }
        facts["places"] = {"space": media.space, "original": media.key, "cover": media.cover_key}
        facts["outputs"] = [_output(output) for output in outputs.of(conn, media.id)]
    if task is not None:
        facts["task"] = {"id": task.remote_id, "kind": task.kind, "state": task.state, "error": task.error}
    return facts


def _probed(found: Mapping[str, Any]) -> dict[str, Any]:
    """How long a media plays and how large its picture is, as far as a probe has told."""
    if not found:
        return {}
    facts = Facts.from_dict(dict(found))
    size = facts.picture.shown_size if facts.picture else None
    return {"duration": facts.seconds, **(dict(zip(("width", "height"), size)) if size else {})}


def _output(output: Output) -> dict[str, Any]:
    told = {name: output.facts[name] for name in _SHOWN.get(output.kind, ()) if name in output.facts}
    places = {"key": output.key, "dash": output.facts.get("dash", "")}
    return {"kind": output.kind, "name": output.name, "size": output.size, **told, "places": places}


def told(facts: Mapping[str, Any], provider: str, play_url: PlayUrl, *, gone: bool) -> dict[str, Any]:
    """The ``data`` of a message.

    Args:
        facts: What :func:`gather` found when it happened.
        provider: Whose media it is.
        play_url: Makes addresses.
        gone: The media was deleted, so that nothing of it has an address.

    Returns:
        ``provider``; ``id``, ``title``, ``kind``, ``status``, ``size``, ``created`` and, once probed,
        ``duration``, ``width`` and ``height`` of the media; its addresses ``url``, ``cover_url``, ``hls_url``
        and ``dash_url`` as far as there are such; ``outputs``, each with its own ``url``; and ``task``.
    """
    data: dict[str, Any] = {"provider": provider}
    if "media" in facts:
        media = facts["media"]
        data |= {**media, "created": moment(media["created"])}
        if not gone:
            data |= _addresses(facts, provider, play_url)
    if "task" in facts:
        data["task"] = facts["task"]
    return data


def _addresses(facts: Mapping[str, Any], provider: str, play_url: PlayUrl) -> dict[str, Any]:
    places = facts["places"]
    found = {"url": play_url(provider, places["space"], places["original"])}
    if places["cover"]:
        found["cover_url"] = play_url(provider, places["space"], places["cover"])
    outputs = []
    for output in facts["outputs"]:
        url = play_url(provider, OUTPUTS, output["places"]["key"])
        shown = {**output, "url": url}
        del shown["places"]
        if output["kind"] == "streams":
            found["hls_url"] = url
            if output["places"]["dash"]:
                found["dash_url"] = shown["dash_url"] = play_url(provider, OUTPUTS, output["places"]["dash"])
        if output["kind"] == "cover":
            found["cover_url"] = url
        outputs.append(shown)
    return {**found, "outputs": outputs}


def moment(seconds: float) -> str:
    """A time as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

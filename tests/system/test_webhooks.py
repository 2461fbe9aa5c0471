"""The service's own webhooks tell the same of every provider's media, from the upload to its deletion."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import vodkit
from vodkit.core import registry
from vodkit.sandbox.listen import Arrival, Judge, listening
from vodkit.server.contract import Settings
from vodkit.server.deliveries.admin import add_webhook

from ..unit.media.conftest import ffmpeg


class Told:
    """What came, by the provider's id of the media."""

    def __init__(self) -> None:
        self._came: list[Arrival] = []
        self._changed = threading.Condition()

    def __call__(self, arrival: Arrival) -> None:
        with self._changed:
            self._came.append(arrival)
            self._changed.notify_all()

    def of(self, media: str) -> list[Arrival]:
        return [arrival for arrival in self._came if arrival.media == media]

    def until(self, media: str, count: int) -> list[Arrival]:
        """All that came of a media, once there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.of(media)) >= count, timeout=120), self._came
            return self.of(media)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x36:rate=10:duration=1", "-pix_fmt", "yuv420p", str(path))
    return path


@pytest.fixture(scope="module")
def told() -> Told:
    return Told()


@pytest.fixture(scope="module")
def service(told: Told) -> Iterator[vodkit.EmbeddedService]:
    """A service that makes covers, and tells a listener of everything."""
    with vodkit.embedded(procedure="as-is", private_targets=True) as found:
        settings = Settings(data=str(found.data))
        # The address is known before the secret is, and the secret before anything happens.
        with listening("127.0.0.1:0", Judge("", {}), print) as url:
            pass
        hook = add_webhook(settings, url, "", [])
        judge = Judge("vodkit", {"vodkit": [hook["secret"]]})
        with listening(url.removeprefix("http://"), judge, told):
            yield found


@pytest.mark.parametrize("provider", registry.names())
def test_a_media_is_told_of_from_its_upload_to_its_end(
    service: vodkit.EmbeddedService, told: Told, clip: Path, provider: str
) -> None:
    with service.connect(provider) as vod:
        media = vod.upload(clip)
        came = told.until(media.id, 3)
        vod.media.delete(media.id)
        came = told.until(media.id, 4)
    assert all(arrival.verified for arrival in came)
    assert len({arrival.id for arrival in came}) == 4
    assert [arrival.type for arrival in came] == [
        "media.uploaded",
        "procedure.changed",
        "procedure.changed",
        "media.deleted",
    ]
    data: list[dict[str, Any]] = [arrival.payload["data"] for arrival in came]
    assert {each["provider"] for each in data} == {provider}
    assert [each["status"] for each in data] == ["processing", "processing", "ready", "ready"]
    begun, done = (each["task"] for each in data[1:3])
    assert (begun["state"], done["state"], done["error"]) == ("running", "done", "")
    assert begun["id"] == done["id"]
    ready = data[2]
    assert (ready["duration"], ready["width"], ready["height"]) == (pytest.approx(1.0, abs=0.1), 64, 36)
    assert [output["kind"] for output in ready["outputs"]] == ["cover"]
    assert ready["cover_url"] == ready["outputs"][0]["url"]
    assert "url" not in data[3]

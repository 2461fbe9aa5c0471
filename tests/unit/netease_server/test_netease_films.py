"""From a film to everything that the vendor's clients see of it: a service with its worker, and receivers."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import urllib3

from tests.waiting import until
from vodkit import webhooks
from vodkit.core.errors import ProcessingFailed
from vodkit.core.ffmpeg import executable
from vodkit.providers.netease import NetEase
from vodkit.server.embedded import embedded

from ..callbacks.receiver import Receiver, receiving

PATIENCE = 120.0


@pytest.fixture(scope="module")
def vod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetEase]:
    state = tmp_path_factory.mktemp("state")
    with embedded(private_targets=True) as service, service.connect("netease", state_dir=state) as vod:
        yield vod


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of 320 × 180 with sound."""
    path = tmp_path_factory.mktemp("film") / "电影.mp4"
    inputs = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=3", "-f", "lavfi", "-i", "sine=f=440:d=3"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    draw(*inputs, *codecs, str(path))
    return path


def draw(*arguments: str) -> None:
    subprocess.run([executable(), "-v", "error", "-nostdin", *arguments], check=True)


def fetch(url: str) -> bytes:
    answer = urllib3.request("GET", url, retries=False)
    assert answer.status == 200, url
    return answer.data


def heard(receiver: Receiver, count: int = 1) -> list[webhooks.Callback]:
    """What came, verified."""
    until(lambda: len(receiver.got) >= count)
    assert len(receiver.got) == count
    return [webhooks.verify("netease", got.headers, got.body, key="vcloud") for got in receiver.got]


def addresses(said: dict[str, Any], ending: str) -> dict[str, str]:
    return {
        name.removesuffix(ending): url
        for name, url in said.items()
        if name.endswith(ending) and not name.startswith(("download", "orig", "snapshot"))
    }


@pytest.mark.covers("netease 13-43", "netease 13-44", "netease 13-46")
def test_a_film_with_a_template(vod: NetEase, film: Path) -> None:
    preset = vod.presets.create("all kinds", sdMp4=1, hdHls=1, shdFlv=1, adaptHls="240P/480P", mp3Audio=1)
    with receiving() as uploads, receiving() as transcodes:
        media = vod.upload(
            film,
            procedure=preset,
            user_defined="订单 7",
            upload_callback=uploads.url,
            transcode_callback=transcodes.url,
        )
        assert media.status == "processing"
        assert media.extra["status"] == 30
        media = vod.media.wait(media.id, timeout=PATIENCE)
        (uploaded,), (transcoded,) = heard(uploads), heard(transcodes)
    shown = vod.call("video/get", vid=int(media.id))
    assert (shown["status"], shown["width"], shown["height"]) == (40, "320", "180")
    assert abs(shown["durationMsec"] - 3000) <= 100
    assert (media.width, media.height, media.status) == (320, 180, "ready")
    urls = addresses(shown, "Url")
    assert set(urls) == {"sdMp4", "hdHls", "shdFlv", "adaptHls", "mp3Audio"}
    assert (shown["sdMp4Width"], shown["sdMp4Height"]) == (320, 180)

    files = {name: fetch(urls[name]) for name in ("sdMp4", "shdFlv", "mp3Audio")}
    assert files["sdMp4"][4:8] == b"ftyp"
    assert files["sdMp4"].index(b"moov") < files["sdMp4"].index(b"mdat")
    assert files["shdFlv"].startswith(b"FLV")
    assert {name: len(data) for name, data in files.items()} == {name: shown[f"{name}Size"] for name in files}
    assert fetch(shown["snapshotUrl"]).startswith(b"\xff\xd8")
    assert fetch(shown["origUrl"]) == film.read_bytes()
    for name in ("hdHls", "adaptHls"):
        master = fetch(urls[name]).decode()
        assert "#EXT-X-STREAM-INF" in master
        assert "TYPE=AUDIO" in master
        (playlist, *_) = re.findall(r"^(?!#)\S+$", master, re.M)
        lines = fetch(urljoin(urls[name], playlist)).decode()
        assert "#EXT-X-ENDLIST" in lines
        (segment, *_) = re.findall(r"^(?!#)\S+$", lines, re.M)
        assert fetch(urljoin(urljoin(urls[name], playlist), segment))[4:8] == b"ftyp"
    assert media.hls_url == urls["adaptHls"]
    assert b"<MPD" in fetch(media.dash_url)
    assert b"<video" in fetch(media.watch_url)

    assert (uploaded.type, transcoded.type) == ("media.uploaded", "procedure.changed")
    assert uploaded.payload["origAddr"] == shown["origUrl"]
    assert addresses(dict(transcoded.payload), "Addr") == urls
    assert transcoded.payload["status"] == 40
    for callback in (uploaded, transcoded):
        assert callback.verified
        assert (callback.media, callback.payload["name"]) == (media.id, "电影.mp4")
        assert callback.payload["userDefInfo"] == "订单 7"


def test_a_film_is_transcoded_later_and_gets_another_cover(vod: NetEase, film: Path) -> None:
    media = vod.upload(film)
    assert (media.status, media.hls_url, media.cover_url) == ("ready", "", "")
    vid = int(media.id)
    with receiving() as transcodes:
        vod.callbacks.set(transcodes.url, event="transcode", sign_key="vcloud")
        vod.call("transcode", vids=[vid], sdMp4=1, sdHls=1)
        media = vod.media.wait(media.id, timeout=PATIENCE)
        (transcoded,) = heard(transcodes)
    assert set(addresses(dict(transcoded.payload), "Addr")) == {"sdMp4", "sdHls"}
    assert media.hls_url.endswith(".m3u8")
    first = media.cover_url
    assert first
    vod.call("snapshot/create", vid=vid, size=4, offset=9)
    until(lambda: vod.media.get(media.id).cover_url != first)
    assert fetch(vod.media.get(media.id).cover_url).startswith(b"\xff\xd8")
    vod.call("video/delete_single", vid=vid, style=1)
    assert urllib3.request("GET", transcoded.payload["sdMp4Addr"], retries=False).status == 404
    vod.media.delete(media.id)
    assert urllib3.request("GET", transcoded.payload["sdHlsAddr"], retries=False).status == 404


def test_a_watermark_is_in_the_picture(vod: NetEase, film: Path, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    draw("-f", "lavfi", "-i", "color=c=red:s=64x64", "-frames:v", "1", str(logo))
    image = int(vod.upload(logo).id.removeprefix("img-"))
    mark = vod.watermarks.create("logo", imageId=image, coordinate="0%_0%", scale="25%x25%")
    preset = vod.presets.create("marked", sdMp4=1)
    media = vod.upload(film)
    vod.call("transcode/resetmulti", vids=[int(media.id)], presetId=preset, watermarkId=mark)
    media = vod.media.wait(media.id, timeout=PATIENCE)
    made, pixels = tmp_path / "made.mp4", tmp_path / "pixels"
    made.write_bytes(fetch(media.extra["sdMp4Url"]))
    corner = ["-frames:v", "1", "-vf", "crop=40:40:10:10,scale=1:1", "-pix_fmt", "rgb24", "-f", "rawvideo"]
    draw("-i", str(made), *corner, str(pixels))
    red, green, blue = pixels.read_bytes()
    assert red > 200
    assert max(green, blue) < 60


def test_what_is_no_film_fails_with_a_reason(vod: NetEase) -> None:
    preset = vod.presets.create("p", sdMp4=1)
    with receiving() as transcodes:
        media = vod.upload(
            b"this is no film", name="a.mp4", procedure=preset, transcode_callback=transcodes.url
        )
        with pytest.raises(ProcessingFailed):
            vod.media.wait(media.id, timeout=PATIENCE)
        (transcoded,) = heard(transcodes)
    assert transcoded.payload["status"] == 20
    assert transcoded.payload["errMsg"] == vod.media.get(media.id).error
    assert vod.call("video/get", vid=int(media.id))["status"] == 20


def test_a_cover_is_fetched_from_elsewhere(vod: NetEase, film: Path) -> None:
    media = vod.upload(film)
    vid, picture = int(media.id), b"\x89PNG\r\n\x1a\n and so on"
    with receiving(lambda peer, _: peer.answer(picture, extra="Content-Type: image/png\r\n")) as elsewhere:
        vod.call("snapshot/set", vid=vid, type=1, path=elsewhere.url)
        cover = until(lambda: vod.media.get(media.id).cover_url)
    assert fetch(cover) == picture
    assert vod.media.get(media.id).status == "ready"

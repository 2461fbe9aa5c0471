"""The real thing: a service with its worker makes what Tencent's wire asks for, pushes and pulls."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import vodkit
from tests.loopback import Handler, Server
from vodkit.core.ffmpeg import executable
from vodkit.providers.tencent import sign
from vodkit.providers.tencent.client import Tencent
from vodkit.server.embedded import EmbeddedService, embedded

SECONDS = 3.0
LONGEST = 120.0
SIGN_KEY = "SignKeyExample1"


class Receiver:
    """Takes what is pushed to it."""

    def __init__(self) -> None:
        self._bodies: list[dict[str, Any]] = []
        self._more = threading.Condition()
        bodies, more = self._bodies, self._more

        class Taking(Handler):
            def do_POST(self) -> None:
                body = json.loads(self.received())
                with more:
                    bodies.append(body)
                    more.notify_all()
                self.answer(200)

        self.server = Server(Taking)
        self.url = f"{self.server.base}/hook"

    def wait(self, member: str, **facts: str) -> dict[str, Any]:
        """The event with this member that says so, as soon as it is there."""

        def found() -> dict[str, Any] | None:
            told = (body for body in self._bodies if member in body)
            return next((body for body in told if facts.items() <= body[member].items()), None)

        with self._more:
            body = self._more.wait_for(found, LONGEST)
        assert body is not None, f"there was no {member} of {facts}"
        return body


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedService]:
    with embedded(tmp_path_factory.mktemp("service"), private_targets=True) as running:
        yield running


@pytest.fixture(scope="module")
def vod(service: EmbeddedService, receiver: Receiver) -> Iterator[Tencent]:
    with service.connect("tencent") as vod:
        assert isinstance(vod, Tencent)
        vod.callbacks.set(receiver.url, sign_key=SIGN_KEY)
        yield vod


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    inputs = ["-f", "lavfi", "-i", f"testsrc2=s=320x180:r=25:d={SECONDS}"]
    inputs += ["-f", "lavfi", "-i", f"sine=f=440:r=48000:d={SECONDS}"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = [executable(), "-v", "error", "-nostdin", *inputs, *codecs, str(path)]
    subprocess.run(command, check=True)
    return path


@pytest.fixture(scope="module")
def media(vod: Tencent, clip: Path) -> vodkit.Media:
    """An upload whose procedure has ended."""
    id = vod.upload(clip, procedure="LongVideoPreset", session_context="context").id
    assert vod.media.get(id).status in ("processing", "ready")
    return vod.media.wait(id, timeout=LONGEST)


def fetch(url: str) -> bytes:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
        body: bytes = answer.read()
    return body


def parts_of(vod: Tencent, task_id: str) -> dict[str, dict[str, Any]]:
    """The parts of an ended task by type."""
    detail = vod.call("DescribeTaskDetail", TaskId=task_id)
    assert detail["Status"] == "FINISH", detail
    found = {}
    for result in detail["ProcedureTask"]["MediaProcessResultSet"]:
        found[result["Type"]] = next(value for value in result.values() if isinstance(value, dict))
    return found


def ended(vod: Tencent, receiver: Receiver, task_id: str) -> dict[str, dict[str, Any]]:
    """Wait for the event of a task's end."""
    receiver.wait("ProcedureStateChangeEvent", TaskId=task_id)
    return parts_of(vod, task_id)


def test_an_upload_with_the_long_video_preset(vod: Tencent, media: vodkit.Media, receiver: Receiver) -> None:
    assert media.status == "ready"
    assert media.duration == pytest.approx(SECONDS, abs=0.1)
    assert (media.width, media.height) == (320, 180)
    assert b"#EXT-X-STREAM-INF" in fetch(media.hls_url)
    assert b"<MPD" in fetch(media.dash_url)
    assert fetch(media.cover_url).startswith(b"\xff\xd8\xff")
    uploaded = receiver.wait("FileUploadEvent", FileId=media.id)["FileUploadEvent"]
    told = receiver.wait("ProcedureStateChangeEvent", TaskId=uploaded["ProcedureTaskId"])
    assert told["EventType"] == "ProcedureStateChanged"
    verdict = sign.verify_callback(SIGN_KEY, told["Sign"], str(told["T"]), now=told["T"] - 1)
    assert verdict is sign.Verdict.OK
    event = told["ProcedureStateChangeEvent"]
    assert (event["FileId"], event["SessionContext"], event["Status"]) == (media.id, "context", "FINISH")

    parts = parts_of(vod, event["TaskId"])
    assert {part["Status"] for part in parts.values()} == {"SUCCESS"}
    (info,) = vod.describe(media.id)
    (streams,) = info["AdaptiveDynamicStreamingInfo"]["AdaptiveDynamicStreamingSet"]
    assert streams == parts["AdaptiveDynamicStreaming"]["Output"]
    assert streams["Url"] == media.hls_url
    # Nothing is made larger than it was: of three sizes one is left.
    sizes = [(item["Type"], item["Width"], item["Height"]) for item in streams["SubStreamSet"]]
    assert sizes == [("video", 320, 180), ("audio", 0, 0)]
    assert all(item["Size"] > 1000 for item in streams["SubStreamSet"])
    (sprite,) = info["ImageSpriteInfo"]["ImageSpriteSet"]
    assert fetch(sprite["ImageUrlSet"][0]).startswith(b"\xff\xd8\xff")
    assert fetch(sprite["WebVttUrl"]).startswith(b"WEBVTT")
    assert info["BasicInfo"]["CoverUrl"] == media.cover_url
    meta = info["MetaData"]
    assert (meta["VideoStreamSet"][0]["Codec"], meta["AudioStreamSet"][0]["Codec"]) == ("h264", "aac")
    (found,) = vod.call("SearchMedia", FileIds=[media.id])["MediaInfoSet"]
    assert found["AdaptiveDynamicStreamingInfo"] == info["AdaptiveDynamicStreamingInfo"]


def test_process_media_makes_files_pictures_and_marks(
    vod: Tencent, media: vodkit.Media, receiver: Receiver
) -> None:
    image = base64.b64encode(fetch(media.cover_url)).decode()
    mark = vod.call("CreateWatermarkTemplate", Type="image", ImageTemplate={"ImageContent": image})
    moments = {"Definition": 10, "ExtTimeOffsetSet": ["1s", "50%"]}
    cut = {"StartTimeOffset": 0.5, "EndTimeOffset": 1.5, "WatermarkSet": [{"Definition": mark["Definition"]}]}
    task = vod.call(
        "ProcessMedia",
        FileId=media.id,
        MediaProcessTask={
            "TranscodeTaskSet": [{"Definition": 100010, **cut}],
            "SnapshotByTimeOffsetTaskSet": [moments],
            "AnimatedGraphicTaskSet": [{"Definition": 20000, "EndTimeOffset": 1.0}],
        },
    )["TaskId"]
    parts = ended(vod, receiver, task)
    assert {name: part["Status"] for name, part in parts.items()} == {
        "Transcode": "SUCCESS",
        "SnapshotByTimeOffset": "SUCCESS",
        "AnimatedGraphics": "SUCCESS",
    }, parts
    (info,) = vod.describe(media.id)
    original, file = info["TranscodeInfo"]["TranscodeSet"]
    assert (original["Definition"], file["Definition"], file["Container"]) == (0, 100010, "mp4")
    assert file["Duration"] == pytest.approx(1.0, abs=0.1)
    assert (file["Width"], file["Height"]) == (320, 180)
    assert b"ftyp" in fetch(file["Url"])[:16]
    (pictures,) = info["SnapshotByTimeOffsetInfo"]["SnapshotByTimeOffsetSet"]
    assert [item["TimeOffset"] for item in pictures["PicInfoSet"]] == [1000, 1500]
    (animation,) = info["AnimatedGraphicsInfo"]["AnimatedGraphicsSet"]
    assert fetch(animation["Url"]).startswith(b"GIF8")
    assert info["AdaptiveDynamicStreamingInfo"] is not None

    vod.call("DeleteMedia", FileId=media.id, DeleteParts=[{"Type": "TranscodeFiles", "Definition": 100010}])
    (info,) = vod.describe(media.id)
    assert [item["Definition"] for item in info["TranscodeInfo"]["TranscodeSet"]] == [0]
    with pytest.raises(urllib.error.HTTPError):
        fetch(file["Url"])


def test_a_pull_and_its_procedure(vod: Tencent, media: vodkit.Media, receiver: Receiver, clip: Path) -> None:
    pull = vod.media.pull(media.url, title="pulled", procedure="QCVB_SimpleProcessFile({20}, 0, 10)")
    found = vod.media.pulled(pull, timeout=LONGEST)
    assert (found.title, found.size) == ("pulled", clip.stat().st_size)
    event = receiver.wait("PullCompleteEvent", TaskId=pull)["PullCompleteEvent"]
    assert (event["FileId"], event["ErrCode"]) == (found.id, 0)
    parts = ended(vod, receiver, event["ProcedureTaskId"])
    assert {name: part["Status"] for name, part in parts.items()} == {
        "Transcode": "SUCCESS",
        "CoverBySnapshot": "SUCCESS",
    }
    assert (
        vod.media.wait(found.id, timeout=LONGEST).cover_url == parts["CoverBySnapshot"]["Output"]["CoverUrl"]
    )


def test_what_is_no_video_fails_with_a_reason(vod: Tencent, receiver: Receiver) -> None:
    id = vod.upload(b"no video at all" * 100, name="a.mp4", procedure="LongVideoPreset").id
    with pytest.raises(vodkit.ProcessingFailed):
        vod.media.wait(id, timeout=LONGEST)
    (task,) = vod.call("DescribeTasks", FileId=id)["TaskSet"]
    parts = parts_of(vod, task["TaskId"])
    assert {part["Status"] for part in parts.values()} == {"FAIL"}
    assert all(part["Message"] and part["ErrCodeExt"] for part in parts.values())


def test_subtitles_are_in_the_lists_of_streams(vod: Tencent, media: vodkit.Media) -> None:
    text = "WEBVTT\n\n00:00.000 --> 00:02.000\n字幕\n"
    given = {"Id": "zh", "Name": "中文", "Language": "zh", "Format": "vtt"}
    content = base64.b64encode(text.encode()).decode()
    answer = vod.call("ModifyMediaInfo", FileId=media.id, AddSubtitles=[{**given, "Content": content}])
    (shown,) = answer["AddedSubtitleSet"]
    assert "字幕".encode() in fetch(shown["Url"])
    assert 'TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="中文"'.encode() in fetch(media.hls_url)
    vod.call("ModifyMediaInfo", FileId=media.id, DeleteSubtitleIds=["zh"])
    assert b"SUBTITLES" not in fetch(media.hls_url)
    (info,) = vod.describe(media.id)
    assert info["SubtitleInfo"] == {"SubtitleSet": []}

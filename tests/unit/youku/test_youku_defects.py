"""What goes wrong in the vendor's and others' clients, given to ours (youku.md §7)."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vodkit.core.errors import AuthError, IntegrityError, InvalidRequest, TimedOut
from vodkit.providers.youku import wire
from vodkit.providers.youku.client import session

from .platform import Platform, error

KIB = 1024
Make = Callable[..., Path]


def upload(platform: Platform, folder: Path, file: Path, **options: Any) -> str:
    with platform.connect(folder) as vod:
        return vod.upload(file, part_size=KIB, **options).id


def interrupted(platform: Platform, folder: Path, file: Path, name: str) -> None:
    """An upload that ends at the first call of this name."""
    platform.script[name].append((400, error(1013)))
    with pytest.raises(InvalidRequest):
        upload(platform, folder, file)


def holds(platform: Platform, id: str, file: Path) -> bool:
    (remote,) = [remote for remote in platform.uploads.values() if remote.video_id == id]
    return remote.committed and remote.data == file.read_bytes()


# State


@pytest.mark.covers("youku D-1", "youku 10-37")
def test_another_file_never_takes_over_a_finished_upload(
    platform: Platform, make: Make, tmp_path: Path
) -> None:
    first, second = make(3000, "a.mp4", 1), make(3000, "b.mp4", 2)
    interrupted(platform, tmp_path, first, "commit")
    other = upload(platform, tmp_path, second)
    mine = upload(platform, tmp_path, first)
    assert mine != other
    assert holds(platform, mine, first)
    assert holds(platform, other, second)
    assert platform.names().count("upload_slice") == 6


@pytest.mark.covers("youku D-2", "youku D-3", "youku 10-37")
@pytest.mark.parametrize("size", [5000, 3000])
def test_another_file_never_mixes_with_an_unfinished_upload(
    platform: Platform, make: Make, tmp_path: Path, size: int
) -> None:
    first, second = make(5000, "a.mp4", 1), make(size, "b.mp4", 2)
    platform.script["upload_slice"].append((400, error(1013)))
    with platform.connect(tmp_path, parallel=1) as vod, pytest.raises(InvalidRequest):
        vod.upload(first, part_size=KIB)
    other, mine = upload(platform, tmp_path, second), upload(platform, tmp_path, first)
    assert mine != other
    assert holds(platform, mine, first)
    assert holds(platform, other, second)


@pytest.mark.covers("youku D-5", "youku D-6", "youku 10-37")
@pytest.mark.parametrize("size", [5000, 2000])
def test_a_file_that_changed_begins_anew(platform: Platform, make: Make, tmp_path: Path, size: int) -> None:
    file = make(5000, "a.mp4", 1)
    interrupted(platform, tmp_path, file, "commit")
    make(size, "a.mp4", 2)
    id = upload(platform, tmp_path, file)
    assert id == "XVIDEO1"
    assert holds(platform, id, file)


@pytest.mark.covers("youku D-11", "youku D-23")
def test_nothing_is_written_beside_the_video(platform: Platform, make: Make, tmp_path: Path) -> None:
    file = make(3000)
    interrupted(platform, tmp_path, file, "commit")
    assert [path.name for path in file.parent.iterdir()] == ["movie.mp4"]
    (sent,) = [seen for seen in platform.seen if seen.name == "create_file"]
    assert sent.fields["ext"] == "mp4"


@pytest.mark.covers("youku D-10", "youku 10-47")
def test_importing_changes_nothing(tmp_path: Path) -> None:
    code = (
        "import logging, vodkit.providers.youku.client; root = logging.getLogger(); "
        "assert not root.handlers and root.level == logging.WARNING"
    )
    path = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env={"PYTHONPATH": path})
    assert not list(tmp_path.iterdir())


# Hangs and lost work


@pytest.mark.covers("youku D-13", "youku D-40", "youku 10-41")
def test_status_4_while_waiting_goes_back_to_sending(platform: Platform, make: Make, tmp_path: Path) -> None:
    file = make(3000)
    lost: list[bytes] = []

    def lose(progress: object) -> None:
        remote = next(iter(platform.uploads.values()), None)
        if remote is not None and len(remote.parts) == 3 and not lost:
            lost.append(remote.parts.pop(3))
            remote.given.discard(3)

    platform.script["check"] += [(200, {"status": 2, "upload_server_ip": "x"})] * 2
    with platform.connect(tmp_path) as vod:
        id = vod.upload(file, part_size=KIB, on_progress=lose).id
    assert lost
    assert holds(platform, id, file)


@pytest.mark.covers("youku D-14", "youku D-37", "youku 10-39")
def test_a_status_that_never_changes_is_waited_for_with_pauses_and_given_up(
    platform: Platform, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "PATIENCE", 2.0)
    platform.script["check"] += [(200, {"status": 3, "upload_server_ip": "x"})] * 1000
    with pytest.raises(TimedOut) as caught:
        upload(platform, tmp_path, make(100))
    assert caught.value.retryable
    assert platform.names().count("check") <= 5


@pytest.mark.covers("youku D-15", "youku 10-39")
@pytest.mark.parametrize("name", ["create", "new_slice", "upload_slice", "check", "commit"])
def test_a_server_that_stalls_is_asked_again(
    platform: Platform, make: Make, tmp_path: Path, name: str
) -> None:
    platform.script[name].append((200, None))
    file = make(2000)
    with platform.connect(tmp_path, timeout=0.5) as vod:
        assert holds(platform, vod.upload(file, part_size=KIB).id, file)


@pytest.mark.covers("youku D-16", "youku 10-39")
@pytest.mark.parametrize(
    "answer", [(503, b"<html>"), (400, error(120010225)), (503, error(1001)), (200, b"")]
)
def test_a_slice_survives_four_failures(
    platform: Platform, make: Make, tmp_path: Path, answer: tuple[int, Any]
) -> None:
    platform.script["upload_slice"] += [answer] * 4
    file = make(900)
    assert holds(platform, upload(platform, tmp_path, file), file)


EXPIRED = [
    (400, error(120010223)),
    (400, error("120010223")),
    (200, error(120010223)),
    (400, b"code=120010223&type=UploadsException&description=Expired+upload+token"),
]


@pytest.mark.covers("youku D-17", "youku D-40", "youku 10-40")
@pytest.mark.parametrize("answer", EXPIRED, ids=["number", "text", "with 200", "url-encoded"])
@pytest.mark.parametrize("name", ["create_file", "new_slice", "upload_slice", "check", "commit"])
def test_an_expired_upload_begins_anew(
    platform: Platform, make: Make, tmp_path: Path, name: str, answer: tuple[int, Any]
) -> None:
    platform.script[name].append(answer)
    file = make(3000)
    id = upload(platform, tmp_path, file)
    assert id == "XVIDEO1"
    assert holds(platform, id, file)
    assert "token" not in platform.names()


@pytest.mark.covers("youku D-17")
def test_an_expired_upload_that_is_resumed_begins_anew(
    platform: Platform, make: Make, tmp_path: Path
) -> None:
    file = make(3000)
    interrupted(platform, tmp_path, file, "commit")
    platform.uploads["forgotten"] = platform.uploads.pop("upload-token-0")
    assert upload(platform, tmp_path, file) == "XVIDEO1"


@pytest.mark.covers("youku D-18", "youku 10-47")
def test_an_interrupt_passes_through(platform: Platform, make: Make, tmp_path: Path) -> None:
    def interrupt(progress: object) -> None:
        raise KeyboardInterrupt

    with platform.connect(tmp_path) as vod, pytest.raises(KeyboardInterrupt):
        vod.upload(make(3000), part_size=KIB, on_progress=interrupt)


@pytest.mark.covers("youku D-19")
def test_a_commit_without_an_id_is_asked_again(platform: Platform, make: Make, tmp_path: Path) -> None:
    platform.script["commit"].append((200, {}))
    file = make(100)
    assert holds(platform, upload(platform, tmp_path, file), file)


@pytest.mark.covers("youku D-21")
def test_connecting_sends_nothing(platform: Platform, make: Make, tmp_path: Path) -> None:
    interrupted(platform, tmp_path, make(100), "commit")
    before = platform.connections
    platform.connect(tmp_path).close()
    assert platform.connections == before


# Values and types


@pytest.mark.covers("youku D-22", "youku 10-42")
@pytest.mark.parametrize(
    ("name", "title", "ext"), [("movie", "movie", ""), ("电影.MP4", "电影", "MP4"), (".mp4", ".mp4", "mp4")]
)
def test_names(platform: Platform, make: Make, tmp_path: Path, name: str, title: str, ext: str) -> None:
    upload(platform, tmp_path, make(10, name))
    fields = {seen.name: seen.fields for seen in platform.seen}
    assert fields["create"]["title"] == title
    assert fields["create_file"]["ext"] == ext


@pytest.mark.covers("youku D-25", "youku 10-42")
def test_titles_over_the_limit(platform: Platform, make: Make, tmp_path: Path) -> None:
    file = make(10, "n" * 204 + ".mp4")
    upload(platform, tmp_path, file)
    assert platform.seen[0].fields["title"] == "n" * 80
    with pytest.raises(InvalidRequest, match="title"):
        upload(platform, tmp_path, file, title="n" * 81)


@pytest.mark.covers("youku D-26", "youku D-27", "youku D-28", "youku D-29", "youku D-30")
def test_options_as_people_write_them(platform: Platform, make: Make, tmp_path: Path) -> None:
    options = {
        "description": None,
        "latitude": 0,
        "longitude": 0.0,
        "deshake": True,
        "tags": ["one", "two three"],
        "watch_password": "sesame",
    }
    before = dict(options)
    upload(platform, tmp_path, make(10), **options)
    assert options == before
    fields = platform.seen[0].fields
    assert (fields["latitude"], fields["longitude"], fields["deshake"]) == ("0.0", "0.0", "1")
    assert (fields["tags"], fields["public_type"]) == ("one,two,three", "password")
    assert "description" not in fields


@pytest.mark.parametrize(
    "options",
    [
        {"public_type": "nobody"},
        {"public_type": "password"},
        {"copyright_type": "stolen"},
        {"latitude": 91},
        {"longitude": "east"},
        {"shoot_time": "yesterday"},
        {"tags": ["a tag"] * 3 + [f"tag{n}" for n in range(9)]},
        {"tags": "x" * 21},
        {"title": 7},
        {"description": "d" * 2001},
    ],
)
def test_options_that_cannot_be_are_refused_before_a_byte(
    platform: Platform, make: Make, tmp_path: Path, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        upload(platform, tmp_path, make(10), **options)
    assert caught.value.advice
    assert not platform.seen


@pytest.mark.covers("youku D-31")
@pytest.mark.parametrize("answer", [(202, {"error": None}), (201, b""), (200, b"fine"), (201, [])])
def test_odd_answers_are_no_crashes(
    platform: Platform, make: Make, tmp_path: Path, answer: tuple[int, Any]
) -> None:
    platform.script["new_slice"].append(answer)
    file = make(100)
    assert holds(platform, upload(platform, tmp_path, file), file)


@pytest.mark.covers("youku D-41", "youku 10-48")
@pytest.mark.parametrize("status", [200, 201])
def test_new_slice_may_answer_200_or_201(platform: Platform, make: Make, tmp_path: Path, status: int) -> None:
    platform.new_slice_status = status
    file = make(3000)
    assert holds(platform, upload(platform, tmp_path, file), file)


@pytest.mark.covers("youku D-32")
def test_a_refusal_is_never_taken_for_an_absence(platform: Platform, tmp_path: Path) -> None:
    platform.script["show"] += [(400, error(1005)), (400, error(1005))]
    with platform.connect(tmp_path) as vod:
        with pytest.raises(AuthError):
            vod.call("users/show", user_id="1")  # type: ignore[attr-defined]
        with pytest.raises(AuthError):
            vod.media.get("XMTIz")


@pytest.mark.covers("youku D-33")
def test_tokens_are_not_in_addresses_of_an_upload_nor_in_logs(
    platform: Platform, make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    upload(platform, tmp_path, make(3000))
    targets = [seen.target for seen in platform.seen if seen.name in ("create", "create_file", "commit")]
    assert not [target for target in targets if "token" in target]
    assert "the-token" not in caplog.text
    assert "upload-token-0" not in caplog.text


@pytest.mark.covers("youku D-34", "youku 10-47")
def test_connections_are_kept(platform: Platform, make: Make, tmp_path: Path) -> None:
    with platform.connect(tmp_path, parallel=1) as vod:
        vod.upload(make(20 * KIB), part_size=KIB)
    assert len(platform.seen) > 20
    assert platform.connections <= 2


@pytest.mark.covers("youku D-35", "youku D-38", "youku 10-44")
@pytest.mark.parametrize(
    ("server", "host"),
    [
        ("up.example:8080", "up.example:8080"),
        ("[::1]:8080", "[::1]:8080"),
        ("::1", "[::1]"),
        ("http://up.example/", "up.example"),
        ("g3.up.youku.com", "g3.up.youku.com"),
    ],
)
def test_addresses_of_upload_servers(
    platform: Platform, make: Make, tmp_path: Path, server: str, host: str
) -> None:
    platform.server = server
    file = make(100)
    assert holds(platform, upload(platform, tmp_path, file), file)
    assert {seen.host for seen in platform.seen if seen.name == "upload_slice"} == {host}


@pytest.mark.covers("youku D-35", "youku 10-44")
def test_an_upload_server_may_speak_https() -> None:
    assert wire.upload_base("https://up.example:8443/") == "https://up.example:8443"
    for bad in ("", "http://", "ftp://up.example", "up example", "http://user@up.example", "a:b:c/d"):
        with pytest.raises(wire.Malformed):
            wire.upload_base(bad)


@pytest.mark.covers("youku D-42", "youku D-20")
def test_an_upload_asks_once_whether_it_is_complete(platform: Platform, make: Make, tmp_path: Path) -> None:
    upload(platform, tmp_path, make(10 * KIB))
    assert platform.names().count("check") == 1
    assert platform.names().index("check") > platform.names().index("upload_slice")


@pytest.mark.covers("youku 10-46")
def test_video_ids_are_logged_and_compared(
    platform: Platform, make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = make(100)
    upload(platform, tmp_path, file)
    lines = [record.getMessage() for record in caplog.records if "XVIDEO0" in record.getMessage()]
    assert len(lines) == 2
    assert all(str(file) in line for line in lines)
    platform.script["commit"].append((200, {"video_id": "XVIDEO0"}))
    with pytest.raises(IntegrityError, match="XVIDEO1"):
        upload(platform, tmp_path, make(200, "other.mp4"))


@pytest.mark.covers("youku 10-39")
def test_calls_end_in_time(platform: Platform, tmp_path: Path) -> None:
    platform.script["show"] += [(200, None)] * 10
    with platform.connect(tmp_path, timeout=0.2, part_tries=2) as vod, pytest.raises(TimedOut):
        vod.media.get("XMTIz")

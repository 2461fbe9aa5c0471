"""What goes wrong in the vendor's package, given to the drop-in (youku.md §7): state and lost work."""

from __future__ import annotations

import gc
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from youku import YoukuError, YoukuUpload

from tests.unit.youku import platform as fake
from vodkit.providers.youku.client import session

from ..service import SOURCES

MIB = 1 << 20
Make = Callable[..., str]
error = fake.error


def new(file: str, kind: type[YoukuUpload] = YoukuUpload) -> YoukuUpload:
    return kind("me", "the-token", file)


def half(file: str, kind: type[YoukuUpload] = YoukuUpload, slices: int = 1) -> str:
    """An upload whose process goes away after so many slices; its id."""
    upload = new(file, kind)
    upload.create(upload.prepare_video_params())
    upload.create_file()
    upload.new_slice()
    for _ in range(slices):
        upload.upload_slice()
    id = upload.video_id
    assert id is not None
    del upload
    gc.collect()
    return id


def holds(platform: Any, id: str, file: str) -> bool:
    (remote,) = [remote for remote in platform.uploads.values() if remote.video_id == id]
    return bool(remote.committed and remote.data == Path(file).read_bytes())


@pytest.fixture
def shared(tmp_path: Path) -> type[YoukuUpload]:
    """The blog's way: one state file for every upload on the machine."""
    place = tmp_path / "tmpyouku.upload"

    class Shared(YoukuUpload):
        def _save_upload_state_to_file(self) -> None:
            place.write_text(
                json.dumps({"upload_token": self.upload_token, "upload_server_ip": self.upload_server_ip})
            )

        def _read_upload_state_from_file(self) -> None:
            if place.exists():
                data = json.loads(place.read_text())
                self.upload_token = data["upload_token"]
                self.upload_server_ip = data["upload_server_ip"]

        def _delete_upload_state_file(self) -> None:
            place.unlink(missing_ok=True)

    return Shared


# State.


@pytest.mark.covers("youku D-1", "youku D-2", "youku D-3", "youku 10-37")
@pytest.mark.parametrize(("sent", "size"), [(3, 5 * MIB), (1, 5 * MIB), (1, 3 * MIB)], ids=["D1", "D2", "D3"])
def test_two_files_on_one_state_file_get_two_ids(
    platform: Any, make: Make, shared: type[YoukuUpload], sent: int, size: int
) -> None:
    """A is wholly sent (D1) or half-way (D2, D3) when B of the same or another size comes."""
    first, second = make(5 * MIB, "a.mp4"), make(size, "b.mp4")
    mine = half(first, shared, slices=sent)
    other = new(second, shared).upload({"title": "B"})
    assert other != mine
    assert holds(platform, other, second)
    assert new(first, shared).upload() == mine
    assert holds(platform, mine, first)


def test_a_state_file_that_was_moved_still_serves_its_own_file(
    platform: Any, make: Make, shared: type[YoukuUpload]
) -> None:
    file = make()
    mine = half(file, shared)
    upload = new(file, shared)
    assert upload.upload_token is not None
    assert upload.upload() == mine
    assert platform.names().count("create") == 1


def test_state_of_unknown_origin_is_used_where_that_is_switched_on(
    platform: Any, make: Make, shared: type[YoukuUpload], tmp_path: Path
) -> None:
    """The ledger of another machine is not here; the caller vouches for the state."""
    file = make()
    mine = half(file, shared)
    shared.state_folder = tmp_path / "elsewhere"
    assert new(file, shared).upload_token is None
    shared.trust_state = True
    assert new(file, shared).upload() == mine


@pytest.mark.covers("youku D-4")
def test_two_objects_on_one_path_are_never_one_upload(platform: Any, make: Make) -> None:
    file = make()
    first = new(file)
    first.create(first.prepare_video_params())
    first.create_file()
    second = new(file)
    assert second.upload_token is None
    with pytest.raises(YoukuError) as caught:
        second.upload()
    assert caught.value.type == "UploadBusy"
    assert first.upload() != second.upload()


@pytest.mark.covers("youku D-5", "youku D-6", "youku 10-37")
@pytest.mark.parametrize("size", [5 * MIB, 2 * MIB], ids=["D5", "D6"])
def test_a_file_that_changed_begins_anew(platform: Any, make: Make, size: int) -> None:
    mine = half(make())
    file = make(size)
    id = new(file).upload()
    assert id != mine
    assert holds(platform, id, file)


@pytest.mark.covers("youku D-5", "youku 10-37")
def test_a_file_that_changes_under_an_object_begins_anew(platform: Any, make: Make) -> None:
    upload = new(make())
    upload.create(upload.prepare_video_params())
    upload.create_file()
    upload.new_slice()
    upload.upload_slice()
    first, file = upload.video_id, make()
    id = upload.upload()
    assert id != first
    assert holds(platform, id, file)


def beside(platform: Any, file: str, **given: Any) -> Path:
    """``<file>.upload`` as the vendor's package leaves it, half-way."""
    fields = {"file_size": str(Path(file).stat().st_size), "title": "old"}
    platform.uploads["old-token"] = remote = fake.Remote("XOLD", fields, slice_bytes=2 * MIB)
    remote.parts[1], remote.given = Path(file).read_bytes()[: 2 * MIB], {1}
    state = Path(f"{file}.upload")
    state.write_text(json.dumps({"upload_token": "old-token", "upload_server_ip": "127.0.0.1", **given}))
    return state


@pytest.mark.covers("youku 10-36", "youku D-21")
def test_state_beside_the_video_is_read(platform: Any, make: Make) -> None:
    file = make()
    state = beside(platform, file)
    upload = new(file)
    assert (upload.upload_token, upload.upload_server_ip) == ("old-token", "127.0.0.1")
    assert platform.seen == []
    assert upload.upload({"title": "x"}) == "XOLD"
    assert holds(platform, "XOLD", file)
    assert platform.names().count("upload_slice") == 2
    assert not state.exists()


@pytest.mark.covers("youku D-5", "youku 10-37")
def test_state_beside_a_video_that_was_replaced_is_not_used(
    platform: Any, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    file = make()
    os.utime(beside(platform, file), (1, 1))
    id = new(file).upload()
    assert id != "XOLD"
    assert holds(platform, id, file)
    assert "older than the video" in caplog.text


@pytest.mark.covers("youku D-5", "youku 10-22")
def test_old_state_that_turns_out_to_be_of_other_bytes_begins_anew(platform: Any, make: Make) -> None:
    """The file was replaced and its times were kept; the platform notices at the end."""
    file = make()
    beside(platform, file)
    platform.script["commit"].append((400, error(120010225)))
    id = new(file).upload()
    assert id == "XVIDEO0"
    assert holds(platform, id, file)


@pytest.mark.covers("youku D-6")
def test_old_state_of_a_longer_file_begins_anew(platform: Any, make: Make) -> None:
    file = make()
    state = beside(platform, file)
    make(MIB)
    os.utime(state)
    id = new(file).upload()
    assert id == "XVIDEO0"
    assert holds(platform, id, file)


@pytest.mark.covers("youku D-17", "youku 10-40")
@pytest.mark.parametrize(
    "answer",
    [
        (400, error(120010223)),
        (400, error("120010223")),
        (400, b"code=120010223&type=UploadsException&description=Expired+upload+token"),
        (400, error(1013)),
        (404, b"<html>"),
    ],
    ids=["number", "text", "url-encoded", "another code", "page"],
)
def test_old_state_that_is_dead_begins_anew(platform: Any, make: Make, answer: tuple[int, Any]) -> None:
    file = make()
    beside(platform, file)
    platform.script["check"].append(answer)
    assert new(file).upload() == "XVIDEO0"
    assert not Path(f"{file}.upload").exists()


@pytest.mark.covers("youku D-17")
@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"upload_token": "x"}', '{"upload_token": 7, "upload_server_ip": "h"}']
)
def test_broken_state_is_ignored(platform: Any, make: Make, text: str) -> None:
    file = make(1000)
    Path(f"{file}.upload").write_text(text)
    assert new(file).upload_token is None
    assert new(file).upload() == "XVIDEO0"


@pytest.mark.covers("youku D-7", "youku D-8", "youku 10-38")
def test_a_state_folder_that_cannot_be_used_is_a_warning_before_the_first_byte(
    platform: Any, make: Make, bad_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Moved(YoukuUpload):
        state_folder = bad_folder

    file, asked = make(), []

    class Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno == logging.WARNING:
                asked.append((record.getMessage(), platform.names()))

    log = logging.getLogger("youku.youku_upload")
    handler = Told()
    log.addHandler(handler)
    try:
        id = new(file, Moved).upload()
    finally:
        log.removeHandler(handler)
    assert holds(platform, id, file)
    message, before = asked[0]
    assert "not be resumable" in message
    assert "upload_slice" not in before


def test_single_steps_go_on_where_no_state_can_be_kept(platform: Any, make: Make, bad_folder: Path) -> None:
    class Moved(YoukuUpload):
        state_folder = bad_folder

    file = make()
    upload = new(file, Moved)
    upload.create(upload.prepare_video_params())
    upload.create_file()
    upload.new_slice()
    while upload.slice_task_id:
        upload.upload_slice()
    assert holds(platform, upload.commit(), file)
    assert platform.names().count("upload_slice") == 3


ORDINARY = """\
import logging, os, youku
logging.basicConfig(format="%(levelname)s %(message)s")
class Moved(youku.YoukuUpload):
    def _save_upload_state_to_file(self):
        open("/tmpyouku.upload", "w")
youku.YoukuUpload("me", "the-token", "first.mp4").upload()  # loads every module, as who may read them
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
Moved.state_folder = "locked"
print(Moved("me", "the-token", "movie.mp4").upload())
"""


@pytest.mark.covers("youku 10-38")
def test_an_ordinary_user_with_a_state_folder_of_somebody_else(platform: Any) -> None:
    """As the blog's ``/tmpyouku.upload``, in the root directory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "locked").mkdir()
        (folder / "locked").chmod(0o555)
        for video in ("first.mp4", "movie.mp4"):
            (folder / video).write_bytes(os.urandom(3 * MIB))
            (folder / video).chmod(0o644)
        paths = {"PYTHONPATH": os.pathsep.join(SOURCES), "VODKIT_CONFIG": str(folder / "none")}
        done = subprocess.run(
            [sys.executable, "-c", ORDINARY],
            cwd=folder,
            env={**os.environ, **paths, "HOME": name},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert holds(platform, done.stdout.strip(), str(folder / "movie.mp4"))
    assert "WARNING this upload will not be resumable" in done.stderr
    assert "_save_upload_state_to_file failed" in done.stderr


@pytest.mark.covers("youku D-9", "youku 10-36", "youku D-11")
def test_state_is_for_its_owner_and_not_beside_the_video(platform: Any, make: Make, tmp_path: Path) -> None:
    file = make()
    half(file)
    assert [path.name for path in Path(file).parent.iterdir()] == ["movie.mp4"]
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert files
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


@pytest.mark.covers("youku 10-36", "youku D-9")
def test_state_is_written_beside_the_video_where_that_is_switched_on(platform: Any, make: Make) -> None:
    class Beside(YoukuUpload):
        write_beside = True

    file = make()
    half(file, Beside)
    state = Path(f"{file}.upload")
    assert set(json.loads(state.read_text())) == {"upload_token", "upload_server_ip"}
    assert state.stat().st_mode & 0o777 == 0o600
    assert new(file, Beside).upload() == "XVIDEO0"
    assert not state.exists()


@pytest.mark.covers("youku D-10", "youku 10-47")
def test_importing_changes_nothing(tmp_path: Path) -> None:
    code = (
        "import logging, youku, youku.util; root = logging.getLogger(); "
        "assert not root.handlers and root.level == logging.WARNING"
    )
    environment = {"PYTHONPATH": os.pathsep.join(SOURCES), "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=environment)
    assert not list(tmp_path.iterdir())


# Hangs and lost work.


@pytest.mark.covers("youku D-12")
def test_a_slice_that_was_lost_in_a_crash_is_sent_again(platform: Any, make: Make) -> None:
    file = make()
    mine = half(file, slices=2)
    assert new(file).upload() == mine
    assert holds(platform, mine, file)


@pytest.mark.covers("youku D-12", "youku 10-39")
def test_a_slice_that_is_never_handed_out_again_is_not_waited_for_for_ever(
    platform: Any, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "PATIENCE", 1.0)
    file = make()
    half(file)
    platform.script["slices"] += [(404, b"")] * 50
    remote = platform.uploads["upload-token-0"]
    remote.given = set(range(1, remote.count + 1))
    with pytest.raises(YoukuError) as caught:
        new(file).upload()
    assert caught.value.type == "TimedOut"


@pytest.mark.covers("youku D-13", "youku 10-41")
def test_status_4_while_waiting_goes_back_to_sending(platform: Any, make: Make) -> None:
    lost = []

    class Losing(YoukuUpload):
        def _save_slice_state(self, result: Any) -> None:
            super()._save_slice_state(result)
            remote = platform.uploads["upload-token-0"]
            if len(remote.parts) == 3 and not lost:
                lost.append(remote.parts.pop(3))
                remote.given.discard(3)

    platform.script["check"] += [(200, {"status": 2, "upload_server_ip": "x"})]
    file = make()
    assert holds(platform, new(file, Losing).upload(), file)
    assert lost


@pytest.mark.covers("youku D-14", "youku 10-39")
def test_a_status_that_never_changes_is_given_up(
    platform: Any, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "PATIENCE", 1.0)
    platform.script["check"] += [(200, {"status": 3, "upload_server_ip": "x"})] * 100
    with pytest.raises(YoukuError) as caught:
        new(make(100)).upload()
    assert caught.value.type == "TimedOut"


@pytest.mark.covers("youku D-15", "youku 10-39")
@pytest.mark.parametrize("name", ["create", "upload_slice", "check"])
def test_a_server_that_stalls_is_asked_again(
    platform: Any, make: Make, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("VODKIT_TIMEOUT", "0.5")
    platform.script[name].append((200, None))
    file = make(2000)
    assert holds(platform, new(file).upload(), file)


@pytest.mark.covers("youku D-16")
def test_a_503_on_a_slice_is_not_the_end(platform: Any, make: Make) -> None:
    platform.script["upload_slice"] += [(503, error(1001)), (503, b"<html>")]
    file = make(900)
    assert holds(platform, new(file).upload(), file)


@pytest.mark.covers("youku D-16")
def test_a_503_on_a_slice_that_is_sent_by_hand_is_not_the_end(platform: Any, make: Make) -> None:
    upload = new(make(900))
    upload.create(upload.prepare_video_params())
    upload.create_file()
    upload.new_slice()
    platform.script["upload_slice"].append((503, b""))
    upload.upload_slice()
    assert (upload.slice_task_id, upload.finished) == (0, True)


@pytest.mark.covers("youku D-18", "youku 10-47")
@pytest.mark.parametrize(
    "method", ["_read_upload_state_from_file", "_save_upload_state_to_file", "_save_slice_state"]
)
def test_an_interrupt_passes_through(platform: Any, make: Make, method: str) -> None:
    def interrupt(self: YoukuUpload, *_: Any) -> None:
        raise KeyboardInterrupt

    kind = type("Interrupted", (YoukuUpload,), {method: interrupt})
    file = make()
    with pytest.raises(KeyboardInterrupt):
        new(file, kind).upload()
    assert holds(platform, new(file).upload(), file)


@pytest.mark.covers("youku D-19")
def test_a_commit_without_an_id_is_asked_again(platform: Any, make: Make) -> None:
    platform.script["commit"].append((200, {}))
    file = make(1000)
    assert new(file).upload() == "XVIDEO0"


@pytest.mark.covers("youku D-19", "youku 10-46")
def test_another_id_at_commit_is_an_error(platform: Any, make: Make) -> None:
    platform.script["commit"].append((200, {"video_id": "XOTHER"}))
    with pytest.raises(YoukuError) as caught:
        new(make(1000)).upload()
    assert caught.value.code == 120010225


@pytest.mark.covers("youku D-20")
def test_after_a_cancel_the_object_uploads_again(platform: Any, make: Make) -> None:
    file = make()
    upload = new(file)
    upload.create(upload.prepare_video_params())
    upload.create_file()
    upload.new_slice()
    upload.upload_slice()
    token = upload.upload_token
    assert upload.cancel() == token
    assert (upload.upload_token, upload.transferred_percent()) == (None, 0)
    assert new(file).upload_token is None
    assert holds(platform, upload.upload(), file)


@pytest.mark.covers("youku D-20")
def test_a_cancel_before_create_says_so(platform: Any, make: Make) -> None:
    with pytest.raises(ValueError, match="create one"):
        new(make(10)).cancel()
    assert platform.seen == []

"""The upload, from create to commit (youku.md §4, §6, §10)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.waiting import until

from .world import API, KIB, OPEN, UPLOAD, Answer, Upload, World, content, create_fields, running

EXPIRED = 120010223
HASH = 120010225
DAY = 86400.0


@pytest.mark.covers("youku 10-3", "youku 10-24", "youku 10-1")
def test_create_answers_what_clients_read(world: World) -> None:
    answer = world.get("uploads/create.json", **create_fields(b"abc"))
    assert answer.status == 201
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.data) == {"video_id", "upload_token", "upload_server_uri", "instant_upload_ok"}
    assert answer.data["instant_upload_ok"] == "no"
    assert answer.data["upload_server_uri"] == "127.0.0.1"
    assert answer.data["video_id"].startswith("X") and "=" not in answer.data["video_id"]
    assert set(answer.data["upload_token"]) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


@pytest.mark.covers("youku 10-24", "youku 10-17", "youku 10-1", "youku 10-21")
def test_an_upload(world: World) -> None:
    upload = world.upload(content(2500)).file()
    assert upload.check() == {
        "status": 4,
        "upload_server_ip": "127.0.0.1",
        "transferred_percent": 0,
        "confirmed_percent": 0,
        "empty_tasks": 3,
        "finished": False,
    }
    first = upload.next()
    assert first == {"slice_task_id": 1, "offset": 0, "length": 1024, "transferred": 0, "finished": False}
    second = upload.put(first).data
    third = upload.put(second).data
    assert (third["slice_task_id"], third["length"], third["transferred"]) == (3, 452, 2048)
    assert upload.check()["transferred_percent"] == 81
    last = upload.put(third)
    end = {"slice_task_id": 0, "offset": 0, "length": 0, "transferred": 2500, "finished": True}
    assert (last.status, last.data) == (201, end)
    done = upload.check()
    assert (done["status"], done["finished"], done["confirmed_percent"]) == (1, True, 100)
    answer = upload.commit()
    assert (answer.status, answer.data) == (200, {"video_id": upload.video_id})
    assert upload.stored() == upload.data


@pytest.mark.covers("youku 10-4")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"client_id": "nobody"}, 1005),
        ({"client_id": ""}, 1012),
        ({"access_token": "wrong"}, 1008),
        ({"access_token": ""}, 1008),
        ({"title": ""}, 1012),
        ({"tags": ""}, 1012),
        ({"file_name": ""}, 1012),
        ({"file_md5": ""}, 1012),
        ({"file_md5": "xyz"}, 1013),
        ({"file_size": "many"}, 1013),
        ({"file_size": ""}, 1012),
        ({"title": "t" * 256}, 1013),
        ({"public_type": "nobody"}, 1013),
        ({"public_type": "password"}, 1012),
        ({"latitude": "north"}, 1013),
        ({"title": "a\0b"}, 1013),
    ],
)
def test_what_cannot_be_is_refused_at_create(world: World, change: dict[str, str], code: int) -> None:
    answer = world.get("uploads/create.json", **{**create_fields(b"abc"), **change})
    assert (answer.status, answer.code) == (400, code)
    error = answer.data["error"]
    assert set(error) == {"code", "type", "description"}
    assert isinstance(error["code"], int)
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_token_errors_have_the_status_that_the_account_wants(world: World) -> None:
    answer = world.get("uploads/create.json", **{**create_fields(b"abc", "two"), "access_token": "wrong"})
    assert (answer.status, answer.code) == (401, 1008)


@pytest.mark.covers("youku 10-5", "youku 10-25")
@pytest.mark.parametrize("why", ["unknown", "cancelled", "expired", "another's"])
def test_a_token_that_is_worth_nothing_is_one_and_the_same_error(world: World, why: str) -> None:
    upload = world.upload(content(2000)).file()
    given = upload.next()
    if why == "unknown":
        upload.token = "never-was"
    elif why == "cancelled":
        assert upload.cancel().data == {"upload_token": upload.token}
    elif why == "expired":
        world.clock.ahead += DAY + 1
    else:
        upload.who = "two"
    answers = [upload.commit(), upload.cancel()]
    if why != "another's":
        answers += [
            upload.ask(verb, slice_task_id=1) for verb in ("new_slice", "check", "slices", "reset_slice")
        ]
        answers += [upload.put(given)]
        form = {"upload_token": upload.token, "file_size": 2000, "ext": "mp4", "slice_length": 1}
        answers.append(world.post("gupload/create_file", UPLOAD, **form))
    assert [(answer.status, answer.code) for answer in answers] == [(400, EXPIRED)] * len(answers)


@pytest.mark.covers("youku 10-7")
@pytest.mark.parametrize("host", [API, OPEN])
@pytest.mark.parametrize("family", ["", "v2/"])
def test_both_hosts_answer_both_families(world: World, host: str, family: str) -> None:
    data = content(100)
    created = world.get(f"{family}uploads/create.json", host, **create_fields(data)).data
    upload = Upload(world, data, created, "one").file().send_all()
    mine = {"client_id": "one", "access_token": "access-of-one", "upload_token": upload.token}
    assert world.post(f"{family}uploads/commit.json", host, **mine).status == 200
    shown = world.get(f"{family}videos/show.json", host, client_id="one", video_id=upload.video_id)
    assert shown.data["title"] == "A title"
    assert world.get(f"{family}schemas/upload/spec.json", host).status == 200


@pytest.mark.covers("youku 10-9", "youku 10-8")
def test_parameters_come_in_every_way_and_the_query_wins(world: World) -> None:
    fields = create_fields(b"abc")
    assert world.post("uploads/create.json", **fields).status == 201
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({**fields, "client_id": "nobody"}).encode()
    assert world.call("POST", API, "/uploads/create.json?client_id=one", body, kind).status == 201
    parts = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()
    )
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    assert world.call("POST", API, "/uploads/create.json", f"{parts}--b--\r\n".encode(), kind).status == 201


@pytest.mark.covers("youku 10-26")
def test_names_tags_and_extensions_as_clients_send_them(world: World) -> None:
    data = content(10)
    fields = create_fields(data) | {"file_name": "C:\\Videos\\my film.mp4"}
    del fields["tags"]
    target = f"/uploads/create.json?{urlencode(fields)}&tags=one&tags=two%20three,four"
    upload = Upload(world, data, world.call("GET", API, target).data, "one").file(ext=".MP4").send_all()
    upload.commit()
    shown = world.get("videos/show.json", client_id="one", video_id=upload.video_id).data
    assert shown["tags"] == "one,two,three,four"
    assert shown["original"]["url"].endswith(".mp4")
    assert "Videos" not in shown["original"]["url"]


@pytest.mark.covers("youku 10-22", "youku D-2", "youku D-5")
def test_bytes_of_another_file_are_refused_at_commit_and_can_be_repaired(world: World) -> None:
    upload = world.upload(content(3 * KIB)).file()
    other = content(3 * KIB, 9)
    for number in (1, 2, 3):
        source = other if number == 2 else upload.data
        upload.put(upload.slice(number), source[(number - 1) * KIB : number * KIB])
    answer = upload.commit()
    assert (answer.status, answer.code) == (400, HASH)
    right = upload.data[KIB : 2 * KIB]
    upload.put(upload.slice(2), right, hash=hashlib.md5(right).hexdigest())
    assert upload.commit().status == 200
    assert upload.stored() == upload.data


@pytest.mark.parametrize("write", [str.upper, lambda text: text.lstrip("0")])
def test_the_md5_is_compared_as_a_number(world: World, write: Callable[[str], str]) -> None:
    data = next(d for n in range(1000) if hashlib.md5(d := b"%d" % n).hexdigest().startswith("0"))
    upload = world.upload(data, file_md5=write(hashlib.md5(data).hexdigest())).file().send_all()
    assert upload.commit().status == 200


@pytest.mark.covers("youku 10-23", "youku D-4")
def test_a_commit_can_be_repeated(world: World) -> None:
    upload = world.upload(content(3 * KIB)).file().send_all()
    with ThreadPoolExecutor(4) as pool:
        answers = [future.result() for future in [pool.submit(upload.commit) for _ in range(4)]]
    assert {(a.status, a.data["video_id"]) for a in answers} == {(200, upload.video_id)}
    assert upload.check()["status"] == 1
    mine = {"client_id": "one", "access_token": "access-of-one", "count": 100}
    listed = world.get("videos/by_me.json", **mine).data["videos"]
    assert [video["id"] for video in listed].count(upload.video_id) == 1


def test_an_upload_that_is_not_complete_is_not_committed(world: World) -> None:
    upload = world.upload(content(3 * KIB))
    assert upload.commit().code == 1013
    upload.file().put(upload.slice(1))
    assert upload.commit().code == 1013


@pytest.mark.covers("youku 10-25", "youku D-9")
def test_cancelled_and_expired_uploads_leave_no_bytes(world: World) -> None:
    folder = Path(world.service.settings.data) / "blobs"

    def stored() -> int:
        return sum(path.stat().st_blocks for path in folder.rglob("*") if path.is_file())

    before = stored()
    cancelled = world.upload(content(300 * KIB, 1)).file(300).send_all()
    expired = world.upload(content(300 * KIB, 2)).file(300).send_all()
    assert stored() > before
    assert cancelled.cancel().status == 200
    world.clock.ahead += 9 * DAY
    world.sweep()
    assert expired.ask("check").code == EXPIRED
    # Bytes go after the commit that lets go of them.
    until(lambda: stored() <= before)


@pytest.mark.covers("youku 10-27")
def test_the_upload_server_is_what_the_account_says_and_answers_under_any_name(world: World) -> None:
    upload = world.upload(content(10), "two")
    assert upload.server == "upload.example:8080"
    form = urlencode(
        {"upload_token": upload.token, "file_size": 10, "ext": "mp4", "slice_length": 1}
    ).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for host in ("upload.example:8080", "10.30.88.156", "[::1]", "g3.up.youku.com"):
        assert world.call("POST", host, "/gupload/create_file", form, kind).status == 201


@pytest.mark.covers("youku D-41")
def test_new_slice_answers_with_the_status_that_the_account_wants(world: World) -> None:
    assert world.upload(content(10)).file().ask("new_slice").status == 201
    assert world.upload(content(10), "two").file().ask("new_slice").status == 200


@pytest.mark.covers("youku 10-28", "youku D-36", "youku D-37")
def test_a_client_that_checks_without_a_pause_is_slowed_down(world: World) -> None:
    busy, other = world.upload(content(100)).file(), world.upload(content(100)).file()
    with ThreadPoolExecutor(8) as pool:
        started = time.monotonic()
        checks = [pool.submit(busy.check) for _ in range(20)]
        other.send_all()
        assert other.commit().status == 200
        assert {check.result()["status"] for check in checks} == {4}
    assert time.monotonic() - started > 1.5


@pytest.mark.covers("youku 10-29", "youku D-33")
def test_secrets_are_not_logged(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    upload = world.upload(content(100)).file().send_all()
    upload.commit()
    form = {"client_id": "one", "client_secret": "secret-of-one", "grant_type": "client_credentials"}
    token = world.post("oauth2/token.json", **form).data["access_token"]
    said = "".join(capfd.readouterr())
    assert "room=" in said or '"room"' in said
    for secret in (upload.token, token, "access-of-one", "secret-of-one"):
        assert secret not in said


@pytest.mark.covers("youku 10-30")
def test_empty_files(world: World) -> None:
    assert world.get("uploads/create.json", **create_fields(b"")).code == 1013
    upload = world.upload(b"", "two").file()
    end = {"slice_task_id": 0, "offset": 0, "length": 0, "transferred": 0, "finished": True}
    assert upload.next() == end
    assert (upload.check()["status"], upload.check()["transferred_percent"]) == (1, 100)
    assert upload.commit().status == 200
    assert upload.stored() == b""


@pytest.mark.covers("youku 10-31")
def test_the_largest_file(world: World) -> None:
    fields = create_fields(b"", "two")
    assert world.get("uploads/create.json", **{**fields, "file_size": 1_000_000}).status == 201
    assert world.get("uploads/create.json", **{**fields, "file_size": 1_000_001}).code == 1013
    spec = world.get("schemas/upload/spec.json").data
    assert spec["allowed_max_file_size"] == 10 << 30
    assert "mp4" in spec["allowed_extensions"].split(",")


@pytest.mark.covers("youku 10-32")
@pytest.mark.parametrize("host", [API, OPEN, "open.youku.com"])
def test_the_sdks_ping(world: World, host: str) -> None:
    answer: Answer = world.get("sdk/version_update", host, client_id="one", version="1")
    assert (answer.status, answer.data) == (200, {})


@pytest.mark.covers("youku 10-5")
def test_a_token_lives_a_day_from_its_last_use_and_a_week_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path) as world:
        upload = world.upload(content(20 * KIB)).file()
        for _ in range(6):
            world.clock.ahead += 0.9 * DAY
            assert upload.ask("new_slice").status == 201
        world.clock.ahead += 0.9 * DAY
        assert upload.ask("new_slice").status == 201
        world.clock.ahead += 0.9 * DAY
        assert upload.ask("new_slice").code == EXPIRED


def test_unknown_calls_are_refused(world: World) -> None:
    for host, path in ((UPLOAD, "gupload/prepare"), (API, "uploads/nothing.json"), (API, "")):
        assert world.get(path, host).status == 404

"""What goes wrong in the vendor's package, given to the drop-in (youku.md §7): values, types and requests."""

from __future__ import annotations

import gc
import logging
import pickle
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from youku import YoukuError, YoukuOauth, YoukuUpload, YoukuUsers, YoukuVideos
from youku.util import check_error, remove_none_value

from tests.unit.youku import platform as fake

from .test_youku_lost_work import MIB, Make, error, holds, new


def created(platform: Any) -> dict[str, str]:
    """What the last create was sent with."""
    fields: dict[str, str] = [seen.fields for seen in platform.seen if seen.name == "create"][-1]
    return fields


@pytest.mark.covers("youku D-21")
def test_making_an_object_sends_nothing(platform: Any, make: Make) -> None:
    new(make(10))
    YoukuVideos("me"), YoukuOauth("me", "secret", "http://app.example/")
    assert platform.seen == []


@pytest.mark.covers("youku D-22", "youku D-23", "youku 10-42")
@pytest.mark.parametrize(
    ("name", "ext"),
    [("movie", ""), ("a.b.mp4", "mp4"), ("视频.mp4", "mp4"), (".mp4", "mp4"), ("a b&c.mov", "mov")],
)
def test_names(platform: Any, make: Make, name: str, ext: str) -> None:
    file = make(1000, name)
    upload = new(file)
    assert upload.file_ext == ext
    assert upload.file_name == name
    assert holds(platform, upload.upload(), file)
    assert created(platform)["file_name"] == name
    assert created(platform)["title"] == name


def test_a_name_without_a_folder(platform: Any, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(make(1000)).parent)
    upload = new("movie.mp4")
    assert (upload.file_dir, upload.file_size, upload.file_md5) == (".", 1000, None)
    upload.upload()
    assert upload.file_md5 == upload.checksum_md5file("movie.mp4")


@pytest.mark.covers("youku D-24", "youku 10-43")
def test_percent(platform: Any, make: Make) -> None:
    told = []

    class Telling(YoukuUpload):
        def _save_slice_state(self, result: Any) -> None:
            super()._save_slice_state(result)
            told.append(self.transferred_percent())

    upload = new(make(9 * MIB), Telling)
    assert upload.transferred_percent() == 0
    upload.upload()
    assert told == sorted(told)
    assert told[0] == 0
    assert told[-1] == 100
    assert {22, 44, 66, 88} & set(told)
    assert upload.transferred_percent() == 100


@pytest.mark.covers("youku D-24", "youku 10-43")
def test_percent_never_goes_back(platform: Any, make: Make) -> None:
    """The upload is gone in the middle, and begins anew."""
    told = []

    class Telling(YoukuUpload):
        def _save_slice_state(self, result: Any) -> None:
            super()._save_slice_state(result)
            told.append(self.transferred_percent())
            if len(told) == 4:
                platform.uploads.pop("upload-token-0", None)

    file = make(9 * MIB)
    assert holds(platform, new(file, Telling).upload(), file)
    assert platform.made == 2
    assert told == sorted(told)
    assert told[-1] == 100


@pytest.mark.covers("youku D-24", "youku 10-42")
def test_an_empty_file_is_the_platforms_to_refuse(at_service: None, make: Make) -> None:
    upload = YoukuUpload("CLIENT_ID", "ACCESS_TOKEN", make(0))
    assert upload.transferred_percent() == 0
    with pytest.raises(YoukuError) as caught:
        upload.upload()
    assert caught.value.code == 1013
    upload = YoukuUpload("lenient", "LENIENT_TOKEN", make(0))
    assert upload.upload().startswith("X")
    assert upload.transferred_percent() == 100


@pytest.mark.covers("youku D-25", "youku 10-42")
def test_long_texts_are_cut(platform: Any, make: Make) -> None:
    file = make(1000, f"{'长' * 60}{'x' * 20}.mp4")
    new(file).upload({"description": "d" * 3000})
    assert len(created(platform)["title"]) == 80
    assert len(created(platform)["description"]) == 2000
    assert len(new(file).prepare_video_params(title="t" * 100)["title"]) == 80


@pytest.mark.covers("youku D-26", "youku D-27", "youku D-28", "youku D-30")
def test_parameters(platform: Any, make: Make) -> None:
    params = {
        "title": "t",
        "tags": ["one", "two"],
        "description": None,
        "latitude": 0,
        "longitude": 0.0,
        "shoot_time": datetime(2014, 5, 5, 10, 0, 0, 77),
        "deshake": 1,
    }
    before = dict(params)
    new(make(1000)).upload(params)
    assert params == before
    sent = created(platform)
    assert sent["tags"] == "one,two"
    assert sent["description"] == ""
    assert (float(sent["latitude"]), float(sent["longitude"])) == (0, 0)
    assert sent["shoot_time"] == "2014-05-05 10:00:00"
    assert sent["deshake"] == "1"


@pytest.mark.covers("youku D-28")
def test_parameters_of_other_editions_are_left_out_aloud(
    platform: Any, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    new(make(10)).upload({"title": "t", "isweb": 1, "thumbnail": "x.png"})
    assert not {"isweb", "thumbnail"} & created(platform).keys()
    assert "isweb is not sent" in caplog.text
    with pytest.raises(TypeError, match="titel"):
        new(make(10)).upload({"titel": "t"})


def test_what_prepare_returns(make: Make, settings: None) -> None:
    prepared = new(make(10)).prepare_video_params(category="", watch_password="", latitude=None)
    assert prepared == {
        "title": "movie.mp4",
        "tags": "Others",
        "description": "",
        "copyright_type": "original",
        "public_type": "all",
    }


@pytest.mark.covers("youku D-29")
def test_create_leaves_the_callers_dictionary_alone(platform: Any, make: Make) -> None:
    params = {"title": "t", "tags": ["a", "b"]}
    new(make(10)).create(params)
    assert params == {"title": "t", "tags": ["a", "b"]}
    assert created(platform)["tags"] == "a,b"
    gc.collect()


def answer(status: int, text: str) -> SimpleNamespace:
    return SimpleNamespace(status_code=status, text=text)


@pytest.mark.covers("youku D-31", "youku 10-45")
@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (200, "", None),
        (200, "<html>", None),
        (502, "<html>", None),
        (404, "{}", None),
        (400, '{"error":null}', None),
        (200, '{"error":{"code":1005,"type":"t","description":"d"}}', 1005),
        (400, '{"error":{"type":"t"}}', ""),
        (400, '{"error":{}}', ""),
        (400, "code=120010223&type=t&description=d", 120010223),
    ],
)
def test_odd_answers_are_the_packages_own_exception(status: int, text: str, code: Any) -> None:
    with pytest.raises(YoukuError) as caught:
        check_error(answer(status, text))
    assert caught.value.code == code
    assert caught.value.status_code == status


@pytest.mark.covers("youku D-31", "youku 10-48")
@pytest.mark.parametrize("status", [200, 201])
def test_any_success_is_one(status: int) -> None:
    check_error(answer(status, '{"video_id":"X"}'), 201)
    check_error(SimpleNamespace(status_code=status, content=b"{}"))


@pytest.mark.covers("youku 10-45")
def test_the_exception() -> None:
    made = YoukuError(1005, "SystemException", "Client id invalid", 400)
    assert (made.code, made.type, made.description, made.status_code) == made.args
    assert str(made) == "http_status: 400, error: 1005, SystemException, Client id invalid"
    again = pickle.loads(pickle.dumps(made))
    assert (type(again), again.args, again.code) == (YoukuError, made.args, 1005)


def test_remove_none_value() -> None:
    assert remove_none_value({"a": None, "b": 0, "c": ""}) == {"b": 0, "c": ""}


@pytest.mark.covers("youku D-32", "youku 10-45")
def test_none_is_an_unknown_user_only(at_service: None) -> None:
    users = YoukuUsers("CLIENT_ID")
    assert users.find_user_by_id("1") is None
    assert users.find_user_by_name("nobody at all") is None
    for method in ("find_user_by_id", "find_user_by_name", "find_users_by_ids", "find_users_by_names"):
        with pytest.raises(YoukuError) as caught:
            getattr(YoukuUsers("nobody"), method)("1")
        assert caught.value.code == 1005


@pytest.mark.covers("youku D-32")
@pytest.mark.parametrize("code", [1005, 1008, 1009])
def test_a_refused_caller_is_not_an_unknown_user(platform: Any, code: int) -> None:
    platform.script["show"].append((400, error(code)))
    with pytest.raises(YoukuError) as caught:
        YoukuUsers("me").find_user_by_id("1")
    assert (caught.value.code, caught.value.type) == (code, "SystemException")


@pytest.mark.covers("youku D-33")
def test_no_token_is_in_a_log_or_in_the_address_of_create(
    platform: Any, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    upload = new(make())
    upload.create(upload.prepare_video_params())
    upload.create_file()
    upload.upload({"title": "other"})
    new(make(10)).upload()
    create = next(seen for seen in platform.seen if seen.name == "create")
    assert create.method == "POST"
    assert "the-token" not in create.target
    assert "the-token" not in caplog.text
    assert "upload-token" not in caplog.text


@pytest.mark.covers("youku 10-46")
def test_the_id_is_logged_with_the_path(platform: Any, make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mine")
    file = make(1000)
    YoukuUpload("me", "the-token", file, "v-17", logging.getLogger("mine")).upload()
    said = [record.getMessage() for record in caplog.records if record.name == "mine"]
    assert said == [f"video XVIDEO0 is opened for {file} (v-17)", f"video XVIDEO0 holds {file} (v-17)"]


@pytest.mark.covers("youku D-34", "youku 10-47")
def test_connections_are_kept(platform: Any, make: Make) -> None:
    upload = new(make(9 * MIB))
    upload.create(upload.prepare_video_params())
    upload.create_file()
    upload.new_slice()
    while upload.slice_task_id:
        upload.upload_slice()
    assert platform.names().count("upload_slice") == 5
    assert platform.connections == 1
    upload.commit()
    assert platform.connections <= 5


@pytest.mark.covers("youku D-35", "youku 10-44")
@pytest.mark.parametrize(
    ("server", "ip", "host"),
    [
        ("upload.example:8080", "upload.example:8080", "upload.example:8080"),
        ("::1", "[::1]", "[::1]"),
        ("[::1]:99", "[::1]:99", "[::1]:99"),
        ("https://upload.example", "https://upload.example", "upload.example"),
    ],
)
def test_upload_servers(platform: Any, make: Make, server: str, ip: str, host: str) -> None:
    platform.server = server
    file = make(1000)
    upload = new(file)
    assert holds(platform, upload.upload(), file)
    assert upload.upload_server_ip == ip
    assert {seen.host for seen in platform.seen if seen.name == "upload_slice"} == {host}


# Tokens.


def token(answer_of: Any) -> tuple[str, str]:
    return answer_of["access_token"], answer_of["refresh_token"]


@pytest.mark.parametrize("code", [1008, 1009])
def test_an_expired_token_is_reported_with_what_to_do(platform: Any, make: Make, code: int) -> None:
    file = make()
    platform.script["create"].append((400, error(code)))
    with pytest.raises(YoukuError) as caught:
        new(file).upload()
    assert caught.value.code == code
    assert "YoukuOauth.refresh_token" in caught.value.__notes__[0]
    assert "VODKIT_YOUKU_REFRESH_TOKEN" in caught.value.__notes__[0]


def test_an_expired_token_at_commit_does_not_lose_what_was_sent(platform: Any, make: Make) -> None:
    file = make()
    upload = new(file)
    platform.script["commit"].append((400, error(1009)))
    with pytest.raises(YoukuError):
        upload.upload()
    upload.access_token = "another"
    assert upload.upload() == "XVIDEO0"
    assert platform.names().count("upload_slice") == 3
    assert [seen.fields["access_token"] for seen in platform.seen if seen.name == "commit"][-1] == "another"


def test_an_expired_token_is_renewed(platform: Any, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VODKIT_YOUKU_REFRESH_TOKEN", "once")
    platform.script["create"].append((400, error(1009)))
    file = make(1000)
    assert holds(platform, new(file).upload(), file)
    assert created(platform)["access_token"] == "renewed"


def test_refresh_token_sends_no_secret_and_returns_the_answer(platform: Any) -> None:
    found = YoukuOauth("me", "the secret", "http://app.example/").refresh_token("old")
    assert found == {"access_token": "renewed", "expires_in": "3600", "refresh_token": "next"}
    assert platform.seen[-1].fields == {
        "client_id": "me",
        "grant_type": "refresh_token",
        "refresh_token": "old",
    }


def test_a_code_is_exchanged(at_service: None) -> None:
    oauth = YoukuOauth("CLIENT_ID", "CLIENT_SECRET", "http://app.example/back?x=1")
    assert oauth.authorize_url("s t") == (
        "https://openapi.youku.com/v2/oauth2/authorize?client_id=CLIENT_ID&response_type=code&state=s+t"
        "&redirect_uri=http%3A%2F%2Fapp.example%2Fback%3Fx%3D1"
    )
    assert "state=&" in oauth.authorize_url()
    with pytest.raises(YoukuError) as caught:
        oauth.get_token_by_code("no such code")
    assert caught.value.type == "OAuth2Exception"
    access, refresh = token(oauth.get_token_by_password("韩国恺", "a password"))
    assert YoukuUsers("CLIENT_ID").my_info(access)["name"] == "韩国恺"
    assert token(oauth.refresh_token(refresh))[0] != access


# Constructors and steps.


@pytest.mark.covers("youku 10-35")
def test_both_constructors(settings: None, make: Make) -> None:
    log, file = logging.getLogger("mine"), make(10)
    for given, named in (
        ((log,), {}),
        ((), {"logger": log}),
        ((None, log), {}),
    ):
        made = YoukuUpload("id", "token", file, *given, **named)
        assert (made.logger, made.v_vid) == (log, None)
    for given, named in (
        ((7, log), {}),
        ((7,), {"logger": log}),
        ((), {"v_vid": 7, "logger": log}),
        ((log,), {"v_vid": 7}),
    ):
        made = YoukuUpload("id", "token", file, *given, **named)
        assert (made.logger, made.v_vid) == (log, 7)
    made = YoukuUpload("id", "token", file)
    assert (made.logger.name, made.v_vid) == ("youku.youku_upload", None)
    empty = (
        "upload_token",
        "upload_server_ip",
        "slice_task_id",
        "slice_offset",
        "slice_length",
        "transferred",
    )
    assert [getattr(made, name) for name in empty] == [None] * 6
    assert (made.finished, made.client_id, made.access_token, made.file) == (False, "id", "token", file)


def test_a_file_that_is_not_there(settings: None) -> None:
    with pytest.raises(OSError, match="nowhere"):
        YoukuUpload("id", "token", "nowhere.mp4")


def test_the_order_on_the_wire(platform: Any, make: Make) -> None:
    """With one worker it is the vendor's, and a look at the new video after it."""
    upload = new(make(1000))
    assert upload.upload() == upload.upload()
    names = ["create", "create_file", "new_slice", "upload_slice", "check", "commit", "show"]
    assert platform.names() == names
    sent = next(seen for seen in platform.seen if seen.name == "create_file")
    assert sent.fields["slice_length"] == "2048"


def test_commit_before_the_end(platform: Any, make: Make) -> None:
    upload = new(make())
    upload.create(upload.prepare_video_params())
    upload.create_file()
    with pytest.raises(ValueError, match="slices to send"):
        upload.commit()
    assert upload.check()["status"] == 4


def test_hooks_are_called(platform: Any, make: Make) -> None:
    called = []

    class Hooked(YoukuUpload):
        def _save_upload_state_to_file(self) -> None:
            called.append(("save", self.upload_token))

        def _read_upload_state_from_file(self) -> None:
            called.append(("read", None))

        def _delete_upload_state_file(self) -> None:
            called.append(("delete", self.upload_token))

        def _save_slice_state(self, result: Any) -> None:
            called.append(("slice", sorted(result)))

    new(make(1000), Hooked).upload()
    keys = ["finished", "length", "offset", "slice_task_id", "transferred"]
    slices = [("slice", keys)] * 2
    assert called == [
        ("read", None), ("save", "upload-token-0"), *slices, ("delete", "upload-token-0"),
    ]  # fmt: skip


def test_what_a_slice_hook_raises_ends_the_upload(
    platform: Any, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VODKIT_PARALLEL", "1")

    class Stopping(YoukuUpload):
        def _save_slice_state(self, result: Any) -> None:
            if result["transferred"]:
                raise LookupError("enough")

    file = make()
    with pytest.raises(LookupError, match="enough"):
        new(file, Stopping).upload()
    assert new(file).upload() == "XVIDEO0"


def test_an_upload_that_goes_on_keeps_its_parameters(
    platform: Any, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    file = make()
    platform.script["commit"].append((400, error(1013)))
    with pytest.raises(YoukuError):
        new(file).upload({"title": "first"})
    assert new(file).upload({"title": "second"}) == "XVIDEO0"
    assert created(platform)["title"] == "first"
    assert "goes on with the parameters" in caplog.text


def test_the_spec(at_service: None, make: Make) -> None:
    assert YoukuUpload("CLIENT_ID", "ACCESS_TOKEN", make(10)).spec()["allowed_max_file_size"] > 0


def test_repeated_reads_survive_a_busy_platform(platform: Any) -> None:
    platform.script["show"].append((503, error(1001)))
    assert YoukuVideos("me").find_video_detail_by_id("X1")["id"] == "X1"


def test_nothing_that_changes_something_is_sent_twice(platform: Any) -> None:
    platform.script["update"].append((503, fake.error(1001)))
    with pytest.raises(YoukuError) as caught:
        YoukuVideos("me").update_video("the-token", "X1", title="t")
    assert (caught.value.code, caught.value.status_code) == (1001, 503)
    assert platform.names() == ["update"]

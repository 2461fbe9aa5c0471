"""youku 0.1.1, unmodified, at the service."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vodkit.providers.youku.server.items import seed
from vodkit.server.contract import Settings
from vodkit.server.service import tools

from .driver import DRIVERS, Driver, driver, environment, fetch
from .youku_world import FRIEND, SEEDED

pytestmark = pytest.mark.vendor

MIB = 1 << 20
ACCOUNTS = """\
[[account]]
provider = "youku"
id = "client-id"
secret = "client-secret"
user_name = "韩国恺"
user_password = "a password"
access_tokens = ["access-token"]

[[account]]
provider = "youku"
id = "forgetful"
secret = "another-secret"
token_life = 1
"""
ME = {"client_id": "client-id", "access_token": "access-token"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("youku-python")


@pytest.fixture(scope="module")
def sdk(folder: Path) -> Iterator[Driver]:
    python = environment("youku-python") / "bin" / "python"
    with driver([python, DRIVERS / "youku_python.py"], folder, accounts=ACCOUNTS) as running:
        yield running


def make(path: Path, size: int) -> Path:
    path.write_bytes(os.urandom(size))
    return path


def upload(sdk: Driver, file: Path, **params: Any) -> str:
    """An upload that must succeed; the video must hold the file's bytes."""
    answer = sdk.do(do="upload", **ME, file=str(file), params={"title": "a title", **params})
    assert "raised" not in answer, answer["text"]
    id = str(answer["id"])
    assert fetch(show(sdk, id)["original"]["url"]) == file.read_bytes()
    assert not file.with_name(f"{file.name}.upload").exists()
    return id


def call(sdk: Driver, cls: str, method: str, *args: Any, **named: Any) -> Any:
    init = ["client-id"] if cls != "YoukuOauth" else ["client-id", "client-secret", "http://app.example/back"]
    answer = sdk.do(**{"do": "call", "class": cls}, init=init, method=method, args=args, named=named)
    assert "raised" not in answer, answer["text"]
    return answer["answer"]


def show(sdk: Driver, id: str) -> dict[str, Any]:
    found = call(sdk, "YoukuVideos", "find_video_detail_by_id", id)
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def video(sdk: Driver, folder: Path) -> str:
    """A video in a world with users, shows, persons and keywords."""
    id = upload(
        sdk, make(folder / "seeded.mp4", 1000), title="天下足球 seeded", tags="足球,体育", category="体育"
    )
    settings = Settings(data=str(folder / "data"))
    with tools(settings) as parts:
        links = [("show", "show1", id)]
        asyncio.run(parts.catalog.write(lambda conn: seed(conn, SEEDED, links)))
    return id


@pytest.mark.parametrize("size", [1, 1000, 2 * MIB, 2 * MIB + 1, 9 * MIB])
def test_sizes(sdk: Driver, tmp_path: Path, size: int) -> None:
    upload(sdk, make(tmp_path / "movie.mp4", size))


@pytest.mark.parametrize("title", ["测试优酷Python客户端上传", "a+b&c=d %20"])
def test_fields(sdk: Driver, tmp_path: Path, title: str) -> None:
    id = upload(
        sdk,
        make(tmp_path / "电影.mp4", 5000),
        title=title,
        tags="一,二",
        description="Polymer video #7",
        category="Tech",
        copyright_type="reproduced",
        latitude=39.9,
        shoot_time="2014-05-05 10:00:00",
    )
    found = show(sdk, id)
    assert (found["title"], found["tags"], found["category"]) == (title, "一,二", "Tech")
    assert (found["description"], found["copyright_type"]) == ("Polymer video #7", "reproduced")
    assert (found["state"], found["user"]["name"]) == ("normal", "韩国恺")


@pytest.mark.covers("youku 10-19", "youku D-12")
@pytest.mark.parametrize("at", [1, 3, 5])
def test_resume_after_a_kill(sdk: Driver, tmp_path: Path, at: int) -> None:
    file = make(tmp_path / "movie.mp4", 9 * MIB)
    died = sdk.do(do="die", **ME, file=str(file), params={"title": "killed"}, at=at)
    assert died["code"] == -9, died["errors"]
    assert file.with_name("movie.mp4.upload").exists()
    upload(sdk, file)


@pytest.mark.covers("youku 10-6")
def test_an_expired_token_is_renewed(sdk: Driver, tmp_path: Path) -> None:
    who = {"client_id": "forgetful", "client_secret": "another-secret", "redirect_uri": "http://app.example/"}
    init = list(who.values())
    login = sdk.do(do="authorize", **who, user="vodkit", password="another-secret")
    assert login["location"].endswith(f"code={login['code']}&state=st")
    oauth = {"do": "call", "class": "YoukuOauth", "init": init}
    token = sdk.do(**oauth, method="get_token_by_code", args=[login["code"]])["answer"]
    file = make(tmp_path / "movie.mp4", 1000)
    time.sleep(1.1)
    mine = {"client_id": "forgetful", "file": str(file), "params": {"title": "renewed"}}
    refused = sdk.do(do="upload", **mine, access_token=token["access_token"])
    assert (refused["raised"], refused["code"]) == ("youku.util.YoukuError", 1009)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        token = sdk.do(**oauth, method="refresh_token", args=[token["refresh_token"]])["answer"]
        answer = sdk.do(do="upload", **mine, access_token=token["access_token"])
        if "id" in answer:
            return
        assert answer["code"] == 1009, answer
    raise AssertionError("no upload within the life of its token")


def test_cancel_and_spec(sdk: Driver, tmp_path: Path) -> None:
    file = make(tmp_path / "movie.mp4", 5 * MIB)
    assert sdk.do(do="cancel", **ME, file=str(file)) == {"same": True, "left": False}
    upload(sdk, file)
    job = {"do": "call", "class": "YoukuUpload", "init": [*ME.values(), str(file)], "method": "spec"}
    assert sdk.do(**job)["answer"]["allowed_max_file_size"] > 0


def test_an_unknown_client_and_a_wrong_token(sdk: Driver, tmp_path: Path) -> None:
    file = str(make(tmp_path / "movie.mp4", 10))
    answer = sdk.do(do="upload", client_id="nobody", access_token="x", file=file, params={})
    assert answer["code"] == 1005
    answer = sdk.do(do="upload", client_id="client-id", access_token="wrong", file=file, params={})
    assert answer["code"] == 1008


@pytest.mark.covers("youku 10-33")
def test_videos(sdk: Driver, video: str) -> None:
    def videos(method: str, *args: Any, **named: Any) -> Any:
        return call(sdk, "YoukuVideos", method, *args, **named)

    assert videos("find_video_by_id", video)["id"] == video
    assert videos("find_video_by_url", f"http://v.youku.com/v_show/id_{video}.html")["id"] == video
    for method in ("find_videos_by_ids", "find_video_details_by_ids"):
        assert videos(method, f"{video},XMTIz")["total"] == 1
    assert videos("find_videos_by_me", "access-token")["total"] > 0
    assert videos("find_videos_by_username", "韩国恺")["total"] > 0
    me = call(sdk, "YoukuUsers", "my_info", "access-token")["id"]
    assert videos("find_videos_by_userid", me)["total"] > 0
    assert videos("update_video", "access-token", video, title="天下足球 changed") == video
    assert videos("find_video_by_id", video)["title"] == "天下足球 changed"
    assert "total" in videos("find_videos_by_related", video)
    assert videos("create_favorite_video", "access-token", video) == video
    assert videos("find_favorite_videos_by_me", "access-token")["total"] == 1
    assert videos("find_favorite_videos_by_userid", me)["total"] == 1
    assert videos("find_favorite_videos_by_username", "韩国恺")["total"] == 1
    assert videos("destroy_favorite_video", "access-token", video) == video
    assert videos("find_favorite_videos_by_me", "access-token")["total"] == 0
    assert videos("find_videos_by_category", "体育")["total"] == 1


def test_a_destroyed_video_is_gone(sdk: Driver, tmp_path: Path) -> None:
    id = upload(sdk, make(tmp_path / "movie.mp4", 10))
    assert call(sdk, "YoukuVideos", "destroy_video", "access-token", id) == id
    job = {"do": "call", "class": "YoukuVideos", "init": ["client-id"], "method": "find_video_by_id"}
    assert sdk.do(**job, args=[id])["code"] == 120020001


@pytest.mark.covers("youku 10-33")
def test_users(sdk: Driver, video: str) -> None:
    def users(method: str, *args: Any, **named: Any) -> Any:
        return call(sdk, "YoukuUsers", method, *args, **named)

    me = users("my_info", "access-token")
    assert me["name"] == "韩国恺"
    assert users("find_user_by_id", me["id"])["name"] == "韩国恺"
    assert users("find_user_by_name", "GDGBeijing")["id"] == FRIEND
    assert users("find_users_by_ids", f"{me['id']},{FRIEND}")["total"] == 2
    assert users("find_users_by_names", "GDGBeijing,韩国恺")["total"] == 2
    assert users("find_user_by_id", "1") is None
    users("create_friendship", "access-token", user_name="GDGBeijing")
    assert users("friendship_followings", user_id=me["id"])["total"] == 1
    assert users("friendship_followers", user_name="GDGBeijing")["users"][0]["id"] == me["id"]
    users("destroy_friendship", "access-token", user_name="GDGBeijing")
    assert users("friendship_followers", user_name="GDGBeijing")["total"] == 0
    assert users("create_subscribe", "access-token", "show1") is True
    assert users("subscribe_get", "access-token")["total"] == 1
    assert users("subscribe_notice", "access-token")["total"] == 1
    assert users("cancel_subscribe", "access-token", "show1") is True


@pytest.mark.covers("youku 10-33")
def test_comments(sdk: Driver, video: str) -> None:
    def comments(method: str, *args: Any, **named: Any) -> Any:
        return call(sdk, "YoukuComments", method, *args, **named)

    first = comments("create_comment", "access-token", video, "好看 @韩国恺")
    reply = comments("create_comment", "access-token", video, "是", reply_id=first)
    assert comments("find_comments_by_video", video)["total"] == 2
    assert comments("find_hot_comments_by_video", video)["comments"][0]["id"] == first
    assert comments("find_comment_by_id", first)["content"] == "好看 @韩国恺"
    assert comments("find_comments_by_ids", first)["total"] == 1
    assert comments("find_comments_by_me", "access-token")["total"] == 2
    assert comments("find_comments_by_mention_me", "access-token")["comments"][0]["id"] == first
    assert comments("find_comments_by_reply_me", "access-token")["comments"][0]["id"] == reply
    assert comments("find_comments_by_to_me", "access-token")["total"] == 2
    for id in (first, reply):
        assert comments("destroy_comment", "access-token", id) == id


@pytest.mark.covers("youku 10-33")
def test_playlists(sdk: Driver, video: str, tmp_path: Path) -> None:
    def lists(method: str, *args: Any, **named: Any) -> Any:
        return call(sdk, "YoukuPlaylists", method, *args, **named)

    other = upload(sdk, make(tmp_path / "other.mp4", 10))
    id = lists("create_playlist", "access-token", "a list", "one,two", category="资讯", description="d")
    assert lists("update_playlist", "access-token", id, "another name") == id
    assert lists("add_videos_to_playlist", "access-token", id, f"{video},{other}") == id
    assert lists("set_cover_video_for_playlist", "access-token", id, other) == id
    assert lists("find_videos_by_playlist", id)["total"] == 2
    assert lists("find_next_video_in_playlist", id, video)["id"] == other
    assert lists("find_playlist_by_id", id)["name"] == "another name"
    assert lists("find_playlists_by_ids", id)["total"] == 1
    assert lists("find_playlists_by_category", "资讯", period="month")["total"] == 1
    assert lists("find_playlists_by_me", "access-token")["total"] == 1
    assert lists("find_playlists_by_username", "韩国恺")["total"] == 1
    me = call(sdk, "YoukuUsers", "my_info", "access-token")["id"]
    assert lists("find_playlists_by_userid", me)["total"] == 1
    assert lists("del_videos_from_playlist", "access-token", id, video) == id
    assert lists("destroy_playlist", "access-token", id) == id
    assert lists("find_playlists_by_me", "access-token")["total"] == 0


@pytest.mark.covers("youku 10-33")
def test_shows_and_persons(sdk: Driver, video: str) -> None:
    def shows(method: str, *args: Any, **named: Any) -> Any:
        return call(sdk, "YoukuShows", method, *args, **named)

    assert shows("find_show_by_id", "show1")["name"] == "天下足球"
    assert shows("find_shows_by_ids", "show1,show2")["total"] == 2
    assert shows("find_show_premium_by_ids", "show1,show2")["total"] == 1
    assert shows("find_shows_by_category", "体育")["total"] == 2
    assert shows("find_shows_by_related", "show1")["shows"][0]["id"] == "show2"
    assert shows("find_videos_by_show", "show1")["videos"][0]["id"] == video
    assert call(sdk, "YoukuPersons", "find_person_by_id", "person1")["name"] == "刘德华"
    assert call(sdk, "YoukuPersons", "find_persons_by_ids", "person1")["total"] == 1
    assert call(sdk, "YoukuPersons", "find_persons_by_type", "歌手")["total"] == 1


@pytest.mark.covers("youku 10-33")
def test_searches(sdk: Driver, video: str) -> None:
    def search(method: str, *args: Any, **named: Any) -> Any:
        return call(sdk, "YoukuSearchs", method, *args, **named)

    assert search("search_videos_by_tag", "足球")["total"] == 1
    assert search("search_videos_by_keyword", "天下足球")["total"] == 1
    assert search("search_shows_by_keyword", "天下")["total"] == 2
    assert search("search_keyword_complete", "天下")["keywords"][0]["keyword"] == "天下足球"
    assert search("search_keyword_top")["total"] == 1
    assert search("search_show_address_unite", "show1")["total"] == 1
    assert search("search_show_top_unite", "体育")["total"] == 2


@pytest.mark.covers("youku 10-33")
def test_schemas(sdk: Driver) -> None:
    def schema(method: str) -> Any:
        answer = sdk.do(**{"do": "call", "class": "YoukuSchemas"}, init=["client-id"], method=method)
        assert "raised" not in answer, answer["text"]
        return answer["answer"]

    for method in ("video_category", "show_category", "searche_top_category"):
        assert schema(method)["categories"]
    assert schema("playlist_category")["category"]
    assert schema("comment_expression")["expressions"]
    assert schema("upload_spec")["allowed_max_file_size"] > 0

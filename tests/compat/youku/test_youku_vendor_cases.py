"""What the vendor's own 59 test cases call and look at, over the drop-in (youku.md §9.4).

They are live tests there; here they run against the service, whose world holds what they look for.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from youku import (
    YoukuComments,
    YoukuPersons,
    YoukuPlaylists,
    YoukuSchemas,
    YoukuSearchs,
    YoukuShows,
    YoukuUpload,
    YoukuUsers,
    YoukuVideos,
)

from tests.vendors.youku_world import FRIEND

TOKEN = "ACCESS_TOKEN"

pytestmark = [pytest.mark.usefixtures("at_service"), pytest.mark.covers("youku 10-33", "youku 10-35")]


@pytest.fixture
def me() -> str:
    found: str = YoukuUsers("CLIENT_ID").my_info(TOKEN)["id"]
    return found


def test_upload(make: Callable[..., str]) -> None:
    YoukuUpload("CLIENT_ID", TOKEN, make(3_000_000)).upload({"title": "a title", "tags": "other"})


def test_videos(seeded: str, me: str) -> None:
    videos = YoukuVideos("CLIENT_ID")
    assert videos.find_video_by_id(seeded)["id"] == seeded
    assert videos.find_video_by_url(f"http://v.youku.com/v_show/id_{seeded}.html")["id"] == seeded
    assert videos.find_videos_by_ids(f"{seeded},XMTIz")["total"] == 1
    assert videos.find_video_detail_by_id(seeded, ext="show")["id"] == seeded
    assert videos.find_video_details_by_ids([seeded, "XMTIz"])["total"] == 1
    assert videos.find_videos_by_me(TOKEN)["total"] > 0
    assert videos.find_videos_by_userid(me)["total"] > 0
    assert videos.find_videos_by_username("韩国恺")["total"] > 0
    assert videos.update_video(TOKEN, seeded, tags=["足球", "体育"]) == seeded
    assert "total" in videos.find_videos_by_related(seeded)
    assert videos.create_favorite_video(TOKEN, seeded) == seeded
    assert videos.find_favorite_videos_by_me(TOKEN)["total"] == 1
    assert videos.find_favorite_videos_by_userid(me)["total"] == 1
    assert videos.find_favorite_videos_by_username("韩国恺")["total"] == 1
    assert videos.destroy_favorite_video(TOKEN, seeded) == seeded
    assert videos.find_favorite_videos_by_me(TOKEN)["total"] == 0
    assert videos.find_videos_by_category("体育")["total"] == 1


def test_destroy_video(make: Callable[..., str]) -> None:
    videos = YoukuVideos("CLIENT_ID")
    id = YoukuUpload("CLIENT_ID", TOKEN, make(10)).upload()
    assert videos.destroy_video(TOKEN, id) == id
    assert id not in [video["id"] for video in videos.find_videos_by_me(TOKEN)["videos"]]


def test_users(seeded: str, me: str) -> None:
    users = YoukuUsers("CLIENT_ID")
    assert users.my_info(TOKEN)["name"] == "韩国恺"
    assert users.find_user_by_id(me)["name"] == "韩国恺"
    assert users.find_users_by_ids(f"{me},{FRIEND}")["total"] == 2
    assert users.find_user_by_name("GDGBeijing")["id"] == FRIEND
    assert users.find_users_by_names(["GDGBeijing", "韩国恺"])["total"] == 2
    users.create_friendship(TOKEN, user_name="GDGBeijing")
    assert users.friendship_followings(user_id=me)["total"] == 1
    assert users.friendship_followers(user_name="GDGBeijing")["users"][0]["id"] == me
    users.destroy_friendship(TOKEN, user_id=FRIEND)
    assert users.friendship_followings(user_id=me)["total"] == 0
    assert users.create_subscribe(TOKEN, "show1") is True
    assert users.subscribe_get(TOKEN)["total"] == 1
    assert users.subscribe_notice(TOKEN)["total"] == 1
    assert users.cancel_subscribe(TOKEN, "show1") is True


def test_comments(seeded: str) -> None:
    comments = YoukuComments("CLIENT_ID")
    first = comments.create_comment(TOKEN, seeded, "好看 @韩国恺")
    reply = comments.create_comment(TOKEN, seeded, "是", reply_id=first)
    assert comments.find_comments_by_video(seeded)["comments"][0]["id"]
    assert comments.find_comment_by_id(first)["content"] == "好看 @韩国恺"
    assert comments.find_comments_by_ids(first)["total"] == 1
    assert comments.find_hot_comments_by_video(seeded)["comments"][0]["id"] == first
    assert comments.find_comments_by_me(TOKEN, page=1, count=1)["total"] == 2
    assert comments.find_comments_by_mention_me(TOKEN)["comments"][0]["id"] == first
    assert comments.find_comments_by_reply_me(TOKEN)["comments"][0]["id"] == reply
    assert comments.find_comments_by_to_me(TOKEN)["total"] == 2
    assert [comments.destroy_comment(TOKEN, id) for id in (first, reply)] == [first, reply]


def test_playlists(seeded: str, me: str, make: Callable[..., str]) -> None:
    lists = YoukuPlaylists("CLIENT_ID")
    other = YoukuUpload("CLIENT_ID", TOKEN, make(10)).upload()
    id = lists.create_playlist(TOKEN, "a list", "one,two", category="资讯", description="d")
    assert lists.update_playlist(TOKEN, id, "another name") == id
    assert lists.add_videos_to_playlist(TOKEN, id, [seeded, other]) == id
    assert lists.set_cover_video_for_playlist(TOKEN, id, other) == id
    assert lists.find_videos_by_playlist(id)["total"] == 2
    assert lists.find_next_video_in_playlist(id, cur_video_id=seeded)["id"] == other
    assert lists.find_playlist_by_id(id)["name"] == "another name"
    assert lists.find_playlists_by_ids(id)["total"] == 1
    assert lists.find_playlists_by_category("资讯", period="month")["total"] == 1
    assert lists.find_playlists_by_me(TOKEN)["total"] == 1
    assert lists.find_playlists_by_userid(me)["total"] == 1
    assert lists.find_playlists_by_username("韩国恺")["total"] == 1
    assert lists.del_videos_from_playlist(TOKEN, id, seeded) == id
    assert lists.destroy_playlist(TOKEN, id) == id
    assert lists.find_playlists_by_me(TOKEN)["total"] == 0


def test_shows(seeded: str) -> None:
    shows = YoukuShows("CLIENT_ID")
    assert shows.find_show_by_id("show1")["name"] == "天下足球"
    assert shows.find_shows_by_ids("show1,show2")["total"] == 2
    assert shows.find_show_premium_by_ids("show1,show2")["total"] == 1
    assert shows.find_shows_by_category("体育")["total"] == 2
    assert shows.find_shows_by_related("show1")["shows"][0]["id"] == "show2"
    assert shows.find_videos_by_show("show1")["videos"][0]["id"] == seeded


def test_persons(seeded: str) -> None:
    persons = YoukuPersons("CLIENT_ID")
    assert persons.find_person_by_id("person1")["name"] == "刘德华"
    assert persons.find_persons_by_ids("person1")["total"] == 1
    assert persons.find_persons_by_type("歌手")["total"] == 1


def test_searches(seeded: str) -> None:
    searches = YoukuSearchs("CLIENT_ID")
    assert searches.search_videos_by_tag("足球")["total"] == 1
    assert searches.search_videos_by_keyword("天下足球")["total"] == 1
    assert searches.search_shows_by_keyword("天下")["total"] == 2
    assert searches.search_keyword_complete("天下")["keywords"][0]["keyword"] == "天下足球"
    assert searches.search_keyword_top()["total"] == 1
    assert searches.search_show_address_unite(progammeId="show1")["total"] == 1
    assert searches.search_show_top_unite("体育")["total"] == 2


def test_schemas() -> None:
    schemas = YoukuSchemas("unused")
    for method in ("video_category", "show_category", "searche_top_category"):
        assert getattr(schemas, method)()["categories"]
    assert schemas.playlist_category()["category"]
    assert schemas.comment_expression()["expressions"]
    assert schemas.upload_spec()["allowed_max_file_size"] > 0

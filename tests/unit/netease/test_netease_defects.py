"""The known defects of the vendor's Python SDK: our client, given the same input, does the right thing."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from vodkit.core.errors import (
    AuthError,
    EmptySource,
    SourceChanged,
    TimedOut,
    VodError,
)
from vodkit.providers.netease import NetEase

from .conftest import Connect
from .fake_cloud import DROP, HANG, MIB, FakeCloud, Seen, no, ok
from .trouble import interrupt, make, once, only

BLOCK = 4 * MIB


@pytest.mark.covers("netease D-1", "netease 13-49")
@pytest.mark.parametrize("blocks", [1, 2])
def test_the_last_block_of_an_exact_multiple_says_so(
    connect: Connect, cloud: FakeCloud, tmp_path: Path, blocks: int
) -> None:
    path = make(tmp_path, blocks * BLOCK)
    assert connect().upload(path).id == "1001"
    said = [seen.query["complete"] for seen in cloud.did("block")]
    assert said == ["false"] * (blocks - 1) + ["true"]
    assert only(cloud) == path.read_bytes()


@pytest.mark.covers("netease D-2")
def test_an_exact_multiple_that_was_sent_whole_is_ended(
    connect: Connect, cloud: FakeCloud, tmp_path: Path
) -> None:
    path = make(tmp_path, 2 * BLOCK)
    interrupt(connect, cloud, path, 1)
    ((name, stored),) = cloud.objects.items()
    stored.data += path.read_bytes()[BLOCK:]
    result = connect().upload_detailed(path)
    assert result.sent_bytes == 0
    last = cloud.did("block")[-1]
    assert (last.query["offset"], last.query["complete"], last.body) == (str(2 * BLOCK), "true", b"")
    assert cloud.published == {name: path.read_bytes()}


@pytest.mark.covers("netease D-2")
def test_an_upload_that_had_ended_is_found(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    path = make(tmp_path, 2 * BLOCK)
    cloud.lose = lambda seen: seen.query.get("complete") == "true"
    with connect(part_tries=1) as vod, pytest.raises(VodError):
        vod.upload(path)
    cloud.lose = lambda seen: False
    result = connect().upload_detailed(path)
    assert (result.sent_bytes, result.media.id) == (0, "1001")
    assert len(cloud.objects) == 1
    assert len(cloud.did("block")) == 2


@pytest.mark.covers("netease D-3", "netease 13-49")
def test_an_empty_file(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    path = make(tmp_path, 0)
    with connect() as vod:
        with pytest.raises(EmptySource):
            vod.upload(path)
        assert cloud.seen == []
        vod.upload(path, allow_empty=True)
    (block,) = cloud.did("block")
    assert (block.query["offset"], block.query["complete"], block.body) == ("0", "true", b"")
    assert block.headers["content-length"] == "0"


@pytest.mark.covers("netease D-4", "netease 13-56")
def test_the_records_folder_need_not_exist(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet" / "there"
    connect(state_dir=folder).upload(make(tmp_path, 1000))
    assert folder.is_dir()


@pytest.mark.covers("netease D-5", "netease D-25", "netease 13-56")
@pytest.mark.parametrize("name", ["clip?.mp4", "中文.mp4", "demo视频.mp4", "长" * 60 + ".mp4", "a b#%.mp4"])
def test_any_file_name_can_be_recorded(connect: Connect, cloud: FakeCloud, tmp_path: Path, name: str) -> None:
    path = make(tmp_path, 2 * BLOCK, name)
    os.utime(path, (1500000000.25, 1500000000.25))
    interrupt(connect, cloud, path, 1)
    assert connect().upload_detailed(path).sent_bytes == BLOCK
    assert only(cloud) == path.read_bytes()
    assert cloud.did("upload/init")[0].json["originFileName"] == name.replace("?", "_")


@pytest.mark.covers("netease D-6", "netease D-7", "netease 13-51")
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize(
    "answer", [(503, b'{"errCode":"Busy","errMsg":"later"}'), (502, b"<html>bad gateway</html>"), DROP]
)
def test_a_block_that_fails_is_sent_again(
    connect: Connect, cloud: FakeCloud, tmp_path: Path, number: int, answer: Any
) -> None:
    path = make(tmp_path, 9 * MIB)
    once(cloud, answer, number=number)
    connect().upload(path)
    assert only(cloud) == path.read_bytes()
    assert len(cloud.did("block")) == 4


@pytest.mark.covers("netease D-8", "netease 13-50")
@pytest.mark.parametrize("seekable", [True, False])
def test_a_server_that_takes_part_of_a_block(
    connect: Connect, cloud: FakeCloud, tmp_path: Path, seekable: bool
) -> None:
    path = make(tmp_path, 9 * MIB)
    cloud.accept = lambda offset, length: 3 * MIB if offset == 0 else min(length, 2 * MIB + offset % 7)
    data = path.read_bytes()
    seen: list[int] = []
    with connect() as vod:
        source: Any = path if seekable else iter([data[:5_000_000], data[5_000_000:]])
        vod.upload(source, name="clip.mp4", on_progress=lambda progress: seen.append(progress.sent))
    assert only(cloud) == data
    assert [seen.query["offset"] for seen in cloud.did("block")][:2] == ["0", str(3 * MIB)]
    assert seen == sorted(seen)
    assert seen[-1] == len(data)


@pytest.mark.covers("netease D-9", "netease 13-52")
@pytest.mark.parametrize("status", [403, 404, 400])
def test_an_upload_that_cannot_go_on_begins_anew(
    connect: Connect, cloud: FakeCloud, tmp_path: Path, status: int
) -> None:
    path = make(tmp_path, 9 * MIB)
    interrupt(connect, cloud, path, 1)
    code = {403: "TokenExpired", 404: "ContextNotFound", 400: "ContextMismatch"}[status]
    once(cloud, (status, b'{"errCode":"%s","errMsg":"no"}' % code.encode()), do="ask")
    notices: list[str] = []
    with connect() as vod:
        vod.upload(path, on_notice=notices.append)
        assert [one.status for one in vod.uploads.list()] == ["done"]
    assert len(notices) == 1
    assert len(cloud.objects) == 2
    assert cloud.published["object 2.mp4"] == path.read_bytes()
    assert len(cloud.published) == 1


@pytest.mark.covers("netease D-9", "netease 13-52")
def test_a_token_that_expires_in_mid_upload(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    path = make(tmp_path, 9 * MIB)
    once(cloud, (403, b'{"errCode":"TokenExpired","errMsg":"expired"}'), number=2)
    connect().upload(path)
    assert cloud.published == {"object 2.mp4": path.read_bytes()}


def test_a_token_that_is_refused_at_once_is_an_error(
    connect: Connect, cloud: FakeCloud, tmp_path: Path
) -> None:
    once(cloud, (403, b'{"errCode":"AccessDenied","errMsg":"no"}'), times=99)
    with pytest.raises(AuthError, match="no"):
        connect().upload(make(tmp_path, 1000))
    assert len(cloud.did("upload/init")) == 1


@pytest.mark.covers("netease D-10", "netease 13-57")
def test_files_of_one_name_and_time_are_not_mixed(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    first, second = make(tmp_path, 9 * MIB, "a/s.mp4"), make(tmp_path, 6 * MIB, "b/s.mp4")
    for path in (first, second):
        os.utime(path, (1_500_000_000, 1_500_000_000))
    interrupt(connect, cloud, first, 1)
    connect().upload(second)
    assert cloud.published == {"object 2.mp4": second.read_bytes()}


@pytest.mark.covers("netease 13-57")
def test_a_file_that_changed_since_the_interruption(
    connect: Connect, cloud: FakeCloud, tmp_path: Path
) -> None:
    path = make(tmp_path, 9 * MIB)
    interrupt(connect, cloud, path, 1)
    make(tmp_path, 9 * MIB)
    connect().upload(path)
    assert cloud.published == {"object 2.mp4": path.read_bytes()}


@pytest.mark.covers("netease D-11", "netease 13-48")
def test_nonce_and_time_are_fresh(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    once(cloud, DROP, do="upload/init", times=2)
    with connect() as vod:
        for number in range(5):
            vod.upload(make(tmp_path, 1000, f"{number}.mp4"))
    signed = [seen.headers for seen in cloud.seen if seen.path.startswith("/app/")]
    nonces = [headers["nonce"] for headers in signed]
    assert len(set(nonces)) == len(nonces) > 10
    assert all(len(nonce) == 32 for nonce in nonces)
    assert any("f" in nonce for nonce in nonces)
    for headers in signed:
        text = f"secret{headers['nonce']}{headers['curtime']}"
        assert headers["checksum"] == hashlib.sha1(text.encode()).hexdigest()
        assert headers["appkey"] == "key"


@pytest.mark.covers("netease D-12", "netease 13-55", "netease 13-51")
def test_a_node_that_never_answers_is_given_up(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    from vodkit.providers.netease.client import session

    path = make(tmp_path, 9 * MIB)
    cloud.fault = lambda seen: HANG if seen.host == "node1.test" else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "_BLOCK_TIMEOUT", 0.2)
        connect().upload(path)
    assert only(cloud) == path.read_bytes()


@pytest.mark.covers("netease D-12", "netease 13-55")
@pytest.mark.parametrize("do", ["upload/init", "lbs", "video/get", "ask"])
def test_a_host_that_never_answers_is_given_up(
    connect: Connect, cloud: FakeCloud, tmp_path: Path, do: str
) -> None:
    from vodkit.providers.netease.client import api, session

    cloud.fault = lambda seen: (
        HANG if seen.do == do else DROP if do == "ask" and len(cloud.did("block")) > 1 else None
    )
    with pytest.MonkeyPatch.context() as patch, pytest.raises(VodError) as caught:
        patch.setattr(api, "TIMEOUT", 0.1)
        patch.setattr(session, "_BLOCK_TIMEOUT", 0.1)
        connect(part_tries=3).upload(make(tmp_path, 9 * MIB))
    assert isinstance(caught.value, TimedOut)


@pytest.mark.covers("netease D-13", "netease 13-54")
def test_a_dead_node_is_left_for_good(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    path = make(tmp_path, 13 * MIB)
    cloud.fault = lambda seen: DROP if seen.host == "node1.test" else None
    connect().upload(path)
    assert only(cloud) == path.read_bytes()
    hosts = [seen.host for seen in cloud.seen if seen.do in ("block", "ask")]
    assert hosts == ["node1.test"] * 2 + ["node2.test"] * 4
    assert len(cloud.did("lbs")) == 1


@pytest.mark.covers("netease D-13", "netease 13-54")
def test_all_nodes_dead_the_lookup_is_asked_once_more(
    connect: Connect, cloud: FakeCloud, tmp_path: Path
) -> None:
    path = make(tmp_path, 9 * MIB)

    def fault(seen: Seen) -> Any:
        if seen.do == "lbs" and len(cloud.did("lbs")) > 1:
            cloud.nodes = ["http://node3.test"]
        return (500, b"") if seen.host in ("node1.test", "node2.test") else None

    cloud.fault = fault
    connect().upload(path)
    assert only(cloud) == path.read_bytes()
    assert len(cloud.did("lbs")) == 2


@pytest.mark.covers("netease 13-54")
def test_a_lookup_host_that_fails_gives_way_to_the_next(
    connect: Connect, cloud: FakeCloud, tmp_path: Path
) -> None:
    dead = ("wanproxy.127.net", "wanproxy-hz.127.net")
    cloud.fault = lambda seen: (
        DROP if seen.host == dead[0] else (200, b"[]") if seen.host == dead[1] else None
    )
    connect().upload(make(tmp_path, 1000))
    hosts = [seen.host for seen in cloud.did("lbs")]
    assert hosts == [*dead, "wanproxy-bj.127.net"]


@pytest.mark.covers("netease D-14", "netease 13-54")
def test_a_lookup_that_names_one_node(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.nodes = ["http://node9.test/"]
    connect().upload(make(tmp_path, 1000))
    assert [seen.host for seen in cloud.did("block")] == ["node9.test"]


@pytest.mark.covers("netease D-15", "netease 13-63")
def test_https_by_default_and_http_on_request(connect: Connect) -> None:
    assert connect().provider.api.base == "https://vcloud.163.com"  # type: ignore[attr-defined]
    chosen = connect(scheme="http", endpoint="vcloud.yunxinapi.com", lbs=["a.test", "https://b.test"])
    api = chosen.provider.api  # type: ignore[attr-defined]
    assert api.base == "http://vcloud.yunxinapi.com"
    assert api.lookups == ("http://a.test", "https://b.test")


@pytest.mark.covers("netease D-16", "netease 13-62")
def test_object_names_and_contexts_are_encoded(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.name = "dir/a b?#%视频.mp4"
    path = make(tmp_path, 5 * MIB)
    connect().upload(path)
    assert cloud.published == {"dir/a b?#%视频.mp4": path.read_bytes()}
    first, second = cloud.did("block")
    assert first.path == "/vodtest/dir%2Fa%20b%3F%23%25%E8%A7%86%E9%A2%91.mp4"
    assert second.query["context"].endswith(" +&")


@pytest.mark.covers("netease D-18")
def test_answers_without_msg_and_ret(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    with connect() as vod:
        vod.callbacks.set("http://a.example/cb")
        cloud.fault = lambda seen: (200, b'{"code":710}')
        with pytest.raises(AuthError):
            vod.callbacks.set("http://a.example/cb")


@pytest.mark.covers("netease D-19", "netease 13-64")
def test_two_names_two_ids(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    with connect() as vod:
        for number in range(2):
            vod.upload(make(tmp_path, 1000, f"{number}.mp4"))
        found = vod.query("object 2.mp4", "unknown", "object 1.mp4")
        assert [(one.object, one.vid) for one in found] == [("object 2.mp4", 1002), ("object 1.mp4", 1001)]
        assert vod.query("unknown") == []
        many = vod.query(*(f"unknown {number}" for number in range(150)), "object 1.mp4")
        assert [one.vid for one in many] == [1001]
    assert [len(seen.json["objectNames"]) for seen in cloud.did("video/query")[-2:]] == [100, 51]


@pytest.mark.covers("netease D-20")
@pytest.mark.parametrize("tell", [True, False])
def test_a_null_vid_beside_an_image_id(
    connect: Connect, cloud: FakeCloud, tmp_path: Path, tell: bool
) -> None:
    cloud.image, cloud.tell_id = True, tell
    media = connect().upload(make(tmp_path, 1000, "picture.png"))
    assert (media.id, media.kind, media.size) == ("img-1001", "image", 1000)


@pytest.mark.covers("netease D-21")
def test_the_type_goes_with_the_first_block_and_the_bucket_with_the_lookup(
    connect: Connect, cloud: FakeCloud, tmp_path: Path
) -> None:
    connect().upload(make(tmp_path, 9 * MIB, "clip.mov"))
    types = [seen.headers.get("content-type") for seen in cloud.did("block")]
    assert types == ["video/quicktime", None, None]
    assert cloud.did("lbs")[0].query == {"version": "1.0", "bucketname": "vodtest"}


@pytest.mark.covers("netease D-22", "netease 13-58")
@pytest.mark.parametrize("size", [BLOCK, 12 * MIB])
def test_a_file_that_changes_during_the_upload(
    connect: Connect, cloud: FakeCloud, tmp_path: Path, size: int
) -> None:
    path = make(tmp_path, 9 * MIB)

    def change(seen: Seen) -> None:
        if seen.do == "block":
            os.truncate(path, size)

    cloud.fault = change
    with pytest.raises(SourceChanged):
        connect().upload(path)
    assert cloud.published == {}


@pytest.mark.covers("netease D-23", "netease 13-56")
def test_a_damaged_record_is_no_obstacle(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    path = make(tmp_path, 9 * MIB)
    interrupt(connect, cloud, path, 1)
    for file in (tmp_path / "state").iterdir():
        if file.is_file() and "ledger" in file.name:
            file.write_bytes(b'{"bucket": "vod')
    notices: list[str] = []
    connect().upload(path, on_notice=notices.append)
    assert path.read_bytes() in cloud.published.values()
    assert notices


@pytest.mark.covers("netease D-24", "netease 13-56")
def test_the_record_is_for_its_owner_only(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    interrupt(connect, cloud, make(tmp_path, 9 * MIB), 1)
    for path in (tmp_path / "state", *(tmp_path / "state").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.covers("netease D-27")
def test_two_threads_with_one_file(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    path = make(tmp_path, 5 * MIB)
    problems: list[VodError] = []

    def upload(vod: NetEase) -> None:
        try:
            vod.upload(path)
        except VodError as error:
            problems.append(error)

    threads = [threading.Thread(target=upload, args=(connect(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {type(problem).__name__ for problem in problems} <= {"UploadBusy"}
    assert set(cloud.published.values()) == {path.read_bytes()}


@pytest.mark.covers("netease D-28")
def test_no_lookup_after_an_init_that_failed(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.fault = lambda seen: no(720, "the balance is insufficient")
    with pytest.raises(VodError, match="the balance is insufficient") as caught:
        connect().upload(make(tmp_path, 1000))
    assert (caught.value.code, caught.value.request_id) == ("720", "r")
    assert [seen.do for seen in cloud.seen] == ["upload/init"]


def test_an_overseas_account_is_told_that_its_storage_is_another(
    connect: Connect, cloud: FakeCloud, tmp_path: Path
) -> None:
    cloud.fault = lambda seen: ok({"bucket": "b", "object": "o", "xNosToken": "t", "storageType": "oss"})
    with pytest.raises(VodError, match="another kind"):
        connect().upload(make(tmp_path, 1000))

"""The known defects of the vendor's SDK, by number: the drop-in, given the input, does what was meant."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import vcloud
from vcloud import Client, QueryResult, config

from tests.unit.netease import fake_cloud

MIB = 1 << 20
BLOCK = 4 * MIB
BODY = {"originFileName": "clip.mp4"}
BUSY = b'{"requestId":"r","errCode":"Busy","errMsg":"later"}'


def make(folder: Path, size: int, name: str = "clip.mp4") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def upload(path: Path, handler: Callable[[int, int], object] | None = None) -> Any:
    return Client("key", "secret").upload_file(BODY, str(path), handler)


def interrupt(path: Path) -> None:
    """Upload the first block and no more."""

    def stop(offset: int, size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upload(path, stop)


def once(cloud: Any, answer: Any, number: int) -> None:
    """The ``number``-th request for a block is answered so."""
    cloud.fault = lambda seen: answer if seen.do == "block" and len(cloud.did("block")) == number else None


def published(cloud: Any, path: Path) -> bool:
    """Whether there is one object, which is the file."""
    return list(cloud.published.values()) == [path.read_bytes()]


@pytest.mark.covers("netease D-1")
@pytest.mark.parametrize("blocks", [1, 2])
def test_1_exact_multiples_end(cloud: Any, tmp_path: Path, blocks: int) -> None:
    path = make(tmp_path, blocks * BLOCK)
    assert upload(path).vid == 1001
    assert [block.query["complete"] for block in cloud.did("block")] == ["false"] * (blocks - 1) + ["true"]
    assert published(cloud, path)


@pytest.mark.covers("netease D-2")
def test_2_an_exact_multiple_that_was_sent_whole_is_resumed(cloud: Any, tmp_path: Path) -> None:
    path = make(tmp_path, 2 * BLOCK)
    interrupt(path)
    (stored,) = cloud.objects.values()
    stored.data += path.read_bytes()[BLOCK:]
    told: list[tuple[int, int]] = []
    assert upload(path, lambda *pair: told.append(pair)).vid == 1001
    assert told == [(2 * BLOCK, 2 * BLOCK)]
    assert published(cloud, path)


@pytest.mark.covers("netease D-3")
def test_3_an_empty_file(cloud: Any, tmp_path: Path, monkeypatch: Any) -> None:
    path = make(tmp_path, 0)
    told: list[tuple[int, int]] = []
    assert upload(path, lambda *pair: told.append(pair)).vid == 1001
    assert told == [(0, 0)]
    (block,) = cloud.did("block")
    assert (block.query["complete"], block.body) == ("true", b"")
    monkeypatch.setattr(Client, "allow_empty", False)
    assert upload(make(tmp_path, 0, "other.mp4")) is None
    assert len(cloud.did("block")) == 1


@pytest.mark.covers("netease D-4")
def test_4_the_folder_of_records_need_not_exist(cloud: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(config, "TMP_FILE", str(tmp_path / "not" / "yet"))
    assert upload(make(tmp_path, 1000)).vid == 1001
    assert (tmp_path / "not" / "yet").is_dir()


@pytest.mark.covers("netease D-5")
@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("clip?.mp4", 1500000000.0),
        ("中文.mp4", 1500000000.25),
        ("demo视频.mp4", 1500000000.25),
        ("长" * 70 + ".mp4", 1500000000.25),
    ],
)
def test_5_any_file_name_can_be_recorded(cloud: Any, tmp_path: Path, name: str, time: float) -> None:
    path = make(tmp_path, 5 * MIB, name)
    os.utime(path, (time, time))
    interrupt(path)
    assert upload(path).vid == 1001
    assert len(cloud.did("block")) == 2
    assert published(cloud, path)


@pytest.mark.covers("netease D-6")
@pytest.mark.parametrize("number", [1, 2])
def test_6_a_block_answered_503_with_json_is_sent_again(cloud: Any, tmp_path: Path, number: int) -> None:
    path = make(tmp_path, 9 * MIB)
    once(cloud, (503, BUSY), number)
    told: list[int] = []
    assert upload(path, lambda offset, size: told.append(offset)).vid == 1001
    assert told == [BLOCK, 2 * BLOCK, 9 * MIB]
    assert published(cloud, path)


@pytest.mark.covers("netease D-7")
def test_7_a_block_answered_502_with_html_is_sent_again(cloud: Any, tmp_path: Path) -> None:
    path = make(tmp_path, 9 * MIB)
    once(cloud, (502, b"<html>Bad Gateway</html>"), 2)
    assert upload(path).vid == 1001
    assert published(cloud, path)


@pytest.mark.covers("netease D-8")
def test_8_a_server_that_takes_a_part_of_a_block(cloud: Any, tmp_path: Path) -> None:
    path = make(tmp_path, 9 * MIB)
    cloud.accept = lambda offset, length: 3 * MIB if offset == 0 else length
    assert upload(path).vid == 1001
    assert published(cloud, path)


@pytest.mark.covers("netease D-9")
@pytest.mark.parametrize("status", [403, 404])
def test_9_a_token_or_context_that_is_no_more(cloud: Any, tmp_path: Path, status: int) -> None:
    path = make(tmp_path, 9 * MIB)
    interrupt(path)
    (name,) = cloud.objects
    cloud.fault = lambda seen: fake_cloud.bad(status, "Gone") if "object%201" in seen.path else None
    assert upload(path).objectName != name
    assert published(cloud, path)


@pytest.mark.covers("netease D-10")
def test_10_two_files_of_one_name_and_time(cloud: Any, tmp_path: Path) -> None:
    first, second = make(tmp_path, 9 * MIB, "a/s.mp4"), make(tmp_path, 6 * MIB, "b/s.mp4")
    for path in (first, second):
        os.utime(path, (1500000000, 1500000000))
    interrupt(first)
    assert upload(second).vid == 1001
    assert published(cloud, second)
    assert upload(first).vid == 1002
    assert list(cloud.published.values()) == [second.read_bytes(), first.read_bytes()]


@pytest.mark.covers("netease D-11")
def test_11_every_call_is_signed_anew(cloud: Any, tmp_path: Path) -> None:
    made = Client("key", "secret")

    def last() -> tuple[str, str, str]:
        seen = [seen.headers for seen in cloud.seen if seen.path.startswith("/app/")][-1]
        assert (
            seen["checksum"] == hashlib.sha1(f"secret{seen['nonce']}{seen['curtime']}".encode()).hexdigest()
        )
        return seen["nonce"], seen["curtime"], seen["checksum"]

    found = []
    for call in (
        lambda: made.upload_init(BODY),
        lambda: made.query_id({"objectNames": ["a"]}),
        lambda: made.set_callback({"callbackUrl": "http://a"}),
        lambda: made.upload_file(BODY, str(make(tmp_path, 10))),
    ):
        call()
        found.append(last())
        assert (made.auth.Nonce, str(made.auth.CurTime), made.auth.CheckSum) == found[-1]
    assert len({nonce for nonce, _, _ in found}) == 4
    assert "f" in "".join(nonce for nonce, _, _ in found)
    assert made.auth.checkSumBuilder() is None
    assert set(made.auth.getVcloudHeaders()) == {"Content-Type", "AppKey", "Nonce", "CurTime", "CheckSum"}


@pytest.mark.covers("netease D-12")
def test_12_a_node_that_never_answers_is_given_up(cloud: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(config, "CONNECTION_TIMEOUT", 0.3)
    path = make(tmp_path, 5 * MIB)
    cloud.fault = lambda seen: fake_cloud.HANG if seen.host == "node1.test" else None
    assert upload(path).vid == 1001
    assert published(cloud, path)


@pytest.mark.covers("netease D-13")
def test_13_a_dead_node_is_left(cloud: Any, tmp_path: Path) -> None:
    path = make(tmp_path, 13 * MIB)
    cloud.fault = lambda seen: fake_cloud.DROP if seen.host == "node1.test" else None
    assert upload(path).vid == 1001
    hosts = [seen.host for seen in cloud.seen if seen.do in ("block", "ask")]
    assert hosts == ["node1.test"] * 2 + ["node2.test"] * 4
    assert published(cloud, path)


@pytest.mark.covers("netease D-14")
def test_14_a_lookup_that_names_one_node(cloud: Any, tmp_path: Path) -> None:
    cloud.nodes = ["http://node9.test"]
    assert vars(Client("key", "secret").get_upload_host()) == {
        "upload_host": "http://node9.test",
        "upload_host_backup": "http://node9.test",
    }
    assert upload(make(tmp_path, 1000)).vid == 1001


@pytest.mark.covers("netease D-15", "netease 13-63")
def test_15_https_by_default_and_http_on_request(settings: None, monkeypatch: Any) -> None:
    from vcloud._connect import connect

    assert config.VCLOUD_API_HOST == "https://vcloud.163.com"
    assert connect().provider.api.base == "https://vcloud.163.com"
    monkeypatch.setattr(config, "VCLOUD_API_HOST", "http://vcloud.163.com")
    assert connect().provider.api.base == "http://vcloud.163.com"


@pytest.mark.covers("netease D-16")
def test_16_names_and_contexts_are_encoded(cloud: Any, tmp_path: Path) -> None:
    cloud.name = "dir/a b?.mp4"
    path = make(tmp_path, 5 * MIB)
    assert upload(path).objectName == "dir/a b?.mp4"
    assert cloud.published == {"dir/a b?.mp4": path.read_bytes()}
    assert [block.path for block in cloud.did("block")] == ["/vodtest/dir%2Fa%20b%3F.mp4"] * 2
    init, host = vcloud.UploadInit("b", "dir/a b?.mp4", "t"), vcloud.UploadHost("http://n", "http://m")
    sender = vcloud.storage.uploader._Resume(init, host, "n", 1, 1.5, 0, "", None, None, "", None)
    url = "http://n/b/dir%2Fa%20b%3F.mp4?offset=0&complete=true&context=c%20%2B&version=1.0"
    assert sender.block_url("http://n", 0, "c +") == url


@pytest.mark.covers("netease D-17")
def test_17_messages_are_text(cloud: Any) -> None:
    cloud.fault = lambda seen: fake_cloud.no(721, "未开通")
    for answer in (
        Client("key", "secret").query_id({"objectNames": ["a"]}),
        Client("key", "secret").set_callback({"callbackUrl": "http://a"}),
    ):
        assert isinstance(answer, str)
        assert answer == "未开通"
        assert vars(answer) == {"code": 721, "msg": "未开通"}


@pytest.mark.covers("netease D-18")
def test_18_answers_without_ret_or_msg(cloud: Any) -> None:
    made = Client("key", "secret")
    assert made.set_callback({"callbackUrl": "http://a"}) == "设置成功"
    cloud.fault = lambda seen: (200, b'{"code":710,"msg":null}')
    assert made.set_callback({"callbackUrl": "http://a"}) == ""
    assert made.upload_init(BODY) is None
    cloud.fault = lambda seen: (200, b'{"code":200}')
    assert made.upload_init(BODY) is None


@pytest.mark.covers("netease D-19", "netease 13-64")
def test_19_two_names_two_ids(cloud: Any, tmp_path: Path) -> None:
    names = [upload(make(tmp_path, 10, name)).objectName for name in ("a.mp4", "b.mp4")]
    made = Client("key", "secret")
    assert made.query_id({"objectNames": names}).vid == 1001
    found = made.query_ids({"objectNames": names})
    assert [(one.objectName, one.vid) for one in found] == [(names[0], 1001), (names[1], 1002)]


@pytest.mark.covers("netease D-20")
def test_20_a_null_vid_beside_an_image_id(cloud: Any) -> None:
    cloud.fault = lambda seen: fake_cloud.ok({"list": [{"objectName": "a", "vid": None, "imgId": 7}]})
    found = Client("key", "secret").query_id({"objectNames": ["a"]})
    assert vars(found) == {"objectName": "a", "vid": None, "imgId": 7}


@pytest.mark.covers("netease D-21")
@pytest.mark.parametrize(
    ("given", "sent"),
    [({}, "video/mp4"), ({"mime_type": "video/x-mine"}, "video/x-mine")],
)
def test_21_the_type_and_the_bucket_are_sent(
    cloud: Any, tmp_path: Path, given: dict[str, str], sent: str
) -> None:
    Client("key", "secret").upload_file(BODY, str(make(tmp_path, 5 * MIB)), **given)
    assert [block.headers.get("content-type") for block in cloud.did("block")] == [sent, None]
    assert cloud.did("lbs")[0].query["bucketname"] == "vodtest"


@pytest.mark.covers("netease D-22")
@pytest.mark.parametrize("size", [BLOCK, 13 * MIB])
def test_22_a_file_that_changes_while_it_is_sent(cloud: Any, tmp_path: Path, size: int, caplog: Any) -> None:
    path = make(tmp_path, 9 * MIB)
    assert upload(path, lambda *_: os.truncate(path, size)) is None
    assert "while it was being" in caplog.text
    assert cloud.published == {}
    assert upload(path).vid == 1001
    assert published(cloud, path)


@pytest.mark.covers("netease D-23")
def test_23_a_damaged_record(cloud: Any, tmp_path: Path) -> None:
    path = make(tmp_path, 9 * MIB)
    interrupt(path)
    (tmp_path / "records" / "ledger.sqlite3").write_bytes(b'{"bucket": "vod')
    assert upload(path).vid == 1001
    assert published(cloud, path)


@pytest.mark.covers("netease D-24")
def test_24_the_record_is_for_its_owner(cloud: Any, tmp_path: Path) -> None:
    interrupt(make(tmp_path, 9 * MIB))
    vcloud.UploadProgressRecorder(str(tmp_path / "mine")).set_upload_record("a", 1.5, {"xNosToken": "secret"})
    for folder in (tmp_path / "records", tmp_path / "mine"):
        for path in (folder, *folder.rglob("*")):
            assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.covers("netease D-25")
def test_25_names_that_are_not_ascii(at_service: None, tmp_path: Path) -> None:
    path = make(tmp_path, 1000, "视频.mp4")
    made = Client("Your AppKey", "Your AppSecret")
    assert made.upload_file({"originFileName": "视频.mp4"}, str(path)).objectName.endswith(".mp4")


@pytest.mark.covers("netease D-26")
@pytest.mark.parametrize("status", [503, 520])
def test_26_a_5xx_on_the_last_block(cloud: Any, tmp_path: Path, status: int) -> None:
    path = make(tmp_path, 5 * MIB)

    def fault(seen: Any) -> Any:
        if seen.query.get("complete") != "true" or len(cloud.did("block")) > 2:
            return None
        if status == 520:
            cloud._carry_out(seen)
        return status, BUSY

    cloud.fault = fault
    assert upload(path).vid == 1001
    assert len(cloud.did("block")) == (2 if status == 520 else 3)
    assert published(cloud, path)


@pytest.mark.covers("netease D-27")
def test_27_two_threads_with_one_file(cloud: Any, tmp_path: Path) -> None:
    path = make(tmp_path, 9 * MIB)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(upload(path))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert any(isinstance(result, QueryResult) for result in found)
    assert set(cloud.published.values()) == {path.read_bytes()}
    assert vcloud.http._session is None


@pytest.mark.covers("netease D-28")
def test_28_no_lookup_after_an_init_that_failed(cloud: Any, tmp_path: Path, caplog: Any) -> None:
    cloud.fault = lambda seen: fake_cloud.no(720, "the balance is insufficient")
    assert upload(make(tmp_path, 1000)) is None
    assert [seen.do for seen in cloud.seen] == ["upload/init"]
    assert "the balance is insufficient (code 720" in caplog.text


def test_a_record_of_the_vendors_is_left_alone(cloud: Any, tmp_path: Path) -> None:
    """The ledger is the only record: such an upload begins anew, and the file stays where it is."""
    path = make(tmp_path, 9 * MIB)
    os.utime(path, (1500000000.25, 1500000000.25))
    (tmp_path / "records").mkdir()
    old = tmp_path / "records" / "MTUwMDAwMDAwMC4yNS9jbGlwLm1wNA=="
    old.write_text(json.dumps({"bucket": "b", "object": "o", "xNosToken": "t", "size": 9 * MIB}))
    assert upload(path).vid == 1001
    assert len(cloud.did("upload/init")) == 1
    assert old.exists()


def test_records_that_cannot_be_kept_are_a_warning(
    cloud: Any, tmp_path: Path, monkeypatch: Any, caplog: Any
) -> None:
    path = make(tmp_path, 5 * MIB)
    monkeypatch.setattr(config, "TMP_FILE", str(path / "below a file"))
    before: list[bool] = []
    cloud.lose = lambda seen: before.append("not be resumable" in caplog.text) or False
    assert upload(path).vid == 1001
    assert published(cloud, path)
    assert before[0]

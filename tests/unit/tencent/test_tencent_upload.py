"""The upload's state machine against a cloud in memory that verifies every signature."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

import pytest

from vodkit.core.contract import Reply
from vodkit.core.errors import (
    IntegrityError,
    InvalidRequest,
    ManifestError,
    ProtocolError,
    ServerError,
    VodError,
)
from vodkit.providers.tencent import wire
from vodkit.providers.tencent.client import plan
from vodkit.providers.tencent.client.credentials import Credential, Credentials
from vodkit.providers.tencent.client.grant import segment_name
from vodkit.providers.tencent.client.options import apply_fields
from vodkit.providers.tencent.cos import wire as cos

from .drive import DATA, SMALL, Crash, Ledger, items, options, provider, run, stored
from .fake_cloud import FakeCloud, Seen, api_fault, unreachable

# --- the plain way -----------------------------------------------------------------------------------


def test_small_file_is_one_put() -> None:
    cloud = FakeCloud()
    media = run(provider(cloud), cloud, items(("media", "影片.MP4", b"hello")), options())
    assert [seen.do for seen in cloud.seen] == ["ApplyUpload", "PUT", "CommitUpload"]
    assert stored(cloud, ".mp4") == b"hello"
    assert cloud.seen[0].fields == {"MediaType": "mp4", "MediaName": "影片"}
    assert media.id == "5285890784273533100"
    assert media.url.startswith("http://1250000000.vod2.myqcloud.com/0123abcd/")
    assert (media.size, media.title, media.kind) == (5, "影片", "video")
    assert media.md5 == "5d41402abc4b2a76b9719d911017c592"
    assert media.extra["CRC64"] == "11177612005948864433"


@pytest.mark.parametrize("size", [1000, 1001, 1999, 2000, 2001, 10_000])
def test_sizes_around_the_part_size(size: int) -> None:
    cloud = FakeCloud()
    data = os.urandom(size)
    run(provider(cloud), cloud, items(("media", "a.mp4", data)), SMALL)
    assert stored(cloud, ".mp4") == data
    assert len(cloud.did("PUT uploadId partNumber")) == (-(-size // 1000) if size > 1000 else 0)
    assert not cloud.uploads


def test_empty_file_is_one_put_of_nothing() -> None:
    cloud = FakeCloud()
    media = run(provider(cloud), cloud, items(("media", "a.mp4", b"")), SMALL)
    assert stored(cloud, ".mp4") == b""
    assert media.size == 0


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 2500])
def test_stream_of_unknown_length(size: int) -> None:
    cloud = FakeCloud()
    data = os.urandom(size)
    run(provider(cloud), cloud, items(("media", "a.mp4", data), stream=True), SMALL)
    assert stored(cloud, ".mp4") == data
    assert not cloud.uploads, "a multipart upload that was not needed is dropped"
    assert len(cloud.did("PUT")) == (1 if size <= 1000 else 0)


def test_cover_and_every_field() -> None:
    cloud = FakeCloud()
    upload = items(("media", "a.tar.mp4", DATA), ("cover", "c.PNG", b"png"))
    media = run(
        provider(cloud, sub_app=101),
        cloud,
        upload,
        options(
            title="Title",
            category="12",
            procedure="QCVB_SimpleProcessFile(1, 1)",
            expires=datetime(2030, 1, 31, 12, tzinfo=UTC),
            source_context="s" * 250,
            session_context="t" * 1000,
            storage_region="ap-shanghai",
            storage_path="/wanted/name.mp4",
            ext_info="{}",
        ),
    )
    assert cloud.seen[0].fields == {
        "MediaType": "mp4",
        "MediaName": "Title",
        "CoverType": "png",
        "ClassId": 12,
        "SubAppId": 101,
        "Procedure": "QCVB_SimpleProcessFile(1, 1)",
        "ExpireTime": "2030-01-31T12:00:00Z",
        "SourceContext": "s" * 250,
        "SessionContext": "t" * 1000,
        "StorageRegion": "ap-shanghai",
        "MediaStoragePath": "/wanted/name.mp4",
        "ExtInfo": "{}",
    }
    assert cloud.did("CommitUpload")[0].fields["SubAppId"] == 101
    assert {seen.host for seen in cloud.did("PUT")} == {"vodkit-1250000000.cos.ap-shanghai.myqcloud.com"}
    assert stored(cloud, ".png") == b"png"
    assert media.cover_url.endswith(".png")
    assert media.expires == datetime(2030, 1, 31, 12, tzinfo=UTC)
    assert media.size == len(DATA)


def test_manifest_goes_last_and_segments_keep_their_places() -> None:
    cloud = FakeCloud()
    upload = items(
        ("media", "master.m3u8", b"#EXTM3U"),
        ("cover", "c.jpg", b"jpg"),
        ("segment", "./a.ts", b"a"),
        ("segment", "sub/b 中.ts", DATA),
    )
    media = run(provider(cloud), cloud, upload, SMALL)
    assert cloud.seen[-2].do == "PUT"
    assert cloud.seen[-2].key.endswith("f0.m3u8")
    folder = cloud.seen[-2].key.removesuffix("f0.m3u8")
    assert cloud.objects[folder + "a.ts"] == b"a"
    assert cloud.objects[folder + "sub/b 中.ts"] == DATA
    assert media.hls_url == media.url
    assert media.size == len(b"#EXTM3U") + 1 + len(DATA)


# --- refused before a byte ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values", "word"),
    [
        ("noextension", {}, "media_type"),
        ("a.exe", {}, "exe"),
        ("a.mp4", {"media_type": "zip"}, "zip"),
        ("a.mp4", {"title": "x" * 65}, "title"),
        ("a.mp4", {"source_context": "x" * 251}, "source_context"),
        ("a.mp4", {"session_context": "x" * 1001}, "session_context"),
        ("a.mp4", {"category": "none"}, "category"),
        ("a.mp4", {"category": True}, "category"),
        ("a.mp4", {"expires": "tomorrow"}, "expires"),
        ("a.mp4", {"expires": 5}, "expires"),
        ("a.mp4", {"storage_region": "Mars/../x"}, "storage region"),
        ("a.mp4", {"storage_path": "name.mp4"}, "storage_path"),
        ("a.mp4", {"cover_type": "png"}, "cover"),
        ("a.mp4", {"title": 5}, "title"),
    ],
)
def test_bad_options_are_refused_before_any_request(name: str, values: dict[str, Any], word: str) -> None:
    cloud = FakeCloud()
    with pytest.raises(InvalidRequest, match=word) as caught:
        run(provider(cloud), cloud, items(("media", name, b"x")), options(**values))
    assert caught.value.advice
    assert not cloud.seen


def test_segment_named_like_the_stored_manifest() -> None:
    cloud = FakeCloud()
    upload = items(("media", "p.m3u8", b"#EXTM3U"), ("segment", "f0.m3u8", b"#EXTM3U"))
    with pytest.raises(ManifestError, match="one name"):
        run(provider(cloud), cloud, upload, SMALL)


def test_segments_need_a_manifest() -> None:
    cloud = FakeCloud()
    upload = items(("media", "p.m3u8", b""), ("cover", "c.png", b"x"), ("segment", "a.ts", b"x"))
    with pytest.raises(InvalidRequest, match="manifest"):
        run(provider(cloud), cloud, upload, options(media_type="mp4"))


def test_part_size_below_the_least_is_refused() -> None:
    cloud = FakeCloud()
    with pytest.raises(InvalidRequest, match="part_size"):
        run(provider(cloud, min_part_size=1 << 20), cloud, items(("media", "a.mp4", b"x")), SMALL)
    assert not cloud.seen


def test_a_long_file_name_is_cut_where_a_long_title_is_refused() -> None:
    fields = apply_fields(items(("media", "n" * 100 + ".mp4", b"")), options(), None)
    assert fields["MediaName"] == "n" * 64


def test_times_of_every_form() -> None:
    item = items(("media", "a.mp4", b""))
    naive = datetime(2030, 1, 1, 12)
    for given, wanted in [
        ("2030-01-01T12:00:00Z", "2030-01-01T12:00:00Z"),
        ("2030-01-01T12:00:00+08:00", "2030-01-01T04:00:00Z"),
        (naive, wire.format_time(naive.astimezone())),
        (wire.NEVER, "9999-12-31T23:59:59Z"),
    ]:
        assert apply_fields(item, options(expires=given), None)["ExpireTime"] == wanted


# --- failures ----------------------------------------------------------------------------------------


def test_second_host_when_the_first_is_unreachable() -> None:
    cloud = FakeCloud(fault=unreachable(".myqcloud.com"))
    run(provider(cloud), cloud, items(("media", "a.mp4", DATA)), SMALL)
    assert {seen.host.partition(".cos.")[2] for seen in cloud.did("PUT uploadId partNumber")} == {
        "ap-chongqing.tencentcos.cn"
    }


def test_damage_on_the_way_is_sent_again_and_then_reported() -> None:
    cloud = FakeCloud()
    damaged: list[Seen] = []

    def damage(seen: Seen, times: int) -> Reply | None:
        if seen.do == "PUT" and len(damaged) < times:
            damaged.append(seen)
            return Reply(200, {"etag": '"0"', cos.CRC64: "1"})
        return None

    cloud.fault = lambda seen: damage(seen, 1)
    run(provider(cloud), cloud, items(("media", "a.mp4", b"hello")), SMALL)
    assert stored(cloud, ".mp4") == b"hello"
    cloud.fault = lambda seen: damage(seen, 100)
    with pytest.raises(IntegrityError):
        run(provider(cloud), cloud, items(("media", "a.mp4", b"hello")), SMALL)
    assert len(cloud.did("CommitUpload")) == 1


def test_a_whole_that_is_not_what_was_sent_is_never_committed() -> None:
    cloud = FakeCloud()

    def spoil(seen: Seen) -> Reply | None:
        if seen.do != "POST uploadId":
            return None
        done = cos.Completed("l", "b", seen.key, "etag-11")
        return Reply(200, {cos.CRC64: "1"}, cos.write_completed(done))

    cloud.fault = spoil
    with pytest.raises(IntegrityError):
        run(provider(cloud), cloud, items(("media", "a.mp4", DATA)), SMALL)
    assert not cloud.did("CommitUpload")


def test_store_without_crc_is_accepted() -> None:
    cloud = FakeCloud(crc_headers=False)
    run(provider(cloud), cloud, items(("media", "a.mp4", DATA)), SMALL)
    assert stored(cloud, ".mp4") == DATA


def test_no_such_upload_in_the_middle_is_superseded() -> None:
    cloud, ledger = FakeCloud(), Ledger()

    def sweep(seen: Seen) -> None:
        if (
            seen.do == "PUT uploadId partNumber"
            and seen.fields["partNumber"] == "3"
            and len(cloud.sessions) == 1
        ):
            cloud.uploads.clear()

    cloud.fault = sweep
    run(provider(cloud), cloud, items(("media", "a.mp4", DATA)), SMALL, ledger)
    assert ledger.supersedes == 1


def test_abort_forgets_open_uploads() -> None:
    cloud, ledger = FakeCloud(), Ledger()
    upload = items(("media", "a.mp4", DATA))
    room = provider(cloud)
    with pytest.raises(Crash):
        run(room, cloud, upload, SMALL, ledger, crash_after=6)
    assert cloud.uploads
    room.begin(upload, SMALL, ledger.saved(), cloud).abort()
    assert not cloud.uploads
    room.begin(upload, SMALL, ledger.saved(), cloud).abort()
    room.begin(upload, SMALL, None, cloud).abort()


@pytest.mark.parametrize(
    "change",
    [
        {"StorageBucket": "evil.example.com/"},
        {"StorageRegion": "x@evil"},
        {"MediaStoragePath": "no/slash"},
        {"MediaStoragePath": "/a/../b"},
        {"VodSessionKey": None},
        {"TempCertificate": {"SecretId": "x"}},
    ],
)
def test_an_answer_that_names_no_usable_place(change: dict[str, Any]) -> None:
    cloud = FakeCloud()

    def twist(seen: Seen) -> Reply | None:
        if seen.do != "ApplyUpload":
            return None
        answer = json.loads(cloud._ApplyUpload(seen.fields).body)
        answer["Response"].update(change)
        return Reply(200, {}, json.dumps(answer).encode())

    cloud.fault = twist
    with pytest.raises(ProtocolError):
        run(provider(cloud), cloud, items(("media", "a.mp4", b"x")), SMALL)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"Response": 1}', b"\xff"])
def test_answers_that_are_none(body: bytes) -> None:
    for status, retryable in ((200, False), (502, True)):
        cloud = FakeCloud(fault=lambda seen, s=status: Reply(s, {}, body))
        with pytest.raises(ProtocolError) as caught:
            run(provider(cloud), cloud, items(("media", "a.mp4", b"x")), SMALL)
        assert caught.value.retryable is retryable


@pytest.mark.covers("tencent G-21")
def test_errors_without_request_id_are_retryable_and_others_are_not() -> None:
    for request_id, tries in (("", 4), ("req-9", 1)):
        cloud = FakeCloud(fault=lambda seen, r=request_id: api_fault("FailedOperation.X", "no", request_id=r))
        with pytest.raises(VodError):
            run(provider(cloud), cloud, items(("media", "a.mp4", b"x")), SMALL)
        assert len(cloud.seen) == tries
    cloud = FakeCloud(fault=lambda seen: api_fault("InternalError.Db", "no"))
    with pytest.raises(ServerError):
        run(provider(cloud), cloud, items(("media", "a.mp4", b"x")), SMALL)
    assert len(cloud.seen) == 4


# --- plans -------------------------------------------------------------------------------------------


def test_plans_stay_within_ten_thousand_parts() -> None:
    for size in (1, 10 * plan.MIB, 100 << 30, 45 << 40):
        each = plan.part_size(size, None)
        assert -(-size // each) <= 10_000
        assert each <= cos.MAX_PART
    assert plan.part_size(100_000_000, 1000) == 10_000
    assert plan.part_size(None, None) == 8 * plan.MIB


@pytest.mark.parametrize("each", [1000, plan.MIB, 8 * plan.MIB, 100 * plan.MIB])
def test_unknown_lengths_reach_a_tebibyte(each: int) -> None:
    parts = list(plan.unknown(each))
    assert len(parts) == 10_000
    end = 0
    for number, (given, offset, length) in enumerate(parts, 1):
        assert (given, offset) == (number, end)
        assert length <= cos.MAX_PART
        end += length
    assert end >= 1 << 40


def test_segment_names() -> None:
    assert segment_name("./a.ts") == "a.ts"
    assert segment_name("sub//./b.ts") == "sub/b.ts"
    assert segment_name("sub/../b.ts") == "b.ts"
    for name in ("../up.ts", "/abs.ts", "a/../../up.ts", "..", ".", "", "..\\up.ts"):
        with pytest.raises(ManifestError):
            segment_name(name)


# --- credentials -------------------------------------------------------------------------------------


def test_credentials_show_no_secret() -> None:
    assert "s3cret" not in repr(Credential("id", "s3cret", "t0ken"))
    assert "t0ken" not in repr(Credential("id", "s3cret", "t0ken"))


@pytest.mark.parametrize("value", ["", " x", "x\n"])
def test_broken_keys_are_refused(value: str) -> None:
    with pytest.raises(VodError, match="secret_key"):
        Credential("id", value)


def test_a_callable_that_returns_nonsense() -> None:
    with pytest.raises(VodError, match="credentials"):
        Credentials(lambda: "key").get()

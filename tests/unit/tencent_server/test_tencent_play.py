"""Play URLs and their key protection (checklist G 18), views, quotas."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection

from vodkit.core.errors import InvalidRequest
from vodkit.providers.tencent import sign, wire
from vodkit.server import subtitles
from vodkit.server.admin import set_allowances
from vodkit.server.procedures import change_settings
from vodkit.server.processing import OUTPUTS

from . import worked
from .world import Caller, World, running


@pytest.mark.covers("tencent G-18")
def test_g18_a_committed_media_plays_in_ranges(one: Caller, world: World) -> None:
    content = bytes(range(256)) * 40
    url = one.upload(content)["MediaUrl"]
    whole = world.play(url)
    assert (whole.status, whole.body, whole.headers["content-type"]) == (200, content, "video/mp4")
    part = world.play(url, Range="bytes=100-199")
    assert (part.status, part.body) == (206, content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(content)}"
    assert world.play(url, Range="bytes=-7").body == content[-7:]
    assert world.play(url, Range=f"bytes={len(content)}-").status == 416


@pytest.mark.covers("tencent G-18")
def test_g18_key_protected_urls(world: World) -> None:
    protected = world.caller("AKIDprotected")
    url = protected.upload(b"for some")["MediaUrl"]
    expires = int(world.clock.now()) + 60
    good = sign.playback_url(url, "examplekey12", expires=expires, us="nonce1")
    assert world.play(good).body == b"for some"
    for refused in (
        url,
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        good.replace("us=nonce1", "us=nonce2"),
        sign.playback_url(url, "anotherkey12", expires=expires),
        sign.playback_url(url, "examplekey12", expires=expires - 60 - sign.PLAYBACK_GRACE - 2),
    ):
        assert world.play(refused).status == 403, refused
    assert world.play(sign.playback_url(url, "examplekey12", expires=expires - 120)).status == 200


def made_of(world: World, caller: Caller, content: bytes) -> str:
    """Where something plays that a task has made of an upload."""
    file_id = caller.upload(content)["FileId"]
    task = caller("ProcessMediaByProcedure", FileId=file_id, ProcedureName="LongVideoPreset")["TaskId"]
    worked.begin(world, task)
    made = worked.end(world, task, ["adaptive:10"])["adaptive:10"]
    service = world.service

    def name(conn: Connection) -> None:
        record = service.media.get(conn, "tencent", file_id)
        assert record is not None
        stored = service.objects.get(conn, "tencent", record.space, record.key)
        assert stored is not None
        service.objects.put(
            conn,
            account=record.account,
            provider="tencent",
            space=OUTPUTS,
            key=made.key,
            blob=stored.blob,
            content_type="application/vnd.apple.mpegurl",
            etag="e",
        )

    service.catalog.write_now(name)
    return worked.url(world, made)


@pytest.mark.covers("tencent G-18")
def test_g18_key_protection_covers_what_was_made(world: World) -> None:
    url = made_of(world, world.caller("AKIDprotected"), b"#EXTM3U")
    expires = int(world.clock.now()) + 60
    assert world.play(url).status == 403
    # Relative addresses in a playlist carry no query: what plays has its signature in the path.
    signed = world.play(sign.playback_url(url, "examplekey12", expires=expires))
    assert signed.status == 302
    base = world.service.settings.public_url
    shown = world.play(base + signed.headers["location"].removeprefix(base))
    assert (shown.status, shown.body.startswith(b"#EXTM3U")) == (200, True)
    assert world.play(sign.playback_url(url, "anotherkey12", expires=expires)).status == 403
    assert world.play(made_of(world, world.caller("AKIDone"), b"#EXTM3U")).status == 200


def test_links_are_signed_where_nothing_plays_without(tmp_path: Path) -> None:
    with running(tmp_path, signed_playback=True) as world:
        for name, content in (("AKIDone", b"for many"), ("AKIDprotected", b"for some")):
            caller = world.caller(name)
            url = caller.upload(content)["MediaUrl"]
            assert world.play(url).body == content
            signed = sign.playback_url(url, "examplekey12", expires=int(world.clock.now()) + 60)
            assert world.play(signed).body == content
            made_of(world, caller, content)
            infos = caller("SearchMedia")["MediaInfoSet"]
            (streams,) = filter(None, (info["AdaptiveDynamicStreamingInfo"] for info in infos))
            for item in streams["AdaptiveDynamicStreamingSet"]:
                assert world.play(item["Url"]).body == content
            world.clock.ahead += 24 * 3600
            assert world.play(url).status == 403
            world.clock.ahead = 0.0


def test_the_owners_own_links_open_what_a_key_protects(world: World) -> None:
    protected = world.caller("AKIDprotected")
    file_id = protected.upload(b"for some")["FileId"]
    params = {"FileIds": [file_id]}
    answer = protected.tc3("DescribeMediaInfos", params, headers={"X-TC-RequestClient": wire.OUR_CLIENT})
    (info,) = answer.response["MediaInfoSet"]
    assert world.play(info[wire.TOLD]["watch"]).status == 200


def test_views_are_told_by_day(world: World) -> None:
    caller = world.caller("AKIDone")
    file_id = caller.upload(b"movie")["FileId"]
    service = world.service

    def count(conn: Connection) -> None:
        record = service.media.get(conn, "tencent", file_id)
        assert record is not None
        service.plays.add(conn, {(record.id, "2030-01-30"): 3, (record.id, "2030-01-31"): 5})

    service.catalog.write_now(count)
    span = {"StartTime": "2030-01-31T00:00:00Z", "EndTime": "2030-02-01T12:00:00Z"}
    shown = caller("DescribeMediaPlayStatDetails", FileId=file_id, **span)["PlayStatInfoSet"]
    assert shown == [{"Time": "2030-01-31T00:00:00Z", "FileId": file_id, "PlayTimes": 5, "Traffic": None}]
    days = {"StartDate": "2030-01-01T00:00:00Z", "EndDate": "2030-01-31T00:00:00Z"}
    daily = caller("DescribeDailyMediaPlayStat", FileId=file_id, **days)["DailyPlayStatInfoSet"]
    assert [(item["Date"], item["PlayTimes"]) for item in daily] == [
        ("2030-01-30T00:00:00Z", 3),
        ("2030-01-31T00:00:00Z", 5),
    ]
    for action, given, code in (
        ("DescribeMediaPlayStatDetails", {**span, "Interval": "Hour"}, "UnsupportedOperation"),
        ("DescribeMediaPlayStatDetails", {**span, "StartTime": "then"}, "InvalidParameterValue.StartTime"),
        (
            "DescribeDailyMediaPlayStat",
            {"StartDate": days["EndDate"], "EndDate": days["StartDate"]},
            "InvalidParameterValue.EndDate",
        ),
        ("DescribeDailyMediaPlayStat", {**days, "FileId": "1"}, "ResourceNotFound.FileNotExist"),
    ):
        assert caller.refused(action, **{"FileId": file_id, **given}) == code, given


def test_subtitles_of_the_services_owner_count_too(world: World, tmp_path: Path) -> None:
    caller, settings = world.caller("AKIDtwo"), world.service.settings
    file_id = caller.upload(b"movie")["FileId"]
    text = tmp_path / "a.vtt"
    text.write_text("WEBVTT\n\n00:00.000 --> 00:01.000\n" + "long " * 100)
    set_allowances(settings, "tencent", "AKIDtwo", {"quota": "100"})
    try:
        with pytest.raises(InvalidRequest, match="the account's quota is 100 bytes"):
            subtitles.add(settings, file_id, text, language="en")
    finally:
        set_allowances(settings, "tencent", "AKIDtwo", {}, ["quota"])
    assert subtitles.listed(settings, file_id) == []
    subtitles.add(settings, file_id, text, language="en")


def test_a_full_quota_is_told_before_bytes_come(world: World) -> None:
    caller = world.caller("AKIDlarge")
    account = next(
        account for account in asyncio.run(world.service.accounts.of("tencent")) if account.key == "AKIDlarge"
    )
    change = world.service.catalog.write_now
    change(lambda conn: change_settings(conn, account.id, quota=100))
    try:
        applied = caller("ApplyUpload", MediaType="mp4")
        file_id = caller.upload(b"x" * 100)["FileId"]
        assert caller.refused("ApplyUpload", MediaType="mp4") == "LimitExceeded"
        pull = {"MediaUrl": "https://example.com/a.mp4"}
        assert caller.refused("PullUpload", **pull) == "LimitExceeded"
        uploader = caller.uploader(applied)
        stored = uploader.cos(
            "PUT",
            applied["StorageBucket"],
            applied["MediaStoragePath"][1:],
            b"more",
            region=applied["StorageRegion"],
        )
        assert (stored.status, b"<Code>QuotaExceeded</Code>" in stored.body) == (403, True)
        caller("DeleteMedia", FileId=file_id)
        caller("ApplyUpload", MediaType="mp4")
    finally:
        change(lambda conn: change_settings(conn, account.id, quota=None))

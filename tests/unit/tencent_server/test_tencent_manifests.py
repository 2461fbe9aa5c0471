"""ParseStreamingManifest, and media that are a manifest with its files (checklist G 8)."""

from __future__ import annotations

import pytest

from .world import Caller, World

PLAIN = "#EXTM3U\n#EXTINF:5,\nfirst.ts\n#EXTINF:5,\nsecond.ts\n#EXT-X-ENDLIST\n"
MASTER = (
    "#EXTM3U\n"
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="audio/a.m3u8"\n'
    "#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/p.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh/p.m3u8\n"
)
RICH = (
    "#EXTM3U\n"
    '#EXT-X-KEY:METHOD=AES-128,URI="key.bin"\n'
    '#EXT-X-MAP:URI="init.mp4"\n'
    "#EXTINF:1,\n#EXT-X-BYTERANGE:10@0\nall.m4s\n#EXTINF:1,\n#EXT-X-BYTERANGE:10@10\nall.m4s\n"
    "#EXT-X-ENDLIST\n"
)
MPD = (
    '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT4S"><Period>'
    '<AdaptationSet><Representation id="v"><SegmentTemplate media="$RepresentationID$/$Number$.m4s"'
    ' initialization="$RepresentationID$/init.mp4" duration="2" startNumber="1"/></Representation>'
    "</AdaptationSet></Period></MPD>"
)


@pytest.mark.covers("tencent G-8")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLAIN, ["first.ts", "second.ts"]),
        (PLAIN.replace("\n", "\r\n"), ["first.ts", "second.ts"]),
        ("\ufeff" + PLAIN, ["first.ts", "second.ts"]),
        (MASTER, ["audio/a.m3u8", "low/p.m3u8", "high/p.m3u8"]),
        (RICH, ["key.bin", "init.mp4", "all.m4s"]),
        ("#EXTM3U\n#EXT-X-ENDLIST\n", []),
    ],
)
def test_g08_playlists(one: Caller, text: str, expected: list[str]) -> None:
    assert one("ParseStreamingManifest", MediaManifestContent=text)["MediaSegmentSet"] == expected
    by_form = one.v1("ParseStreamingManifest", {"MediaManifestContent": text, "ManifestType": "m3u8"})
    assert by_form.response["MediaSegmentSet"] == expected


@pytest.mark.covers("tencent G-8")
def test_g08_mpd(one: Caller) -> None:
    found = one("ParseStreamingManifest", MediaManifestContent=MPD, ManifestType="mpd")["MediaSegmentSet"]
    assert found[:3] == ["v/init.mp4", "v/1.m4s", "v/2.m4s"]


@pytest.mark.covers("tencent G-8")
@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("first.ts", "http://example.com/a.ts"),
        PLAIN.replace("first.ts", "/abs/a.ts"),
        PLAIN.replace("first.ts", "../up.ts"),
        PLAIN.replace("first.ts", "a/../../up.ts"),
        "not a playlist",
    ],
)
def test_g08_what_leaves_the_folder_is_refused(one: Caller, text: str) -> None:
    code = "InvalidParameterValue.MediaManifestContent"
    assert one.refused("ParseStreamingManifest", MediaManifestContent=text) == code


@pytest.mark.covers("tencent G-8")
def test_g08_other_refusals(one: Caller) -> None:
    assert one.refused("ParseStreamingManifest") == "MissingParameter"
    wrong = one.refused("ParseStreamingManifest", MediaManifestContent=PLAIN, ManifestType="ism")
    assert wrong == "InvalidParameterValue.ManifestType"
    bomb = '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><MPD>&b;</MPD>'
    code = one.refused("ParseStreamingManifest", MediaManifestContent=bomb, ManifestType="mpd")
    assert code == "InvalidParameterValue.MediaManifestContent"


def test_a_playlist_owns_its_segments(one: Caller, world: World) -> None:
    applied = one("ApplyUpload", MediaType="m3u8", MediaName="package")
    one.fill(applied, PLAIN.encode())
    folder = applied["MediaStoragePath"][1:].rpartition("/")[0]
    uploader, bucket = one.uploader(applied), applied["StorageBucket"]
    for name in ("first.ts", "second.ts", "./deep/third.ts"):
        assert uploader.cos("PUT", bucket, f"{folder}/{name}", b"seg" * 10).status == 200
    committed = one("CommitUpload", VodSessionKey=applied["VodSessionKey"])
    (found,) = one("DescribeMediaInfos", FileIds=[committed["FileId"]])["MediaInfoSet"]
    assert found["MetaData"]["Size"] == len(PLAIN) + 90
    assert found["MetaData"]["Container"] == "m3u8"
    base = committed["MediaUrl"].rpartition("/")[0]
    for name in ("first.ts", "deep/third.ts"):
        assert world.play(f"{base}/{name}").body == b"seg" * 10
    one("DeleteMedia", FileId=committed["FileId"])
    for url in (committed["MediaUrl"], f"{base}/first.ts", f"{base}/deep/third.ts"):
        assert world.play(url).status == 404

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vodkit.core.errors import ManifestError
from vodkit.core.manifests import decode, kind_of, parse, relative_name


def playlist(*lines: str, end: bool = True) -> str:
    return "\n".join(["#EXTM3U", *lines, *(["#EXT-X-ENDLIST"] if end else [])])


def test_two_segments_in_order() -> None:
    parsed = parse(playlist("#EXTINF:1,", "first.ts", "#EXTINF:1,", "second.ts"), "m3u8")
    assert parsed.names == ["first.ts", "second.ts"]
    assert parsed.notices == []


@pytest.mark.covers("tencent G-20")
def test_every_tag_that_names_a_file() -> None:
    parsed = parse(
        playlist(
            '#EXT-X-MAP:URI="init.mp4",BYTERANGE="700@0"',
            '#EXT-X-KEY:METHOD=AES-128,IV=0x1,URI="keys/k.bin"',
            '#EXT-X-SESSION-KEY:METHOD=AES-128,URI="keys/s.bin"',
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a, b=c",NAME="x",URI="audio/a.m3u8"',
            '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="iframe.m3u8"',
            '#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,URI="image.m3u8"',
            '#EXT-X-SESSION-DATA:DATA-ID="x",URI="data.json"',
            '#EXT-X-PART:DURATION=0.3,URI="part.mp4"',
            '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="not-yet.mp4"',
            "#EXT-X-KEY:METHOD=NONE",
            "seg.ts",
        ),
        "m3u8",
    )
    assert parsed.names == [
        "init.mp4",
        "keys/k.bin",
        "keys/s.bin",
        "audio/a.m3u8",
        "iframe.m3u8",
        "image.m3u8",
        "data.json",
        "part.mp4",
        "seg.ts",
    ]


@pytest.mark.covers("tencent G-20")
def test_byte_ranges_of_one_file_count_once() -> None:
    parsed = parse(playlist("#EXT-X-BYTERANGE:5@0", "a.ts", "#EXT-X-BYTERANGE:5@5", "a.ts", "./a.ts"), "m3u8")
    assert parsed.names == ["a.ts"]


def test_key_at_an_absolute_address_is_left_out_with_a_notice() -> None:
    parsed = parse(playlist('#EXT-X-KEY:METHOD=AES-128,URI="https://k.example/key?t=secret"', "a.ts"), "m3u8")
    assert parsed.names == ["a.ts"]
    assert len(parsed.notices) == 1
    assert "secret" not in parsed.notices[0]


def test_embedded_key_needs_no_file() -> None:
    parsed = parse(playlist('#EXT-X-KEY:METHOD=AES-128,URI="data:text/plain;base64,AAAA"', "a.ts"), "m3u8")
    assert (parsed.names, parsed.notices) == (["a.ts"], [])


def test_gap_segments_are_not_asked_for() -> None:
    assert parse(playlist("#EXT-X-GAP", "#EXTINF:1,", "gone.ts", "here.ts"), "m3u8").names == ["here.ts"]


def test_variables() -> None:
    text = playlist('#EXT-X-DEFINE:NAME="dir",VALUE="hi"', "{$dir}/a.ts")
    assert parse(text, "m3u8").names == ["hi/a.ts"]
    with pytest.raises(ManifestError, match="'token'"):
        parse(playlist("a.ts?{$token}"), "m3u8")


@pytest.mark.covers("tencent G-20")
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_byte_order_mark_and_line_ends(newline: str) -> None:
    text = "\ufeff" + playlist("#EXTINF:1,", "  a.ts  ", "", "电影 1.ts").replace("\n", newline)
    assert parse(text, "M3U8").names == ["a.ts", "电影 1.ts"]


def test_live_playlist_brings_a_notice() -> None:
    assert "ENDLIST" in parse(playlist("#EXTINF:1,", "a.ts", end=False), "m3u8").notices[0]


@pytest.mark.covers("tencent G-20")
@pytest.mark.parametrize(
    "line",
    [
        "../up.ts",
        "sub/../../up.ts",
        "sub/../a.ts",
        "%2e%2e/up.ts",
        "..%2fup.ts",
        "/abs/a.ts",
        "%2Fabs/a.ts",
        "//host/a.ts",
        "http://h/a.ts",
        "HTTPS://h/a.ts",
        "file:///etc/passwd",
        "C:\\a.ts",
        "..\\up.ts",
        "sub\\a.ts",
        "sub/",
        "./",
        "?x=1",
        "a%00b.ts",
        "a%0Ab.ts",
        "a%ff.ts",
    ],
)
def test_references_that_are_refused(line: str) -> None:
    with pytest.raises(ManifestError):
        parse(playlist(line), "m3u8")


@pytest.mark.parametrize("text", ["", "\n\n", "a.ts", "<MPD/>", "#EXTM3U8\na.ts", "x\n#EXTM3U"])
def test_what_is_no_playlist(text: str) -> None:
    with pytest.raises(ManifestError, match="EXTM3U"):
        parse(text, "m3u8")


@pytest.mark.parametrize(
    ("uri", "literal", "asked"),
    [
        ("a.ts", "a.ts", "a.ts"),
        ("./sub//a.ts", "sub/a.ts", "sub/a.ts"),
        ("a.ts?v=1", "a.ts?v=1", "a.ts"),
        ("my%20a.ts", "my%20a.ts", "my a.ts"),
        ("a.ts#t=1", "a.ts#t=1", "a.ts"),
        ("%E7%94%B5.ts?x#y", "%E7%94%B5.ts?x#y", "电.ts"),
        ("..a.ts", "..a.ts", "..a.ts"),
    ],
)
def test_names(uri: str, literal: str, asked: str) -> None:
    assert relative_name(uri) == (literal, asked)


def test_kind_of() -> None:
    assert kind_of("X.M3U8") == "m3u8"
    assert kind_of("a.b.mpd") == "mpd"
    assert kind_of("m3u8") is None
    assert kind_of("a.mp4") is None


def test_unknown_kind() -> None:
    with pytest.raises(ManifestError, match="'avi'"):
        parse("#EXTM3U", "avi")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings(encoding: str) -> None:
    assert decode(playlist("电影.ts").encode(encoding)).endswith("电影.ts\n#EXT-X-ENDLIST")


@pytest.mark.covers("tencent G-20")
def test_a_byte_that_fits_no_encoding_does_no_harm() -> None:
    assert parse(decode(b"#EXTM3U\n# \xff\xff\na.ts"), "m3u8").names == ["a.ts"]


@given(st.binary(max_size=200))
def test_any_bytes_decode(data: bytes) -> None:
    assert isinstance(decode(data), str)


LINE = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["a.ts", "../a", "#EXT-X-MAP:URI=", '#EXT-X-KEY:URI="', "#EXT-X-DEFINE:NAME=a", "{$a}", "%%"]
    ),
)


@given(st.lists(LINE, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_any_text_parses_or_is_refused_and_never_escapes(lines: list[str], newline: str) -> None:
    try:
        parsed = parse(newline.join(["#EXTM3U", *lines]), "m3u8")
    except ManifestError:
        return
    for name in parsed.names:
        assert name
        assert not name.startswith("/")
        assert ".." not in name.split("/")

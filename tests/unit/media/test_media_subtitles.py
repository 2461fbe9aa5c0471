from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vodkit.server.media.errors import BadMedia, MediaError, TooMuch
from vodkit.server.media.subtitles import MOST_BYTES, to_webvtt

SRT = """1
00:00:01,000 --> 00:00:02,500
Hello <i>there</i>,
R&D & "5 < 6"

2
00:00:03,000 --> 00:00:04,000
{\\an8}<font color="#fff">above</font> --> all
"""

VTT = """WEBVTT - made by hand

NOTE nobody shows this

STYLE
::cue { color: lime }

intro
00:01.000 --> 00:02.500 line:0 align:start onclick:evil
<v Anna>Hi <c.loud>you</c> &amp; <script>alert(1)</script>

01:00:03.000 --> 01:00:04.000
later
"""


def test_srt() -> None:
    assert to_webvtt(SRT.encode()) == (
        "WEBVTT\n\n"
        '00:00:01.000 --> 00:00:02.500\nHello <i>there</i>,\nR&amp;D &amp; "5 &lt; 6"\n\n'
        "00:00:03.000 --> 00:00:04.000 line:0\nabove --&gt; all\n"
    )


def test_webvtt_keeps_what_players_use_and_nothing_else() -> None:
    assert to_webvtt(VTT.encode()) == (
        "WEBVTT\n\nSTYLE\n::cue { color: lime }\n\n"
        "intro\n00:00:01.000 --> 00:00:02.500 line:0 align:start\n"
        "<v Anna>Hi <c.loud>you</c> &amp; &lt;script&gt;alert(1)&lt;/script&gt;\n\n"
        "01:00:03.000 --> 01:00:04.000\nlater\n"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_ends_of_lines(encoding: str, newline: str) -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n你好，世界\n".replace("\n", newline)
    assert to_webvtt(text.encode(encoding)).endswith("00:00:02.000\n你好，世界\n")


def test_what_comes_out_goes_in_again_unchanged() -> None:
    for text in (SRT, VTT):
        once = to_webvtt(text.encode())
        assert to_webvtt(once.encode()) == once


def test_subtitles_out_of_order_are_put_in_order() -> None:
    text = "1\n00:00:05,0 --> 00:00:06,0\nb\n\n2\n0:00:01.5 --> 0:00:02\na\n"
    assert to_webvtt(text.encode()).index("\na\n") < to_webvtt(text.encode()).index("\nb\n")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no subtitle"),
        (b"WEBVTT\n", "no subtitle"),
        (b"hello\n", "line 1"),
        (b"1\n00:00:01,000 -> 00:00:02,000\nx\n", "line 1"),
        (b"1\n00:00:01,000 --> soon\nx\n", "line 2"),
        (b"\n\n1\n00:00:03,000 --> 00:00:02,000\nx\n", "line 4: .*before"),
        (b"\xff\xff\xff\xff", "no text"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(100), "line 1"),
    ],
)
def test_what_is_no_subtitles_is_refused_with_the_line(data: bytes, said: str) -> None:
    with pytest.raises(BadMedia, match=said):
        to_webvtt(data)


def test_too_much_is_refused() -> None:
    with pytest.raises(TooMuch):
        to_webvtt(bytes(MOST_BYTES + 1))
    with pytest.raises(TooMuch):
        to_webvtt(b"0:00 --> 0:01\nx\n\n" * 50_001)


@given(
    st.one_of(st.binary(max_size=400), st.text(alphabet="0123456789:,.-> \nWEBVTT<>&{}\\an", max_size=300))
)
def test_anything_ends_as_webvtt_or_with_a_reason(given: bytes | str) -> None:
    data = given if isinstance(given, bytes) else given.encode()
    try:
        made = to_webvtt(data)
    except MediaError as problem:
        assert str(problem)
    else:
        assert to_webvtt(made.encode()) == made

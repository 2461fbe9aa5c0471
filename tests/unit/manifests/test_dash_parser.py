from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vodkit.core.errors import ManifestError
from vodkit.core.manifests import parse


def mpd(inside: str, attributes: str = 'mediaPresentationDuration="PT10S"') -> str:
    return f'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" {attributes}>{inside}</MPD>'


def one(inside: str, attributes: str = 'mediaPresentationDuration="PT10S"') -> list[str]:
    body = f"<Period><AdaptationSet><Representation id='v1' bandwidth='900'>{inside}</Representation>"
    return parse(mpd(body + "</AdaptationSet></Period>", attributes), "mpd").names


def test_template_by_number_and_duration() -> None:
    assert one(
        '<SegmentTemplate initialization="$RepresentationID$/init.mp4"'
        ' media="$RepresentationID$/$Number%03d$.m4s"'
        ' duration="4" startNumber="0"/>'
    ) == ["v1/init.mp4", "v1/000.m4s", "v1/001.m4s", "v1/002.m4s"]


def test_only_a_last_segment_that_rounding_made_may_be_missing() -> None:
    body = (
        "<Period><AdaptationSet><SegmentTemplate media='$Number$.m4s' duration='{}'/>"
        "<Representation id='x'/></AdaptationSet></Period>"
    )
    rounded = parse(mpd(body.format(4)), "mpd").references
    assert [r.optional for r in rounded] == [False, False, True]
    exact = parse(mpd(body.format(5)), "mpd").references
    assert [r.optional for r in exact] == [False, False]


def test_template_with_timeline_repeats_and_time() -> None:
    assert one(
        '<SegmentTemplate media="$Bandwidth$-$Time$.m4s" timescale="10"><SegmentTimeline>'
        '<S t="0" d="20" r="1"/><S d="10"/><S d="25" r="-1"/></SegmentTimeline></SegmentTemplate>'
    ) == ["900-0.m4s", "900-20.m4s", "900-40.m4s", "900-50.m4s", "900-75.m4s"]


def test_open_repeat_ends_where_the_next_entry_begins() -> None:
    assert one(
        '<SegmentTemplate media="$Time$.m4s"><SegmentTimeline><S t="0" d="2" r="-1"/><S t="6" d="4"/>'
        "</SegmentTimeline></SegmentTemplate>"
    ) == ["0.m4s", "2.m4s", "4.m4s", "6.m4s"]


def test_templates_inherit_level_by_level() -> None:
    text = mpd(
        '<Period><SegmentTemplate timescale="2" startNumber="5"/><AdaptationSet>'
        '<SegmentTemplate media="$RepresentationID$_$Number$.m4s" duration="10"/>'
        '<Representation id="a"/><Representation id="b"><SegmentTemplate startNumber="1"/></Representation>'
        "</AdaptationSet></Period>"
    )
    assert parse(text, "mpd").names == ["a_5.m4s", "a_6.m4s", "b_1.m4s", "b_2.m4s"]


def test_bases_resolve_like_addresses() -> None:
    text = mpd(
        "<BaseURL>media/</BaseURL><Period><BaseURL>p1/</BaseURL><AdaptationSet><BaseURL>video/ignored</BaseURL>"
        "<Representation id='v'><BaseURL>v.mp4</BaseURL><SegmentBase indexRange='0-9'>"
        "<Initialization range='0-5'/></SegmentBase></Representation></AdaptationSet></Period>"
    )
    assert parse(text, "mpd").names == ["media/p1/video/v.mp4"]


def test_segment_list() -> None:
    assert one(
        '<BaseURL>v/</BaseURL><SegmentList><Initialization sourceURL="init.mp4"/>'
        '<RepresentationIndex sourceURL="i.sidx"/>'
        '<SegmentURL media="1.m4s" index="1.idx"/><SegmentURL media="2.m4s"/></SegmentList>'
    ) == ["v/init.mp4", "v/i.sidx", "v/1.m4s", "v/1.idx", "v/2.m4s"]


def test_segment_list_of_ranges_in_one_file() -> None:
    assert one(
        '<BaseURL>v.mp4</BaseURL><SegmentList><SegmentURL mediaRange="0-1"/>'
        '<SegmentURL mediaRange="2-3"/></SegmentList>'
    ) == ["v.mp4"]


def test_period_length_from_the_next_period() -> None:
    period = (
        "<Period {}><AdaptationSet><SegmentTemplate media='{}$Number$.m4s' duration='2'/>"
        "<Representation id='x'/></AdaptationSet></Period>"
    )
    text = mpd(
        period.format("", "a") + period.format("start='PT4S'", "b"), 'mediaPresentationDuration="PT6S"'
    )
    assert parse(text, "mpd").names == ["a1.m4s", "a2.m4s", "b1.m4s"]


def test_dollar_and_end_number() -> None:
    assert one('<SegmentTemplate media="$$$Number$" duration="1" startNumber="2" endNumber="3"/>') == [
        "$2",
        "$3",
    ]


def test_dynamic_brings_a_notice() -> None:
    text = mpd(
        "<Period><AdaptationSet><Representation id='x'><BaseURL>a.mp4</BaseURL></Representation>"
        "</AdaptationSet></Period>",
        'type="dynamic"',
    )
    assert "live" in parse(text, "mpd").notices[0]


@pytest.mark.parametrize(
    "inside",
    [
        "<BaseURL>http://cdn.example/</BaseURL>",
        "<BaseURL>/abs/a.mp4</BaseURL>",
        "<BaseURL>../up.mp4</BaseURL>",
        "<BaseURL>//host/a.mp4</BaseURL>",
        "",
        '<SegmentTemplate duration="1"/>',
        '<SegmentTemplate media="$SubNumber$" duration="1"/>',
        '<SegmentTemplate media="$Number$" duration="x"/>',
        '<SegmentTemplate media="$Number$.m4s" timescale="1000000" duration="1"/>',
        '<SegmentTemplate media="same.m4s" timescale="100000000" duration="1"/>',
        '<SegmentTemplate media="$Time$"><SegmentTimeline><S d="0"/></SegmentTimeline></SegmentTemplate>',
        '<SegmentTemplate media="x"><SegmentTimeline><S d="1" r="99999999999"/></SegmentTimeline>'
        "</SegmentTemplate>",
    ],
)
def test_refused(inside: str) -> None:
    with pytest.raises(ManifestError):
        one(inside)


def test_uncountable_without_a_length() -> None:
    with pytest.raises(ManifestError, match="how long"):
        one('<SegmentTemplate media="$Number$.m4s" duration="2"/>', "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#EXTM3U",
        "<html/>",
        "<MPD",
        '<!DOCTYPE x [<!ENTITY a "b">]><MPD>&a;</MPD>',
        '<MPD mediaPresentationDuration="soon"/>',
        '<MPD xmlns:x="http://www.w3.org/1999/xlink"><Period x:href="http://h/p.xml"/></MPD>',
    ],
)
def test_what_is_no_mpd(text: str) -> None:
    with pytest.raises(ManifestError):
        parse(text, "mpd")


ELEMENT = st.sampled_from(
    [
        "Period",
        "AdaptationSet",
        "Representation",
        "SegmentTemplate",
        "SegmentTimeline",
        "S",
        "BaseURL",
        "SegmentList",
    ]
)
ATTRIBUTE = st.sampled_from(
    ["media", "initialization", "duration", "startNumber", "timescale", "endNumber", "t", "r"]
)
VALUE = st.one_of(
    st.sampled_from(["$Number$.m4s", "$Time%05d$", "-1", "0", "3", "../x", "PT1S"]), st.text(max_size=8)
)


@st.composite
def element(draw: st.DrawFn, depth: int = 4) -> str:
    name = draw(ELEMENT)
    attributes = draw(st.dictionaries(ATTRIBUTE, VALUE, max_size=3))
    clean = " ".join(f'{k}="{v}"' for k, v in attributes.items() if not set(v) & set('<&"'))
    inner = "".join(draw(st.lists(element(depth - 1), max_size=2))) if depth else ""
    return f"<{name} {clean}>{inner}</{name}>"


@given(
    st.lists(element(), max_size=3),
    st.sampled_from(["", 'mediaPresentationDuration="PT3S"', 'type="dynamic"']),
)
def test_any_tree_parses_or_is_refused(elements: list[str], attributes: str) -> None:
    try:
        parsed = parse(mpd("".join(elements), attributes), "mpd")
    except ManifestError:
        return
    assert all(".." not in name.split("/") and not name.startswith("/") for name in parsed.names)


@given(st.text(max_size=60))
def test_any_text_is_refused_or_parsed(text: str) -> None:
    try:
        parse(text, "mpd")
    except ManifestError as error:
        assert str(error)

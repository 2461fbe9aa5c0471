"""Keys, hosts, ETags and documents."""

from __future__ import annotations

import pytest

from vodkit.engine.integrity import digest
from vodkit.providers.ucloud import wire

MIB = 1 << 20
COUNTING = (bytes(range(251)) * (10 * MIB // 251 + 1))[: 10 * MIB]
ETAGS = [
    (b"", "AAAAANo5o-5ea0sNMlW_75VgGJCv2AcJ", []),
    (b"hello", "AQAAAKr0xh3cxeii2r7eDztILNmuqUNN", ["qvTGHdzF6KLavt4PO0gs2a6pQ00="]),
    (bytes(4194303), "AQAAAIjtiN9WHTdzhzAV4wrBC76RaWV0", ["iO2I31YdN3OHMBXjCsELvpFpZXQ="]),
    (bytes(4194304), "AQAAACvMvS848VwT631aif2dhfWV4jvD", ["K8y9LzjxXBPrfVqJ_Z2F9ZXiO8M="]),
    (
        bytes(4194305),
        "AgAAABCFgki5yzon0rjN9uJusf6qtsF6",
        ["K8y9LzjxXBPrfVqJ_Z2F9ZXiO8M=", "W6k8nbDP-T9StSHXQg5D9u2ieE8="],
    ),
    (bytes(8388608), "AgAAAMCVE24-Immdd6zm-ffVVhsWYcDG", ["K8y9LzjxXBPrfVqJ_Z2F9ZXiO8M="] * 2),
    (
        bytes(10485760),
        "AwAAALgta7Rm8vkyiaBmECBeS8jIYEuw",
        ["K8y9LzjxXBPrfVqJ_Z2F9ZXiO8M="] * 2 + ["fXbUjWTXrFQR1xSku4Pzfj5bjfY="],
    ),
    (
        COUNTING,
        "AwAAAJWW94Kd7uuN_TCTi_xpbr4WtvSz",
        [
            "B3x5ERngVeegrl5QcImj-RFINvU=",
            "pemzjllrQHHKkndJD5tde7PrHug=",
            "nue8DdqliDECp6sbqkWRJMReMH0=",
        ],
    ),
]


def hexed(name: str, data: bytes) -> str:
    hasher = digest(name)
    # Pieces that fit the blocks nowhere.
    for start in range(0, len(data), 700_001):
        hasher.update(memoryview(data)[start : start + 700_001])
    return hasher.hexdigest()


@pytest.mark.covers("ucloud 12-15", "ucloud 12-17", "ucloud D-12")
@pytest.mark.parametrize(("data", "etag", "parts"), ETAGS, ids=[str(len(row[0])) for row in ETAGS])
def test_etags(data: bytes, etag: str, parts: list[str]) -> None:
    blocks = [hexed("sha1", data[at : at + wire.BLOCK]) for at in range(0, len(data), wire.BLOCK)]
    assert [wire.part_etag(block) for block in blocks] == parts
    assert wire.whole_etag(len(data), blocks) == etag
    assert wire.object_etag(len(data), hexed("sha1_blocks", data)) == etag
    assert wire.digest_of(etag) == hexed("sha1_blocks", data)


@pytest.mark.parametrize("text", ["", "x", "K8y9", "AQAAAKr0xh3cxeii2r7eDztILNmuqUNN=", "é", "a b"])
def test_what_is_no_etag_has_no_digest(text: str) -> None:
    assert wire.digest_of(text) == ""


KEYS = [
    "a b.mp4",
    "视频/第一集.mp4",
    "a+b&c=d%20e.mp4",
    "a//b",
    "/lead.mp4",
    '"<>|',
    "a#b.mp4",
    "a?b.mp4",
    "~._-",
]


@pytest.mark.covers("ucloud D-13")
@pytest.mark.parametrize("key", KEYS)
def test_keys_travel(key: str) -> None:
    path = "/" + wire.encode_key(key)
    assert path.isascii()
    assert not set("?# +") & set(path)
    assert wire.decode_path(path) == key


@pytest.mark.covers("ucloud D-13")
@pytest.mark.parametrize("key", ["", "a/../b.mp4", "./a", "..", "a/.", "x" * 1025, "a\nb", "\ud800"])
def test_keys_that_cannot_travel_are_refused(key: str) -> None:
    with pytest.raises(wire.BadKey):
        wire.check_key(key)


def test_hosts() -> None:
    assert wire.bucket_of("myspace.cn-bj.ufileos.com") == "myspace"
    assert wire.bucket_of("myspace.uvideo.auto-ai.com.cn") == "myspace"
    assert wire.bucket_of("upload.uvideo.ucloud.com.cn") == ""
    assert wire.bucket_of("video.example.com") == ""


@pytest.mark.parametrize("name", ["ab", "-abc", "abc-", "ABC", "a_b", "a" * 64, ""])
def test_bad_space_names(name: str) -> None:
    assert not wire.is_bucket(name)


@pytest.mark.covers("ucloud 12-36")
@pytest.mark.parametrize("body", [b'"e0","e1"', b"e0,e1", b' "e0" , e1\n'])
def test_finish_lists_quoted_and_bare(body: bytes) -> None:
    assert wire.read_etags(body) == ["e0", "e1"]


def test_an_empty_finish_list() -> None:
    assert wire.read_etags(b"") == []
    assert wire.read_etags(b"a,,b") == ["a", "", "b"]


def test_arrays_keep_the_order_of_their_numbers() -> None:
    flat = wire.parameters({"Domain": [f"d{n}" for n in range(12)], "On": True, "Rate": 2.0, "No": None})
    assert flat["Domain.11"] == "d11"
    assert (flat["On"], flat["Rate"]) == ("true", "2")
    assert "No" not in flat
    assert wire.read_array(flat, "Domain") == [f"d{n}" for n in range(12)]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"UploadId":"a"}', b'{"UploadId":"","BlkSize":1}', b'{"UploadId":"a","BlkSize":0}'],
)
def test_an_opening_without_id_or_block_size_is_refused(body: bytes) -> None:
    with pytest.raises(wire.BadAnswer):
        wire.read_opened(body)


@pytest.mark.parametrize("text", ["bytes=0-10", "bytes=5-4", "bytes=-5", "bytes=0-", "0-1", ""])
def test_ranges_that_do_not_fit(text: str) -> None:
    assert wire.range_of(text, 10) is None


def test_a_range_includes_its_last_byte() -> None:
    assert wire.range_of("bytes=0-9", 10) == (0, 9)

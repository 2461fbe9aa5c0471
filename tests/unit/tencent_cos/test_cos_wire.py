"""Addresses, checksums and documents of COS."""

import dataclasses

import pytest

from vodkit.providers.tencent.cos import wire


def test_addresses():
    host = wire.host("vodkit-1500000001", "ap-chongqing")
    assert host == "vodkit-1500000001.cos.ap-chongqing.myqcloud.com"
    assert wire.bucket_of(host + ":443") == "vodkit-1500000001"
    assert wire.url("https://b.example", "dir/f 中.mp4", [("uploads", ""), ("prefix", "a+b")]) == (
        "https://b.example/dir/f%20%E4%B8%AD.mp4?uploads=&prefix=a%2Bb"
    )
    assert wire.url("https://b.example") == "https://b.example/"


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("dir/./a.ts", "/dir/.%2Fa.ts"),
        ("dir/../a.ts", "/dir/..%2Fa.ts"),
        ("a./b", "/a.%2Fb"),
        ("a-_.~b", "/a-_.~b"),
        ("100%+&=?#", "/100%25%2B%26%3D%3F%23"),
    ],
)
def test_path_encoding(key, sent):
    assert wire.encode_path(key) == sent
    assert wire.decode_path(sent) == "/" + key


@pytest.mark.covers("tencent G-9")
def test_query_by_form_rules():
    assert wire.decode_query("uploads&prefix=a+b%20c&x=") == [("uploads", ""), ("prefix", "a b c"), ("x", "")]
    with pytest.raises(ValueError, match="fields"):
        wire.decode_query("a=1&" * 101)


def test_checksums():
    assert wire.crc64_text("995dc9bbdf1939fa") == "11051210869376104954"
    assert wire.crc64_text("0" * 16) == "0"
    assert wire.content_md5("5d41402abc4b2a76b9719d911017c592") == "XUFAKrxLKna5cZ2REBfFkg=="
    assert wire.md5_of("XUFAKrxLKna5cZ2REBfFkg==") == "5d41402abc4b2a76b9719d911017c592"
    assert [wire.md5_of(bad) for bad in ("", "XUFA", "!!!", "é")] == [None] * 4
    assert wire.unquoted('"abc"') == wire.unquoted("abc") == wire.unquoted('W/"abc"') == "abc"
    etag = wire.multipart_etag(["5d41402abc4b2a76b9719d911017c592"] * 3)
    assert len(etag) == 34 and etag.endswith("-3")


def test_fault():
    fault = wire.Fault("NoSuchKey", 'no <such> & "key"\x00', "/a\ud800", "r1", "t1")
    data = wire.write_fault(fault)
    assert b"xmlns" not in data
    read = wire.read_fault(data)
    assert (read.code, read.request_id, read.trace_id) == ("NoSuchKey", "r1", "t1")
    assert read.message == 'no <such> & "key"\ufffd' and read.resource == "/a\ufffd"


@pytest.mark.parametrize("encoding", ["", "url"])
def test_upload_list(encoding):
    page = wire.UploadList(
        bucket="b",
        uploads=(wire.Pending("dir/f 中+&.mp4", "u-1", 1735689600.0, "me"),),
        prefix="dir/f ",
        delimiter="/",
        key_marker="a b",
        next_key_marker="dir/f 中+&.mp4",
        next_upload_id_marker="u-1",
        max_uploads=1,
        truncated=True,
        common_prefixes=("dir/x y/",),
        encoding=encoding,
    )
    data = wire.write_uploads(page)
    assert wire.read_uploads(data) == page
    assert (b"%E4%B8%AD" in data) is (encoding == "url")


def test_part_list():
    page = wire.PartList(
        "b", "k", "u", (wire.PartEntry(2, "ab" * 16, 5, 1735689600.0),), 1, 2, 1, True, "", "me"
    )
    data = wire.write_parts(page)
    assert wire.read_parts(data) == page
    assert wire.read_parts(wire.write_parts(dataclasses.replace(page, truncated=False))).truncated is False
    assert b"<IsTruncated>true</IsTruncated>" in data and b"<ETag>&quot;abab" in data


def test_vendor_namespace_and_unquoted_etags_are_read():
    data = (
        b"<?xml version='1.0' encoding='utf-8'?>\n<CompleteMultipartUpload xmlns='https://x.example/1'>"
        b"<Part><ETag>abc</ETag><PartNumber>2</PartNumber></Part>"
        b"<Part><PartNumber> 3 </PartNumber><ETag>&quot;def&quot;</ETag></Part></CompleteMultipartUpload>"
    )
    assert wire.read_completion(data) == [(2, "abc"), (3, "def")]


def test_completion_and_result():
    parts = [(number, "ab" * 16) for number in range(1, wire.MAX_PARTS + 1)]
    data = wire.write_completion(parts)
    assert len(data) < wire.MAX_XML
    assert wire.read_completion(data) == parts
    done = wire.Completed("b.example/k", "b", "k", "ab-3")
    assert wire.read_completed(wire.write_completed(done)) == done
    assert wire.read_initiated(wire.write_initiated("b", "k", "u+/=")) == "u+/="


BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&b;</ETag></Part></CompleteMultipartUpload>"
)


@pytest.mark.covers("tencent F-26")
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<a>",
        b"<Other/>",
        b"<CompleteMultipartUpload/>",
        b"<CompleteMultipartUpload><Part><PartNumber>x</PartNumber><ETag>a</ETag></Part></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
        b"<?xml version='1.0' encoding='nonsense'?><CompleteMultipartUpload/>",
        BOMB,
        b"<CompleteMultipartUpload>" + b" " * wire.MAX_XML + b"</CompleteMultipartUpload>",
        b"<CompleteMultipartUpload>"
        + b"<Part><PartNumber>1</PartNumber><ETag>a</ETag></Part>" * (wire.MAX_PARTS + 1)
        + b"</CompleteMultipartUpload>",
    ],
)
def test_bad_documents(data):
    with pytest.raises(wire.BadDocument):
        wire.read_completion(data)

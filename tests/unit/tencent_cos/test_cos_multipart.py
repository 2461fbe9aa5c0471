"""Multipart uploads over real sockets."""

import hashlib

import pytest
from fastcrc import crc64

from vodkit.providers.tencent.cos import wire

from .store import MIB

KEY = "dir/f.mp4"


def md5(data):
    return hashlib.md5(data).hexdigest()


def sent(store, upload, parts, **options):
    """Send parts; numbers and ETags in ascending order."""
    done = []
    for number, data in parts:
        reply = store.part(upload, number, data, **options)
        assert reply.status == 200, reply.body
        assert reply.headers["etag"] == f'"{md5(data)}"'
        assert reply.headers[wire.CRC64] == str(crc64.xz(data))
        done.append((number, md5(data)))
    return sorted(done)


@pytest.mark.covers("tencent G-11")
def test_parts_in_any_order_and_sent_again(store):
    upload = store.initiate()
    parts = {1: b"a" * 1000, 2: b"b" * 1000, 3: b"c" * 7}
    sent(store, upload, [(2, b"wrong"), (3, parts[3]), (1, parts[1])])
    etags = sent(store, upload, parts.items())
    whole = b"".join(parts.values())
    reply = store.complete(upload, etags)
    done = wire.read_completed(reply.body)
    assert (done.bucket, done.key) == (store.bucket, KEY)
    assert len(done.etag) == 34 and done.etag.endswith("-3")
    assert reply.headers[wire.CRC64] == str(crc64.xz(whole))
    got = store.call("GET", KEY, by="root")
    assert got.body == whole
    assert got.headers["etag"] == f'"{done.etag}"' and got.headers[wire.CRC64] == str(crc64.xz(whole))


def test_completing_again_after_a_lost_answer(store):
    upload = store.initiate()
    etags = sent(store, upload, [(1, b"one"), (2, b"two")])
    first, second = store.complete(upload, etags), store.complete(upload, etags)
    assert (first.status, second.status) == (200, 200)
    assert first.body == second.body
    assert first.headers[wire.CRC64] == second.headers[wire.CRC64]
    assert _code(store.complete(upload, etags[:1])) == "NoSuchUpload"
    assert _code(store.part(upload, 3, b"late")) == "NoSuchUpload"
    assert store.code("DELETE", KEY, [("uploadId", upload)]) == (404, "NoSuchUpload")
    store.call("PUT", KEY, body=b"newer")
    assert _code(store.complete(upload, etags)) == "NoSuchUpload"
    assert store.call("GET", KEY, by="root").body == b"newer"


def _code(reply):
    return wire.read_fault(reply.body).code


def test_completing_with_some_of_the_parts(store):
    upload = store.initiate()
    etags = sent(store, upload, [(1, b"one"), (5, b"five"), (9, b"nine")])
    assert store.complete(upload, [etags[0], etags[2]]).status == 200
    assert store.call("GET", KEY, by="root").body == b"onenine"


def test_facts_of_the_opening_come_back(store):
    headers = {"content-type": "video/mp4", "x-cos-meta-a": "1", "cache-control": ""}
    upload = store.initiate(headers=headers)
    store.complete(upload, sent(store, upload, [(1, b"one")]))
    head = store.call("HEAD", KEY)
    assert (head.headers["content-type"], head.headers["x-cos-meta-a"]) == ("video/mp4", "1")


BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
    b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&c;</ETag></Part></CompleteMultipartUpload>"
)


def document(number):
    part = f"<Part><PartNumber>{number}</PartNumber><ETag>{md5(b'one')}</ETag></Part>"
    return f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>".encode()


@pytest.mark.covers("tencent G-11")
@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([(1, md5(b"one")), (2, md5(b"wrong"))], "InvalidPart"),
        ([(1, md5(b"one")), (3, md5(b"three"))], "InvalidPart"),
        ([(2, md5(b"two")), (1, md5(b"one"))], "InvalidPartOrder"),
        ([(1, md5(b"one")), (1, md5(b"one"))], "InvalidPartOrder"),
        ([], "MalformedXML"),
    ],
)
def test_completions_that_are_refused_change_nothing(store, parts, code):
    upload = store.initiate()
    etags = sent(store, upload, [(1, b"one"), (2, b"two")])
    reply = store.complete(upload, parts)
    assert (reply.status, _code(reply)) == (400, code)
    assert store.complete(upload, etags).status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<CompleteMultipartUpload>", "MalformedXML"),
        (b"", "MalformedXML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><CompleteMultipartUpload/>', "MalformedXML"),
        (b" " * (wire.MAX_XML + 1), "EntityTooLarge"),
        (BOMB, "MalformedXML"),
        (document(0), "InvalidPart"),
        (document(10_001), "InvalidPart"),
        (document(-1), "MalformedXML"),
    ],
)
def test_documents_that_are_refused_change_nothing(store, body, code):
    upload = store.initiate()
    etags = sent(store, upload, [(1, b"one")])
    assert store.code("POST", KEY, [("uploadId", upload)], body=body) == (400, code)
    assert store.call("HEAD", KEY).status == 404
    assert store.complete(upload, etags).status == 200


@pytest.mark.covers("tencent G-11")
def test_content_md5_of_a_part_and_of_a_completion(store):
    upload = store.initiate()
    wrong = {"content-md5": wire.content_md5(md5(b"other"))}
    assert _code(store.part(upload, 1, b"one", headers=wrong)) == "BadDigest"
    listed = store.call("GET", KEY, [("uploadId", upload)])
    assert wire.read_parts(listed.body).parts == ()
    etags = sent(store, upload, [(1, b"one")], headers={"content-md5": wire.content_md5(md5(b"one"))})
    assert _code(store.complete(upload, etags, headers=wrong)) == "BadDigest"
    right = {"content-md5": wire.content_md5(md5(wire.write_completion(etags)))}
    assert store.complete(upload, etags, headers=right).status == 200


def test_small_parts(make_store):
    store = make_store(min_part=wire.MIN_PART)
    upload = store.initiate()
    etags = sent(store, upload, [(1, b"x" * MIB), (2, b"short"), (3, b"y")])
    assert _code(store.complete(upload, etags)) == "EntityTooSmall"
    assert store.complete(upload, etags[:2]).status == 200
    assert store.call("HEAD", KEY).headers["content-length"] == str(MIB + 5)


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x", "", "1e3", "٣"])
def test_part_numbers_that_are_refused(store, number):
    query = [("partNumber", number), ("uploadId", store.initiate())]
    assert store.code("PUT", KEY, query, body=b"x") == (400, "InvalidArgument")


@pytest.mark.covers("tencent G-11", "tencent F-27")
def test_an_upload_belongs_to_its_key(store):
    upload = store.initiate()
    assert _code(store.part(upload, 1, b"x", key="dir/other")) == "NoSuchUpload"
    assert _code(store.part("unknown", 1, b"x")) == "NoSuchUpload"
    assert store.code("GET", KEY, [("uploadId", "unknown")]) == (404, "NoSuchUpload")


@pytest.mark.covers("tencent G-11")
def test_abort(store):
    upload = store.initiate()
    etags = sent(store, upload, [(1, b"one")])
    assert store.call("DELETE", KEY, [("uploadId", upload)]).status == 204
    assert _code(store.complete(upload, etags)) == "NoSuchUpload"
    assert wire.read_uploads(store.call("GET", query=[("uploads", ""), ("prefix", KEY)]).body).uploads == ()


@pytest.mark.covers("tencent G-11")
def test_pages_of_parts(store):
    upload = store.initiate()
    sent(store, upload, [(number, b"x" * number) for number in (1, 2, 4, 7, 9)])
    numbers, marker = [], 0
    while True:
        query = [("uploadId", upload), ("max-parts", "2"), ("part-number-marker", str(marker))]
        page = wire.read_parts(store.call("GET", KEY, query).body)
        numbers += [part.number for part in page.parts]
        assert all(part.size == part.number and part.etag == md5(b"x" * part.number) for part in page.parts)
        assert page.max_parts == 2 and page.upload_id == upload and page.marker == marker
        if not page.truncated:
            break
        marker = page.next_marker
    assert numbers == [1, 2, 4, 7, 9]
    for name, value in (("max-parts", "0"), ("max-parts", "x"), ("part-number-marker", "-1")):
        query = [("uploadId", upload), (name, value)]
        assert store.code("GET", KEY, query) == (400, "InvalidArgument")


def pages(store, **query):
    """Every page of a listing: its keys and common prefixes."""
    found, marker = [], ("", "")
    while True:
        asked = [("uploads", ""), ("key-marker", marker[0]), ("upload-id-marker", marker[1])]
        asked += [(name.replace("_", "-"), value) for name, value in query.items()]
        reply = store.call("GET", query=asked, by="root")
        page = wire.read_uploads(reply.body)
        found.append(([upload.key for upload in page.uploads], list(page.common_prefixes)))
        if not page.truncated:
            return found
        marker = (page.next_key_marker, page.next_upload_id_marker)
        assert marker != ("", "")


def test_listings_of_uploads(store):
    keys = ["dir/a", "dir/b/1", "dir/b/2", "dir/b/2", "dir/c 中+", "dir/d/1", "else"]
    ids = [store.initiate(key, by="root") for key in keys]
    store.call("PUT", "dir/simple", body=b"hello")
    listed = wire.read_uploads(store.call("GET", query=[("uploads", "")], by="root").body)
    assert [upload.key for upload in listed.uploads] == keys
    assert {upload.upload_id for upload in listed.uploads} == set(ids)
    assert pages(store, prefix="dir/b/2") == [(["dir/b/2"] * 2, [])]
    assert pages(store, prefix="dir/", max_uploads="4", encoding_type="url") == [
        (keys[:4], []),
        (keys[4:6], []),
    ]
    assert pages(store, prefix="dir/b/", max_uploads="1") == [([key], []) for key in keys[1:4]]
    assert pages(store, prefix="dir/", delimiter="/") == [
        (["dir/a", "dir/c 中+"], ["dir/b/", "dir/d/"]),
    ]
    assert pages(store, prefix="dir/", delimiter="/", max_uploads="1") == [
        (["dir/a"], []),
        ([], ["dir/b/"]),
        (["dir/c 中+"], []),
        ([], ["dir/d/"]),
    ]
    assert pages(store, delimiter="/") == [(["else"], ["dir/"])]
    assert pages(store, prefix="nothing") == [([], [])]
    raw = store.call("GET", query=[("uploads", ""), ("encoding-type", "url")], by="root").body
    assert b"<Encoding-Type>url</Encoding-Type>" in raw and b"dir/c%20%E4%B8%AD%2B" in raw
    for name, value in (("max-uploads", "0"), ("max-uploads", "x"), ("encoding-type", "other")):
        query = [("uploads", ""), (name, value)]
        assert store.code("GET", query=query, by="root") == (400, "InvalidArgument")


def test_uploads_of_one_key_are_listed_oldest_first(store):
    """Official clients resume the last one."""
    ids = [store.initiate("dir/a") for _ in range(5)]
    page = wire.read_uploads(store.call("GET", query=[("uploads", ""), ("prefix", "dir/a")]).body)
    assert [upload.upload_id for upload in page.uploads] == ids
    one = [("uploads", ""), ("prefix", "dir/a"), ("key-marker", "dir/a"), ("upload-id-marker", ids[2])]
    page = wire.read_uploads(store.call("GET", query=one).body)
    assert [upload.upload_id for upload in page.uploads] == ids[3:]


def test_a_key_marker_alone_skips_its_key(store):
    for key in ("dir/a", "dir/a", "dir/b"):
        store.initiate(key)
    query = [("uploads", ""), ("prefix", "dir/"), ("key-marker", "dir/a")]
    page = wire.read_uploads(store.call("GET", query=query).body)
    assert [upload.key for upload in page.uploads] == ["dir/b"]


def test_an_expired_upload_is_gone(store):
    upload = store.initiate(by="open")
    store.service.offset = store.service.settings.upload_lifetime + 1
    assert _code(store.part(upload, 1, b"x", by="open")) == "NoSuchUpload"

"""Objects: put, form, get, head, delete, lists, copies, classes."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from vodkit.providers.ucloud.server.objects import same_content
from vodkit.server.catalog import SqlCatalog

from .world import BLOCK, SUFFIX, Caller, soon

ODD_KEYS = ["a b.mp4", "视频/第一集.mp4", "a+b.mp4", "a//b.mp4", "/lead.mp4", '"<>|.mp4', "q?x#y%20.mp4"]


@pytest.mark.covers("ucloud 12-19", "ucloud 12-4")
@pytest.mark.parametrize("key", ODD_KEYS)
def test_round_trip(one: Caller, key: str) -> None:
    key = f"{key}x" if key.endswith("/") else key
    one.put(key, b"hello")
    found = one.get(key)
    assert (found.status, found.body) == (200, b"hello")
    assert one.do("HEAD", key).headers["content-length"] == "5"
    listed = one.get("", query="list&limit=1000").json["DataSet"]
    assert key in [entry["FileName"] for entry in listed]
    assert one.do("DELETE", key).status == 204
    assert one.get(key).refusal == (404, -148654)


@pytest.mark.covers("ucloud 12-18")
def test_etags_have_quotes_in_headers_and_none_in_json(one: Caller) -> None:
    made = one.put("quotes.mp4")
    assert made.headers["etag"] == '"AQAAAKr0xh3cxeii2r7eDztILNmuqUNN"'
    for query in ("list&prefix=quotes", "listobjects&prefix=quotes"):
        page = one.get("", query=query).json
        (entry,) = page.get("DataSet") or page["Contents"]
        assert (entry.get("Hash") or entry["ETag"]) == made.etag


@pytest.mark.covers("ucloud 12-20")
def test_chunked_and_empty_puts(one: Caller) -> None:
    answer = one.do("PUT", "chunked", iter([b"hel", b"lo"]), headers={"Content-Type": "video/mp4"})
    assert answer.etag == "AQAAAKr0xh3cxeii2r7eDztILNmuqUNN"
    for body in (b"", iter([])):
        assert one.do("PUT", "empty", body).etag == "AAAAANo5o-5ea0sNMlW_75VgGJCv2AcJ"
    assert one.get("empty").body == b""


@pytest.mark.covers("ucloud 12-7")
def test_content_md5(one: Caller) -> None:
    right = hashlib.md5(b"hello").hexdigest()
    one.put("md5", headers={"Content-MD5": right})
    one.put("md5", headers={"Content-MD5": right.upper()})
    wrong = one.do("PUT", "md5-wrong", b"hello!", headers={"Content-MD5": right})
    assert wrong.refusal[0] == 400
    assert (
        one.do("PUT", "md5", b"hello", headers={"Content-MD5": "XUFAKrxLKna5cZ2REBfFkg=="}).refusal[0] == 400
    )
    assert one.get("md5-wrong").status == 404


@pytest.mark.covers("ucloud 12-6")
def test_a_date_is_any_text(one: Caller) -> None:
    one.put("date", headers={"Date": "20200102030405"})
    one.put("date", headers={"Date": "yesterday"})


@pytest.mark.covers("ucloud 12-3")
def test_vendor_headers_are_signed(one: Caller) -> None:
    one.put("headers", headers={"X-UCloud-Foo": "foo", "X-UCloud-Bar": "bar"})


def form(fields: dict[str, str], data: bytes, end: bytes, kind: str = "video/mp4") -> bytes:
    parts = [f'--b0\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    head = '--b0\r\nContent-Disposition: form-data; name="file"; filename="/home/x/y.mp4"\r\n'
    return "".join(parts).encode() + f"{head}Content-Type: {kind}\r\n\r\n".encode() + data + end


ENDS = [b"\r\n--b0--\r\n", b"\r\n--b0\r\n", b"\r\n--b0\r\n\r\n--b0--\r\n", b""]


@pytest.mark.covers("ucloud 12-21", "ucloud 12-5")
@pytest.mark.parametrize("name", ["FileName", "ObjectName"])
@pytest.mark.parametrize("end", ENDS)
def test_forms(one: Caller, end: bytes, name: str) -> None:
    from vodkit.providers.ucloud import sign

    data = b"\r\n--b" + b"x" * 70_000 + b"\r\n-" + b"-b1"
    given = sign.authorization(
        one.public, one.private, "POST", one.bucket, "form.mp4", content_type="video/mp4"
    )
    body = form({name: "form.mp4", "Authorization": given}, data, end)
    headers = {"Content-Type": "multipart/form-data; boundary=b0", "Host": one.bucket + SUFFIX}
    answer = one.send("POST", "/", headers, body)
    assert answer.status == 200, answer.body
    found = one.get("form.mp4")
    assert found.body == data
    assert found.headers["content-type"] == "video/mp4"


@pytest.mark.parametrize("body", [b"", b"--b0--\r\n", b"nonsense", b"--b0\r\n\r\n\r\nx"])
def test_forms_without_a_file(one: Caller, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b0", "Host": one.bucket + SUFFIX}
    assert one.send("POST", "/", headers, body).refusal[0] == 400


def test_a_form_needs_its_signature(one: Caller) -> None:
    body = form({"FileName": "form.mp4"}, b"x", ENDS[0])
    headers = {"Content-Type": "multipart/form-data; boundary=b0", "Host": one.bucket + SUFFIX}
    assert one.send("POST", "/", headers, body).refusal == (401, -148643)


@pytest.mark.covers("ucloud 12-22")
def test_ranges(one: Caller) -> None:
    one.put("ranges", bytes(range(16)))
    for asked, body, told in (
        ("bytes=0-5", bytes(range(6)), "bytes 0-5/16"),
        ("bytes=10-", bytes(range(10, 16)), "bytes 10-15/16"),
        ("bytes=0-", bytes(range(16)), "bytes 0-15/16"),
    ):
        found = one.get("ranges", headers={"Range": asked})
        assert (found.status, found.body, found.headers["content-range"]) == (206, body, told)
    behind = one.get("ranges", headers={"Range": "bytes=16-"})
    assert behind.refusal[0] == 416
    assert "content-range" not in behind.headers


def test_if_modified_since(one: Caller) -> None:
    one.put("since")
    modified = one.get("since").headers["last-modified"]
    assert one.get("since", headers={"If-Modified-Since": modified}).status == 304


@pytest.mark.covers("ucloud 12-23")
def test_public_and_private(one: Caller) -> None:
    one.put("open.mp4", bucket="one-public")
    assert one.get("open.mp4", bucket="one-public", signed=False).body == b"hello"
    assert one.do("PUT", "open.mp4", b"x", bucket="one-public", signed=False).refusal == (401, -148643)
    assert one.do("DELETE", "open.mp4", bucket="one-public", signed=False).refusal == (401, -148643)
    assert one.get("", bucket="one-public", signed=False, query="list").refusal == (401, -148643)
    one.put("closed.mp4")
    assert one.get("closed.mp4", signed=False).refusal == (401, -148643)


@pytest.mark.covers("ucloud 12-24")
def test_delete_twice(one: Caller) -> None:
    one.put("twice")
    assert one.do("DELETE", "twice").status == 204
    assert one.do("DELETE", "twice").refusal == (404, -148654)


@pytest.mark.covers("ucloud 12-25", "ucloud 12-28", "ucloud 12-29")
def test_an_unknown_bucket(one: Caller) -> None:
    nowhere = {"bucket": "no-such-space"}
    for answer in (
        one.do("PUT", "k", b"x", **nowhere),
        one.do("POST", "k", b"", query="uploads", **nowhere),
        one.do("POST", "uploadhit", b"", query="Hash=a&FileName=k&FileSize=1", signed_key="k", **nowhere),
        one.get("k", **nowhere),
        one.get("k", signed=False, **nowhere),
    ):
        assert answer.refusal == (400, -148653)


@pytest.mark.covers("ucloud 12-26", "ucloud 12-27")
def test_wrong_keys(one: Caller, two: Caller) -> None:
    for public, private in (("nobody", "x"), (one.public, "wrong")):
        caller = Caller(one.url, public, private, one.bucket)
        assert caller.do("PUT", "k", b"x").refusal == (403, -148658)
        head = caller.do("HEAD", "k")
        assert (head.status, head.body) == (403, b"")
    assert two.do("PUT", "k", b"x", bucket=one.bucket).refusal == (403, -148658)
    assert two.get("k", bucket=one.bucket).refusal == (403, -148658)


@pytest.mark.parametrize("text", ["UCloud", "UCloud a:b", "AWS a:b", "UCloud a:" + "x" * 28])
def test_a_malformed_authorization(one: Caller, text: str) -> None:
    headers = {"Authorization": text, "Host": one.bucket + SUFFIX}
    assert one.send("PUT", "/k", headers, b"x").refusal == (401, -148643)


@pytest.mark.covers("ucloud 12-11")
def test_the_other_scheme_word(one: Caller) -> None:
    other = Caller(one.url, one.public, one.private, one.bucket, word="AutoAI")
    other.put("word")
    assert other.get("word").body == b"hello"


@pytest.mark.covers("ucloud 12-8", "ucloud 12-10")
def test_what_may_be_signed_of_the_query(one: Caller) -> None:
    from vodkit.providers.ucloud import sign

    query = "listobjects&prefix=&marker=&max-keys=10&delimiter=%2F"
    tail = sign.listing_tail(query)
    assert one.get("", query=query, signed_key=tail).status == 200
    assert one.get("", query=query).status == 200
    assert one.do("PUT", "k", b"x", query="b.mp4", signed_key="k?b.mp4").refusal == (403, -148658)


@pytest.mark.covers("ucloud 12-12", "ucloud 12-13", "ucloud 12-14")
def test_links(one: Caller, strict: Caller) -> None:
    one.put("link.mp4")
    assert one.link("GET", "link.mp4", soon()).body == b"hello"
    assert one.link("HEAD", "link.mp4", soon()).status == 200
    for second in range(64):
        # Some of these signatures hold a plus, which stays one when the client does not encode it.
        expires = str(int(soon()) + second)
        assert one.link("GET", "link.mp4", expires, encode=False).status == 200
    past = str(int(time.time()) - 10)
    assert one.link("GET", "link.mp4", past).refusal == (401, -148643)
    unsigned = Caller(one.url, one.public, "wrong", one.bucket)
    assert unsigned.link("GET", "link.mp4", past).refusal == (401, -148643)
    assert unsigned.link("GET", "link.mp4", soon()).refusal == (403, -148658)
    strict.put("link.mp4")
    for endless in ("absent", "", "None"):
        assert one.link("GET", "link.mp4", endless).status == 200
        assert strict.link("GET", "link.mp4", endless).refusal == (401, -148643)
    both = one.do("GET", "link.mp4", query=f"UCloudPublicKey={one.public}&Signature=x&Expires={soon()}")
    assert both.refusal == (401, -148643)


@pytest.mark.covers("ucloud 12-30")
def test_lists(one: Caller) -> None:
    bucket = {"bucket": "one-other"}
    keys = sorted(
        [f"l/{n:02}.mp4" for n in range(7)] + ["l/sub/a", "l/sub/b", "l/sub2/c", "l/中"], key=str.encode
    )
    for key in keys:
        one.put(key, **bucket)
    one.put("l/", b"", **bucket)
    for size in (1, 2, 3, 100):
        seen: list[str] = []
        marker = ""
        while True:
            from urllib.parse import quote

            page = one.get("", query=f"list&prefix=l/&limit={size}&marker={quote(marker)}", **bucket).json
            assert all(entry["FileName"] == entry["ObjectName"] for entry in page["DataSet"])
            seen += [entry["FileName"] for entry in page["DataSet"]]
            marker = page["NextMarker"]
            if not marker:
                break
            assert marker == page["DataSet"][-1]["FileName"]
        assert seen == ["l/", *keys]
        shown: list[str] = []
        marker = ""
        while True:
            query = f"listobjects&prefix=l/&delimiter=/&max-keys={size}&marker={quote(marker)}"
            page = one.get("", query=query, **bucket).json
            assert page["MaxKeys"] == str(size)
            assert all(entry["Size"] == "5" for entry in page["Contents"])
            shown += [entry["Key"] for entry in page["Contents"]]
            shown += [folder["Prefix"] for folder in page["CommonPrefixes"]]
            marker = page["NextMarker"]
            assert page["IsTruncated"] is bool(marker)
            if not marker:
                break
        assert sorted(shown) == sorted([k for k in keys if k.count("/") == 1] + ["l/sub/", "l/sub2/"])
        assert len(shown) == len(set(shown))


@pytest.mark.covers("ucloud 12-31")
def test_facts_come_back(one: Caller) -> None:
    one.put("facts.mp4", headers={"X-Ufile-Meta-Owner": "me", "X-Ufile-Storage-Class": "IA"})
    for method in ("GET", "HEAD"):
        found = one.do(method, "facts.mp4").headers
        assert (found["x-ufile-meta-owner"], found["x-ufile-storage-class"]) == ("me", "IA")
    body = b'{"op":"set","metak":"mimetype","metav":"video/webm"}'
    assert one.do("POST", "facts.mp4", body, query="opmeta").status == 200
    found = one.do("HEAD", "facts.mp4").headers
    assert (found["content-type"], found["x-ufile-meta-owner"]) == ("video/webm", "me")
    assert one.do("POST", "facts.mp4", b"[]", query="opmeta").refusal[0] == 400
    assert one.do("POST", "missing", body, query="opmeta").refusal == (404, -148654)
    assert one.do("PUT", "k", b"x", headers={"X-Ufile-Storage-Class": "GLACIER"}).refusal[0] == 400
    assert one.do("PUT", "k", b"x", headers={"X-Ufile-Meta-A": "x" * 9000}).refusal[0] == 400


def test_headers_that_are_no_text_are_refused(one: Caller) -> None:
    for headers in ({"X-UCloud-A": "\xff"}, {"Content-Type": "\xff/\xff"}):
        sent = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        sent |= {
            b"Host": (one.bucket + SUFFIX).encode(),
            b"Authorization": b"UCloud one@example.com:" + b"x" * 27 + b"=",
        }
        assert one.send("PUT", "/bad", sent, b"x").refusal == (403, -148658)
    assert one.do("PUT", "bad", b"x", headers={"Content-Type": "\u00e9/x"}).refusal[0] in (400, 403)
    id = one.open("bad")
    part = one.do("PUT", "bad", b"x", query=f"uploadId={id}&partNumber=0", headers={"X-Ufile-Meta-A": "b"})
    assert part.status == 200
    assert one.get("bad").status == 404


def test_the_name_of_a_download(one: Caller) -> None:
    one.put("named.mp4")
    found = one.get("named.mp4", query="ufileattname=%E8%A7%86.mp4").headers["content-disposition"]
    assert re.search(r"filename\*=UTF-8''%E8%A7%86\.mp4", found)


@pytest.mark.covers("ucloud 12-9")
def test_copies(one: Caller, two: Caller) -> None:
    made = one.put("源 a.mp4", headers={"X-Ufile-Meta-Owner": "me"})
    source = {"X-Ufile-Copy-Source": f"/{one.bucket}/%E6%BA%90%20a.mp4"}
    copied = one.do("PUT", "copy.mp4", b"", headers=source, bucket="one-other")
    assert (copied.status, copied.etag) == (200, made.etag)
    found = one.get("copy.mp4", bucket="one-other")
    assert (found.body, found.headers["x-ufile-meta-owner"]) == (b"hello", "me")
    replaced = {**source, "X-Ufile-Metadata-Directive": "REPLACE", "X-Ufile-Meta-Owner": "you"}
    one.do("PUT", "copy.mp4", b"", headers=replaced, bucket="one-other")
    assert one.do("HEAD", "copy.mp4", bucket="one-other").headers["x-ufile-meta-owner"] == "you"
    assert two.do("PUT", "stolen", b"", headers=source).refusal == (403, -148658)
    gone = {"X-Ufile-Copy-Source": f"/{one.bucket}/nothing"}
    assert one.do("PUT", "k2", b"", headers=gone).refusal == (404, -148654)
    one.do("DELETE", "源 a.mp4")
    assert one.get("copy.mp4", bucket="one-other").body == b"hello"


def test_rename(one: Caller) -> None:
    one.put("old.mp4", b"old")
    one.put("taken.mp4", b"taken")
    assert one.do("PUT", "old.mp4", b"", query="newFileName=taken.mp4").refusal[0] == 409
    assert one.do("PUT", "old.mp4", b"", query="newFileName=taken.mp4&force=true").status == 200
    assert one.get("taken.mp4").body == b"old"
    assert one.get("old.mp4").status == 404


def test_archive(one: Caller) -> None:
    one.put("cold.mp4")
    assert one.do("PUT", "cold.mp4", b"", query="storageClass=ARCHIVE").status == 200
    assert one.get("cold.mp4").refusal == (403, -148660)
    assert one.do("HEAD", "cold.mp4").headers["x-ufile-storage-class"] == "ARCHIVE"
    assert one.do("PUT", "cold.mp4", b"", query="storageClass=IA").refusal == (403, -148660)
    assert one.do("PUT", "cold.mp4", b"", query="restore").status == 200
    assert one.get("cold.mp4").body == b"hello"
    assert one.do("PUT", "cold.mp4", b"", query="storageClass=IA").status == 200
    assert one.do("PUT", "cold.mp4", b"", query="storageClass=COLD").refusal[0] == 400


def test_upload_hit_knows_the_owners_content_only(one: Caller, two: Caller) -> None:
    data = b"content that only one account has"
    etag = one.put("hit/original.mp4", data).etag
    query = f"Hash={etag}&FileName=hit/again.mp4&FileSize={len(data)}"
    hit = {"query": query, "target": "/uploadhit", "signed_key": "hit/again.mp4"}
    assert one.do("POST", "", b"", **hit).status == 200
    assert one.get("hit/again.mp4").body == data
    assert two.do("POST", "", b"", **hit).refusal == (404, -148654)
    assert one.do("POST", "", b"", **{**hit, "query": query + "1"}).refusal == (404, -148654)


def test_upload_hit_reads_by_an_index(tmp_path: Path) -> None:
    catalog = SqlCatalog("", tmp_path)
    asked = same_content("acc", "AQAAAA", "space", "key").compile(dialect=sqlite.dialect(paramstyle="named"))
    explain = text(f"EXPLAIN QUERY PLAN {asked}")
    first = catalog.read_now(lambda conn: conn.execute(explain, asked.params).all())[0]
    catalog.close()
    assert "ix_objects_account_etag (account=? AND etag=?)" in first[3]


def test_what_is_not_served(one: Caller) -> None:
    assert one.do("PUT", "k", b"x", query="append&position=0").refusal[0] == 405
    assert one.do("PATCH", "k", b"x").refusal[0] == 405


def test_a_large_put_has_the_etag_of_its_blocks(one: Caller) -> None:
    made = one.put("zeros", bytes(10485760))
    assert made.etag == "AwAAALgta7Rm8vkyiaBmECBeS8jIYEuw"
    assert one.get("zeros").body == bytes(10485760)
    assert one.put("zeros", bytes(2 * BLOCK)).etag == "AgAAAMCVE24-Immdd6zm-ffVVhsWYcDG"


def test_play_urls_of_private_objects_are_signed(one: Caller) -> None:
    private = one.put("play.mp4").headers["x-vodkit-play-url"]
    public = one.put("play.mp4", bucket="one-public").headers["x-vodkit-play-url"]
    assert "signature=" in private
    assert "signature=" not in public
    import urllib3

    for url, status in ((private, 200), (public, 200), (private.partition("?")[0], 403)):
        assert urllib3.request("GET", url).status == status

"""Multipart uploads, and the UVideo variant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from vodkit.providers.ucloud import sign, wire

from .world import BLOCK, SUFFIX, Answer, Caller

FULL = bytes(BLOCK)
UNKNOWN = "00000000-0000-0000-0000-000000000000"


@pytest.mark.covers("ucloud 12-16", "ucloud 12-17", "ucloud 12-32")
def test_parts_and_put_make_the_same_object(one: Caller) -> None:
    id = one.open("m/same.mp4", headers={"X-Ufile-Meta-Owner": "me"})
    etags = one.parts("m/same.mp4", id, FULL, b"x")
    done = one.finish("m/same.mp4", id, etags)
    assert done.json == {"Bucket": one.bucket, "Key": "m/same.mp4", "FileSize": BLOCK + 1}
    assert done.etag == one.put("m/put.mp4", FULL + b"x").etag
    found = one.get("m/same.mp4")
    assert found.body == FULL + b"x"
    assert (found.headers["content-type"], found.headers["x-ufile-meta-owner"]) == ("video/mp4", "me")


@pytest.mark.covers("ucloud 12-33")
def test_parts_in_parallel_out_of_order_and_again(one: Caller) -> None:
    key = "m/parallel.mp4"
    id = one.open(key)
    one.part(key, id, 1, b"\x09" * BLOCK)
    data = [bytes([number]) * BLOCK for number in range(4)] + [b"end"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: one.part(key, id, n, data[n]), (4, 2, 0, 3, 1)))
    assert all(answer.status == 200 for answer in answers)
    etags = {answer.json["PartNumber"]: answer.etag for answer in answers}
    assert one.finish(key, id, [etags[n] for n in range(5)]).status == 200
    assert one.get(key).body == b"".join(data)


@pytest.mark.covers("ucloud 12-34")
def test_a_short_part_in_the_middle_is_refused_at_the_finish(one: Caller) -> None:
    id = one.open("m/short.mp4")
    etags = one.parts("m/short.mp4", id, FULL, b"short", b"end")
    assert one.finish("m/short.mp4", id, etags).refusal[0] == 400
    assert one.get("m/short.mp4").status == 404
    assert one.part("m/short.mp4", id, 0, FULL + b"x").refusal[0] == 413


@pytest.mark.covers("ucloud 12-35", "ucloud 12-36", "ucloud 12-37")
def test_finish_lists(one: Caller, strict: Caller) -> None:
    def attempt(caller: Caller, make: object) -> Answer:
        id = caller.open("m/list.mp4")
        etags = caller.parts("m/list.mp4", id, FULL, b"\x01" * BLOCK, b"end")
        return caller.finish("m/list.mp4", id, make(etags))  # type: ignore[operator]

    for caller in (one, strict):
        assert attempt(caller, lambda e: e).status == 200
        assert attempt(caller, lambda e: [f'"{etag}"' for etag in e]).status == 200
        wrong = attempt(caller, lambda e: e[:2])
        assert wrong.refusal[0] == 400
        assert wrong.json["ErrMsg"] == "invalid etag count"
        assert attempt(caller, lambda e: [*e[:2], "A" * 28]).refusal[0] == 400
    # What the vendor's client lists after parts failed in its threads and were sent again.
    tangled = [lambda e: [e[0], "", e[2], e[1], e[1], e[2]], lambda e: [e[0], "", e[1], e[2]]]
    for make in tangled:
        assert attempt(one, make).status == 200
        assert attempt(strict, make).refusal[0] == 400


def test_a_lost_part_is_refused_even_leniently(one: Caller) -> None:
    id = one.open("m/lost.mp4")
    first = one.part("m/lost.mp4", id, 0, FULL).etag
    third = one.part("m/lost.mp4", id, 2, b"end").etag
    assert one.finish("m/lost.mp4", id, [first, third]).refusal[0] == 400


@pytest.mark.covers("ucloud 12-38")
def test_new_key_counts_only_when_the_key_is_taken(one: Caller) -> None:
    for taken, expected in ((False, "m/first.mp4"), (True, "m/second.mp4")):
        id = one.open("m/first.mp4")
        etags = one.parts("m/first.mp4", id, b"taken" if taken else b"free")
        done = one.finish("m/first.mp4", id, etags, "&newKey=m/second.mp4")
        assert done.json["Key"] == expected
    id = one.open("m/first.mp4")
    done = one.finish("m/first.mp4", id, one.parts("m/first.mp4", id, b"over"), "&newKey=")
    assert done.json["Key"] == "m/first.mp4"


@pytest.mark.covers("ucloud 12-39")
def test_abort(one: Caller) -> None:
    id = one.open("m/abort.mp4")
    etags = one.parts("m/abort.mp4", id, b"x")
    assert one.do("DELETE", "m/abort.mp4", query=f"uploadId={id}").status == 200
    assert one.finish("m/abort.mp4", id, etags).refusal == (404, -148654)
    assert one.part("m/abort.mp4", id, 0, b"x").refusal == (404, -148654)
    assert one.finish("m/abort.mp4", UNKNOWN, etags).refusal == (404, -148654)


def test_an_upload_belongs_to_its_key_and_its_space(one: Caller, two: Caller) -> None:
    id = one.open("m/mine.mp4")
    assert one.part("m/other.mp4", id, 0, b"x").refusal == (404, -148654)
    assert two.part("m/mine.mp4", id, 0, b"x").refusal == (404, -148654)


@pytest.mark.covers("ucloud 12-40")
def test_list_parts(one: Caller) -> None:
    key = "m/pages.mp4"
    id = one.open(key)
    etags = one.parts(key, id, FULL, FULL, b"end")
    query = f"muploadpart&uploadId={id}"
    whole = one.get("", query=query).json
    assert [(p["PartNum"], p["Etag"], p["Size"]) for p in whole["Parts"]] == [
        (0, etags[0], BLOCK),
        (1, etags[1], BLOCK),
        (2, etags[2], 3),
    ]
    assert (whole["Key"], whole["IsTruncated"]) == (key, False)
    page = one.get("", query=query + "&max-parts=1").json
    assert (page["NextPartNumberMarker"], page["IsTruncated"]) == (0, True)
    rest = one.get("", query=query + "&part-number-marker=0").json
    assert [part["PartNum"] for part in rest["Parts"]] == [1, 2]
    assert one.get("", query=f"muploadpart&uploadId={UNKNOWN}").refusal == (404, -148654)


def test_open_uploads_are_listed(one: Caller) -> None:
    bucket = {"bucket": "one-other"}
    ids = {one.open(f"open/{n}", **bucket): n for n in (0, 1, 2)} | {one.open("open/1", **bucket): 1}
    seen = []
    marker = ""
    while True:
        page = one.get("", query=f"muploadid&prefix=open/&limit=1{marker}", **bucket).json
        seen += [(entry["FileName"], entry["UploadId"]) for entry in page["DataSet"]]
        if not page["IsTruncated"]:
            break
        marker = f"&marker={page['NextMarker']}&upload-id-marker={page['UploadIdMarker']}"
    assert sorted(seen) == sorted((f"open/{n}", id) for id, n in ids.items())


@pytest.mark.covers("ucloud 12-41")
def test_a_finish_without_parts_makes_an_empty_object(one: Caller) -> None:
    id = one.open("m/empty.mp4")
    done = one.finish("m/empty.mp4", id, [])
    assert (done.json["FileSize"], done.etag) == (0, "AAAAANo5o-5ea0sNMlW_75VgGJCv2AcJ")
    assert one.get("m/empty.mp4").body == b""


@pytest.mark.covers("ucloud 12-42")
def test_part_copy(one: Caller) -> None:
    one.put("m/source.mp4", FULL + bytes(range(200)))
    id = one.open("m/copied.mp4")
    etags = []
    for number, span in enumerate((f"bytes=0-{BLOCK - 1}", f"bytes={BLOCK}-{BLOCK + 99}")):
        headers = {
            "X-Ufile-Copy-Source": f"/{one.bucket}/m/source.mp4",
            "X-Ufile-Copy-Source-Range": span,
        }
        query = f"uploadId={id}&partNumber={number}"
        answer = one.do("PUT", "m/copied.mp4", b"", query=query, headers=headers)
        assert answer.json == {"PartNumber": number}
        assert answer.headers["content-range"] == span.replace("=", " ") + f"/{BLOCK + 200}"
        etags.append(answer.etag)
    beyond = {**headers, "X-Ufile-Copy-Source-Range": f"bytes={BLOCK}-{BLOCK + 200}"}
    assert one.do("PUT", "m/copied.mp4", b"", query=query, headers=beyond).refusal[0] == 419
    assert one.finish("m/copied.mp4", id, etags).status == 200
    assert one.get("m/copied.mp4").body == FULL + bytes(range(100))


# --- the UVideo variant ---


def uvideo(
    caller: Caller,
    method: str,
    prefix: str,
    key: str,
    body: bytes = b"",
    *,
    query: str = "",
    kind: str = "",
    host: str = "uploadvideo.ucloud.cn",
) -> Answer:
    headers = {"Content-Type": kind} if kind else {}
    headers["Authorization"] = sign.authorization(
        caller.public, caller.private, method, caller.bucket, key, headers=headers
    )
    headers |= {"Bucket": caller.bucket, "Host": host}
    target = prefix + wire.encode_key(key) + (f"?{query}" if query else "")
    return caller.send(method, target, headers, body)


@pytest.mark.covers("ucloud 12-43", "ucloud 12-46")
@pytest.mark.parametrize("host", [*wire.UPLOAD_HOSTS, "127.0.0.1:8600"])
@pytest.mark.parametrize("spelling", ["uploadId", "UploadId"])
def test_the_uvideo_session(one: Caller, host: str, spelling: str) -> None:
    key = "v/demo 视.mp4"
    form = "application/x-www-form-urlencoded"
    opened = uvideo(one, "POST", wire.INIT, key, query="uploads", kind=form, host=host).json
    assert opened["Key"] == key
    etags = []
    for number, data in enumerate((FULL, b"\0")):
        query = f"{spelling}={opened['UploadId']}&partNumber={number}"
        answer = uvideo(one, "PUT", wire.PARTS, key, data, query=query, kind="video/mp4", host=host)
        assert answer.json == {"PartNumber": number}
        etags.append(answer.headers["etag"])
    query = f"{spelling}={opened['UploadId']}"
    body = ",".join(etags).encode()
    assert len(body) == 61
    done = uvideo(one, "POST", wire.FINISH, key, body, query=query, kind="text/plain", host=host)
    assert done.json == {"Bucket": one.bucket, "Key": key, "FileSize": BLOCK + 1}
    assert done.etag == "AgAAABCFgki5yzon0rjN9uJusf6qtsF6"
    assert one.get(key).body == FULL + b"\0"


@pytest.mark.covers("ucloud 12-44")
def test_an_upload_opened_there_goes_on_at_the_virtual_host(one: Caller) -> None:
    opened = uvideo(one, "POST", wire.INIT, "v/both.mp4", query="uploads", kind="text/plain").json
    etags = one.parts("v/both.mp4", opened["UploadId"], b"x")
    assert one.finish("v/both.mp4", opened["UploadId"], etags).status == 200


@pytest.mark.covers("ucloud 12-45")
def test_an_object_named_like_the_variant(one: Caller) -> None:
    for key in ("uvideoUploads/x", "init/uvideoUploads/x", "uploadhit"):
        one.put(key)
        assert one.get(key, headers={"Bucket": "somebody-elses"}).body == b"hello"


@pytest.mark.covers("ucloud 12-47")
@pytest.mark.parametrize("prefix", ["/", wire.PARTS, wire.DELETE])
def test_deletions_at_the_upload_host(one: Caller, prefix: str) -> None:
    one.put("v/delete.mp4")
    assert uvideo(one, "DELETE", prefix, "v/delete.mp4").status == 204
    assert one.get("v/delete.mp4").status == 404


@pytest.mark.covers("ucloud 12-47")
def test_deletion_at_any_host_of_the_space(one: Caller) -> None:
    for suffix in (*wire.SUFFIXES[1:], SUFFIX):
        one.put("v/delete.mp4")
        assert one.do("DELETE", "v/delete.mp4", host=one.bucket + suffix).status == 204


def test_abort_at_the_upload_host(one: Caller) -> None:
    opened = uvideo(one, "POST", wire.INIT, "v/abort.mp4", query="uploads", kind="text/plain").json
    query = f"uploadId={opened['UploadId']}"
    assert uvideo(one, "DELETE", wire.PARTS, "v/abort.mp4", query=query).status == 200
    assert uvideo(one, "POST", wire.FINISH, "v/abort.mp4", query=query).refusal == (404, -148654)


def test_what_the_upload_host_does_not_serve(one: Caller) -> None:
    assert uvideo(one, "GET", "/", "v/x").refusal[0] == 405
    assert uvideo(one, "PUT", "/", "v/x", b"x").refusal[0] == 405

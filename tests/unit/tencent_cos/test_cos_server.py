"""The store's answers over real sockets: objects, access, names."""

import hashlib
import socket
import time
from email.utils import parsedate_to_datetime

import pytest
from fastcrc import crc64

from vodkit.providers.tencent.cos import sign, wire
from vodkit.server.errors import StorageFull

HELLO_MD5 = "5d41402abc4b2a76b9719d911017c592"
HELLO_CRC = "11177612005948864433"


@pytest.mark.covers("tencent G-10", "tencent G-12")
def test_put_then_read(store):
    put = store.call("PUT", "dir/f 中.mp4", headers={"content-type": "video/mp4"}, body=b"hello")
    assert (put.status, put.body) == (200, b"")
    assert put.headers["etag"] == f'"{HELLO_MD5}"'
    assert put.headers[wire.CRC64] == HELLO_CRC
    assert put.headers["server"] == "tencent-cos"
    assert parsedate_to_datetime(put.headers["date"])
    got = store.call("GET", "dir/f 中.mp4", by="root")
    assert (got.status, got.body, got.headers["content-type"]) == (200, b"hello", "video/mp4")
    assert got.headers["etag"] == f'"{HELLO_MD5}"' and got.headers[wire.CRC64] == HELLO_CRC
    head = store.call("HEAD", "dir/f 中.mp4")
    assert (head.status, head.headers["content-length"], head.body) == (200, "5", b"")
    ids = {reply.headers[wire.REQUEST_ID] for reply in (put, got, head)}
    assert len(ids) == 3


def test_header_names_are_spelled_as_the_vendor_does(store):
    store.call("PUT", "dir/f", body=b"hello")
    for method in ("PUT", "HEAD", "GET"):
        body = b"hello" if method == "PUT" else None
        with socket.create_connection(("127.0.0.1", store.port)) as raw:
            fields = sign.sign("root", "root-secret", method, "/dir/f", (), [("host", store.host)], _window())
            length = f"content-length: {len(body)}\r\n" if body else ""
            authorization = sign.authorization(fields)
            head = f"{method} /dir/f HTTP/1.1\r\nhost: {store.host}\r\n{length}connection: close\r\n"
            raw.sendall(f"{head}authorization: {authorization}\r\n\r\n".encode() + (body or b""))
            answer = b"".join(iter(lambda: raw.recv(65536), b""))
        for name in (b"\r\nETag: ", b"\r\nContent-Length: ", b"\r\nServer: ", b"\r\nx-cos-request-id: "):
            assert answer.count(name) == 1
        assert b"chunked" not in answer


def test_put_again_replaces(store):
    store.call("PUT", "dir/f", body=b"first")
    store.call("PUT", "dir/f", body=b"second")
    assert store.call("GET", "dir/f", by="root").body == b"second"


@pytest.mark.covers("tencent G-10")
@pytest.mark.parametrize("form", ["chunked", "length 0"])
def test_empty_object(store, form):
    if form == "chunked":
        reply = store.call("PUT", "dir/f", headers={"transfer-encoding": "chunked"}, body=[b"0\r\n\r\n"])
    else:
        reply = store.call("PUT", "dir/f", body=b"")
    assert reply.status == 200, reply.body
    assert reply.headers["etag"] == f'"{hashlib.md5(b"").hexdigest()}"'
    assert reply.headers[wire.CRC64] == "0"
    assert store.call("HEAD", "dir/f").headers["content-length"] == "0"
    assert store.call("GET", "dir/f", by="root").body == b""


def test_chunked_object(store):
    body = [b"3\r\nhel\r\n", b"2\r\nlo\r\n", b"0\r\n\r\n"]
    assert store.call("PUT", "dir/f", headers={"transfer-encoding": "chunked"}, body=body).status == 200
    assert store.call("GET", "dir/f", by="root").body == b"hello"


def test_put_without_a_length(store):
    assert store.code("PUT", "dir/f") == (411, "MissingContentLength")


def test_ranges(store):
    store.call("PUT", "dir/f", body=b"hello")
    part = store.call("GET", "dir/f", headers={"range": "bytes=1-3"}, by="root")
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"ell", "bytes 1-3/5")
    assert store.code("GET", "dir/f", headers={"range": "bytes=9-"}, by="root") == (416, "InvalidRange")


def test_delete(store):
    store.call("PUT", "dir/f", body=b"hello")
    for _ in range(2):
        gone = store.call("DELETE", "dir/f", by="root")
        assert (gone.status, gone.body) == (204, b"")
    assert store.code("GET", "dir/f", by="root") == (404, "NoSuchKey")
    head = store.call("HEAD", "dir/f")
    assert (head.status, head.body) == (404, b"") and head.headers[wire.REQUEST_ID]


def test_headers_come_back(store):
    kept = {
        "x-cos-meta-a": "1",
        "x-cos-storage-class": "STANDARD_IA",
        "cache-control": "max-age=60",
        "content-disposition": "attachment",
    }
    store.call("PUT", "dir/f", headers={**kept, "x-cos-acl": "private"}, body=b"hello")
    head = store.call("HEAD", "dir/f")
    assert {name: head.headers.get(name) for name in kept} == kept
    assert "x-cos-acl" not in head.headers
    large = {"x-cos-meta-a": "x" * 3000}
    assert store.code("PUT", "dir/f", headers=large, body=b"") == (400, "InvalidArgument")


@pytest.mark.covers("tencent G-11")
@pytest.mark.parametrize(
    ("md5", "code"),
    [(wire.content_md5("0" * 32), "BadDigest"), ("XUFAKrxL", "InvalidDigest"), ("!", "InvalidDigest")],
)
def test_content_md5_that_does_not_fit(store, md5, code):
    assert store.code("PUT", "dir/f", headers={"content-md5": md5}, body=b"hello") == (400, code)
    assert store.call("HEAD", "dir/f").status == 404


def test_content_md5_that_fits(store):
    md5 = wire.content_md5(HELLO_MD5)
    assert store.call("PUT", "dir/f", headers={"content-md5": md5}, body=b"hello").status == 200


def test_a_truncated_body_leaves_everything_as_it_was(store):
    store.call("PUT", "dir/f", body=b"before")
    with socket.create_connection(("127.0.0.1", store.port)) as raw:
        fields = sign.sign("root", "root-secret", "PUT", "/dir/f", (), [("host", store.host)], _window())
        head = f"PUT /dir/f HTTP/1.1\r\nhost: {store.host}\r\ncontent-length: 100\r\n"
        raw.sendall(f"{head}authorization: {sign.authorization(fields)}\r\n\r\nshort".encode())
        raw.shutdown(socket.SHUT_WR)
        raw.recv(65536)
    assert store.call("GET", "dir/f", by="root").body == b"before"
    listed = store.call("GET", query=[("uploads", ""), ("prefix", "")], by="root")
    assert wire.read_uploads(listed.body).uploads == ()


def _window():
    return sign.Window(int(time.time()) - 60, int(time.time()) + 600)


def test_a_full_disk_is_a_clear_and_final_refusal(make_store):
    store = make_store()

    async def full(*args, **options):
        raise StorageFull("no room")

    store.service.uploads.receive = full
    assert store.code("PUT", "dir/f", body=b"hello") == (403, "QuotaExceeded")
    assert store.call("HEAD", "dir/f").status == 404


def test_a_failure_of_ours_is_an_answer_that_clients_try_again(make_store):
    store = make_store()

    async def broken(work):
        raise RuntimeError("secret detail")

    store.service.catalog.write = broken
    reply = store.call("PUT", "dir/f", body=b"hello")
    assert (reply.status, wire.read_fault(reply.body).code) == (500, "InternalError")
    assert reply.headers[wire.REQUEST_ID] and b"secret" not in reply.body


# --- names -------------------------------------------------------------------------------------------


@pytest.mark.covers("tencent G-9", "tencent F-3")
def test_dot_segments_are_dropped(store):
    assert store.call("PUT", "dir/./sub/././f", body=b"hello").status == 200
    assert store.call("HEAD", "dir/sub/f").status == 200
    assert store.call("HEAD", "dir/./sub/f").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/dir/..%2Fup",
        "/dir/%2E%2E/up",
        "/dir/..",
        "/dir/%00",
        "/dir/%FF",
        "/dir/a%0Ab",
        "/.",
        "/dir/" + "x" * 900,
    ],
)
def test_names_that_are_refused(store, path):
    for method in ("PUT", "GET", "DELETE"):
        body = b"" if method == "PUT" else None
        assert store.code(method, path=path, body=body, by="root") == (400, "InvalidArgument")
        assert store.code(method, path=path, body=body, by="") == (403, "AccessDenied")


def test_doubled_parameters_are_refused(store):
    query = [("uploadId", "x"), ("UploadID", "y")]
    assert store.code("GET", "dir/f.mp4", query, by="open") == (400, "InvalidArgument")


@pytest.mark.parametrize(
    ("method", "key", "query"),
    [
        ("GET", "", []),
        ("PUT", "", []),
        ("DELETE", "", []),
        ("GET", "dir/f", [("uploads", "")]),
        ("PUT", "dir/f", [("acl", "")]),
        ("GET", "dir/f", [("acl", "")]),
        ("PUT", "dir/f", [("tagging", "")]),
        ("POST", "dir/f", [("append", ""), ("position", "0")]),
        ("POST", "", [("delete", "")]),
        ("PATCH", "dir/f", []),
        ("PUT", "dir/f", [("uploadId", "x")]),
    ],
)
def test_what_is_not_served(store, method, key, query):
    body = b"" if method in ("PUT", "POST", "PATCH") else None
    assert store.code(method, key, query, body=body, by="root") == (405, "MethodNotAllowed")


def test_copying_is_not_served(store):
    headers = {"x-cos-copy-source": f"{store.host}/dir/f"}
    assert store.code("PUT", "dir/g", headers=headers, body=b"") == (405, "MethodNotAllowed")


def test_a_read_ignores_parameters_of_others(store):
    store.call("PUT", "dir/f", body=b"hello")
    assert store.call("GET", "dir/f", [("t", "123"), ("versionId", "x")], by="root").body == b"hello"


# --- access ------------------------------------------------------------------------------------------


def test_unsigned(store, make_store):
    assert store.code("PUT", "dir/f", body=b"", by="") == (403, "AccessDenied")
    store.call("PUT", "dir/f", body=b"hello")
    assert store.code("GET", "dir/f", by="") == (403, "AccessDenied")
    public = make_store(public=True)
    public.call("PUT", "dir/f", body=b"hello")
    assert public.call("GET", "dir/f", by="").body == b"hello"
    assert public.call("HEAD", "dir/f", by="").status == 200
    assert public.code("DELETE", "dir/f", by="") == (403, "AccessDenied")


@pytest.mark.covers("tencent F-27")
def test_unknown_key(store):
    assert store.code("PUT", "dir/f", body=b"", by="nobody") == (403, "InvalidAccessKeyId")


def test_unknown_bucket(store):
    host = store.host.replace(store.bucket, "other-1")
    assert store.code("PUT", "dir/f", body=b"", host=host) == (404, "NoSuchBucket")
    signed = [("host", host)]
    old = sign.Window(1_500_000_000, 1_500_000_600)
    for secret, window, code in (
        ("guess", _window(), "SignatureDoesNotMatch"),
        ("root-secret", old, "AccessDenied"),
    ):
        fields = sign.sign("root", secret, "GET", "/dir/f", (), signed, window)
        reply = store.raw("GET", "/dir/f", {"host": host, "authorization": sign.authorization(fields)})
        assert wire.read_fault(reply.body).code == code


def test_wrong_secret(store):
    fields = sign.sign("root", "guess", "GET", "/dir/f", (), [("host", store.host)], _window())
    reply = store.raw("GET", "/dir/f", {"host": store.host, "authorization": sign.authorization(fields)})
    assert (reply.status, wire.read_fault(reply.body).code) == (403, "SignatureDoesNotMatch")


@pytest.mark.covers("tencent G-9")
def test_old_and_early_windows(store):
    store.service.offset = 700.0
    reply = store.call("HEAD", "dir/f")
    assert reply.status == 403
    reply = store.call("GET", "dir/f", by="root")
    fault = wire.read_fault(reply.body)
    assert (fault.code, fault.message) == ("AccessDenied", "Request has expired")
    store.service.offset = -2000.0
    assert store.code("GET", "dir/f", by="root") == (403, "RequestTimeTooSkewed")


def test_keys_past_their_life(store):
    fault = wire.read_fault(store.call("GET", "dir/f", by="late").body)
    assert (fault.code, fault.message) == ("AccessDenied", "Request has expired")


def test_open_accounts_need_no_right_signature(store):
    assert store.call("PUT", "dir/f", body=b"hello", by="open").status == 200


def test_scope(store):
    assert store.code("PUT", "elsewhere/f", body=b"") == (403, "AccessDenied")
    assert store.code("PUT", "dir", body=b"") == (403, "AccessDenied")
    assert store.code("GET", "dir/f") == (403, "AccessDenied")
    assert store.code("DELETE", "dir/f") == (403, "AccessDenied")
    assert store.code("GET", query=[("uploads", ""), ("prefix", "")]) == (403, "AccessDenied")


def test_accounts_do_not_see_each_other(store):
    store.call("PUT", "dir/f", body=b"mine", by="root")
    upload = store.initiate()
    for method in ("GET", "PUT", "DELETE"):
        body = b"" if method == "PUT" else None
        assert store.code(method, "dir/f", body=body, by="other") == (403, "AccessDenied")
    assert store.part(upload, 1, b"x", by="other").status == 404
    assert store.code("DELETE", "dir/f.mp4", [("uploadId", upload)], by="other") == (404, "NoSuchUpload")
    listed = store.call("GET", query=[("uploads", "")], by="other")
    assert wire.read_uploads(listed.body).uploads == ()
    assert store.call("GET", "dir/f", by="root").body == b"mine"


def test_pre_signed_url(store):
    store.call("PUT", "dir/f", body=b"hello")
    fields = sign.sign("root", "root-secret", "GET", "/dir/f", (), [("host", store.host)], _window())
    target = f"/dir/f?{wire.encode_query(fields)}"
    assert store.raw("GET", target, {"host": store.host}).body == b"hello"
    assert store.raw("GET", target, {"host": f"{store.host}:{store.port}"}).body == b"hello"
    assert store.raw("GET", target.replace("/dir/f?", "/dir/g?"), {"host": store.host}).status == 403


def test_browsers(store):
    asked = {
        "host": store.host,
        "origin": "https://a.example",
        "access-control-request-headers": "authorization",
    }
    reply = store.raw("OPTIONS", "/dir/f", asked)
    assert reply.status == 200 and reply.headers["access-control-allow-headers"] == "authorization"
    assert "PUT" in reply.headers["access-control-allow-methods"]
    put = store.call("PUT", "dir/f", headers={"origin": "https://a.example"}, body=b"hello")
    assert put.headers["access-control-allow-origin"] == "*"
    assert "ETag" in put.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in store.call("HEAD", "dir/f").headers


def test_crc_is_that_of_a_known_library(store):
    data = bytes(range(256)) * 5000
    put = store.call("PUT", "dir/f", body=data)
    assert put.headers[wire.CRC64] == str(crc64.xz(data))

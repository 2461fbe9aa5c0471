"""The client: against the store over real sockets, and against answers that are wrong."""

import hashlib
import time

import pytest
from fastcrc import crc64

from vodkit.core import errors
from vodkit.core.contract import Reply
from vodkit.core.part import Part
from vodkit.providers.tencent.cos import wire
from vodkit.providers.tencent.cos.client import Bucket, Credentials
from vodkit.providers.tencent.cos.errors import error

from .store import KEYS

KEY = "dir/./f 中+.mp4"
STORED = "dir/f 中+.mp4"


class Data:
    """A part's body and its digests."""

    def __init__(self, data):
        self.data = data
        self.length = len(data)

    def __iter__(self):
        yield memoryview(self.data)

    def __getitem__(self, name):
        return {
            "md5": hashlib.md5(self.data).hexdigest(),
            "crc64": f"{crc64.xz(self.data):016x}",
        }[name]


def keys(name, **options):
    return Credentials(name, *KEYS[name], **options)


@pytest.fixture
def bucket(store):
    return Bucket(f"http://{store.host}", lambda: keys("root"), store.exchange)


def scripted(*replies):
    """A bucket whose store answers with these, and the requests that it got."""
    left, seen = list(replies), []

    def exchange(method, url, *, headers=None, body=None, timeout=None):
        seen.append((method, url, headers, timeout))
        return left.pop(0)

    return Bucket("https://b.example", lambda: keys("temp"), exchange), seen


PART = Part(0, "p", length=5, takes=("crc64",))
HELLO = Data(b"hello")


def test_simple_object(bucket):
    part = Part(0, "p", length=5, needs=("md5",), takes=("crc64",))
    etag = bucket.put_object(KEY, part, HELLO, HELLO, content_type="video/mp4")
    assert etag == HELLO["md5"]
    stored = bucket.head(STORED)
    assert (stored.size, stored.etag, stored.content_type) == (5, etag, "video/mp4")
    assert stored.crc64 == wire.crc64_text(HELLO["crc64"])
    bucket.delete(STORED)
    bucket.delete(STORED)
    with pytest.raises(errors.NotFound):
        bucket.head(STORED)


def test_temporary_keys_and_port_in_the_host(store):
    bucket = Bucket(f"http://{store.host}:{store.port}", lambda: keys("temp"), store.exchange)
    assert bucket.put_object("dir/f", PART, HELLO, HELLO) == HELLO["md5"]


def test_multipart(bucket):
    upload = bucket.initiate(STORED, content_type="video/mp4")
    pieces = {1: b"a" * 1000, 2: b"b" * 1000, 3: b"c"}
    etags = {}
    for number, piece in reversed(pieces.items()):
        data = Data(piece)
        etags[number] = bucket.upload_part(STORED, upload, number, PART, data, data)
    listed = bucket.list_parts(STORED, upload)
    assert [(part.number, part.etag, part.size) for part in listed] == [
        (number, etags[number], len(piece)) for number, piece in pieces.items()
    ]
    assert [pending.upload_id for pending in bucket.list_uploads("dir/")] == [upload]
    whole = b"".join(pieces.values())
    with pytest.raises(errors.IntegrityError) as damaged:
        bucket.complete(STORED, upload, sorted(etags.items()), crc64=1)
    assert not damaged.value.retryable
    done = bucket.complete(STORED, upload, sorted(etags.items()), crc64=crc64.xz(whole))
    assert bucket.head(STORED).etag == done.etag
    assert bucket.list_uploads("dir/") == []


def test_abort(bucket):
    upload = bucket.initiate(STORED)
    bucket.abort(STORED, upload)
    with pytest.raises(errors.NotFound) as gone:
        bucket.abort(STORED, upload)
    assert (gone.value.code, gone.value.status) == ("NoSuchUpload", 404)
    assert gone.value.request_id and gone.value.advice


def test_pre_signed_url(store):
    bucket = Bucket(f"http://{store.host}", lambda: keys("root"), store.exchange)
    bucket.put_object(KEY, PART, HELLO, HELLO)
    url = bucket.url(STORED)
    assert store.exchange("GET", url).body == b"hello"
    assert store.exchange("GET", url.replace("f%20", "g%20")).status == 403
    signed = Bucket(f"http://{store.host}", lambda: keys("temp"), store.exchange).url("dir/f", method="PUT")
    assert store.exchange("PUT", signed, body=b"hello").status == 200


def test_credentials_are_asked_for_again(store):
    renewed = iter([keys("other"), keys("root")])
    bucket = Bucket(f"http://{store.host}", lambda: next(renewed), store.exchange)
    with pytest.raises(errors.NotFound):
        bucket.list_parts("dir/f", "unknown")
    assert bucket.list_uploads("") == []


def test_pages_are_followed():
    first = wire.PartList("b", "k", "u", (wire.PartEntry(1, "a" * 32, 5),), 0, 1, 1, True, "url")
    second = wire.PartList("b", "k", "u", (wire.PartEntry(2, "b" * 32, 5),), 1, 2, 1, False, "url")
    bucket, seen = scripted(*(Reply(200, {}, wire.write_parts(page)) for page in (first, second)))
    assert [part.number for part in bucket.list_parts("k", "u")] == [1, 2]
    assert "part-number-marker=1" in seen[1][1]
    entries = [wire.Pending(f"k {n}", f"u{n}", 1.0) for n in range(2)]
    first = wire.UploadList(
        "b", (entries[0],), next_key_marker="k 0", next_upload_id_marker="u0", truncated=True
    )
    second = wire.UploadList("b", (entries[1],))
    bucket, seen = scripted(*(Reply(200, {}, wire.write_uploads(page)) for page in (first, second)))
    assert bucket.list_uploads("k") == entries
    assert "key-marker=k%200" in seen[1][1] and "upload-id-marker=u0" in seen[1][1]


def test_a_listing_that_does_not_lead_on_ends():
    page = wire.write_parts(wire.PartList("b", "k", "u", (), truncated=True))
    bucket, _ = scripted(Reply(200, {}, page))
    with pytest.raises(errors.ProtocolError):
        bucket.list_parts("k", "u")
    page = wire.write_uploads(wire.UploadList("b", (), truncated=True))
    bucket, _ = scripted(Reply(200, {}, page))
    with pytest.raises(errors.ProtocolError):
        bucket.list_uploads("k")


@pytest.mark.parametrize(
    "headers",
    [{"etag": '"' + "0" * 32 + '"'}, {"etag": f'"{HELLO["md5"]}"', wire.CRC64: "1"}],
)
def test_what_was_stored_is_compared(headers):
    part = Part(0, "p", length=5, takes=("md5", "crc64"))
    bucket, _ = scripted(Reply(200, headers))
    with pytest.raises(errors.IntegrityError) as damaged:
        bucket.upload_part("k", "u", 1, part, HELLO, HELLO)
    assert damaged.value.retryable


def test_an_etag_that_is_no_md5_is_taken():
    bucket, _ = scripted(Reply(200, {"etag": '"opaque"'}))
    part = Part(0, "p", length=5, takes=("md5", "crc64"))
    assert bucket.put_object("k", part, HELLO, HELLO) == "opaque"


@pytest.mark.parametrize("body", [b"", b"<html/>", b"<CompleteMultipartUploadResult/>"])
def test_answers_without_sense(body):
    for call in (
        lambda bucket: bucket.put_object("k", PART, HELLO, HELLO),
        lambda bucket: bucket.initiate("k"),
        lambda bucket: bucket.complete("k", "u", [(1, "a")]),
        lambda bucket: bucket.head("k"),
    ):
        bucket, _ = scripted(Reply(200, {}, body))
        with pytest.raises(errors.ProtocolError):
            call(bucket)


def test_a_completion_that_fails_after_its_status():
    body = wire.write_fault(wire.Fault("InternalError", "m", "r", "i", "t"))
    bucket, seen = scripted(Reply(200, {}, body))
    with pytest.raises(errors.ServerError) as failed:
        bucket.complete("k", "u", [(1, "a")])
    assert failed.value.retryable and failed.value.code == "InternalError"
    assert seen[0][3] == 1200.0


@pytest.mark.parametrize(
    ("status", "code", "kind", "retryable"),
    [
        (403, "AccessDenied", errors.PermissionDenied, False),
        (403, "SignatureDoesNotMatch", errors.AuthError, False),
        (403, "InvalidAccessKeyId", errors.AuthError, False),
        (403, "RequestTimeTooSkewed", errors.AuthError, False),
        (403, "ExpiredToken", errors.CredentialExpired, False),
        (403, "QuotaExceeded", errors.QuotaExceeded, False),
        (404, "NoSuchBucket", errors.NotFound, False),
        (404, "NoSuchUpload", errors.NotFound, False),
        (400, "EntityTooSmall", errors.InvalidRequest, False),
        (400, "RequestTimeout", errors.ServerError, True),
        (400, "BadDigest", errors.IntegrityError, True),
        (409, "Unheard", errors.Conflict, False),
        (500, "InternalError", errors.ServerError, True),
        (503, "SlowDown", errors.RateLimited, True),
        (503, "ServiceUnavailable", errors.ServerError, True),
        (302, "Moved", errors.ProtocolError, False),
    ],
)
def test_errors_are_classified(status, code, kind, retryable):
    body = wire.write_fault(wire.Fault(code, "because", "r", "id-1", "t"))
    raised = error(Reply(status, {"retry-after": "7"}, body), "part 3 of k")
    assert type(raised) is kind
    assert (raised.retryable, raised.code, raised.status, raised.request_id) == (
        retryable,
        code,
        status,
        "id-1",
    )
    assert raised.retry_after == 7.0 and "part 3 of k: because" in str(raised)


def test_expired_signatures_ask_for_new_credentials():
    body = wire.write_fault(wire.Fault("AccessDenied", "Request has expired", "r", "i", "t"))
    raised = error(Reply(403, {}, body), "x")
    assert type(raised) is errors.CredentialExpired and "credentials" in raised.advice


def test_errors_without_a_document():
    raised = error(Reply(502, {wire.REQUEST_ID: "r-1"}, b"<html>bad gateway"), "x")
    assert type(raised) is errors.ServerError and raised.code is None and raised.request_id == "r-1"
    assert type(error(Reply(404, {}), "x")) is errors.NotFound


def test_secrets_stay_out_of_reprs_and_errors(store):
    credentials = keys("temp", expires=time.time())
    assert "temp-secret" not in repr(credentials) and "temp-token" not in repr(credentials)
    bucket = Bucket(f"http://{store.host}", lambda: credentials, store.exchange)
    with pytest.raises(errors.PermissionDenied) as refused:
        bucket.initiate("elsewhere/f")
    assert "temp-secret" not in str(refused.value) and "temp-token" not in str(refused.value)

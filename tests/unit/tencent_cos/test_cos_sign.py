"""The signature against vectors made by the vendor's signer, and what a verifier must refuse."""

from hashlib import sha1

import pytest

from vodkit.providers.tencent.cos import sign

ID, KEY, TOKEN = "AKIDEXAMPLEtempid", "exampletempkey", "costoken456"
HOST = "examplebucket-1250000000.cos.ap-chongqing.myqcloud.com"
WINDOW = "1735689540;1735699600"
NOW = 1735689600.0
SPAN = sign.Window(1735689540, 1735699600)

PUT = (
    "PUT",
    "/dir/f0.mp4",
    {},
    {"content-length": "5", "host": HOST, sign.TOKEN: TOKEN},
)
LIST = (
    "GET",
    "/",
    {
        "uploads": "",
        "prefix": "dir/f0 中.mp4",
        "delimiter": "",
        "key-marker": "",
        "upload-id-marker": "",
        "max-uploads": "1000",
        "encoding-type": "url",
    },
    {"host": HOST, sign.TOKEN: TOKEN},
)
PART = (
    "PUT",
    "/dir/f0.mp4",
    {"partNumber": "1", "uploadId": "1735689600abc+/="},
    {"content-length": "5", "content-md5": "XUFAKrxLKna5cZ2REBfFkg==", "host": HOST, sign.TOKEN: TOKEN},
)
VECTORS = [
    pytest.param(
        PUT,
        "266c3c8e314c0f68a1775e97832d2484ad767a2e",
        "4b34eb2f01119bedb236c8010adae96b9f1e6eaa",
        id="put",
    ),
    pytest.param(
        LIST,
        "3995d0e6fc3dfa73f108705191e209ba3584a75c",
        "23c9d71ffe27f652b525b853f1c3bf1a126ce501",
        id="list",
    ),
    pytest.param(
        PART,
        "5f418c33cbc7accd376d50d69f8e8a07f73dcb20",
        "21cc95108d65d17e2f10cb5cd801d5054ae18bc2",
        id="part",
    ),
]


def fields(request, window=SPAN):
    method, path, params, headers = request
    return sign.sign(ID, KEY, method, path, params.items(), headers.items(), window)


def check(request, given, now=NOW, secret=KEY):
    method, path, params, headers = request
    headers = {**headers, "authorization": sign.authorization(given)}
    claim = sign.claim(headers, params)
    assert claim is not None
    sign.verify(claim, secret, method, path, params, headers, now=now)
    return claim


def test_derived_key():
    assert sign.signing_key(KEY, WINDOW) == "f638954ca13d6e0739777c82ca38edbfa0b72401"


@pytest.mark.covers("tencent G-9", "tencent G-19")
@pytest.mark.parametrize(("request_", "digest", "expected"), VECTORS)
def test_vectors(request_, digest, expected):
    method, path, params, headers = request_
    canonical = sign.http_string(method, path, params.items(), headers.items())
    assert sha1(canonical.encode()).hexdigest() == digest
    assert dict(fields(request_))["q-signature"] == expected
    assert check(request_, fields(request_)).key == ID


@pytest.mark.covers("tencent G-9", "tencent G-19")
def test_token_added_after_signing():
    """The Node client signs neither token nor content type."""
    method, path, params, headers = PART
    window = sign.Window(1735689599, 1735690499)
    signed = {name: value for name, value in headers.items() if name != sign.TOKEN}
    given = sign.sign(ID, KEY, method, path, params.items(), signed.items(), window)
    assert dict(given)["q-signature"] == "de39c2e36d778c6307954cad32567889344130cc"
    assert check(PART, given).token == TOKEN


@pytest.mark.covers("tencent G-9", "tencent G-19")
def test_published_sample():
    headers = {
        "content-length": "13",
        "content-md5": "mQ/fVh815F3k6TAUm8m0eg==",
        "content-type": "text/plain",
        "date": "Thu, 16 May 2019 06:45:51 GMT",
        "host": "examplebucket-1250000000.cos.ap-beijing.myqcloud.com",
        "x-cos-acl": "private",
        "x-cos-grant-read": 'uin="100000000011"',
    }
    secret, window = "BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz", "1557989151;1557996351"
    assert sign.signing_key(secret, window) == "eb2519b498b02ac213cb1f3d1a3d27a3b3c9bc5f"
    canonical = sign.http_string("PUT", "/exampleobject(腾讯云)", (), headers.items())
    assert sign.signature(secret, canonical, window) == "3b8851a11a569213c17ba8fa7dcf2abec6935172"


def test_query_form():
    method, path, params, _ = LIST
    signed = {"host": HOST}
    given = sign.sign(ID, KEY, method, path, params.items(), signed.items(), SPAN)
    query = {**params, **dict(given), sign.TOKEN: TOKEN}
    claim = sign.claim({"host": HOST}, query)
    assert claim is not None and (claim.key, claim.token) == (ID, TOKEN)
    sign.verify(claim, KEY, method, path, query, {"host": HOST}, now=NOW)


def test_names_that_are_prefixes_of_others_sort_as_names():
    canonical = sign.http_string("GET", "/", [("x-cos-meta-a", "1"), ("x-cos-meta", "2")], ())
    assert canonical.splitlines()[2] == "x-cos-meta=2&x-cos-meta-a=1"


@pytest.mark.covers("tencent G-9")
@pytest.mark.parametrize("sent", [HOST, f"{HOST}:8600"])
def test_host_signed_without_port(sent):
    method, path, params, headers = PUT
    given = fields(PUT)
    headers = {**headers, "host": sent, "authorization": sign.authorization(given)}
    claim = sign.claim(headers, params)
    assert claim is not None
    sign.verify(claim, KEY, method, path, params, headers, now=NOW)


@pytest.mark.covers("tencent G-9")
def test_host_signed_with_port():
    method, path, params, headers = PUT
    with_port = (method, path, params, {**headers, "host": f"{HOST}:8600"})
    check(with_port, fields(with_port))


def test_path_of_bytes_that_are_not_utf8():
    odd = ("PUT", "/dir/\udcff.mp4", {}, {"host": HOST})
    check(odd, fields(odd))


@pytest.mark.parametrize(
    "change",
    [
        lambda m, p, q, h: ("GET", p, q, h),
        lambda m, p, q, h: (m, "/dir/f1.mp4", q, h),
        lambda m, p, q, h: (m, p, {**q, "partNumber": "2"}, h),
        lambda m, p, q, h: (m, p, {**q, "uploadId": ""}, h),
        lambda m, p, q, h: (m, p, {"partNumber": "1"}, h),
        lambda m, p, q, h: (m, p, q, {**h, "host": "other." + h["host"]}),
        lambda m, p, q, h: (m, p, q, {**h, "content-length": "6"}),
        lambda m, p, q, h: (m, p, q, {**h, sign.TOKEN: "other"}),
        lambda m, p, q, h: (m, p, q, {k: v for k, v in h.items() if k != "content-md5"}),
    ],
)
def test_another_request_is_refused(change):
    with pytest.raises(sign.Refused) as refused:
        check(change(*PART), fields(PART))
    assert refused.value.code == "SignatureDoesNotMatch"
    assert KEY not in str(refused.value)


def test_another_secret_is_refused():
    with pytest.raises(sign.Refused) as refused:
        check(PUT, fields(PUT), secret="x")
    assert refused.value.code == "SignatureDoesNotMatch"


@pytest.mark.covers("tencent G-9")
@pytest.mark.parametrize(
    ("now", "code", "message"),
    [
        (1735699601, "AccessDenied", "Request has expired"),
        (1735689540 - sign.MAX_SKEW - 1, "RequestTimeTooSkewed", "clock"),
    ],
)
def test_window(now, code, message):
    check(PUT, fields(PUT), now=1735699600)
    check(PUT, fields(PUT), now=1735689540 - sign.MAX_SKEW)
    with pytest.raises(sign.Refused) as refused:
        check(PUT, fields(PUT), now=now)
    assert refused.value.code == code
    assert message in refused.value.message


@pytest.mark.parametrize("value", ["", "1;", ";2", "1", "a;b", "-1;2", "٣;٤", "1;" + "9" * 50])
def test_malformed_window(value):
    given = [(name, value if name == "q-key-time" else text) for name, text in fields(PUT)]
    with pytest.raises(sign.Refused) as refused:
        check(PUT, given)
    assert refused.value.code == "InvalidArgument"


@pytest.mark.parametrize("header", ["Bearer x", "q-sign-algorithm=md5", "q-sign-algorithm=sha1&q-ak=a"])
def test_foreign_or_incomplete_signature(header):
    with pytest.raises(sign.Refused):
        sign.claim({"authorization": header}, {})


def test_signature_that_is_not_ascii():
    given = [(name, "é\udcff" if name == "q-signature" else text) for name, text in fields(PUT)]
    with pytest.raises(sign.Refused):
        check(PUT, given)


@pytest.mark.parametrize("headers", [{}, {"authorization": ""}])
def test_unsigned(headers):
    assert sign.claim(headers, {"prefix": "a"}) is None


def test_secrets_stay_out_of_the_repr():
    claim = sign.claim({"authorization": sign.authorization(fields(PUT)), sign.TOKEN: TOKEN}, {})
    assert TOKEN not in repr(claim) and dict(fields(PUT))["q-signature"] not in repr(claim)

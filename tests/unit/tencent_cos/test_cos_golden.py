"""What the unmodified vendor SDK sent verifies, parses and selects its operation; a changed byte does not."""

import json
from pathlib import Path

import pytest

from tests.transcripts import scope
from vodkit.providers.tencent.cos import sign, wire
from vodkit.providers.tencent.cos.server import operation
from vodkit.providers.tencent.cos.server.request import parse

GOLDEN = Path(__file__).parents[2] / "golden" / "tencent_cos"
RECORDS = {path.stem: json.loads(path.read_text()) for path in sorted(GOLDEN.glob("*.json"))}
CASES = [
    pytest.param(record, request, id=f"{name}-{n}-{request['method']}")
    for name, record in RECORDS.items()
    for n, request in enumerate(record["requests"])
]
OPERATIONS = {
    "put": ["PutObject"],
    "put-empty": ["PutObject"],
    "put-odd-key": ["PutObject"],
    "put-headers": ["PutObject"],
    "multipart": [
        "ListMultipartUploads",
        "InitiateMultipartUpload",
        "UploadPart",
        "UploadPart",
        "CompleteMultipartUpload",
    ],
    "multipart-md5": [
        "ListMultipartUploads",
        "InitiateMultipartUpload",
        "UploadPart",
        "UploadPart",
        "CompleteMultipartUpload",
    ],
    "resume": ["ListMultipartUploads", "ListParts", "UploadPart", "CompleteMultipartUpload"],
    "presigned": ["GetObject", "PutObject"],
    "tools": ["HeadObject", "GetObject", "ListParts", "AbortMultipartUpload", "DeleteObject"],
}


def verify(record, parsed):
    claim = sign.claim(parsed.headers, parsed.params)
    assert claim is not None
    assert (claim.key, claim.token) == (record["secret_id"], record["token"])
    now = int(claim.sign_time.partition(";")[0]) + 60
    sign.verify(
        claim, record["secret_key"], parsed.method, parsed.path, parsed.params, parsed.headers, now=now
    )
    return claim


def test_every_scenario_is_recorded():
    assert RECORDS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name):
    assert [operation(parse(scope(r)))[0] for r in RECORDS[name]["requests"]] == OPERATIONS[name]


@pytest.mark.covers("tencent G-9")
@pytest.mark.parametrize(("record", "request_"), CASES)
def test_vendor_requests_verify(record, request_):
    parsed = parse(scope(request_))
    assert parsed.problem == ""
    assert parsed.bucket == "vodkit-1500000001"
    verify(record, parsed)


@pytest.mark.parametrize(("record", "request_"), CASES)
def test_a_changed_byte_is_refused(record, request_):
    claim = verify(record, parse(scope(request_)))

    def refused(changed):
        with pytest.raises(sign.Refused) as problem:
            verify(record, parse(scope(changed)))
        assert problem.value.code == "SignatureDoesNotMatch"

    refused({**request_, "method": "POST" if request_["method"] == "PUT" else "PUT"})
    path, mark, query = request_["target"].partition("?")
    refused({**request_, "target": f"{path}x{mark}{query}"})
    for position, (name, value) in enumerate(request_["headers"]):
        if name.lower() in claim.headers and name.lower() != sign.TOKEN:
            headers = list(request_["headers"])
            headers[position] = [name, value + "x"]
            refused({**request_, "headers": headers})
    for pair in query.split("&"):
        name = pair.partition("=")[0]
        if name.lower() in claim.params and name != sign.TOKEN:
            refused({**request_, "target": f"{path}?{query.replace(pair, pair + 'x')}"})


@pytest.mark.covers("tencent G-9", "tencent F-3")
def test_client_spells_paths_as_the_vendor():
    target = RECORDS["put-odd-key"]["requests"][0]["target"]
    assert wire.encode_path("dir/./中 文+&=%.mp4") == target
    assert parse(scope(RECORDS["put-odd-key"]["requests"][0])).key == "dir/中 文+&=%.mp4"


@pytest.mark.parametrize("name", ["multipart", "multipart-md5", "resume"])
def test_vendor_completions_are_read(name):
    *_, request = RECORDS[name]["requests"]
    parts = wire.read_completion(request["body"].encode())
    assert [number for number, _ in parts] == [1, 2]
    assert all(len(etag) == 32 for _, etag in parts)

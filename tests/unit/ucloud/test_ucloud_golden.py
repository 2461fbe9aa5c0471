"""What the unmodified ``ufile`` package sent verifies, parses and selects its operation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.transcripts import scope
from vodkit.providers.ucloud import sign
from vodkit.providers.ucloud.server import lists, manage, multipart, objects
from vodkit.providers.ucloud.server.form import boundary_of
from vodkit.providers.ucloud.server.request import Request, parse
from vodkit.providers.ucloud.server.room import operation_of
from vodkit.server.dispatch import head_of

GOLDEN = Path(__file__).parents[2] / "golden" / "ucloud"
RECORDS = {path.stem: json.loads(path.read_text()) for path in sorted(GOLDEN.glob("*.json"))}
OPERATIONS = {
    "put": [objects.put] * 5,
    "put-empty": [objects.put],
    "post": [objects.post],
    "multipart": [
        multipart.initiate,
        multipart.upload_part,
        multipart.upload_part,
        multipart.finish,
        multipart.list_parts,
    ],
    "copies": [objects.put, multipart.initiate, multipart.upload_part, multipart.finish],
    "downloads": [objects.read] * 3,
    "lists": [lists.by_prefix, lists.by_delimiter],
    "changes": [objects.read, objects.set_meta, objects.restore, objects.set_class, objects.delete],
}


def parsed(request: dict[str, Any]) -> Request:
    built = scope(request)
    return parse(built, head_of(built))


def verifies(record: dict[str, Any], request: Request) -> bool:
    text = request.headers.get("authorization", "")
    given = sign.parse_authorization(text)
    if given is not None:
        assert given.key == record["public_key"]
        return sign.verify(
            given,
            record["private_key"],
            method=request.method,
            bucket=request.bucket,
            key=request.key,
            query=request.query,
            headers=request.pairs,
        )
    url = sign.parse_url_signature(request.query)
    assert url is not None
    return sign.verify_url(url, record["private_key"], request.method, request.bucket, request.key)


def test_every_scenario_is_recorded() -> None:
    assert RECORDS.keys() == {*OPERATIONS, "manage"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name: str) -> None:
    assert [operation_of(parsed(r)) for r in RECORDS[name]["requests"]] == OPERATIONS[name]


@pytest.mark.covers("ucloud 12-4", "ucloud 12-8", "ucloud 12-9")
@pytest.mark.parametrize("name", ["put", "put-empty", "multipart", "copies", "lists", "changes"])
def test_what_the_vendor_signed_verifies_and_a_changed_byte_does_not(name: str) -> None:
    record = RECORDS[name]
    for request in record["requests"]:
        assert parsed(request).bucket == "myspace"
        assert verifies(record, parsed(request)), request["target"]
        other = {**request, "method": "PUT" if request["method"] == "GET" else "GET"}
        assert not verifies(record, parsed(other))
        path, mark, query = request["target"].partition("?")
        if path != "/":
            assert not verifies(record, parsed({**request, "target": f"{path}x{mark}{query}"}))


def test_the_private_download_verifies() -> None:
    record = RECORDS["downloads"]
    assert verifies(record, parsed(record["requests"][0]))
    assert sign.parse_url_signature(parsed(record["requests"][1]).query) is None


@pytest.mark.covers("ucloud 12-5")
def test_the_form_signs_the_files_type() -> None:
    record = RECORDS["post"]
    (request,) = record["requests"]
    text = request["body"]
    assert boundary_of(dict(request["headers"])["Content-Type"]) is not None
    fields = {
        piece.split('name="')[1].split('"')[0]: piece.split("\r\n\r\n", 1)[1].rstrip("\r\n")
        for piece in text.split("--" + boundary_of(dict(request["headers"])["Content-Type"]).decode())
        if 'name="' in piece
    }
    given = sign.parse_authorization(fields["Authorization"])
    assert given is not None
    for kind, right in (("video/mp4", True), (dict(request["headers"])["Content-Type"], False)):
        assert right is sign.verify(
            given,
            record["private_key"],
            method="POST",
            bucket="myspace",
            key="dir/form.mp4",
            query="",
            headers=[],
            content_type=kind,
        )


@pytest.mark.covers("ucloud 12-51")
def test_management_calls_verify() -> None:
    record = RECORDS["manage"]
    for request in record["requests"]:
        params = dict(parse_qsl(request["target"].partition("?")[2]))
        assert manage.claims(head_of(scope(request)))
        assert params["Action"] in manage.ACTIONS
        assert sign.verify_management(record["private_key"], params)
        assert not sign.verify_management(record["private_key"], {**params, "Limit": "11"})

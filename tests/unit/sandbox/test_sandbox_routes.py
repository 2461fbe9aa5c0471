"""Which host leads where."""

from __future__ import annotations

import pytest

from vodkit.core import registry
from vodkit.sandbox.head import BadRequest, RequestHead
from vodkit.sandbox.routes import Address, Refused, Routes, parse_authority, vendor_hosts

SERVICE = Address("127.0.0.1", 8600)
ROUTES = Routes(SERVICE, ["api.cloud.example", ".store.cloud.example"])


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("api.cloud.example", 443),
        ("API.Cloud.Example.", 80),
        ("bucket.store.cloud.example", 443),
        ("a.b.store.cloud.example", 8080),
        ("127.0.0.1", 80),
        ("localhost", 443),
    ],
)
def test_the_service_answers(host: str, port: int) -> None:
    assert ROUTES.target(Address(host, port)) == SERVICE


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.3", "localhost", "app.localhost", "::1"])
def test_other_ports_of_this_machine_are_left_alone(host: str) -> None:
    assert ROUTES.target(Address(host, 3000)) == Address(host, 3000)


@pytest.mark.parametrize(
    "host",
    [
        "store.cloud.example",
        "evil-api.cloud.example",
        "api.cloud.example.org",
        "xstore.cloud.example",
        "example.com",
        "10.0.0.1",
        "127.0.0.1.example.com",
        "2001:db8::1",
    ],
)
def test_all_else_is_refused_by_name(host: str) -> None:
    with pytest.raises(Refused, match=host):
        ROUTES.target(Address(host, 443))


def test_hosts_come_from_the_rooms() -> None:
    declared = {host for name in registry.names() for host in registry.descriptor(name).hosts}
    assert set(vendor_hosts()) == declared
    assert declared


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.example", Address("a.example", 80)),
        ("a.example:8080", Address("a.example", 8080)),
        ("[::1]:9", Address("::1", 9)),
        ("[::1]", Address("::1", 80)),
    ],
)
def test_authority(text: str, expected: Address) -> None:
    assert parse_authority(text, 80) == expected


@pytest.mark.parametrize("text", ["", ":80", "a:", "a:b", "a:0", "a:65536", "a:-1", "a:\u0661"])
def test_bad_authority(text: str) -> None:
    with pytest.raises(ValueError, match="not a host and a port"):
        parse_authority(text, 80)


@pytest.mark.parametrize(
    ("target", "wanted", "sent"),
    [
        ("http://a.example/p?q=1", Address("a.example", 80), "/p?q=1"),
        ("http://a.example:8080", Address("a.example", 8080), "/"),
        ("http://a.example?x=/y", Address("a.example", 80), "/?x=/y"),
        ("http://u:p@a.example/%2F//..", Address("a.example", 80), "/%2F//.."),
        ("https://a.example/", Address("a.example", 443), "/"),
    ],
)
def test_absolute_form_becomes_origin_form(target: str, wanted: Address, sent: str) -> None:
    data = (
        f"PUT {target} HTTP/1.1\r\nhost: other.example\r\nX-Name: \xe9  v\r\nProxy-Connection: close\r\n\r\n"
    )
    head = RequestHead.parse(data.encode("latin-1"))
    assert head.wanted() == wanted
    authority = target.partition("://")[2].partition("@")[2] or target.partition("://")[2]
    host = authority.partition("/")[0].partition("?")[0]
    expected = f"PUT {sent} HTTP/1.1\r\nHost: {host}\r\nX-Name: \xe9  v\r\nConnection: close\r\n\r\n"
    assert head.forwarded() == expected.encode("latin-1")


def test_origin_form_goes_on_unchanged() -> None:
    data = b"GET /a?b HTTP/1.1\r\nHOST:  a.example:81 \r\nConnection: keep-alive\r\n\r\n"
    head = RequestHead.parse(data)
    assert head.wanted() == Address("a.example", 81)
    assert head.forwarded() == data


@pytest.mark.parametrize("first", ["", "GET", "GET /", "GET / FTP/1.0", "GET  / HTTP/1.1", "\x16\x03"])
def test_what_is_not_http_is_said_to_be_so(first: str) -> None:
    with pytest.raises(BadRequest):
        RequestHead.parse(f"{first}\r\n\r\n".encode("latin-1"))


def test_a_request_without_a_host_is_refused() -> None:
    with pytest.raises(BadRequest, match="no host"):
        RequestHead.parse(b"GET / HTTP/1.1\r\n\r\n").wanted()

"""Addresses that users name: what is refused, where connections go, and how long they may take."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from vodkit.server import targets
from vodkit.server.targets import Bounds, TargetFailed, TargetRefused, exchange, places

from ..transport.wire import Peer, serving


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/hook",
        "ftp://example.com/hook",
        "file:///etc/passwd",
        "gopher://example.com:6379/_SET",
        "https://",
        "https:///hook",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://example.com:0/",
        "https://example.com:25/",
        "https://example.com:70000/",
        "https://example.com:port/",
        "https://example.com/a b",
        "https://example.com/a\r\nHost: other",
        "https://example.com\\@other.example/",
        "https://exa..mple/",
        "https://[::1/",
        f"https://example.com/{'x' * 2048}",
    ],
)
def test_addresses_of_another_form_are_refused(url: str) -> None:
    with pytest.raises(TargetRefused):
        targets.check(url)


@pytest.mark.parametrize(
    ("given", "requested"),
    [
        ("HTTPS://Example.com", "https://example.com/"),
        ("http://example.com:80/a?b=c#d", "http://example.com/a?b=c"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        (
            "https://例子.example/回调?名=值",
            "https://xn--fsqu00a.example/%E5%9B%9E%E8%B0%83?%E5%90%8D=%E5%80%BC",
        ),
        ("https://example.com/already%20there", "https://example.com/already%20there"),
    ],
)
def test_what_is_requested_of_an_address(given: str, requested: str) -> None:
    assert targets.check(given).url == requested


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.9.9.9", "168.63.129.16"),
        *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.0.1"),
        *("198.18.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
        *(
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "fec0::1",
        ),
        *("ff02::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1"),
        *("::127.0.0.1", "2001:0:c000:201::80ff:fffe"),
    ],
)
def test_private_addresses_are_known_in_every_disguise(address: str) -> None:
    assert targets.is_private(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "::ffff:8.8.8.8", "64:ff9b::808:808", "2606:4700::1111", "2002:808:808::1"],
)
def test_public_addresses_are_not_private(address: str) -> None:
    assert not targets.is_private(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_a_private_target_gets_not_even_a_connection(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        with pytest.raises(TargetRefused, match="private"):
            targets.send(f"http://{host}:{listener.getsockname()[1]}/hook")
        with pytest.raises(TargetRefused, match="private"), targets.fetch(f"http://{host}:8080/"):
            pass
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [_v4("93.184.216.34"), _v4("10.0.0.1")])
    with pytest.raises(TargetRefused, match="private"):
        targets.resolve(targets.check("https://mixed.example/"), private=False)


def test_a_name_is_resolved_once_and_stays_in_the_host_header(monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[bytes] = []

    def script(peer: Peer) -> None:
        head, body = peer.request()
        heads.append(head)
        peer.answer(body[::-1], status="202 Accepted")

    asked: list[object] = []

    def resolver(host: str, port: int, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        return [_v4("127.0.0.1", port)]

    with serving(script) as address:
        port = address.rpartition(":")[2]
        monkeypatch.setattr(socket, "getaddrinfo", resolver)
        answer = targets.send(
            f"http://hook.example:{port}/a?b=c", headers={"X-One": "1"}, body=b"abc", private=True
        )
    assert (answer.status, answer.body) == (202, b"cba")
    assert asked == ["hook.example"]
    [head] = heads
    assert head.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert f"Host: hook.example:{port}".encode() in head
    assert head.lower().count(b"host:") == 1


def test_tls_asks_for_the_name_and_trusts_its_certificate_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _certificate(tmp_path, "hook.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    named: list[object] = []
    context.sni_callback = lambda sock, name, _: named.append(name)

    def script(peer: Peer) -> None:
        with context.wrap_socket(peer.sock, server_side=True) as secure:
            inner = Peer(secure)
            inner.request()
            inner.answer(b"ok")

    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    exchange._tls.cache_clear()
    try:
        with serving(script) as address:
            port = int(address.rpartition(":")[2])
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [_v4("127.0.0.1", port)])
            assert targets.send(f"https://hook.example:{port}/", private=True).body == b"ok"
            with pytest.raises(TargetFailed, match="not trusted"):
                targets.send(f"https://other.example:{port}/", private=True)
    finally:
        exchange._tls.cache_clear()
    assert named == ["hook.example", "other.example"]


def test_a_redirect_is_an_answer_to_a_callback() -> None:
    with serving(_redirecting("http://127.0.0.1:1/elsewhere")) as address:
        assert targets.send(f"http://{address}/", private=True).status == 302


def test_a_pull_follows_redirects_and_checks_each(monkeypatch: pytest.MonkeyPatch) -> None:
    def content(peer: Peer) -> None:
        head, _ = peer.request()
        peer.answer(head.split(b" ")[1] + b"x" * 2_000_000, extra="X-Kind: film\r\n")

    with serving(content) as there, serving(_redirecting(f"http://{there}/film")) as first:
        with targets.fetch(f"http://{first}/", private=True) as found:
            assert (found.status, found.headers["x-kind"], found.length) == (200, "film", 2_000_005)
            assert found.url == f"http://{there}/film"
            pieces = list(found.pieces())
        assert max(map(len, pieces)) <= 1 << 20
        assert b"".join(pieces) == b"/film" + b"x" * 2_000_000

        hosts = {"public.example": "127.0.0.1", "inside.example": "127.0.0.1"}
        judged = {"public.example": False, "inside.example": True}
        asked: list[str] = []

        def resolver(host: str, port: int, *_: object, **__: object) -> list[Any]:
            asked.append(host)
            return [_v4(hosts[host], port)]

        monkeypatch.setattr(socket, "getaddrinfo", resolver)
        monkeypatch.setattr(places, "is_private", lambda _: judged[asked[-1]])
        inside = f"http://inside.example:{there.rpartition(':')[2]}/film"
        with serving(_redirecting(inside)) as open_door, pytest.raises(TargetRefused, match="private"):
            port = open_door.rpartition(":")[2]
            with targets.fetch(f"http://public.example:{port}/"):
                pass
        assert asked == ["public.example", "inside.example"]


@pytest.mark.parametrize(
    "onward",
    ["ftp://127.0.0.1/film", "http://user:pw@127.0.0.1/film", "http://127.0.0.1:22/", "http://[::1/film"],
)
def test_a_pull_is_not_led_to_other_forms_of_addresses(onward: str) -> None:
    with (
        serving(_redirecting(onward)) as address,
        pytest.raises(TargetRefused, match="leads on to one that cannot be used"),
        targets.fetch(f"http://{address}/", private=True),
    ):
        pass


def test_a_pull_is_not_led_in_circles() -> None:
    with (
        serving(_redirecting("/again")) as address,
        pytest.raises(TargetRefused, match="5 times"),
        targets.fetch(f"http://{address}/", private=True),
    ):
        pass


def test_no_more_of_an_answer_is_read_than_allowed() -> None:
    with serving(lambda peer: (peer.request(), peer.answer(b"y" * 5_000_000))[1]) as address:
        answer = targets.send(f"http://{address}/", private=True, bounds=Bounds(answer=1000))
    assert answer.body == b"y" * 1000


def _silent(peer: Peer) -> None:
    peer.request()
    peer.read_body(1)


def _dripping(peer: Peer) -> None:
    peer.request()
    while True:
        peer.sock.sendall(b"H")
        threading.Event().wait(0.05)


def _dripping_body(peer: Peer) -> None:
    peer.request()
    peer.sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        peer.sock.sendall(b"z")
        threading.Event().wait(0.05)


@pytest.mark.parametrize(
    ("script", "bounds", "reason"),
    [
        (_silent, Bounds(read=0.2), "nothing moved in time"),
        (_dripping, Bounds(total=0.4), "longer than 0.4 seconds"),
        (_dripping_body, Bounds(total=0.4), "longer than 0.4 seconds"),
        (lambda peer: peer.request(), Bounds(), "there was no answer"),
        (
            lambda peer: peer.sock.sendall(b"garbage\r\n\r\n") or peer.read_head(),
            Bounds(),
            "there was no answer",
        ),
        (
            lambda peer: (
                peer.request(),
                peer.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
            ),
            Bounds(),
            "the answer broke off",
        ),
    ],
    ids=["silent", "dripping", "dripping body", "hangs up", "garbage", "truncated"],
)
def test_receivers_that_misbehave_fail_in_bounded_time(script: Any, bounds: Bounds, reason: str) -> None:
    with serving(script) as address, pytest.raises(TargetFailed, match=reason):
        targets.send(f"http://{address}/?token=s3cret", private=True, bounds=bounds)


def test_nobody_there_and_no_such_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TargetFailed, match="no connection"):
        targets.send(f"http://127.0.0.1:{port}/", private=True)
    with pytest.raises(TargetFailed, match="no address"):
        targets.send("http://nowhere.invalid/", private=True)


def test_a_name_that_nobody_answers_for_fails_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    silence = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: silence.wait(60) and [])
    with pytest.raises(TargetFailed, match="nobody said in time"):
        targets.send("http://slow.example/", private=True, bounds=Bounds(connect=0.2))
    silence.set()


@contextlib.contextmanager
def _silence() -> Iterator[Any]:
    """An address where connections are neither made nor refused."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                sock.connect(listener.getsockname())
        yield listener.getsockname()


def test_a_name_with_many_addresses_takes_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []

    class Counted(socket.socket):
        def connect(self, address: Any) -> None:
            made.append(self)
            super().connect(address)

    with _silence() as (host, port):
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [_v4(host, port)] * 200)
        monkeypatch.setattr(socket, "socket", Counted)
        with pytest.raises(TargetFailed, match="nothing moved in time"):
            targets.send(f"http://many.example:{port}/", private=True, bounds=Bounds(connect=0.4, total=60.0))
    assert len(made) == 4


def test_a_request_is_cut_while_it_connects() -> None:
    cutter = targets.Cutter()
    with _silence() as (host, port):
        threading.Timer(0.2, cutter.cut).start()
        with pytest.raises(TargetFailed, match="aborted"):
            targets.send(
                f"http://{host}:{port}/", private=True, bounds=Bounds(connect=600, total=600), cutter=cutter
            )


def test_all_that_a_pull_is_led_on_to_shares_its_time() -> None:
    def script(peer: Peer) -> None:
        peer.request()
        threading.Event().wait(0.5)
        peer.answer(status="302 Found", extra="Location: /again\r\n")

    bounds = Bounds(total=1.2)
    with (
        serving(script) as address,
        pytest.raises(TargetFailed, match=r"longer than 1.2 seconds"),
        targets.fetch(f"http://{address}/", private=True, bounds=bounds),
    ):
        pass


@example("http://\u20240")
@given(st.one_of(st.text(max_size=60), st.from_regex(r"https?://[^\s]{0,40}", fullmatch=True)))
def test_any_text_is_a_target_or_refused(text: str) -> None:
    try:
        found = targets.check(text)
    except TargetRefused:
        return
    assert found.url.isascii()
    assert not set(found.url) & set(" \r\n\t\\")
    assert "@" not in found.authority
    assert targets.check(found.url) == found


def test_a_pull_can_be_aborted_and_never_passes_for_whole() -> None:
    with serving(_dripping_body) as address, targets.fetch(f"http://{address}/", private=True) as found:
        threading.Timer(0.2, found.abort).start()
        with pytest.raises(TargetFailed, match="aborted"):
            list(found.pieces())


def _redirecting(location: str) -> Any:
    def script(peer: Peer) -> None:
        peer.request()
        peer.answer(status="302 Found", extra=f"Location: {location}\r\n")

    return script


def _v4(address: str, port: int = 443) -> Any:
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)


def _certificate(folder: Path, name: str) -> Path:
    """Key and self-signed certificate of ``name`` in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vodkit test")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "both.pem"
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path

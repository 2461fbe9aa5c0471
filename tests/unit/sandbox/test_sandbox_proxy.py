"""The proxy, spoken to over real sockets."""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from vodkit.sandbox.ca import Authority
from vodkit.sandbox.proxy import MAX_HEAD, Proxy
from vodkit.sandbox.routes import Address, Routes
from vodkit.sandbox.run import Sandbox

from .conftest import HOSTS

MIB = 1 << 20


def trust(box: Sandbox) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=box.environment["SSL_CERT_FILE"])


def dial(box: Sandbox) -> socket.socket:
    url = urlsplit(box.proxy)
    return socket.create_connection((url.hostname, url.port), timeout=30)


def tunnel(box: Sandbox, host: str) -> http.client.HTTPSConnection:
    url = urlsplit(box.proxy)
    assert url.hostname
    connection = http.client.HTTPSConnection(url.hostname, url.port, context=trust(box), timeout=30)
    connection.set_tunnel(host, 443)
    return connection


def read_all(sock: socket.socket) -> bytes:
    return b"".join(iter(lambda: sock.recv(65536), b""))


def account(answer: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


def test_connect_with_tls_keeps_the_request_as_it_is(box: Sandbox) -> None:
    connection = tunnel(box, "bucket-1.store.cloud.example")
    for number in range(3):
        connection.request("PUT", f"/a%2Fb?n={number}", b"hello", {"X-Sign": "v"})
        answer = json.load(connection.getresponse())
        assert answer["target"] == f"/a%2Fb?n={number}"
        assert answer["headers"]["host"] == "bucket-1.store.cloud.example"
        assert answer["sha256"] == hashlib.sha256(b"hello").hexdigest()
    connection.close()


def test_connect_with_plain_http_inside(box: Sandbox) -> None:
    with dial(box) as sock:
        sock.sendall(b"CONNECT api.cloud.example:80 HTTP/1.1\r\n\r\n")
        assert sock.recv(1000).startswith(b"HTTP/1.1 200 ")
        sock.sendall(b"GET /x HTTP/1.1\r\nHost: api.cloud.example\r\nConnection: close\r\n\r\n")
        assert account(read_all(sock))["target"] == "/x"


def test_hello_that_came_with_the_connect_is_not_lost(box: Sandbox) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trust(box).wrap_bio(incoming, outgoing, server_hostname="api.cloud.example")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    with dial(box) as sock:
        sock.sendall(b"CONNECT api.cloud.example:443 HTTP/1.1\r\n\r\n" + outgoing.read())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += sock.recv(4096)
        incoming.write(answer.partition(b"\r\n\r\n")[2])
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                incoming.write(sock.recv(4096))
        # The end of the handshake and the first request leave in one segment.
        tls.write(b"GET /early HTTP/1.1\r\nHost: api.cloud.example\r\nConnection: close\r\n\r\n")
        sock.sendall(outgoing.read())
        plain = b""
        while b"sha256" not in plain:
            incoming.write(sock.recv(4096))
            try:
                while piece := tls.read(4096):
                    plain += piece
            except ssl.SSLWantReadError:
                continue
        assert account(plain)["target"] == "/early"


def test_absolute_form(box: Sandbox) -> None:
    url = urlsplit(box.proxy)
    assert url.hostname
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    for host in ("api.cloud.example", "bucket.store.cloud.example", "127.0.0.1"):
        connection.request("POST", f"http://{host}/gupload/x?y", b"z" * 70_000)
        response = connection.getresponse()
        answer = json.load(response)
        assert (answer["target"], answer["length"]) == ("/gupload/x?y", 70_000)
        assert answer["headers"]["host"] == host
    connection.close()


def test_tls_without_a_proxy_request_goes_by_the_name_in_the_hello(box: Sandbox) -> None:
    with trust(box).wrap_socket(dial(box), server_hostname="a.store.cloud.example") as tls:
        tls.sendall(b"GET /direct HTTP/1.1\r\nHost: a.store.cloud.example\r\nConnection: close\r\n\r\n")
        assert account(read_all(tls))["target"] == "/direct"


def test_plain_request_without_a_proxy_goes_by_its_host(box: Sandbox) -> None:
    with dial(box) as sock:
        request = b"GET /%d HTTP/1.1\r\nHost: api.cloud.example\r\n%s\r\n"
        # Two requests in one segment: both are answered, in order.
        sock.sendall(request % (1, b"") + request % (2, b"Connection: close\r\n"))
        answer = read_all(sock)
    assert answer.index(b'"/1"') < answer.index(b'"/2"')


def test_foreign_hosts_are_refused_by_name(box: Sandbox) -> None:
    for first in (
        b"CONNECT foreign.example:443 HTTP/1.1\r\nHost: foreign.example:443\r\n\r\n",
        b"POST http://foreign.example/ HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n" + bytes(3_000_000),
        b"GET / HTTP/1.1\r\nHost: foreign.example\r\n\r\n",
    ):
        with dial(box) as sock:
            sock.sendall(first)
            answer = read_all(sock)
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert b"foreign.example is not a host of an emulated cloud" in answer
    with trust(box).wrap_socket(dial(box), server_hostname="foreign.example") as tls:
        tls.sendall(b"GET / HTTP/1.1\r\nHost: foreign.example\r\n\r\n")
        assert b"foreign.example is not a host" in read_all(tls)


def test_own_address_is_refused(box: Sandbox) -> None:
    with dial(box) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % urlsplit(box.proxy).netloc.encode())
        assert b"proxy of a vodkit sandbox" in read_all(sock)


def test_what_is_not_http_is_refused(box: Sandbox) -> None:
    for junk in (b"SSH-2.0-x\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a" * MAX_HEAD + b"\r\n\r\n"):
        with dial(box) as sock:
            sock.sendall(junk)
            assert read_all(sock).startswith(b"HTTP/1.1 400 ")


def test_head_may_come_byte_by_byte(box: Sandbox) -> None:
    with dial(box) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"GET /slow HTTP/1.1\r\nHost: api.cloud.example\r\nConnection: close\r\n\r\n":
            sock.sendall(bytes([byte]))
        assert account(read_all(sock))["target"] == "/slow"


@pytest.mark.parametrize("size", [0, 1, 64 * MIB])
def test_bodies_of_all_sizes_both_ways(box: Sandbox, size: int) -> None:
    body = os.urandom(MIB) * (size // MIB) + b"x" * (size % MIB)
    connection = tunnel(box, "api.cloud.example")
    connection.request("PUT", "/up", body)
    answer = json.load(connection.getresponse())
    assert (answer["length"], answer["sha256"]) == (size, hashlib.sha256(body).hexdigest())
    connection.request("GET", f"/bytes/{size}")
    assert len(connection.getresponse().read()) == size
    connection.close()


def test_many_connections(box: Sandbox) -> None:
    def one(number: int) -> bool:
        connection = tunnel(box, f"bucket-{number % 7}.store.cloud.example")
        connection.request("PUT", f"/{number}", bytes(100_000))
        answer = json.load(connection.getresponse())
        connection.close()
        return bool(answer["target"] == f"/{number}" and answer["length"] == 100_000)

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        assert all(pool.map(one, range(100)))


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    """A listening socket in the place of the service."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        yield listener


@pytest.fixture
def bare(peer: socket.socket, tmp_path: Path) -> Iterator[Proxy]:
    with Proxy(Routes(Address("127.0.0.1", peer.getsockname()[1]), HOSTS), Authority(tmp_path)) as proxy:
        yield proxy


def open_tunnel(proxy: Proxy) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", proxy.port), timeout=30)
    sock.sendall(b"CONNECT api.cloud.example:80 HTTP/1.1\r\n\r\nhello")
    assert sock.recv(1000).endswith(b"\r\n\r\n")
    return sock


def test_half_close_travels_and_the_other_half_lives(peer: socket.socket, bare: Proxy) -> None:
    with open_tunnel(bare) as client:
        service, _ = peer.accept()
        with service:
            client.shutdown(socket.SHUT_WR)
            assert read_all(service) == b"hello"
            service.sendall(b"late answer")
            service.shutdown(socket.SHUT_WR)
            assert read_all(client) == b"late answer"


def test_cut_by_the_service_reaches_the_client(peer: socket.socket, bare: Proxy) -> None:
    with open_tunnel(bare) as client:
        service, _ = peer.accept()
        service.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        service.recv(100)
        service.close()
        assert client.recv(1) == b""


def test_cut_by_the_client_reaches_the_service(peer: socket.socket, bare: Proxy) -> None:
    client = open_tunnel(bare)
    service, _ = peer.accept()
    with service:
        assert service.recv(100) == b"hello"
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        service.settimeout(30)
        assert service.recv(1) == b""


def test_slow_reader_stops_the_sender(peer: socket.socket, bare: Proxy) -> None:
    """What a stalled client has not taken stays with the sender, not in the proxy."""
    with open_tunnel(bare) as client:
        service, _ = peer.accept()
        with service:
            assert service.recv(5) == b"hello"
            service.settimeout(0.5)
            sent = 0
            with contextlib.suppress(TimeoutError):
                while sent < 256 * MIB:
                    sent += service.send(bytes(MIB))
            assert sent < 64 * MIB
            service.close()
            got = 0
            while piece := client.recv(MIB):
                got += len(piece)
            assert got == sent


def test_nothing_behind_is_said_so(peer: socket.socket, bare: Proxy) -> None:
    peer.close()
    with socket.create_connection(("127.0.0.1", bare.port), timeout=30) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: api.cloud.example\r\n\r\n")
        assert read_all(sock).startswith(b"HTTP/1.1 502 ")


def test_other_ports_of_this_machine_are_tunnelled_untouched(peer: socket.socket, box: Sandbox) -> None:
    with dial(box) as client:
        client.sendall(b"CONNECT localhost:%d HTTP/1.1\r\n\r\n" % peer.getsockname()[1])
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        service, _ = peer.accept()
        with service:
            service.sendall(b"I speak first")
            assert client.recv(100) == b"I speak first"


def test_close_cuts_what_is_open_and_ends_the_thread(peer: socket.socket, tmp_path: Path) -> None:
    before = threading.active_count()
    target = Address("127.0.0.1", peer.getsockname()[1])
    with Proxy(Routes(target, HOSTS), Authority(tmp_path)) as proxy:
        idle = socket.create_connection(("127.0.0.1", proxy.port), timeout=30)
        relayed = open_tunnel(proxy)
        service, _ = peer.accept()
    assert threading.active_count() == before
    for sock in (idle, relayed, service):
        sock.settimeout(30)
        with sock:
            try:
                assert sock.recv(100) in (b"", b"hello")
            except ConnectionResetError:
                continue
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port))

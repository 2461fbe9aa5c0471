"""What goes over the wire, and what the network's failures become."""

from __future__ import annotations

import logging
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from vodkit.core.errors import (
    Cancelled,
    ConfigError,
    ConnectFailed,
    ConnectionLost,
    Stalled,
    TimedOut,
)
from vodkit.transport import Cancel, Event, Transport, TransportSettings, redact

from .wire import Peer, serving


class Chunks:
    """A body of ``count`` slices of 64 KiB."""

    def __init__(self, count: int) -> None:
        self.length = count * 65536
        self._slice = memoryview(bytes(range(256)) * 256)
        self.count = count

    def __iter__(self) -> Iterator[memoryview]:
        for _ in range(self.count):
            yield self._slice


def echo_head(peer: Peer) -> None:
    while True:
        head, body = peer.request()
        peer.answer(head + b"\n" + str(len(body)).encode())


@pytest.mark.parametrize(
    "path",
    ["/a/.%2F/../b%2f%2F?x=+&y=%7e&z=%7E", "//double/./dot?", "/?uploadContext&a=b", "/%E4%bd%A0?q=a;b&c"],
)
def test_the_target_goes_out_byte_for_byte(path: str) -> None:
    with serving(echo_head) as address, Transport() as transport:
        reply = transport.bind()("GET", f"http://{address}{path}")
    assert reply.body.startswith(f"GET {path} HTTP/1.1\r\n".encode())
    assert f"host: {address}".encode() in reply.body.lower()


def test_via_keeps_host_and_path_and_ignores_the_scheme() -> None:
    with (
        serving(echo_head) as address,
        Transport(TransportSettings(via=f"http://{address}")) as transport,
    ):
        reply = transport.bind()("GET", "https://vod.example.com:444/p%2f?q=1")
    assert reply.body.startswith(b"GET /p%2f?q=1 HTTP/1.1\r\n")
    assert b"Host: vod.example.com:444\r\n" in reply.body


def test_plain_proxy_gets_the_absolute_form_and_its_credentials() -> None:
    with (
        serving(echo_head) as address,
        Transport(TransportSettings(proxy=f"http://me:pa%20ss@{address}")) as transport,
    ):
        reply = transport.bind()("GET", "http://vod.example.com/p?q=1")
    assert reply.body.startswith(b"GET http://vod.example.com/p?q=1 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic bWU6cGEgc3M=" in reply.body


def test_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(echo_head) as address, Transport() as transport:
        monkeypatch.setenv("http_proxy", f"http://{address}")
        monkeypatch.setenv("no_proxy", "direct.invalid")
        reply = transport.bind()("GET", "http://vod.example.com/p")
        assert reply.body.startswith(b"GET http://vod.example.com/p HTTP/1.1\r\n")
        with pytest.raises(ConnectFailed):
            transport.bind()("GET", "http://direct.invalid/p")


def test_https_tunnels_through_the_proxy() -> None:
    heads: list[bytes] = []

    def refuse(peer: Peer) -> None:
        heads.append(peer.read_head())
        peer.sock.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")

    with (
        serving(refuse) as address,
        Transport(TransportSettings(proxy=f"http://{address}")) as transport,
        pytest.raises(ConnectFailed, match="403"),
    ):
        transport.bind()("GET", "https://vod.example.com/p")
    assert heads[0].startswith(b"CONNECT vod.example.com:443 ")


@pytest.mark.parametrize(("body", "length"), [(None, None), (b"", b"0"), (b"abc", b"3")])
def test_content_length_is_that_of_the_body(body: bytes | None, length: bytes | None) -> None:
    with serving(echo_head) as address, Transport() as transport:
        head = transport.bind()("POST", f"http://{address}/", body=body).body.lower()
    assert b"transfer-encoding" not in head
    assert (b"content-length: " + length in head) if length is not None else b"content-length" not in head


def test_text_headers_go_out_as_utf8_and_answers_are_lower_case_and_joined() -> None:
    def script(peer: Peer) -> None:
        head, _ = peer.request()
        peer.answer(head, extra="X-A: 1\r\nx-a: 2\r\n")

    with serving(script) as address, Transport() as transport:
        reply = transport.bind()("GET", f"http://{address}/", headers={"X-Name": "影片"})
    assert "X-Name: 影片".encode() in reply.body
    assert reply.headers["x-a"] == "1, 2"


def test_connections_are_reused_and_never_after_a_failure() -> None:
    seen: list[int] = []

    def script(peer: Peer) -> None:
        seen.append(id(peer))
        echo_head(peer)

    with serving(script) as address, Transport() as transport:
        exchange = transport.bind()
        for _ in range(3):
            assert exchange("PUT", f"http://{address}/", body=Chunks(3)).status == 200
        assert len(seen) == 1

        class Broken(Chunks):
            def __iter__(self) -> Iterator[memoryview]:
                yield self._slice
                raise ConfigError("the source broke")

        with pytest.raises(ConfigError):
            exchange("PUT", f"http://{address}/", body=Broken(3))
        assert exchange("GET", f"http://{address}/").status == 200
        assert len(seen) == 2


@pytest.mark.parametrize("close", [True, False])
def test_an_answer_before_the_end_of_the_body_is_read(close: bool) -> None:
    release = threading.Event()

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.answer(b"no", status="403 Forbidden")
        if not close:
            release.wait(30)

    with serving(script) as address, Transport() as transport:
        reply = transport.bind()("PUT", f"http://{address}/", body=Chunks(400))
        release.set()
    assert (reply.status, reply.body) == (403, b"no")


def test_a_broken_connection_is_lost_in_every_phase() -> None:
    def while_sending(peer: Peer) -> None:
        peer.read_head()
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def before_answer(peer: Peer) -> None:
        peer.request()

    def within_answer(peer: Peer) -> None:
        peer.request()
        peer.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")

    for script in (while_sending, before_answer, within_answer):
        with serving(script) as address, Transport() as transport:
            with pytest.raises(ConnectionLost) as caught:
                transport.bind()("PUT", f"http://{address}/", body=Chunks(40))
            assert caught.value.retryable


def test_time_outs() -> None:
    release = threading.Event()

    def never_reads(peer: Peer) -> None:
        release.wait(30)

    def never_answers(peer: Peer) -> None:
        peer.request()
        release.wait(30)

    def stops_in_the_answer(peer: Peer) -> None:
        peer.request()
        peer.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        release.wait(30)

    settings = TransportSettings(stall_timeout=0.3, answer_timeout=0.3)
    for script, error, count in (
        (never_reads, Stalled, 1000),
        (never_answers, TimedOut, 1),
        (stops_in_the_answer, Stalled, 1),
    ):
        with serving(script) as address, Transport(settings) as transport, pytest.raises(error):
            transport.bind()("PUT", f"http://{address}/", body=Chunks(count))
    release.set()


def test_a_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Transport() as transport, pytest.raises(ConnectFailed) as caught:
        transport.bind()("GET", f"http://127.0.0.1:{port}/")
    assert caught.value.retryable


def test_no_url() -> None:
    with Transport() as transport, pytest.raises(ConfigError):
        transport.bind()("GET", "ftp://host/x")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cancel_ends_an_exchange_that_waits(scheme: str) -> None:
    """For https the server never answers the handshake."""
    waiting, release = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        peer.sock.recv(1)
        waiting.set()
        release.wait(30)

    cancel = Cancel()
    failures: list[Exception] = []
    with serving(script) as address, Transport() as transport:

        def work() -> None:
            try:
                transport.bind(cancel)("GET", f"{scheme}://{address}/")
            except Exception as error:
                failures.append(error)

        worker = threading.Thread(target=work)
        worker.start()
        assert waiting.wait(10)
        cancel.cancel()
        worker.join(5)
        assert not worker.is_alive()
        release.set()
    assert isinstance(failures[0], Cancelled)
    with pytest.raises(Cancelled):
        Transport().bind(cancel)("GET", "http://127.0.0.1:1/")


def test_cancel_ends_a_connect_that_hangs() -> None:
    """A listener whose queue is full leaves the connection half open."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        cancel = Cancel()
        failures: list[Exception] = []

        def work() -> None:
            try:
                transport.bind(cancel)("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/")
            except Exception as error:
                failures.append(error)

        with Transport(TransportSettings(connect_timeout=60)) as transport:
            worker = threading.Thread(target=work)
            worker.start()
            worker.join(0.2)
            assert worker.is_alive()
            cancel.cancel()
            worker.join(5)
            assert not worker.is_alive()
    assert isinstance(failures[0], Cancelled)


def test_streams_are_read_in_pieces_and_a_short_one_is_an_error() -> None:
    def script(peer: Peer) -> None:
        while b"/short" not in peer.request()[0]:
            peer.answer(b"0123456789")
        peer.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")

    buffer = bytearray(4)
    with serving(script) as address, Transport() as transport:
        with transport.stream("GET", f"http://{address}/") as download:
            got = b""
            while count := download.read_into(memoryview(buffer)):
                got += buffer[:count]
        assert got == b"0123456789"
        with (
            transport.stream("GET", f"http://{address}/short") as download,
            pytest.raises(ConnectionLost),
        ):
            while download.read_into(memoryview(buffer)):
                pass


def test_hooks_and_logs_hold_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    events: list[Event] = []
    caplog.set_level(logging.DEBUG)
    with serving(echo_head) as address, Transport(hooks=[events.append]) as transport:
        transport.bind()(
            "GET",
            f"http://{address}/p?access_token=hush1&Signature=hush2&title=seen",
            headers={"Authorization": "hush3", "x-nos-token": "hush4", "X-Seen": "seen"},
        )
    assert [event.phase for event in events] == ["request", "response"]
    assert events[0].headers == {"Authorization": "***", "x-nos-token": "***", "X-Seen": "seen"}
    assert "title=seen" in events[0].url
    assert "hush" not in repr(events[0]) + caplog.text


def test_redact_strikes_out_what_signs() -> None:
    url = "https://u:p@h/x?q-sign-algorithm=sha1&q-ak=AK&q-signature=s&upload_token=t&slice_task_id=3"
    assert redact(url) == (
        "https://***@h/x?q-sign-algorithm=***&q-ak=***&q-signature=***&upload_token=***&slice_task_id=3"
    )


def test_a_hook_can_inject_a_failure() -> None:
    def fail(event: Event) -> None:
        if event.phase == "request":
            raise ConnectionLost("injected")

    with Transport(hooks=[fail]) as transport, pytest.raises(ConnectionLost, match="injected"):
        transport.bind()("GET", "http://127.0.0.1:1/")

"""TLS: whom we trust, tunnels, and refusals."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from vodkit.core.errors import ConnectFailed
from vodkit.transport import Transport, TransportSettings

from .wire import Peer, Script, serving


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and self-signed certificate of 127.0.0.1 and vod.example.com in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vodkit test")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("vod.example.com")]
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


def in_tls(certificate: Path, script: Script) -> Script:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def wrapped(peer: Peer) -> None:
        with context.wrap_socket(peer.sock, server_side=True) as secure:
            script(Peer(secure))

    return wrapped


def echo(peer: Peer) -> None:
    while True:
        head, body = peer.request()
        peer.answer(head + str(len(body)).encode())


class Slices:
    """A long body."""

    length = 200 * 65536

    def __iter__(self) -> Iterator[memoryview]:
        for _ in range(200):
            yield memoryview(bytes(65536))


def test_a_named_authority_is_trusted_and_others_are_not(certificate: Path) -> None:
    with serving(in_tls(certificate, echo)) as address:
        with Transport(TransportSettings(ca_file=str(certificate))) as transport:
            for _ in range(2):
                reply = transport.bind()("PUT", f"https://{address}/a%2fb", body=Slices())
                assert reply.body.endswith(str(Slices.length).encode())
        with Transport() as transport, pytest.raises(ConnectFailed) as caught:
            transport.bind()("GET", f"https://{address}/")
    assert not caught.value.retryable
    assert "ca_file" in caught.value.advice


def test_the_system_s_authorities_can_be_named_in_the_environment(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(in_tls(certificate, echo)) as address, Transport() as transport:
        assert transport.bind()("GET", f"https://{address}/").status == 200


def test_a_refusal_in_mid_body_is_read(certificate: Path) -> None:
    def refuse(peer: Peer) -> None:
        peer.read_head()
        peer.answer(b"no", status="403 Forbidden", extra="Connection: close\r\n")

    with (
        serving(in_tls(certificate, refuse)) as address,
        Transport(TransportSettings(ca_file=str(certificate))) as transport,
    ):
        reply = transport.bind()("PUT", f"https://{address}/", body=Slices())
    assert (reply.status, reply.body) == (403, b"no")


def test_a_tunnel_ends_at_the_host_that_was_asked_for(certificate: Path) -> None:
    heads: list[bytes] = []

    def forward(source: socket.socket, target: socket.socket) -> None:
        try:
            while chunk := source.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    with serving(in_tls(certificate, echo)) as address:
        host, port = address.split(":")

        def tunnel(peer: Peer) -> None:
            heads.append(peer.read_head())
            with socket.create_connection((host, int(port))) as onward:
                peer.sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=forward, args=(onward, peer.sock))
                back.start()
                forward(peer.sock, onward)
                back.join()

        with serving(tunnel) as proxy:
            settings = TransportSettings(proxy=f"http://me:secret@{proxy}", ca_file=str(certificate))
            with Transport(settings) as transport:
                for _ in range(2):
                    reply = transport.bind()("PUT", "https://vod.example.com/x", body=b"abc")
                    assert reply.body.startswith(b"PUT /x HTTP/1.1\r\n")
                    assert b"\r\nHost: vod.example.com\r\n" in reply.body
    assert len(heads) == 1, "the tunnel is kept"
    assert heads[0].startswith(b"CONNECT vod.example.com:443 ")
    assert b"Proxy-Authorization: Basic" in heads[0]

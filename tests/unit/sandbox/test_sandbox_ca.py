"""The private authority, checked by Python's strict rules and by OpenSSL's hostname checks."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from vodkit.sandbox.ca import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def shake_hands(authority: Authority, context_for: str, connect_to: str, *, sni: bool = True) -> str | None:
    """Do a TLS handshake over a socket pair; the TLS version, as the client sees it."""
    client = ssl.create_default_context(cafile=authority.certificate)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            with authority.context(context_for).wrap_socket(theirs, server_side=True) as wrapped:
                wrapped.recv(1)
        except OSError:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(ours, server_hostname=connect_to) as wrapped:
            return wrapped.version()
    finally:
        ours.close()
        thread.join()


@pytest.mark.parametrize("name", ["api.cloud.example", "127.0.0.1", "::1", "x" * 60 + ".store.cloud.example"])
def test_leaf_passes_strict_checks(authority: Authority, name: str) -> None:
    assert shake_hands(authority, name, name) == "TLSv1.3"


def test_leaf_follows_the_name_in_the_hello(authority: Authority) -> None:
    assert shake_hands(authority, "localhost", "Bucket-1.Store.Cloud.example")


def test_leaf_is_for_its_name_only(authority: Authority) -> None:
    # No name is sent with an address, so the certificate is that of the context.
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        shake_hands(authority, "api.cloud.example", "127.0.0.9")


def test_another_authority_is_not_trusted(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path)
    other.certificate.write_bytes(authority.certificate.read_bytes())
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(other, "api.cloud.example", "api.cloud.example")


def test_contexts_are_made_once_per_name(authority: Authority) -> None:
    assert authority.context("a.example") is authority.context("A.example.")
    assert authority.context("a.example") is not authority.context("b.example")


def test_files_are_the_owners_and_hold_no_key(authority: Authority) -> None:
    authority.context("files.example")
    found = list(authority.certificate.parent.iterdir())
    assert sorted(path.name for path in found) == ["ca.p12", "ca.pem"]
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"PRIVATE KEY" not in path.read_bytes()

"""A private certificate authority that lives as long as one run."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

TRUST_STORE_PASSWORD = "vodkit"
"""Opens the Java trust store. It guards no secret: the store holds the public certificate alone."""

_LIFETIME = datetime.timedelta(days=30)
# Java, git and Node compare the validity with their own clock, which may differ a little in a container.
_CLOCK_SKEW = datetime.timedelta(days=1)


class ServerContext(ssl.SSLContext):
    """A TLS server context that knows whom it is for.

    Attributes:
        name: The host name or IP address in its certificate.
    """

    name: str = ""


class Authority:
    """Signs a certificate for any name, for those who trust :attr:`certificate`.

    The authority's key stays in memory. Leaves share one key and are written, readable by the owner only,
    because OpenSSL loads a chain from a file.

    Args:
        folder: An existing folder that only the owner may read; the caller removes it.

    Attributes:
        certificate: The authority's certificate, PEM.
        trust_store: The same for Java, PKCS #12, opened by :data:`TRUST_STORE_PASSWORD`.
    """

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "ca.pem"
        self.trust_store = folder / "ca.p12"
        self._folder = folder
        self._lock = threading.Lock()
        self._contexts: dict[str, ServerContext] = {}
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._issuer = _make_authority(self._key)
        _write(self.certificate, self._issuer.public_bytes(serialization.Encoding.PEM))
        store = pkcs12.serialize_java_truststore(
            [pkcs12.PKCS12Certificate(self._issuer, b"vodkit sandbox")],
            serialization.BestAvailableEncryption(TRUST_STORE_PASSWORD.encode()),
        )
        _write(self.trust_store, store)

    def context(self, name: str) -> ServerContext:
        """A TLS server context with a certificate for ``name``, a host name or an IP address.

        A client that names another host in its hello (SNI) gets that host's certificate.
        """
        name = name.lower().rstrip(".")
        with self._lock:
            found = self._contexts.get(name)
            if found is None:
                found = self._contexts[name] = self._make_context(name)
            return found

    def _make_context(self, name: str) -> ServerContext:
        context = ServerContext(ssl.PROTOCOL_TLS_SERVER)
        context.name = name
        context.set_alpn_protocols(["http/1.1"])
        path = self._folder / f"leaf-{len(self._contexts)}.pem"
        key = self._leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write(path, key + self._make_leaf(name).public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(path)
        path.unlink()
        context.sni_callback = self._choose
        return context

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name:
            connection.context = self.context(name)

    def _make_leaf(self, name: str) -> x509.Certificate:
        alternative: x509.GeneralName
        try:
            alternative = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            alternative = x509.DNSName(name)
        public = self._leaf_key.public_key()
        return (
            # The name is in the alternative names only: a common name holds at most 64 characters.
            _builder(x509.Name([]), self._issuer.subject, public)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            # An empty subject makes this extension a critical one (RFC 5280 §4.2.1.6).
            .add_extension(x509.SubjectAlternativeName([alternative]), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(_issued_by(self._key), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _make_authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vodkit sandbox")])
    public = key.public_key()
    return (
        _builder(name, name, public)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(_issued_by(key), critical=False)
        .sign(key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _LIFETIME)
    )


def _usage(**granted: bool) -> x509.KeyUsage:
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: granted.get(name, False) for name in names.split()})


def _issued_by(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _write(path: Path, data: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)

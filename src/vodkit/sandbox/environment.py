"""The environment variables that turn a program's HTTP clients to the sandbox."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from .ca import TRUST_STORE_PASSWORD, Authority

PRELOAD = Path(__file__).parent / "preload"

# Exceptions would lead past the proxy; a catch-all proxy would lead out of the machine.
_REMOVED = ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY")

_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")

# requests · OpenSSL, Go, Ruby, PHP · curl · Node · git · the AWS libraries
_AUTHORITIES = (
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
)


def environment(base: Mapping[str, str], *, service: str, proxy: str, authority: Authority) -> dict[str, str]:
    """The environment of a program in the sandbox.

    Args:
        base: The environment to start from; it is left as it is.
        service: URL of the service.
        proxy: URL of the proxy.
        authority: Whose certificates are trusted.
    """
    child = {name: value for name, value in base.items() if name not in _REMOVED}
    child.update(dict.fromkeys(_PROXIES, proxy))
    child.update(dict.fromkeys(_AUTHORITIES, str(authority.certificate)))
    child["VODKIT_SERVICE"] = service
    child["VODKIT_SANDBOX"] = proxy
    child["PYTHONPATH"] = _prepend(str(PRELOAD / "python"), base.get("PYTHONPATH"), os.pathsep)
    child["NODE_OPTIONS"] = _append(base.get("NODE_OPTIONS"), f"--require {_quoted(PRELOAD / 'node.cjs')}")
    child["JAVA_TOOL_OPTIONS"] = _append(base.get("JAVA_TOOL_OPTIONS"), _java(proxy, authority))
    return child


def _java(proxy: str, authority: Authority) -> str:
    host, _, port = proxy.rpartition("/")[2].partition(":")
    properties = {
        "http.proxyHost": host,
        "http.proxyPort": port,
        "https.proxyHost": host,
        "https.proxyPort": port,
        "http.nonProxyHosts": "",
        "javax.net.ssl.trustStore": _quoted(authority.trust_store),
        "javax.net.ssl.trustStorePassword": TRUST_STORE_PASSWORD,
        "javax.net.ssl.trustStoreType": "PKCS12",
    }
    return " ".join(f"-D{name}={value}" for name, value in properties.items())


def _prepend(first: str, rest: str | None, separator: str) -> str:
    return f"{first}{separator}{rest}" if rest else first


def _append(first: str | None, rest: str) -> str:
    return f"{first} {rest}" if first else rest


def _quoted(path: Path) -> str:
    """A path as one word, for variables that are split at blanks and know double quotes."""
    return f'"{path}"' if " " in str(path) else str(path)

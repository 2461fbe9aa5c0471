"""From a URL to a connection, without touching a byte of the URL."""

from __future__ import annotations

import re
import urllib.request
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from vodkit.core.errors import ConfigError

from .hooks import redact

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]+)(?P<target>[^#]*)", re.I)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a connection goes.

    Attributes:
        scheme: ``http`` or ``https``.
        host: Name or address, IPv6 without brackets.
        port: TCP port.
        proxy: URL of the HTTP proxy on the way, or ``""``.
    """

    scheme: str
    host: str
    port: int
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What a request needs beside its headers and body.

    Attributes:
        endpoint: Where to connect.
        authority: Value of the ``Host`` header.
        path: Request target exactly as it goes out.
        headers: Headers for a proxy on the way.
    """

    endpoint: Endpoint
    authority: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """For people: the authority, and where the connection goes if that is elsewhere."""
        direct = self.endpoint.host in self.authority
        return self.authority if direct else f"{self.authority} at {self.endpoint.host}:{self.endpoint.port}"


def resolve(url: str, via: str | None, proxy: str | None) -> Target:
    """Split ``url`` for the wire.

    Args:
        url: Absolute http(s) URL, already percent-encoded.
        via: ``http://host:port`` that every request is connected to; Host and path stay those of ``url``.
        proxy: Proxy URL, ``""`` for none, ``None`` to follow the environment (``HTTPS_PROXY``, ``NO_PROXY``).

    Raises:
        ConfigError: this is not an absolute http(s) URL, or the proxy is of a kind that is not supported.
    """
    scheme, authority, path = _split(url)
    authority = authority.rpartition("@")[2]
    endpoint = _endpoint(scheme, authority)
    if via:
        via_scheme, via_authority, _ = _split(via)
        return Target(_endpoint(via_scheme, via_authority), authority, path)
    chosen = _environment_proxy(endpoint) if proxy is None else proxy
    if not chosen:
        return Target(endpoint, authority, path)
    if "://" not in chosen:
        chosen = f"http://{chosen}"
    proxied = Endpoint(scheme, endpoint.host, endpoint.port, chosen)
    if scheme == "https":
        return Target(proxied, authority, path)
    return Target(proxied, authority, f"http://{authority}{path}", tuple(proxy_headers(chosen).items()))


def proxy_endpoint(proxy: str) -> Endpoint:
    """Where the proxy itself listens.

    Raises:
        ConfigError: only HTTP proxies are supported.
    """
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname:
        raise ConfigError(
            f"the proxy scheme {parts.scheme!r} is not supported", advice="Use an http:// proxy (CONNECT)"
        )
    return Endpoint("http", parts.hostname, parts.port or 80)


def proxy_headers(proxy: str) -> dict[str, str]:
    """The ``Proxy-Authorization`` that the proxy URL's user name and password call for."""
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _split(url: str) -> tuple[str, str, str]:
    found = _URL.fullmatch(url.partition("#")[0])
    if found is None:
        raise ConfigError(f"{redact(url)!r} is not an absolute http:// or https:// URL")
    path = found["target"]
    if not path.startswith("/"):
        path = f"/{path}"
    return found["scheme"].lower(), found["authority"], path


def _endpoint(scheme: str, authority: str) -> Endpoint:
    parts = urlsplit(f"//{authority}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"the address {authority!r} has no valid port") from error
    if not host:
        raise ConfigError(f"the address {authority!r} names no host")
    return Endpoint(scheme, host, port or _PORTS[scheme])


def _environment_proxy(endpoint: Endpoint) -> str:
    proxies = urllib.request.getproxies_environment()
    chosen = proxies.get(endpoint.scheme) or proxies.get("all") or ""
    bypassed = urllib.request.proxy_bypass(f"{endpoint.host}:{endpoint.port}", proxies)
    return "" if bypassed else chosen

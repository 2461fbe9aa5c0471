"""Where the service connects to for its users: judged by an address's text, and by where it leads."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from ..errors import ServiceError

LONGEST_URL = 2048

_PORTS = {"http": 80, "https": 443}
_ILL = re.compile(r"[\x00-\x20\x7f\\]")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f.]*:[0-9a-f:.]*(%[a-z0-9._-]+)?", re.I)
_URL_CHARACTERS = "%/:=&?~+!$,;'@()*[]"

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_REFUSED = [
    ipaddress.ip_network(text)
    for text in (
        "100.64.0.0/10",  # shared by carriers
        "168.63.129.16/32",  # how one large cloud talks to its own machines
        "192.0.0.0/24",
        "192.88.99.0/24",
        "64:ff9b:1::/48",  # NAT64 of a site
        "fec0::/10",
    )
]


class TargetRefused(ServiceError):
    """The service does not connect to such an address; its text may be shown to whoever named it."""


class TargetFailed(ServiceError):
    """There was no whole answer; its text may be shown to whoever named the address."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be connected to, as far as its text goes.

    Attributes:
        scheme: ``http`` or ``https``.
        host: Name in ASCII, or address; IPv6 without brackets.
        port: TCP port.
        authority: Value of the ``Host`` header.
        path: Request target, percent-encoded.
    """

    scheme: str
    host: str
    port: int
    authority: str
    path: str

    @property
    def url(self) -> str:
        """The URL as it is requested."""
        return f"{self.scheme}://{self.authority}{self.path}"


def check(url: str) -> Target:
    """Whether a URL has the form of one that the service connects to; nothing is resolved.

    Raises:
        TargetRefused: it is not absolute ``http`` or ``https``, carries a user or password, names a port
            below 1024 other than 80 and 443, or holds what no URL holds.
    """
    if len(url) > LONGEST_URL:
        raise TargetRefused(f"the address is longer than {LONGEST_URL} characters")
    if _ILL.search(url):
        raise TargetRefused("the address holds spaces, control characters or backslashes")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        name = host.encode("idna").decode("ascii").rstrip(".") if host and ":" not in host else host
    except ValueError as error:
        raise TargetRefused("the address is no valid URL") from error
    scheme = parts.scheme.lower()
    if name and not _HOST.fullmatch(name):
        raise TargetRefused("the address names no valid host")
    if scheme not in _PORTS or not name:
        raise TargetRefused("the address must begin with http:// or https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise TargetRefused("the address must not hold a user or a password")
    number = _PORTS[scheme] if port is None else port
    if number not in _PORTS.values() and number < 1024:
        raise TargetRefused("the address must name port 80, 443 or one from 1024 on")
    shown = f"[{name}]" if ":" in name else name
    authority = shown if number == _PORTS[scheme] else f"{shown}:{number}"
    path = quote(parts.path or "/", safe=_URL_CHARACTERS)
    query = f"?{quote(parts.query, safe=_URL_CHARACTERS)}" if parts.query else ""
    return Target(scheme, name, number, authority, path + query)


def is_private(address: Ip) -> bool:
    """Whether an address is no place of the public internet, as itself or as what it stands for."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_private(inner)
    return (
        not address.is_global
        or address.is_multicast
        or address.is_reserved
        or any(address in network for network in _REFUSED)
    )


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def resolve(target: Target, *, private: bool, seconds: float = 10.0) -> list[Any]:
    """What ``target`` leads to, as the arguments of sockets.

    Args:
        private: Whether private addresses are allowed.
        seconds: For the answer of the name's servers.

    Raises:
        TargetRefused: one of its addresses is private, and ``private`` is not allowed.
        TargetFailed: its name leads nowhere, or nobody says where in time.
    """
    found = _addresses(target.host, target.port, seconds)
    if not private and any(is_private(_ip(place)) for place in found):
        raise TargetRefused(
            f"{target.host} leads to a private address, where the service goes only with --private-targets"
        )
    return found


def leads_inside(target: Target, seconds: float = 10.0) -> bool:
    """Whether one of the addresses that ``target`` leads to is private.

    Raises:
        TargetFailed: its name leads nowhere, or nobody says where in time.
    """
    return any(is_private(_ip(place)) for place in resolve(target, private=True, seconds=seconds))


def _ip(place: Any) -> Ip:
    return ipaddress.ip_address(str(place[-1][0]).partition("%")[0])


def _addresses(host: str, port: int, seconds: float) -> list[Any]:
    """What the name's servers say; asked in a thread, because the system's resolver takes its own time."""
    found: list[Any] = []
    problems: list[OSError] = []

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as problem:
            problems.append(problem)

    thread = threading.Thread(target=ask, name="vodkit-resolve", daemon=True)
    thread.start()
    thread.join(seconds)
    if found:
        return found
    if problems:
        raise TargetFailed(f"the name {host} has no address") from problems[0]
    raise TargetFailed(f"nobody said in time where {host} is")

"""Which host leads where: to the service, to this machine as it is, or nowhere."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from vodkit.core import registry


@dataclass(frozen=True, slots=True)
class Address:
    """A TCP address."""

    host: str
    port: int


class Refused(Exception):
    """The sandbox does not let this request out; the text says why and what to do."""


class Routes:
    """Decides about an address that a program asked for.

    Args:
        service: Where the service listens.
        hosts: Host names, or suffixes beginning with a dot, that the service answers for.
    """

    def __init__(self, service: Address, hosts: Iterable[str]) -> None:
        self.service = service
        self._names = frozenset(host.lower() for host in hosts if not host.startswith("."))
        self._suffixes = tuple(host.lower() for host in hosts if host.startswith("."))

    def emulated(self, wanted: Address) -> bool:
        """Whether the service answers in place of ``wanted``.

        Ports 80 and 443 of this machine count as the service's: a vendor's API may hand out a bare IP
        address, and ours hands out that of the loopback.
        """
        host = wanted.host.lower().rstrip(".")
        if is_loopback(host):
            return wanted.port in (80, 443)
        return host in self._names or host.endswith(self._suffixes)

    def target(self, wanted: Address) -> Address:
        """Where a request for ``wanted`` goes.

        Raises:
            Refused: it would leave this machine.
        """
        if self.emulated(wanted):
            return self.service
        if is_loopback(wanted.host):
            return wanted
        raise Refused(
            f"vodkit sandbox: {wanted.host} is not a host of an emulated cloud, "
            "and the sandbox lets nothing out of this machine"
        )


def vendor_hosts() -> tuple[str, ...]:
    """The hosts of every room that has a server side."""
    rooms = (registry.descriptor(name) for name in registry.names())
    return tuple(host for room in rooms if room.server is not None for host in room.hosts)


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine, by name or by address."""
    if host.lower().rstrip(".") == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def parse_authority(text: str, port: int) -> Address:
    """``host``, ``host:port`` or ``[v6]:port``, with a default port.

    Raises:
        ValueError: it is none of these.
    """
    host, colon, digits = text.rpartition(":")
    if not colon or digits.endswith("]"):
        host, digits = text, str(port)
    host = host.strip("[]")
    if not host or not digits.isascii() or not digits.isdigit() or not 0 < int(digits) < 65536:
        raise ValueError(f"{text!r} is not a host and a port")
    return Address(host, int(digits))

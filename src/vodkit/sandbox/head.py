"""The head of an HTTP/1.1 request, as far as a proxy has to understand it."""

from __future__ import annotations

from dataclasses import dataclass

from .routes import Address, parse_authority

# Those that mean the connection to the proxy, not the one behind it.
_HOP_BY_HOP = frozenset({"connection", "proxy-connection", "keep-alive", "proxy-authorization"})


class BadRequest(Exception):
    """What came is not the head of a request."""


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request's first line and header lines.

    Attributes:
        method: As sent.
        target: Authority form, absolute form or origin form.
        version: ``HTTP/1.1``.
        lines: The header lines, without their line ends, unchanged.
    """

    method: str
    target: str
    version: str
    lines: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes) -> RequestHead:
        """Parse a head that ends with its empty line.

        Raises:
            BadRequest: it is not one.
        """
        first, *lines = data.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        parts = first.split(" ")
        if len(parts) != 3 or not all(parts) or not parts[2].startswith("HTTP/1."):
            raise BadRequest(f"not a request line: {first[:80]!r}")
        return cls(parts[0], parts[1], parts[2], tuple(lines))

    @property
    def is_connect(self) -> bool:
        """Whether a tunnel is asked for."""
        return self.method == "CONNECT"

    def wanted(self) -> Address:
        """The address that the request is for.

        Raises:
            BadRequest: it names none.
        """
        if self.is_connect:
            authority, port = self.target, 443
        elif "://" in self.target:
            authority, port = self._split()[0], 443 if self.target.lower().startswith("https:") else 80
        else:
            authority, port = self._header("host"), 80
        try:
            return parse_authority(authority.rpartition("@")[2], port)
        except ValueError as error:
            raise BadRequest(f"the request names no host: {error}") from None

    def forwarded(self) -> bytes:
        """The head as it goes on.

        A request in absolute form becomes one in origin form with the same authority in ``Host``, on a
        connection for this request alone: the next one on the client's connection may be for another host.
        """
        if self.target.startswith("/") or self.target == "*":
            return self._join(self.target, self.lines)
        authority, path = self._split()
        dropped = _HOP_BY_HOP | {"host"}
        kept = (line for line in self.lines if line.partition(":")[0].strip().lower() not in dropped)
        host = authority.rpartition("@")[2]
        return self._join(path, (f"Host: {host}", *kept, "Connection: close"))

    def _split(self) -> tuple[str, str]:
        """Authority and origin form of a target in absolute form."""
        rest = self.target.partition("://")[2]
        end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
        path = rest[end:]
        return rest[:end], path if path.startswith("/") else "/" + path

    def _header(self, name: str) -> str:
        for line in self.lines:
            key, _, value = line.partition(":")
            if key.strip().lower() == name:
                return value.strip()
        return ""

    def _join(self, target: str, lines: tuple[str, ...]) -> bytes:
        return "\r\n".join((f"{self.method} {target} {self.version}", *lines, "", "")).encode("latin-1")

"""Runs when a Python program starts in the sandbox: turns clients that read no proxy variable to it.

The web ports of every host lead to the sandbox's port, which tells the vendors' hosts from the hello of TLS
or from the request. A program that uses the proxy asks for the proxy's address only and is not affected.
"""

import importlib.machinery
import importlib.util
import os
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

_sandbox = urlsplit(os.environ.get("VODKIT_SANDBOX", ""))
_getaddrinfo = socket.getaddrinfo
_WEB_PORTS = (80, 443, "80", "443", "http", "https", b"80", b"443", b"http", b"https")


def getaddrinfo(
    host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
) -> list[Any]:
    """Like ``socket.getaddrinfo``, with the web ports of every host at the sandbox."""
    if not host or port not in _WEB_PORTS or flags & socket.AI_PASSIVE:
        return _getaddrinfo(host, port, family, type, proto, flags)
    return _getaddrinfo(_sandbox.hostname, _sandbox.port, 0, type, proto, 0)


def _run_next() -> None:
    """Run the ``sitecustomize`` that this one hides, if there is one."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    path = [entry for entry in sys.path if os.path.abspath(entry) != here]  # noqa: PTH100
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if _sandbox.port:
    socket.getaddrinfo = getaddrinfo
_run_next()

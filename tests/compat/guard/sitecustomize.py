"""Loaded by every program that a test of the drop-ins starts: it may speak to this machine only."""

import ipaddress
import sys


def refuse(event: str, arguments: tuple) -> None:
    """An audit hook, which nothing in the program can take back."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if host in (None, "", "localhost"):
        return
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise PermissionError(f"a test may not speak to {host}")


sys.addaudithook(refuse)

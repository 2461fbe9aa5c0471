"""What runs on this machine."""

from __future__ import annotations

from pathlib import Path


def command_lines() -> dict[int, list[str]]:
    """The words of each process's command line, by its id."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes()
        except OSError:
            continue
        found[int(entry.parent.name)] = line.decode(errors="replace").split("\0")
    return found

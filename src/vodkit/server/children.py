"""Running this program as a child process."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def command(*arguments: str) -> list[str]:
    """What runs ``vodkit`` with these arguments, whatever folder it is run in."""
    return [sys.executable, "-P", "-m", "vodkit", *arguments]


def environment() -> dict[str, str]:
    """This process's environment, with what the child needs on its import path to find this vodkit."""
    mine = Path(__file__).resolve().parents[2]
    inherited = os.environ.get("PYTHONPATH", "")
    installed = mine.name in ("site-packages", "dist-packages")
    path = [*([] if installed else [str(mine)]), *filter(None, inherited.split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}

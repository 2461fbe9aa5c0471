"""Drop-ins are tested from their source folders; nothing of them is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

COMPAT = Path(__file__).parents[2] / "compat"

sys.path[:0] = [str(folder) for folder in sorted(COMPAT.glob("*/src"))]


@pytest.fixture(params=["full", "read-only", "not a folder"])
def bad_folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A place where no state can be kept."""
    folder = tmp_path / "bad-folder"
    if request.param == "not a folder":
        folder.touch()
        yield folder
        return
    folder.mkdir()
    if request.param == "read-only" and os.geteuid() != 0:
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)
        return
    # Permissions do not hold root back, and a disk is full only if it is a disk.
    mount("-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder))
    try:
        if request.param == "full":
            fill(folder / "filler")
        else:
            mount("-o", "remount,ro", str(folder))
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1024))
        except OSError:
            return

"""What tests of drop-ins share: programs that run over them and may not leave the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vodkit.server.embedded import EmbeddedService, embedded

ROOT = Path(__file__).parents[2]
SOURCES = [str(ROOT / "src"), *(str(path) for path in sorted((ROOT / "compat").glob("*/src")))]


@contextmanager
def strict_service(folder: Path, accounts: str) -> Iterator[EmbeddedService]:
    """A service that verifies every signature and knows no accounts but these."""
    (folder / "accounts.toml").write_text(accounts)
    with embedded(folder / "data", accounts=folder / "accounts.toml") as service:
        yield service


def environment(service: EmbeddedService, folder: Path, **variables: str) -> dict[str, str]:
    """For a program that runs over the drop-ins, keeps its state in ``folder`` and may leave the machine not.

    ``guard`` holds a ``sitecustomize`` that refuses every address but loopback ones.
    """
    paths = [str(Path(__file__).parent / "guard"), *SOURCES]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "VODKIT_SERVICE": service.url,
        "VODKIT_STATE_DIR": str(folder / "state"),
        "VODKIT_CONFIG": str(folder / "config.toml"),
        **variables,
    }


def run(program: Path, service: EmbeddedService, folder: Path) -> list[str]:
    """Run a program to its good end; the lines that it printed."""
    done = subprocess.run(
        [sys.executable, program],
        cwd=folder,
        env=environment(service, folder),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()

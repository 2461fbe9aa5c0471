"""Without the extra ``server`` the client works, and what needs the service says what to install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HIDE = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("uvicorn", "sqlalchemy", "alembic", "cryptography", "structlog"):
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Hidden())
import importlib.util
real = importlib.util.find_spec
def find_spec(name, package=None):
    try:
        return real(name, package)
    except ModuleNotFoundError:
        return None
importlib.util.find_spec = find_spec
from vodkit.cli.main import main
main(sys.argv[1:])
"""


def run(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "HOME": str(cwd)}
    return subprocess.run(
        [sys.executable, "-c", HIDE, *args], capture_output=True, text=True, cwd=cwd, env=env
    )


@pytest.mark.parametrize("command", [["demo"], ["serve"], ["accounts", "list"], ["sandbox", "--", "true"]])
def test_it_says_what_to_install(command: list[str], tmp_path: Path) -> None:
    done = run(*command, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "pip install 'vodkit[server]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_client_needs_none_of_it(tmp_path: Path) -> None:
    done = run(
        "upload",
        "nowhere.mp4",
        "--to",
        "tencent",
        "--set",
        "secret_id=a",
        "--set",
        "secret_key=b",
        cwd=tmp_path,
    )
    assert done.returncode == 3, done.stderr

"""``scripts/new-provider`` writes a room that passes the structure tests and says what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout with a new room."""
    copy = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    subprocess.run(["git", "init", "-q", str(copy)], check=True)
    made = subprocess.run([copy / "scripts" / "new-provider", "acmevod"], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    subprocess.run(["git", "add", "-A"], cwd=copy, check=True)
    return copy


def run(checkout: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(checkout / "src"), "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    return subprocess.run(
        [sys.executable, "-m", *args], cwd=checkout, env=env, capture_output=True, text=True
    )


def test_it_passes_the_structure_tests(checkout: Path) -> None:
    done = run(checkout, "pytest", "-q", "tests/structure/test_laws.py", "-p", "no:xdist")
    assert done.returncode == 0, done.stdout


def test_it_is_typed_and_formatted(checkout: Path) -> None:
    for command in (["ruff", "check", "."], ["ruff", "format", "--check", "."]):
        done = run(checkout, *command)
        assert done.returncode == 0, done.stdout
    done = run(checkout, "mypy", "-p", "vodkit.providers.acmevod")
    assert done.returncode == 0, done.stdout


def test_its_conformance_run_shows_what_is_missing(checkout: Path) -> None:
    done = run(checkout, "pytest", "-q", "tests/conformance/test_acmevod.py", "-k", "bytes", "-p", "no:xdist")
    assert done.returncode == 1
    assert "is not written yet" in done.stdout


@pytest.mark.parametrize("name", ["Example", "a", "two words", "../x", ""])
def test_names_that_are_none(checkout: Path, name: str) -> None:
    done = subprocess.run([checkout / "scripts" / "new-provider", name], capture_output=True, text=True)
    assert done.returncode == 1
    assert "is not a name" in done.stderr


def test_it_overwrites_nothing(checkout: Path) -> None:
    done = subprocess.run([checkout / "scripts" / "new-provider", "acmevod"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "there already" in done.stderr

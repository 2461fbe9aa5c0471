"""What every drop-in has to be: small, alone, and nothing but calls into vodkit."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DROP_INS = sorted(path.parent for path in (ROOT / "compat").glob("*/pyproject.toml"))
MAX_LINES = 250
MAX_LINES_IN_ALL = 1700
"""Youku's package has eighty calls, UCloud's two halves; the others stay below 1000."""

each = pytest.mark.parametrize("folder", DROP_INS, ids=lambda folder: folder.name)


def modules(folder: Path) -> list[Path]:
    return sorted((folder / "src").rglob("*.py"))


def owned(folder: Path) -> set[str]:
    """Top-level names that a drop-in may import as its own: its packages, and stand-ins for others."""
    packages = {path.name for path in (folder / "src").iterdir()}
    return packages | {path.name for path in folder.glob("src/*/stand-ins/*")}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


@each
def test_it_is_a_distribution_of_its_own(folder: Path) -> None:
    data = tomllib.loads((folder / "pyproject.toml").read_text())
    assert data["project"]["name"] == f"vodkit-compat-{folder.name}"
    assert [need.partition(">")[0] for need in data["project"]["dependencies"]] == ["vodkit"]
    assert set(data["project"]["entry-points"]["vodkit.compat"].values()) <= owned(folder)
    assert (folder / "README.md").exists()


def test_vodkit_itself_carries_none() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = data["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel == {"packages": ["src/vodkit"]}


@each
def test_it_imports_vodkit_and_the_standard_library(folder: Path) -> None:
    allowed = {"vodkit", *sys.stdlib_module_names, *owned(folder)}
    for path in modules(folder):
        assert set(imports(path)) <= allowed, path


@each
def test_it_is_small(folder: Path) -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in modules(folder)}
    assert max(lengths.values()) <= MAX_LINES
    assert sum(lengths.values()) <= MAX_LINES_IN_ALL


@each
def test_it_moves_no_bytes_itself(folder: Path) -> None:
    """Sockets, threads, hashes and files of state are vodkit's."""
    forbidden = {
        "socket",
        "ssl",
        "http",
        "urllib",
        "threading",
        "concurrent",
        "hashlib",
        "hmac",
        "sqlite3",
        "pickle",
    }
    for path in modules(folder):
        assert not set(imports(path)) & forbidden, path

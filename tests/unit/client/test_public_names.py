from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import vodkit
from vodkit.core import errors

ROOT = Path(__file__).parents[3]
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def test_the_page_lists_exactly_the_public_names() -> None:
    listed = re.findall(r"^\| (?:↳ )*`([A-Za-z_]+)` \|", API, re.MULTILINE)
    assert sorted(listed) == sorted(vodkit.__all__)


def test_the_page_draws_the_tree_of_errors() -> None:
    path: list[type] = []
    for arrows, name in re.findall(
        r"^\| ((?:↳ )*)`([A-Za-z]+)` \|", API[API.index("## Errors") :], re.MULTILINE
    ):
        kind = getattr(vodkit, name)
        depth = arrows.count("↳")
        assert depth == 0 or kind.__bases__ == (path[depth - 1],), name
        path[depth:] = [kind]


def test_every_error_is_public() -> None:
    kinds = {name for name, value in vars(errors).items() if isinstance(value, type)}
    public = {name for name in kinds if issubclass(getattr(errors, name), errors.VodError)}
    assert public <= set(vodkit.__all__)


@pytest.mark.parametrize("name", sorted(set(vodkit.__all__)))
def test_every_name_is_there(name: str) -> None:
    if name in ("embedded", "EmbeddedService"):
        pytest.importorskip("vodkit.server.embedded")
    assert getattr(vodkit, name) is getattr(vodkit, name)
    assert name in dir(vodkit)


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError):
        _ = vodkit.nothing


def test_the_version_is_the_packages() -> None:
    assert vodkit.__version__ == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


LIGHT = """
import sys, vodkit
heavy = {"starlette", "sqlalchemy", "cryptography", "rich", "click", "urllib3", "sqlite3", "asyncio"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
vodkit.connect, vodkit.Vod, vodkit.Cancel
heavy = {"starlette", "sqlalchemy", "cryptography", "rich", "click", "fsspec", "vodkit.server"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


def test_importing_stays_light() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr

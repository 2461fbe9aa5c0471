"""What a dataclass holds in secret is not in its repr, which ends up in logs and errors."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SRC = Path(__file__).parents[2] / "src" / "vodkit"
SECRET = re.compile(r"(^|_)(secret|password|token|sealed|sign_key)s?($|_)")
NO_SECRETS = {
    "secret_id",  # the public half of a pair
    "account_secret",  # what a setting is called
}


def shown(source: str) -> Iterator[str]:
    """``Class.field`` of secrets that a dataclass shows."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and any("dataclass" in ast.unparse(d) for d in node.decorator_list):
            yield from (f"{node.name}.{name}" for name in map(_shown, node.body) if name)


def _shown(line: ast.stmt) -> str:
    """The name of a field, if it is a secret's and text that the repr shows."""
    if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name):
        return ""
    name, kind = line.target.id, ast.unparse(line.annotation)
    if not SECRET.search(name) or name in NO_SECRETS or not re.search("str|bytes", kind):
        return ""
    return "" if line.value is not None and "repr=False" in ast.unparse(line.value) else name


def test_no_dataclass_shows_a_secret() -> None:
    found = [
        f"{path.relative_to(SRC)}: {what}"
        for path in sorted(SRC.rglob("*.py"))
        for what in shown(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_what_is_found() -> None:
    fields = "secret: str", "watch_password: str | None = None", "token: str = field(repr=False)", "key: str"
    assert list(shown("@dataclass(frozen=True)\nclass A:\n " + "\n ".join(fields))) == [
        "A.secret",
        "A.watch_password",
    ]

"""One case, in a vendor's environment or a drop-in's: ``python side_by_side.py CASES.py CASE``.

Needs the standard library only. ``CASES.py`` has ``NAMES`` (module: public names, dotted for members) and one
function per input; what it returns or raises is printed as JSON on the last line.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

LONGEST = 240


def load(path: str) -> Any:
    """The case file as a module."""
    spec = importlib.util.spec_from_file_location("cases", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(wanted: dict[str, list[str]]) -> dict[str, str]:
    """What stands under each public name."""
    return {f"{module}.{name}": shape(module, name) for module, found in wanted.items() for name in found}


def shape(module: str, name: str) -> str:
    """A kind and a signature, a plain value, or what came of looking for it."""
    try:
        value = importlib.import_module(module)
        for step in name.split("."):
            value = getattr(value, step)
    except (ImportError, AttributeError) as error:
        return f"{type(error).__name__}"
    if inspect.ismodule(value):
        return "module"
    if callable(value):
        return ("class" if inspect.isclass(value) else "callable") + signature(value)
    return repr(value) if isinstance(value, (str, int, type(None))) else type(value).__name__


def signature(value: Any) -> str:
    """Names and defaults of parameters, without annotations."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except ValueError:
        return ""
    return "(" + ", ".join(str(p.replace(annotation=inspect.Parameter.empty)) for p in parameters) + ")"


def plain(text: str) -> str:
    """A message without what differs from run to run, and not too much of it."""
    text = text.replace(f"{Path.cwd()}/", "").replace("\n", " ")
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Fa-f]{12,}|127\.0\.0\.1:\d+", "…", text)
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"


def main() -> None:
    """Run one case."""
    path, case = sys.argv[1:]
    cases = load(path)
    said: Any
    try:
        said = names(cases.NAMES) if case == "names" else getattr(cases, case)()
    except Exception as error:
        said = f"`{type(error).__name__}`: {plain(str(error))}"
    print("\n" + json.dumps(said))


if __name__ == "__main__":
    main()

"""Writes the side-by-side tables: the same cases in the vendor's environment and over the drop-in.

``tests/compat/<provider>/cases.py`` holds:

- ``VENDOR``: the package and its version, for the heading;
- ``ENVIRONMENT``: where it is installed, a folder of ``tests/vendors/environments``, or ``None``;
- ``MEASURED``: what it does where it cannot be run, by case, and of ``names`` by name;
- ``NOTE``: what a reader of the table should know, or ``""``;
- ``NAMES``: public names by module;
- one function per input, ``F1`` or the like, with the input as its docstring; it runs in a folder of its own,
  and what it returns or raises is its cell;
- beside it, where wanted, ``meddle_F1(asked, forward)``, which stands between client and service, and
  ``watch_F1(asked)``, which adds what was seen on the wire (:mod:`tests.compat.meddler`);
- ``STATED``: input, vendor's and our behaviour of what cannot be shown in a run of half a minute.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from vodkit.sandbox.run import attached
from vodkit.server.embedded import EmbeddedService, embedded

from .meddler import Meddler
from .service import ROOT, SOURCES
from .side_by_side import load

HERE = Path(__file__).parent
CAP = 30.0
"""Seconds that a case may take."""
INTRO = """# {title}: the vendor's package and the drop-in

Made by `scripts/compat-table`; do not edit. Each input was given to the unmodified {vendor}
and to the drop-in, each in an environment of its own, against the same service, for at most {cap:.0f}
seconds. Lines marked *stated* come from earlier measurements and reading, not from this run.
"""


class Side:
    """One of the two environments."""

    def __init__(self, python: Path | str, *paths: str) -> None:
        # -P: the folders of tests beside the script have names of modules.
        self._command = [str(python), "-P", str(HERE / "side_by_side.py")]
        self._paths = paths

    def run(self, cases: Path, case: str, service: EmbeddedService) -> Any:
        """What came of a case: a text, or for ``names`` a dictionary."""
        hooks = vars(load(str(cases)))
        with (
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
            Meddler(service.url, hooks.get(f"meddle_{case}")) as meddler,
            attached(meddler.url) as box,
        ):
            said = self._process([*self._command, str(cases), case], folder, dict(box.environment))
            watch = hooks.get(f"watch_{case}")
            seen = watch(meddler.asked) if watch is not None else ""
        return f"{said}; {seen}" if seen else said

    def _process(self, command: list[str], folder: str, environment: dict[str, str]) -> Any:
        paths = [*self._paths, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
        own = {"HOME": folder, "VODKIT_STATE_DIR": f"{folder}/.state", "VODKIT_CONFIG": f"{folder}/.config"}
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**environment, **own, "PYTHONPATH": os.pathsep.join(paths)},
                capture_output=True,
                text=True,
                timeout=CAP,
            )
        except subprocess.TimeoutExpired:
            return f"no end within {CAP:.0f} s"
        lines = done.stdout.splitlines()
        if done.returncode or not lines:
            return f"the process ended with {done.returncode}: {(done.stderr.splitlines() or [''])[-1]}"
        return json.loads(lines[-1])


def page(provider: str, service: EmbeddedService) -> str:
    """The whole page of a provider."""
    path = HERE / provider / "cases.py"
    cases = load(str(path))
    inputs = [name for name in vars(cases) if re.fullmatch(r"[A-Z]+\d+\w*", name)]
    ours = Side(sys.executable, *SOURCES)
    theirs = ROOT / ".venvs" / str(cases.ENVIRONMENT) / "bin" / "python"
    measured: dict[str, Any] = getattr(cases, "MEASURED", {})

    def both(case: str) -> tuple[Any, Any]:
        print(provider, case, file=sys.stderr)
        vendors = measured[case] if case in measured else Side(theirs).run(path, case, service)
        return vendors, ours.run(path, case, service)

    def row(*cells: str) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    lines = [INTRO.format(title=provider, vendor=cases.VENDOR, cap=CAP), cases.NOTE, "", "## Inputs", ""]
    lines += ["| | input | vendor's package | drop-in |", "|---|---|---|---|"]
    for case in inputs:
        lines.append(row(case, " ".join(getattr(cases, case).__doc__.split()), *both(case)))
    for case, (given, vendors, mine) in cases.STATED.items():
        lines.append(row(f"{case} *stated*", given, vendors, mine))
    lines += ["", "## Names", "", "| name | vendor's package | drop-in |", "|---|---|---|"]
    vendors, mine = both("names")
    lines += [row(f"`{name}`", vendors[name], mine[name]) for name in mine]
    return "\n".join([*lines, ""])


def main() -> None:
    """Write the pages of the named providers, or of all."""
    found = sorted(path.parent.name for path in HERE.glob("*/cases.py"))
    (ROOT / "docs" / "compat").mkdir(exist_ok=True)
    with embedded(strict=False) as service:
        for provider in sys.argv[1:] or found:
            (ROOT / "docs" / "compat" / f"{provider}.md").write_text(page(provider, service))


if __name__ == "__main__":
    main()

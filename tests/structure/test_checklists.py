"""Every item of the checklists has a test that names it, or a reason; the page that says so is fresh."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_conformance_page_is_complete_and_fresh() -> None:
    checked = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "checklists"), "--check"], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr

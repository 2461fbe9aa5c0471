"""Drop-ins are tested from their source folders; nothing of them is installed."""

from __future__ import annotations

import sys
from pathlib import Path

COMPAT = Path(__file__).parents[2] / "compat"

sys.path[:0] = [str(folder) for folder in sorted(COMPAT.glob("*/src"))]

"""Running until somebody stops it."""

from __future__ import annotations

import time
from typing import NoReturn

_LOOK = 0.5


def wait_for_ctrl_c() -> NoReturn:
    """Wait until Ctrl-C, which is raised as ever.

    A single wait without end would see a signal that comes just before it only with the next one.

    Raises:
        KeyboardInterrupt: it came.
    """
    while True:
        time.sleep(_LOOK)

"""Stand-ins for the packages whose exceptions callers catch, found only where the real ones are not."""

from __future__ import annotations

import os.path
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_NAMES = ("qcloud_cos", "tencentcloud")
_FOLDER = os.path.join(os.path.dirname(__file__), "stand-ins")


class LastResort:
    """Stands at the end of ``sys.meta_path``: what is installed is found before it is asked."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The stand-in for a module of these packages, if there is one."""
        package, *inner = name.split(".")
        if package not in _NAMES:
            return None
        return PathFinder.find_spec(name, [os.path.join(_FOLDER, package, *inner[:-1]) if inner else _FOLDER])


sys.meta_path.append(LastResort)

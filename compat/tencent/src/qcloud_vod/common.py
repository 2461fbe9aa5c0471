"""The vendor's helpers for text and paths."""

from __future__ import annotations

import os
from typing import Any


class StringUtil:
    """Whether a value is given."""

    @staticmethod
    def is_empty(target: Any) -> bool:
        """``None`` or no character."""
        return target is None or target == ""

    @staticmethod
    def is_not_empty(target: Any) -> bool:
        """Neither ``None`` nor without a character."""
        return not StringUtil.is_empty(target)


class FileUtil:
    """Facts about a path, which may be any ``os.PathLike``."""

    @staticmethod
    def is_file_exist(target: str | os.PathLike[str]) -> bool:
        """Whether it is a file."""
        return os.path.isfile(target)

    @staticmethod
    def get_file_type(target: str | os.PathLike[str]) -> str:
        """The last extension without its dot, as it is written; ``""`` without one."""
        return os.path.splitext(target)[1][1:]

    @staticmethod
    def get_file_name(target: str | os.PathLike[str]) -> str:
        """The last component without its last extension."""
        return os.path.splitext(os.path.basename(target))[0]

    @staticmethod
    def join_path(base_path: str, *path_list: str) -> str:
        """Components joined by one ``/``, unless one begins with a separator of its own."""
        joined = base_path[:-1] if base_path[-1:] in ("/", "\\") else base_path
        for path in path_list:
            joined += path if path[:1] in ("/", "\\") else f"/{path}"
        return joined

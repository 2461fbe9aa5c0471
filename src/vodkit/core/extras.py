"""Which optional packages are there. Nothing is imported to find out."""

from __future__ import annotations

from importlib.util import find_spec

from .errors import ConfigError

SERVER = ("uvicorn", "sqlalchemy", "alembic", "cryptography", "structlog")
"""What the service needs beside the client's dependencies: the extra ``server``."""


def missing_for_server() -> list[str]:
    """The packages of the extra ``server`` that are not installed."""
    return [name for name in SERVER if find_spec(name) is None]


def require_server() -> None:
    """Say what to install before the service is used without its packages.

    Raises:
        ConfigError: some of them are not installed.
    """
    missing = missing_for_server()
    if missing:
        raise ConfigError(
            f"the service needs packages that are not installed: {', '.join(missing)}",
            advice="pip install 'vodkit[server]'",
        )

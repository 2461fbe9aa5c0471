"""Who signs: permanent keys, temporary ones, or a callable that returns fresh ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vodkit.core.errors import ConfigError, MissingCredentials

from ..errors import PROVIDER
from ..wire import codes

Source = Callable[[], Any]
"""Returns ``(secret_id, secret_key, token)``, ``(secret_id, secret_key)``, or a mapping with these names."""


@dataclass(frozen=True, slots=True)
class Credential:
    """One key.

    Attributes:
        secret_id: Public id.
        secret_key: The secret.
        token: Session token of a temporary key, or ``""``.
    """

    secret_id: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name, value in (("secret_id", self.secret_id), ("secret_key", self.secret_key)):
            if not value:
                raise MissingCredentials(
                    f"{name} is missing",
                    provider=PROVIDER,
                    code=codes.INVALID_CREDENTIAL,
                    advice="Pass secret_id and secret_key, or credentials; `vodkit demo` needs neither",
                )
            if value != value.strip() or not value.isprintable():
                raise ConfigError(
                    f"{name} has blanks or line ends around it",
                    provider=PROVIDER,
                    code=codes.INVALID_CREDENTIAL,
                    advice="Copy the key again",
                )


class Credentials:
    """The current key. Thread-safe; asks its source again when told that a key is past its life."""

    def __init__(self, source: Source | None, fixed: Credential | None = None) -> None:
        self._source = source
        self._current = fixed
        self._lock = threading.Lock()

    @property
    def identity(self) -> str:
        """Who signs, where that is stable between runs; ``""`` for temporary keys."""
        fixed = self._current if self._source is None else None
        return fixed.secret_id if fixed is not None and not fixed.token else ""

    def get(self) -> Credential:
        """The key to sign with now.

        Raises:
            MissingCredentials, ConfigError: the source returned something else than a key.
        """
        with self._lock:
            if self._current is None:
                self._current = self._ask()
            return self._current

    def renew(self, used: Credential) -> bool:
        """Replace a key that the provider called expired; ``False`` if there is no other."""
        if self._source is None:
            return False
        with self._lock:
            if self._current is None or self._current == used:
                self._current = self._ask()
            return self._current != used

    def _ask(self) -> Credential:
        if self._source is None:
            raise MissingCredentials("there are no keys", provider=PROVIDER)
        given = self._source()
        if isinstance(given, Credential):
            return given
        if isinstance(given, Mapping):
            given = (given.get("secret_id"), given.get("secret_key"), given.get("token"))
        if not isinstance(given, tuple | list) or len(given) not in (2, 3):
            raise ConfigError(
                "credentials() did not return (secret_id, secret_key, token)", provider=PROVIDER
            )
        return Credential(*(str(value or "") for value in given))

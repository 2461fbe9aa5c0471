"""Who uploads: an access token, kept and renewed (youku.md §3.2)."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vodkit.core.errors import AuthError, ConfigError, CredentialExpired, MissingCredentials, ProtocolError

from .. import sign
from ..errors import PROVIDER

Source = Callable[[], Any]
"""Returns an access token, or a mapping with ``access_token``."""

Ask = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Sends a form to the token endpoint; returns its answer."""

_FILE = "youku-tokens"


@dataclass(frozen=True, slots=True)
class Token:
    """What the token endpoint answered.

    Attributes:
        access_token: Sent with every call.
        refresh_token: Good for one renewal; ``""`` where there is none.
        expires: Seconds since the epoch, or 0 where the answer does not say.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires: float = 0.0

    @classmethod
    def parse(cls, answer: Mapping[str, Any], clock: Callable[[], float] = time.time) -> Token:
        """Read an answer; ``expires_in`` comes as a number or as text.

        Raises:
            ProtocolError: there is no token in it.
        """
        access = answer.get("access_token")
        if not isinstance(access, str) or not access:
            raise ProtocolError("the answer holds no access token", provider=PROVIDER)
        life = str(answer.get("expires_in", ""))
        expires = clock() + int(life) if life.isascii() and life.isdigit() else 0.0
        return cls(access, str(answer.get("refresh_token") or ""), expires)


@dataclass(frozen=True, slots=True)
class Given:
    """What a connection was opened with. None of the secrets is part of the repr."""

    client_id: str
    client_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    source: Source | None = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("client_id", "client_secret", "access_token", "refresh_token"):
            value = getattr(self, name)
            if value != value.strip() or not value.isprintable():
                raise ConfigError(
                    f"{name} has blanks or line ends around it", provider=PROVIDER, advice="Copy it again"
                )


class Tokens:
    """The current access token. Thread-safe, and safe between processes that share a state folder.

    Args:
        given: What the connection was opened with.
        folder: The state folder.
        where: What else tells one platform from another.
        own: Whether the platform is a vodkit service, which gives an application tokens for its secret.

    Raises:
        MissingCredentials: nothing says who uploads.
    """

    def __init__(self, given: Given, folder: Path, where: Sequence[str], *, own: bool) -> None:
        if not given.client_id:
            raise MissingCredentials("client_id is missing", provider=PROVIDER, advice="Pass client_id=…")
        self._given = given
        self._by_secret = own and bool(given.client_secret)
        if not (given.access_token or given.refresh_token or given.source or self._by_secret):
            raise MissingCredentials(
                "nothing says who uploads",
                provider=PROVIDER,
                advice="Pass access_token, refresh_token or tokens; `vodkit demo` needs none of them",
            )
        secret = (given.client_secret, given.access_token, given.refresh_token)
        self._kept = _Kept(folder, sign.fingerprint(json.dumps([given.client_id, *where, *secret])))
        self._current: Token | None = None
        self._lock = threading.Lock()

    def get(self, ask: Ask) -> str:
        """The access token to send now.

        Raises:
            VodError: there was none yet, and none could be had.
        """
        with self._lock:
            if self._current is None:
                first = Token(self._given.access_token) if self._given.access_token else None
                self._current = (None if self._given.source else self._kept.read()) or first
            if self._current is None:
                self._current = self._fresh("", ask)
            return self._current.access_token

    def renew(self, used: str, ask: Ask) -> bool:
        """Replace a token that the platform refused; ``False`` if there is no way to another one.

        Raises:
            VodError: the platform refused the renewal, too.
        """
        with self._lock:
            if self._current is not None and self._current.access_token != used:
                return True
            if not (self._given.source or self._by_secret or self._refresh_token()):
                return False
            self._current = self._fresh(used, ask)
            return self._current.access_token != used

    def adopt(self, token: Token) -> None:
        """Use and keep a token from now on."""
        with self._lock, self._kept.alone():
            self._current = token
            self._kept.write(token)

    def refresh(self, ask: Ask) -> Token:
        """Renew the token now. Raises :class:`~vodkit.core.errors.AuthError` if there is no way to."""
        used = self.get(ask)
        if not self.renew(used, ask):
            raise CredentialExpired("there is no refresh token", provider=PROVIDER)
        assert self._current is not None
        return self._current

    def secret(self) -> str:
        """The application's secret. Raises :class:`~vodkit.core.errors.MissingCredentials`."""
        if not self._given.client_secret:
            raise MissingCredentials(
                "client_secret is missing", provider=PROVIDER, advice="Pass client_secret=…"
            )
        return self._given.client_secret

    def _refresh_token(self) -> str:
        kept = self._current or self._kept.read()
        return (kept.refresh_token if kept else "") or self._given.refresh_token

    def _fresh(self, used: str, ask: Ask) -> Token:
        """Another token than ``used``. One process at a time: a refresh token is good for one renewal."""
        if self._given.source is not None:
            return _from_source(self._given.source())
        with self._kept.alone():
            kept = self._kept.read()
            if kept is not None and kept.access_token != used:
                return kept
            refresh = (kept.refresh_token if kept else "") or self._refresh_token()
            token = self._ask(refresh, ask)
            self._kept.write(token)
            return token

    def _ask(self, refresh: str, ask: Ask) -> Token:
        given = self._given
        if refresh:
            fields = {"client_id": given.client_id, "grant_type": "refresh_token", "refresh_token": refresh}
            try:
                token = Token.parse(ask(fields))
            except AuthError:
                if not self._by_secret:
                    raise
            else:
                return token if token.refresh_token else Token(token.access_token, refresh, token.expires)
        return Token.parse(
            ask(
                {
                    "client_id": given.client_id,
                    "client_secret": given.client_secret,
                    "grant_type": "client_credentials",
                }
            )
        )


def _from_source(value: Any) -> Token:
    if isinstance(value, Mapping):
        value = value.get("access_token")
    if not isinstance(value, str) or not value:
        raise ConfigError("tokens() did not return an access token", provider=PROVIDER)
    return Token(value)


class _Kept:
    """The token of one set of settings, in a file that only its owner can read.

    Where the folder cannot be written to, tokens live as long as their connection.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        self._key = key

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """No other process renews a token meanwhile."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self._folder / f"{_FILE}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def read(self) -> Token | None:
        found = self._all().get(self._key)
        try:
            return Token(**found) if isinstance(found, dict) else None
        except TypeError:
            return None

    def write(self, token: Token) -> None:
        """Replace the file as a whole; the old one stays where that fails."""
        values = {
            "access_token": token.access_token,
            "refresh_token": token.refresh_token,
            "expires": token.expires,
        }
        text = json.dumps({**self._all(), self._key: values})
        fresh = self._folder / f"{_FILE}.{secrets.token_hex(4)}"
        with contextlib.suppress(OSError):
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._folder / f"{_FILE}.json")

    def _all(self) -> dict[str, Any]:
        try:
            found = json.loads((self._folder / f"{_FILE}.json").read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

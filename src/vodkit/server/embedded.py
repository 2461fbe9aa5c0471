"""The service in a child process that ends with its parent. Standard library and core only."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from vodkit.core import registry
from vodkit.core.errors import ConfigError, VodError

from . import accounts_file, children
from .accounts_file import Entry

_LAST_LINES = 20
_STOP_SECONDS = 15.0


class EmbeddedService:
    """A running service of one's own; see :func:`embedded`.

    Attributes:
        url: Where it answers, without a trailing slash.
        data: Its data folder.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None,
        *,
        strict: bool,
        listen: str,
        accounts: str | os.PathLike[str] | None,
        procedure: str = "",
        private_targets: bool = False,
    ) -> None:
        self._temporary = folder is None
        self.data = Path(folder if folder is not None else tempfile.mkdtemp(prefix="vodkit-"))
        self._accounts = Path(accounts if accounts is not None else self.data / "accounts.toml")
        self._errors: deque[str] = deque(maxlen=_LAST_LINES)
        command = children.command("serve", "--stop-on-eof", "--log-level", "warning")
        command += ["--data", str(self.data), "--listen", listen, "--procedure", procedure]
        if not strict:
            command.append("--no-strict")
        if private_targets:
            command.append("--private-targets")
        if accounts is not None:
            command += ["--accounts", str(accounts)]
        self._process = subprocess.Popen(
            command,
            # The service stops when this pipe closes, which the kernel does for us however this process ends.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=children.environment(),
            start_new_session=True,
            encoding="utf-8",
            errors="replace",
        )
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()
        try:
            self.url = self._wait()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The service's process id."""
        return self._process.pid

    def account(self, provider: str) -> Entry:
        """The service's first account of a provider.

        Raises:
            UnknownProvider: there is no such room.
            ConfigError: the service has no account of it.
        """
        registry.descriptor(provider)
        for entry in accounts_file.load(self._accounts):
            if entry.provider == provider:
                return entry
        raise ConfigError(f"the service has no {provider} account")

    def options(self, provider: str) -> dict[str, Any]:
        """What ``vodkit.connect(provider, …)`` needs to reach this service as its own account."""
        descriptor = registry.descriptor(provider)
        account = self.account(provider)
        known = {setting.name for setting in descriptor.settings}
        attrs = {name: value for name, value in account.attrs.items() if name in known}
        return {
            **attrs,
            **(descriptor.defaults or {}),
            descriptor.account_id: account.key,
            descriptor.account_secret: account.secret,
            "service": self.url,
        }

    def connect(self, provider: str, **options: Any) -> Any:
        """A :class:`vodkit.Vod` of a provider that talks to this service.

        ``options`` are those of ``vodkit.connect``; they win over the account's.
        """
        connect = registry.load("vodkit:connect")
        return connect(provider, **{**self.options(provider), **options})

    def stop(self) -> None:
        """Stop the service; its folder goes too when it was a temporary one. May be called again."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        # Its workers write there too; they end by themselves when it is gone.
        self._reader.join(_STOP_SECONDS)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None and not (stream is self._process.stderr and self._reader.is_alive()):
                stream.close()
        if self._temporary:
            shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self) -> EmbeddedService:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _collect(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._errors.append(line.rstrip())

    def _wait(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line.startswith("vodkit ready "):
            return line.split()[2]
        self._process.wait()
        self._reader.join()
        said = "\n".join(self._errors) or f"it ended with exit code {self._process.returncode}"
        raise ServiceFailed(f"the embedded service did not start: {said}")


class ServiceFailed(VodError):
    """The embedded service did not start; the message holds the last lines that it wrote."""


@contextlib.contextmanager
def embedded(
    folder: str | os.PathLike[str] | None = None,
    *,
    strict: bool = True,
    listen: str = "127.0.0.1:0",
    accounts: str | os.PathLike[str] | None = None,
    procedure: str = "",
    private_targets: bool = False,
) -> Iterator[EmbeddedService]:
    """Run the service in a child process for as long as the block runs, or this process lives.

    Args:
        folder: Where everything durable lives, kept afterwards; else a temporary folder that is removed.
        strict: Verify every signature. Otherwise any access key is taken.
        listen: ``host:port``; port 0 takes a free one.
        accounts: An accounts file. Without one the service makes an account for every provider.
        procedure: Name of what is made of uploads that do not say; ``""`` for nothing.
        private_targets: Whether callbacks and pulls may reach private and loopback addresses.

    Raises:
        ServiceFailed: it did not start; the message holds its last lines.
    """
    with EmbeddedService(
        folder,
        strict=strict,
        listen=listen,
        accounts=accounts,
        procedure=procedure,
        private_targets=private_targets,
    ) as service:
        yield service

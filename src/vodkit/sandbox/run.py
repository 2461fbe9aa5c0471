"""``vodkit sandbox``: the service, the proxy and a program that uses both."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from vodkit.core.errors import ConfigError
from vodkit.server.embedded import embedded

from .ca import Authority
from .environment import environment
from .proxy import Proxy
from .routes import Address, Routes, vendor_hosts

_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
# A terminal sends these to every process in its foreground, the program included.
_FROM_TERMINAL = (signal.SIGINT, signal.SIGQUIT)


class CannotStart(ConfigError):
    """The program cannot be started.

    Attributes:
        exit_code: What a shell would exit with: 127 if it is not there, 126 if it cannot be run.
    """

    def __init__(self, program: str, error: OSError) -> None:
        super().__init__(f"cannot run {program!r}: {error.strerror}")
        self.exit_code = 127 if isinstance(error, FileNotFoundError) else 126


class Stopped(BaseException):
    """A signal came before the program had started.

    Attributes:
        exit_code: 128 and the signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by signal {number}")
        self.exit_code = 128 + number


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox.

    Attributes:
        service: URL of the service.
        proxy: URL of the proxy.
        environment: What a program in the sandbox gets for its environment.
    """

    service: str
    proxy: str
    environment: Mapping[str, str]


@contextlib.contextmanager
def sandbox(
    *,
    accounts: Path | None = None,
    strict: bool = False,
    data: Path | None = None,
    procedure: str = "",
) -> Iterator[Sandbox]:
    """Start the service and the proxy; both end with the block.

    Args:
        accounts: The accounts file of the service.
        strict: Accept only accounts of the file, and verify every signature.
        data: Where the service keeps what it is given; by default a folder that ends with the block.
        procedure: Name of what is made of uploads that do not say; ``""`` for nothing.
    """

    with _scratch() as scratch:
        folder = data if data is not None else scratch
        with (
            embedded(
                folder, strict=strict, accounts=accounts, private_targets=True, procedure=procedure
            ) as service,
            attached(service.url) as box,
        ):
            yield box


@contextlib.contextmanager
def attached(service: str, hosts: Iterable[str] | None = None) -> Iterator[Sandbox]:
    """A sandbox around a service that runs already.

    Args:
        service: Its URL.
        hosts: Whom it answers for, as in :attr:`vodkit.core.registry.Descriptor.hosts`; by default all rooms.
    """
    url = urlsplit(service)
    routes = Routes(
        Address(url.hostname or "127.0.0.1", url.port or 80), vendor_hosts() if hosts is None else hosts
    )
    with _scratch() as scratch:
        authority = Authority(scratch)
        with Proxy(routes, authority) as proxy:
            child = environment(os.environ, service=service, proxy=proxy.url, authority=authority)
            yield Sandbox(service, proxy.url, child)


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vodkit-sandbox-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def run(
    command: Sequence[str],
    *,
    accounts: Path | None = None,
    strict: bool = False,
    data: Path | None = None,
    procedure: str = "",
) -> int:
    """Run a program in a sandbox of its own, hand signals on to it, and wait for it.

    Only the main thread can do this. The other arguments are those of :func:`sandbox`.

    Returns:
        The program's exit code, or 128 and the number of the signal that ended it.

    Raises:
        CannotStart: there is no such program, or it cannot be run.
    """
    _check(command[0])
    with _Signals() as signals:
        try:
            with sandbox(accounts=accounts, strict=strict, data=data, procedure=procedure) as box:
                code = signals.run(command, box.environment)
        except Stopped as stop:
            return stop.exit_code
    return code if code >= 0 else 128 - code


def _check(program: str) -> None:
    """Find out before the service starts what the attempt to run ``program`` would say after it."""
    if shutil.which(program) is None:
        there = os.sep in program and Path(program).exists()
        number = errno.EACCES if there else errno.ENOENT
        raise CannotStart(program, OSError(number, os.strerror(number)))


@dataclass(slots=True)
class _Signals:
    """Hands signals on to a child. Before there is one a signal ends the sandbox, after it nothing."""

    _before: dict[int, object] = field(default_factory=dict)
    _early: list[int] | None = None
    _child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> _Signals:
        for number in _FORWARDED:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def run(self, command: Sequence[str], child_environment: Mapping[str, str]) -> int:
        """The child's return code, as :class:`subprocess.Popen` gives it."""
        # A signal that comes between the child's start and the next line is kept for it.
        self._early = []
        try:
            self._child = subprocess.Popen(command, env=child_environment)
        except OSError as error:
            raise CannotStart(command[0], error) from None
        for number in self._early:
            self._child.send_signal(number)
        while True:
            # A signal that comes just before a wait without end would be seen only after it.
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._child.wait(1.0)

    def _receive(self, number: int, _: FrameType | None) -> None:
        if self._child is not None:
            if number not in _FROM_TERMINAL or not _in_foreground():
                self._child.send_signal(number)
        elif self._early is not None:
            self._early.append(number)
        else:
            raise Stopped(number)


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False

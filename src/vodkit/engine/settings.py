"""How uploads run, apart from what a provider decides."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from vodkit.core.errors import ConfigError
from vodkit.transport import TransportSettings

MAX_PARALLEL = 16


def default_state_dir() -> Path:
    """Where the ledger lives: ``VODKIT_STATE_DIR``, or the user's state directory."""
    named = os.environ.get("VODKIT_STATE_DIR")
    return Path(named) if named else Path(platformdirs.user_state_dir("vodkit"))


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Settings of the engine.

    Attributes:
        parallel: Most parts in flight at once, 1 to 16; ``None`` for the provider's choice.
        window: Bytes that a worker holds of a seekable source.
        connect_timeout: Seconds for a connection, TLS included.
        answer_timeout: Seconds from the end of a request to its answer.
        stall_timeout: Seconds without a byte moving.
        part_tries: How often one part is tried.
        upload_tries: How many failures one upload survives in all.
        supersedes: How often a remote upload that is gone may be opened anew.
        backoff_base: Most seconds before the first repetition; doubles with each one.
        backoff_cap: Most seconds before any repetition.
        bandwidth: Bytes per second over all workers; ``None`` for no limit.
        state_dir: Directory of the ledger; ``None`` for :func:`default_state_dir`.
        report_interval: Seconds between two reports of progress.
        require_resume: Whether an upload that could not be resumed is an error.
        service: ``http://host:port`` that every request is connected to, in place of the vendor's hosts.
        proxy: URL of an HTTP proxy, ``""`` for none, ``None`` to follow the environment.
        ca_file: PEM file of the trusted authorities; ``None`` for the system's.

    Raises:
        ConfigError: a value is out of range.
    """

    parallel: int | None = None
    window: int = 1024 * 1024
    connect_timeout: float = 10.0
    answer_timeout: float = 60.0
    stall_timeout: float = 30.0
    part_tries: int = 5
    upload_tries: int = 200
    supersedes: int = 3
    backoff_base: float = 0.5
    backoff_cap: float = 30.0
    bandwidth: int | None = None
    state_dir: Path | None = None
    report_interval: float = 0.1
    require_resume: bool = False
    service: str | None = None
    proxy: str | None = None
    ca_file: str | None = None

    def __post_init__(self) -> None:
        if self.parallel is not None and not 1 <= self.parallel <= MAX_PARALLEL:
            raise ConfigError(f"parallel is {self.parallel}", advice=f"Choose 1 to {MAX_PARALLEL}")
        for name in ("window", "part_tries", "upload_tries", "bandwidth"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}", advice="Choose 1 or more")

    @property
    def directory(self) -> Path:
        """The directory of the ledger."""
        return self.state_dir if self.state_dir is not None else default_state_dir()

    def transport(self) -> TransportSettings:
        """The transport's share of these settings."""
        return TransportSettings(
            connect_timeout=self.connect_timeout,
            answer_timeout=self.answer_timeout,
            stall_timeout=self.stall_timeout,
            via=self.service,
            proxy=self.proxy,
            ca_file=self.ca_file,
        )

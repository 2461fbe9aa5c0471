"""What every behaviour gets: a connection through a breakable wire, files, and an honest comparison."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

import vodkit
from vodkit.core import registry
from vodkit.core.capabilities import Capabilities
from vodkit.core.media import Media
from vodkit.server.embedded import EmbeddedService
from vodkit.testing.faults import FaultProxy

DRIVER = """
import json, os, sys, vodkit
plan = json.load(sys.stdin)
def stop(progress):
    if plan["stop_at"] is not None and progress.phase == "sending" and progress.sent >= plan["stop_at"]:
        os.kill(os.getpid(), 9)
with vodkit.connect(plan["provider"], **plan["settings"]) as vod:
    result = vod.upload_detailed(plan["file"], on_progress=stop, **plan["options"])
print(json.dumps({"id": result.media.id, "sent": result.sent_bytes, "resumed": result.resumed}))
"""


class Rig:
    """One behaviour's stage.

    Attributes:
        provider: Name of the room.
        capabilities: What it declares.
        part: Size of a part, in bytes, when ``part_size=rig.part`` is asked for.
        parallel: Most parts in flight.
        proxy: The wire to the service.
        folder: A folder of its own.
    """

    def __init__(
        self, provider: str, service: EmbeddedService, folder: Path, part: int, settings: Mapping[str, Any]
    ) -> None:
        self.provider = provider
        self.descriptor = registry.descriptor(provider)
        self.capabilities: Capabilities = self.descriptor.capabilities
        self.part = self.capabilities.part_size or part
        self.folder = folder
        self.service = service
        self.proxy = FaultProxy.before(service.url)
        self.parallel = 4 if self.capabilities.parallel_parts else 1
        account = service.account(provider)
        self.credentials = {
            self.descriptor.account_id: account.key,
            self.descriptor.account_secret: account.secret,
        }
        self._settings = {**(self.descriptor.defaults or {}), **settings}

    def settings(self, **more: Any) -> dict[str, Any]:
        """Keywords for ``vodkit.connect``."""
        return {
            **self._settings,
            **self.credentials,
            "service": self.proxy.url,
            "state_dir": str(self.folder / "state"),
            "parallel": self.parallel,
            **more,
        }

    def connect(self, **more: Any) -> vodkit.Vod:
        """A connection through the breakable wire, with a ledger of its own."""
        return vodkit.connect(self.provider, **self.settings(**more))

    def file(self, size: int, name: str = "video.mp4", seed: int = 0) -> Path:
        """A file of ``size`` random bytes."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.Random(f"{seed}-{size}").randbytes(size))
        return path

    def assert_holds(self, vod: vodkit.Vod, media: Media, content: Path | bytes) -> None:
        """The provider hands back exactly these bytes."""
        data = content.read_bytes() if isinstance(content, Path) else content
        back = self.folder / f"back-{hashlib.sha256(media.id.encode()).hexdigest()[:8]}"
        back.unlink(missing_ok=True)
        vod.media.download(media.id, back)
        assert back.stat().st_size == len(data)
        assert hashlib.sha256(back.read_bytes()).digest() == hashlib.sha256(data).digest()

    def upload_in_a_process(
        self, file: Path, *, stop_at: int | None = None, **options: Any
    ) -> dict[str, Any] | None:
        """Upload in a process of its own, which kills itself (-9) once ``stop_at`` bytes are sent.

        Returns:
            ``id``, ``sent`` and ``resumed``; or ``None`` when it was killed.
        """
        # Slow enough for several reports of progress to come before the end.
        pace = {} if stop_at is None else {"bandwidth": 5 * self.part}
        plan = {
            "provider": self.provider,
            "settings": self.settings(**pace),
            "file": str(file),
            "stop_at": stop_at,
            "options": {"part_size": self.part, **options},
        }
        done = subprocess.run(
            [sys.executable, "-c", DRIVER],
            input=json.dumps(plan),
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "VODKIT_STATE_DIR": str(self.folder / "state")},
        )
        if done.returncode == -9:
            return None
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        assert isinstance(result, dict)
        return result


class RigFixtures:
    """What a caller states, and the fixture made of it.

    Attributes:
        provider: Name of the room.
        part: A part size that the provider honours, unless it declares its own; several parts of it make
            the suite's larger files.
        samples: A valid value for every option that the provider declares, except ``cover``.
        unavailable: A value for each declared option that the test account may not use, which is refused.
        settings: Further keywords for ``connect``.
    """

    provider: ClassVar[str]
    part: ClassVar[int] = 1 << 20
    samples: ClassVar[Mapping[str, Any]] = {}
    unavailable: ClassVar[Mapping[str, Any]] = {}
    settings: ClassVar[Mapping[str, Any]] = {}

    @pytest.fixture
    def rig(self, vodkit_service: EmbeddedService, tmp_path: Path) -> Iterator[Rig]:
        """The behaviour's stage."""
        made = Rig(self.provider, vodkit_service, tmp_path, self.part, self.settings)
        yield made
        made.proxy.close()

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from vodkit.server.catalog import SqlCatalog
from vodkit.server.contract import Settings
from vodkit.server.procedures import change_settings
from vodkit.server.processing import Task
from vodkit.server.pull import fetch
from vodkit.server.quota import QuotaGuard
from vodkit.server.workflow.contract import Fetched, Job

from .source import Source

DATA = random.Random(5).randbytes(20_000_000)


@pytest.fixture
def source() -> Iterator[Source]:
    with Source() as running:
        running.files["/a.mp4"] = DATA
        yield running


class Puller:
    """Pulls as a worker does, run by run of one task.

    Attributes:
        shares: What was told of the progress.
        wanted: Whether somebody still wants it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = SqlCatalog("", folder / "data")
        self.settings: dict[str, Any] = {"private_targets": True}
        self.shares: list[float] = []
        self.wanted: Callable[[], bool] = lambda: True
        self.runs = 0

    def __call__(self, url: str, key: str = "f/a.mp4", **spec: str) -> Fetched:
        self.runs += 1
        folder = self.folder / f"run{self.runs}"
        folder.mkdir()
        service = SimpleNamespace(
            settings=Settings(data=str(self.folder / "data"), **self.settings),
            catalog=self.catalog,
            quota=QuotaGuard(self.catalog),
        )
        task = SimpleNamespace(account="acc", spec={"url": url, "space": "s", "key": key, **spec})
        job = Job(
            cast(Task, task),
            folder,
            self.folder / "kept",
            self.shares.append,
            lambda: self.wanted(),
        )
        return fetch(cast(Any, service), job)

    def read(self, name: str) -> bytes:
        """A file of the last run."""
        return (self.folder / f"run{self.runs}" / name).read_bytes()

    def allow(self, **settings: Any) -> None:
        """Change the account's settings."""
        self.catalog.write_now(lambda conn: change_settings(conn, "acc", **settings))


@pytest.fixture
def pull(tmp_path: Path) -> Iterator[Puller]:
    puller = Puller(tmp_path)
    (tmp_path / "data").mkdir(exist_ok=True)
    yield puller
    puller.catalog.close()

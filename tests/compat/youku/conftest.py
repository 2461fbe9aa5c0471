"""A service with the accounts that the vendor's examples name, and the vendor in memory."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.youku.platform import Platform, serving
from tests.vendors.youku_world import SEEDED
from vodkit.providers.youku import Youku
from vodkit.providers.youku.server.items import seed
from vodkit.server.contract import Settings
from vodkit.server.embedded import EmbeddedService
from vodkit.server.service import tools

from ..service import strict_service

ACCOUNTS = """\
[[account]]
provider = "youku"
id = "CLIENT_ID"
secret = "CLIENT_SECRET"
user_name = "韩国恺"
user_password = "a password"
access_tokens = ["ACCESS_TOKEN"]
password_grant = true

[[account]]
provider = "youku"
id = "forgetful"
secret = "another-secret"
token_life = 1

[[account]]
provider = "youku"
id = "lenient"
secret = "a third secret"
access_tokens = ["LENIENT_TOKEN"]
allow_empty = true
"""


@pytest.fixture(scope="session")
def cloud_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedService]:
    with strict_service(tmp_path_factory.mktemp("youku"), ACCOUNTS) as service:
        yield service


@pytest.fixture(scope="session")
def seeded(cloud_service: EmbeddedService, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A video in a world with users, shows, persons and keywords; its id."""
    folder = tmp_path_factory.mktemp("seeded")
    (folder / "seeded.mp4").write_bytes(os.urandom(1000))
    with Youku(
        "CLIENT_ID", access_token="ACCESS_TOKEN", service=cloud_service.url, state_dir=folder / "state"
    ) as vod:
        id = vod.upload(folder / "seeded.mp4", title="天下足球 seeded", tags="足球,体育", category="体育").id
    with tools(Settings(data=str(cloud_service.data))) as parts:
        links = [("show", "show1", id)]
        asyncio.run(parts.catalog.write(lambda conn: seed(conn, SEEDED, links)))
    return id


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's own; records below the test's folder."""
    monkeypatch.setenv("VODKIT_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("VODKIT_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def at_service(settings: None, cloud_service: EmbeddedService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests go to the service."""
    monkeypatch.setenv("VODKIT_SERVICE", cloud_service.url)


@pytest.fixture
def platform(settings: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Requests go to the vendor in memory, which goes wrong on demand."""
    with serving(Platform()) as running:
        monkeypatch.setenv("VODKIT_SERVICE", running.url)
        yield running


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., str]:
    """Makes a file of random bytes; its path."""

    def make(size: int = 5 << 20, name: str = "movie.mp4") -> str:
        path = tmp_path / "videos" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(os.urandom(size))
        return str(path)

    return make

"""A service with the account that the vendor's examples name, and the vendor in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import vcloud.config

from tests.unit.netease import fake_cloud
from vodkit.providers.netease.client import session
from vodkit.server.embedded import EmbeddedService

from ..service import strict_service

ACCOUNTS = """\
[[account]]
provider = "netease"
id = "Your AppKey"
secret = "Your AppSecret"
"""


@pytest.fixture(scope="session")
def cloud_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedService]:
    with strict_service(tmp_path_factory.mktemp("vcloud"), ACCOUNTS) as service:
        yield service


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's own; records below the test's folder; short waits between tries."""
    monkeypatch.setenv("VODKIT_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr(vcloud.config, "TMP_FILE", str(tmp_path / "records"))
    monkeypatch.setattr(session, "POLL_SECONDS", 0.01)


@pytest.fixture
def at_service(settings: None, cloud_service: EmbeddedService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests go to the service."""
    monkeypatch.setenv("VODKIT_SERVICE", cloud_service.url)


@pytest.fixture
def cloud(settings: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Requests go to the vendor in memory, which goes wrong on demand."""
    made = fake_cloud.FakeCloud()
    with fake_cloud.serving(made) as url:
        monkeypatch.setenv("VODKIT_SERVICE", url)
        yield made

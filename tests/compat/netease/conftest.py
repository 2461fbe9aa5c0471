"""A service with the account that the vendor's examples name, and the vendor in memory."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import vcloud.config

from vodkit.providers.netease.client import session
from vodkit.server.embedded import EmbeddedService, embedded

ACCOUNTS = """\
[[account]]
provider = "netease"
id = "Your AppKey"
secret = "Your AppSecret"
"""


def _fake_cloud() -> Any:
    """The module that the room's own tests have the vendor from."""
    path = Path(__file__).parents[2] / "unit" / "netease" / "fake_cloud.py"
    spec = importlib.util.spec_from_file_location("vcloud_fake_cloud", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fake_cloud = _fake_cloud()


@pytest.fixture(scope="session")
def cloud_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedService]:
    """Verifies every signature; knows no account but this one."""
    folder = tmp_path_factory.mktemp("vcloud")
    (folder / "accounts.toml").write_text(ACCOUNTS)
    with embedded(folder / "data", accounts=folder / "accounts.toml") as service:
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

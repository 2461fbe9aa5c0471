"""A service with the account that the vendor's examples would name, and the drop-in turned to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vodkit.server.embedded import EmbeddedService
from vodkit.testing.faults import FaultProxy

from ..service import strict_service
from .cloud import KEYS

ACCOUNTS = f"""\
[[account]]
provider = "ucloud"
id = "{KEYS[0]}"
secret = "{KEYS[1]}"
spaces = ["private-space"]
public_spaces = ["public-space"]
lenient_finish = false
endless_links = false
"""


@pytest.fixture(scope="session")
def cloud_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedService]:
    with strict_service(tmp_path_factory.mktemp("uvideo"), ACCOUNTS) as service:
        yield service


@pytest.fixture
def turned(
    cloud_service: EmbeddedService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EmbeddedService]:
    """The drop-in, in this process, speaks to the service; its settings are as shipped afterwards."""
    from ucloud.ufile import config as ufile
    from ucloud.uvideo import config as uvideo

    monkeypatch.setenv("VODKIT_SERVICE", cloud_service.url)
    monkeypatch.setenv("VODKIT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("VODKIT_CONFIG", str(tmp_path / "config.toml"))
    for module in (uvideo, ufile):
        settings: Any = module._defaults
        monkeypatch.setattr(settings, "_values", dict(settings._values))
    yield cloud_service


@pytest.fixture
def proxy(turned: EmbeddedService, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """What the drop-in speaks to in place of the service; breaks connections on demand."""
    with FaultProxy.before(turned.url) as made:
        monkeypatch.setenv("VODKIT_SERVICE", made.url)
        yield made

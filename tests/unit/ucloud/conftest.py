"""A service that this folder's tests share, with an account that demands exact finish lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import vodkit
from vodkit.server.embedded import EmbeddedService, embedded
from vodkit.testing.faults import FaultProxy

ACCOUNTS = """
[[account]]
provider = "ucloud"
id = "one@example.com"
secret = "secret-one"
spaces = ["defects"]
public_spaces = ["defects-public"]
lenient_finish = false
"""


@pytest.fixture(scope="session")
def ucloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedService]:
    accounts = tmp_path_factory.mktemp("ucloud") / "accounts.toml"
    accounts.write_text(ACCOUNTS)
    with embedded(accounts=accounts) as service:
        yield service


@pytest.fixture
def proxy(ucloud: EmbeddedService) -> Iterator[FaultProxy]:
    with FaultProxy.before(ucloud.url) as made:
        yield made


@pytest.fixture
def connect(proxy: FaultProxy, tmp_path: Path) -> Callable[..., Any]:
    """A connection through the breakable wire."""

    def connected(**more: Any) -> Any:
        settings = {
            "public_key": "one@example.com",
            "private_key": "secret-one",
            "space": "defects",
            "service": proxy.url,
            "state_dir": str(tmp_path / "state"),
        }
        return vodkit.connect("ucloud", **{**settings, **more})

    return connected

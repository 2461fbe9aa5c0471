"""The embedded service: its accounts, its end, and what it says when it cannot start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from tests.processes import child
from tests.waiting import until
from vodkit.core import registry
from vodkit.server.embedded import EmbeddedService, ServiceFailed, embedded

from .conftest import HERE, SOURCES


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toy room, here and in the child."""
    monkeypatch.syspath_prepend(str(HERE / "toy"))
    monkeypatch.setenv("PYTHONPATH", str(HERE / "toy"), prepend=os.pathsep)
    caches = (registry.names, registry._modules, registry.descriptor)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def alive(url: str) -> bool:
    try:
        return urllib3.request("GET", f"{url}/health", retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def test_a_temporary_service_with_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    with embedded() as service:
        assert alive(service.url)
        assert str(service.pid) == (service.data / "lock").read_text().strip()
        account = service.account("toy")
        options = service.options("toy")
        assert (options["key"], options["secret"]) == (account.key, account.secret)
        assert options["service"] == service.url
        answer = urllib3.request("GET", f"{service.url}/toy/account?{account.key}").json()
        assert (answer["secret"], answer["open"]) == (account.secret, False)
    assert not alive(service.url)
    assert not service.data.exists()


def test_a_named_folder_stays(tmp_path: Path) -> None:
    with embedded(tmp_path / "data") as service:
        first = service.account("toy")
    with embedded(tmp_path / "data", strict=False) as service:
        assert service.account("toy") == first
        answer = urllib3.request("GET", f"{service.url}/toy/account?unknown").json()
        assert answer["open"]
        assert answer["same"]
    service.stop()


def test_what_stops_a_start_is_in_the_error(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.toml"
    accounts.write_text("nonsense")
    with pytest.raises(ServiceFailed, match="is not TOML"):
        EmbeddedService(tmp_path / "data", strict=True, listen="127.0.0.1:0", accounts=accounts)


PARENT = """
import sys, time
from vodkit.server.embedded import embedded
with embedded(sys.argv[1]) as service:
    print(service.url, flush=True)
    time.sleep(600)
"""


def test_the_service_dies_with_its_parent(tmp_path: Path) -> None:
    with child(
        [sys.executable, "-c", PARENT, str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
    ) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        assert alive(url)
    until(lambda: not alive(url))

"""One service for the session's tests: they use spaces and keys of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vodkit.server.embedded import EmbeddedService, embedded

from .world import ACCOUNTS, Caller


@pytest.fixture(scope="session")
def ucloud_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedService]:
    accounts: Path = tmp_path_factory.mktemp("ucloud") / "accounts.toml"
    accounts.write_text(ACCOUNTS)
    with embedded(accounts=accounts) as service:
        yield service


@pytest.fixture
def one(ucloud_service: EmbeddedService) -> Caller:
    return Caller(ucloud_service.url, "one@example.com", "secret-one", "one-private")


@pytest.fixture
def two(ucloud_service: EmbeddedService) -> Caller:
    return Caller(ucloud_service.url, "two@example.com", "secret-two", "two-private")


@pytest.fixture
def strict(ucloud_service: EmbeddedService) -> Caller:
    return Caller(ucloud_service.url, "strict@example.com", "secret-strict", "strict-private")

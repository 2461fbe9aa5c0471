"""A service with the accounts that the vendor's examples and tests name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vodkit.server.embedded import EmbeddedService, embedded

ACCOUNTS = """\
[[account]]
provider = "tencent"
id = "your secretId"
secret = "your secretKey"
app_id = 1256712345
sub_app = 1500000001
sub_apps = [101]

[[account]]
provider = "tencent"
id = "Your SecretId"
secret = "Your SecretKey"
app_id = 1256712346
"""


@pytest.fixture(scope="session")
def cloud_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedService]:
    """Verifies every signature; knows no accounts but these."""
    folder = tmp_path_factory.mktemp("qcloud")
    (folder / "accounts.toml").write_text(ACCOUNTS)
    with embedded(folder / "data", accounts=folder / "accounts.toml") as service:
        yield service

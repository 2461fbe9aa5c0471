"""A service with the accounts that the vendor's examples and tests name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vodkit.server.embedded import EmbeddedService

from ..service import strict_service

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
    with strict_service(tmp_path_factory.mktemp("qcloud"), ACCOUNTS) as service:
        yield service

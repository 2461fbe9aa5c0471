"""What the vendor may refuse, and a call that it may not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from vodkit.core.errors import QuotaExceeded, UnsupportedOption

from .conftest import Connect
from .fake_cloud import MIB, FakeCloud, bad, no
from .test_netease_defects import make


@pytest.mark.parametrize("taken", [0, 1])
def test_a_full_account_ends_the_upload_at_once(
    connect: Connect, cloud: FakeCloud, tmp_path: Path, taken: int
) -> None:
    def fault(seen: object) -> tuple[int, bytes] | None:
        return bad(400, "QuotaExceeded") if len(cloud.did("block")) > taken else None

    cloud.fault = fault
    with pytest.raises(QuotaExceeded, match="Delete media"):
        connect().upload(make(tmp_path, 9 * MIB))
    assert len(cloud.did("block")) == taken + 1
    assert len(cloud.did("upload/init")) == 1


def test_a_balance_that_is_used_up(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.fault = lambda seen: no(720, "balance insufficient")
    with pytest.raises(QuotaExceeded):
        connect().upload(make(tmp_path, MIB))
    assert cloud.did("block") == []


def test_callbacks_that_the_vendor_does_not_tell(connect: Connect, cloud: FakeCloud) -> None:
    cloud.fault = lambda seen: no(404, "there is no such call")
    with pytest.raises(UnsupportedOption):
        connect().callbacks.get()

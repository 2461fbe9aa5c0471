"""What an account may store: refused in the vendor's words, understood by the client, and nothing is left."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from vodkit.core.errors import QuotaExceeded

from .rig import Rig


class Limiting:
    """Quotas."""

    def test_what_would_pass_the_quota_is_refused(self, rig: Rig) -> None:
        size = 3 * rig.part + 100
        file = rig.file(size)
        before = _used(rig)
        with rig.connect() as vod:
            there = {media.id for media in vod.media.list()}
            with _quota(rig, before + size - 1), pytest.raises(QuotaExceeded) as caught:
                vod.upload(file, part_size=rig.part)
            assert not caught.value.retryable
            assert caught.value.provider == rig.provider
            assert {media.id for media in vod.media.list()} == there
            with _quota(rig, before + 2 * size):
                rig.assert_holds(vod, vod.upload(file, part_size=rig.part), file)

    def test_a_deleted_media_makes_room(self, rig: Rig) -> None:
        file = rig.file(50_000)
        with rig.connect() as vod:
            media = vod.upload(file)
            with _quota(rig, _used(rig)):
                other = rig.file(40_000, "other.mp4", seed=1)
                with pytest.raises(QuotaExceeded):
                    vod.upload(other)
                vod.media.delete(media.id)
                rig.assert_holds(vod, vod.upload(other), other)


def _used(rig: Rig) -> int:
    from vodkit.server.admin import usage
    from vodkit.server.contract import Settings

    key = rig.credentials[rig.descriptor.account_id]
    accounts = usage(Settings(data=str(rig.service.data)), rig.provider)
    return sum(int(account["used"]) for account in accounts if account["key"] == key)


@contextmanager
def _quota(rig: Rig, quota: int) -> Iterator[None]:
    """The account's quota for as long as the block runs."""
    from vodkit.server.admin import set_allowances
    from vodkit.server.contract import Settings
    from vodkit.server.quota import CACHE_SECONDS

    settings, key = Settings(data=str(rig.service.data)), rig.credentials[rig.descriptor.account_id]
    set_allowances(settings, rig.provider, key, {"quota": str(quota)})
    # The service goes by what it knew for as long.
    time.sleep(CACHE_SECONDS)
    try:
        yield
    finally:
        set_allowances(settings, rig.provider, key, {}, ["quota"])
        time.sleep(CACHE_SECONDS)

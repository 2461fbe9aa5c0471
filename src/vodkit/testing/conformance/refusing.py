"""Bad input and bad keys: a clear error, nothing changed, no secret shown."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from vodkit.core.errors import (
    AuthError,
    NotFound,
    SourceNotFound,
    SourceUnreadable,
    UnsupportedOption,
    VodError,
)

from .rig import Rig


class Refusing:
    """Bad input and bad keys."""

    def test_a_missing_file(self, rig: Rig) -> None:
        with rig.connect() as vod, pytest.raises(SourceNotFound, match="nowhere"):
            vod.upload(rig.folder / "nowhere.mp4")
        assert rig.proxy.connections == 0

    def test_a_folder(self, rig: Rig) -> None:
        with rig.connect() as vod, pytest.raises(SourceUnreadable):
            vod.upload(rig.folder)
        assert rig.proxy.connections == 0

    def test_a_missing_cover(self, rig: Rig) -> None:
        expected = SourceNotFound if "cover" in rig.capabilities.options else UnsupportedOption
        with rig.connect() as vod, pytest.raises(expected):
            vod.upload(rig.file(10), cover=rig.folder / "nowhere.png")
        assert rig.proxy.connections == 0

    def test_a_wrong_secret(self, rig: Rig) -> None:
        wrong = {rig.descriptor.account_secret: "not-the-secret-of-anybody"}
        with rig.connect(**wrong) as vod, pytest.raises(AuthError) as caught:
            vod.upload(rig.file(10))
        assert not caught.value.retryable
        assert caught.value.provider == rig.provider
        assert caught.value.code or caught.value.status
        assert caught.value.advice

    def test_an_unknown_key(self, rig: Rig) -> None:
        with rig.connect(**{rig.descriptor.account_id: "nobody"}) as vod, pytest.raises(AuthError):
            vod.upload(rig.file(10))

    def test_an_unknown_media(self, rig: Rig) -> None:
        with rig.connect() as vod:
            with pytest.raises(NotFound):
                vod.media.get(self.unknown_id(rig))
            with pytest.raises(NotFound):
                vod.media.delete(self.unknown_id(rig))

    def unknown_id(self, rig: Rig) -> str:
        """An id of the right form that nothing has: that of a media which was deleted."""
        with rig.connect() as vod:
            media = vod.upload(rig.file(17, "gone.mp4"))
            vod.media.delete(media.id)
        return media.id

    def test_secrets_stay_out_of_logs_and_errors(self, rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        secret = rig.credentials[rig.descriptor.account_secret]
        with rig.connect() as vod:
            vod.upload(rig.file(2 * rig.part), part_size=rig.part)
            assert secret not in repr(vod)
        rig.proxy.answer(500, times=1000)
        try:
            with rig.connect(part_tries=1) as vod:
                vod.upload(rig.file(10))
        except VodError as error:
            assert secret not in f"{error} {error!r} {error.as_dict()}"
        assert secret not in caplog.text

    def test_the_ledger_is_for_its_owner_only(self, rig: Rig) -> None:
        with rig.connect() as vod:
            vod.upload(rig.file(2 * rig.part), part_size=rig.part)
        state: Path = rig.folder / "state"
        for path in (state, *state.rglob("*")):
            assert path.stat().st_mode & 0o077 == 0, path

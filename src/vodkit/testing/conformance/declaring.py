"""What a descriptor declares is true."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from vodkit.core import registry
from vodkit.core.errors import InvalidRequest, PermissionDenied, UnsupportedOption

from .rig import Rig

COMMON = {"title", "description", "tags", "category", "cover", "procedure", "expires", "space", "key"}


class Declaring:
    """Options and abilities, as declared."""

    samples: ClassVar[Mapping[str, Any]]
    unavailable: ClassVar[Mapping[str, Any]]

    def test_every_declared_option_has_a_sample_here(self, rig: Rig) -> None:
        assert {*self.samples, *self.unavailable} == set(rig.capabilities.options) - {"cover"}

    def test_every_declared_option_is_honoured(self, rig: Rig) -> None:
        file = rig.file(1000)
        cover = rig.file(100, "cover.png") if "cover" in rig.capabilities.options else None
        with rig.connect() as vod:
            for name, value in self.samples.items():
                rig.assert_holds(vod, vod.upload(file, cover=cover, **{name: value}), file)

    def test_an_option_that_the_account_may_not_use_is_refused(self, rig: Rig) -> None:
        file = rig.file(1000)
        with rig.connect() as vod:
            for name, value in self.unavailable.items():
                with pytest.raises((InvalidRequest, PermissionDenied)):
                    vod.upload(file, **{name: value})

    def test_the_title_comes_back(self, rig: Rig) -> None:
        titled = "title" in rig.capabilities.options
        with rig.connect() as vod:
            media = vod.upload(rig.file(1000), title="标题 of a video" if titled else None)
            assert vod.media.get(media.id).title == ("标题 of a video" if titled else "video.mp4")

    def test_a_cover_is_served(self, rig: Rig) -> None:
        cover = rig.file(3000, "cover.png")
        with rig.connect() as vod:
            if "cover" not in rig.capabilities.options:
                assert vod.upload(rig.file(1000)).cover_url == ""
                return
            media = vod.upload(rig.file(1000), cover=cover)
        with urllib.request.urlopen(media.cover_url) as answer:
            assert answer.read() == cover.read_bytes()

    def test_an_unknown_option_is_refused_before_a_byte(self, rig: Rig) -> None:
        with rig.connect() as vod, pytest.raises(UnsupportedOption, match="no_such_option"):
            vod.upload(rig.file(10), no_such_option=1)
        assert rig.proxy.connections == 0

    def test_common_options_that_are_not_declared_are_refused(self, rig: Rig) -> None:
        for option in COMMON - set(rig.capabilities.options):
            value: Any = rig.file(10, "c.png") if option == "cover" else "x"
            with rig.connect() as vod, pytest.raises(UnsupportedOption, match=option):
                vod.upload(rig.file(10), **{option: value})
        assert rig.proxy.connections == 0

    def test_undeclared_abilities_are_refused(self, rig: Rig) -> None:
        with rig.connect() as vod:
            if not rig.capabilities.spaces:
                with pytest.raises(UnsupportedOption):
                    vod.spaces.create("a-space")
            if not rig.capabilities.callbacks:
                with pytest.raises(UnsupportedOption):
                    vod.callbacks.set("http://127.0.0.1/callback")

    def test_a_setting_with_a_typo_is_refused(self, rig: Rig) -> None:
        with pytest.raises(UnsupportedOption, match="Did you mean"):
            rig.connect(**{f"{rig.descriptor.account_id}x": "a"})

    def test_the_descriptor_names_everything(self, rig: Rig) -> None:
        names = {setting.name for setting in rig.descriptor.settings}
        assert {rig.descriptor.account_id, rig.descriptor.account_secret} <= names
        secret = {setting.name for setting in rig.descriptor.settings if setting.secret}
        assert rig.descriptor.account_secret in secret
        assert registry.load(rig.descriptor.client).__doc__

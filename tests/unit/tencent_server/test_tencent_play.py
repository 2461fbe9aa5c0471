"""Play URLs, and their key protection (checklist G 18)."""

from __future__ import annotations

import pytest

from vodkit.providers.tencent import sign

from .world import Caller, World


@pytest.mark.covers("tencent G-18")
def test_g18_a_committed_media_plays_in_ranges(one: Caller, world: World) -> None:
    content = bytes(range(256)) * 40
    url = one.upload(content)["MediaUrl"]
    whole = world.play(url)
    assert (whole.status, whole.body, whole.headers["content-type"]) == (200, content, "video/mp4")
    part = world.play(url, Range="bytes=100-199")
    assert (part.status, part.body) == (206, content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(content)}"
    assert world.play(url, Range="bytes=-7").body == content[-7:]
    assert world.play(url, Range=f"bytes={len(content)}-").status == 416


@pytest.mark.covers("tencent G-18")
def test_g18_key_protected_urls(world: World) -> None:
    protected = world.caller("AKIDprotected")
    url = protected.upload(b"for some")["MediaUrl"]
    expires = int(world.clock.now()) + 60
    good = sign.playback_url(url, "examplekey12", expires=expires, us="nonce1")
    assert world.play(good).body == b"for some"
    for refused in (
        url,
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        good.replace("us=nonce1", "us=nonce2"),
        sign.playback_url(url, "anotherkey12", expires=expires),
        sign.playback_url(url, "examplekey12", expires=expires - 60 - sign.PLAYBACK_GRACE - 2),
    ):
        assert world.play(refused).status == 403, refused
    assert world.play(sign.playback_url(url, "examplekey12", expires=expires - 120)).status == 200

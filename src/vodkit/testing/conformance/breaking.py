"""Broken connections, refused requests and lost answers: the bytes are right all the same."""

from __future__ import annotations

import random

import pytest

from vodkit.core.errors import VodError

from .rig import Rig

PARTS = 5


class Breaking:
    """Every fault that a network has."""

    @pytest.mark.parametrize("where", [0.01, 0.5, 0.99, 1.5, 2.5, 4.9])
    def test_a_cut_connection(self, rig: Rig, where: float) -> None:
        file = rig.file(PARTS * rig.part)
        rig.proxy.cut(after=int(where * rig.part) + 1)
        with rig.connect() as vod:
            rig.assert_holds(vod, vod.upload(file, part_size=rig.part), file)

    def test_refused_connections(self, rig: Rig) -> None:
        file = rig.file(2 * rig.part)
        rig.proxy.refuse(3)
        with rig.connect() as vod:
            rig.assert_holds(vod, vod.upload(file, part_size=rig.part), file)

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_a_gateway_that_fails_once_per_request(self, rig: Rig, status: int) -> None:
        file = rig.file(2 * rig.part + 5)
        rig.proxy.answer(status, times=2)
        with rig.connect() as vod:
            rig.assert_holds(vod, vod.upload(file, part_size=rig.part), file)

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_lost_answers(self, rig: Rig, count: int) -> None:
        file = rig.file(2 * rig.part + 5)
        rig.proxy.lose_reply(count)
        with rig.connect() as vod:
            rig.assert_holds(vod, vod.upload(file, part_size=rig.part), file)

    def test_a_lost_answer_in_the_middle(self, rig: Rig) -> None:
        file = rig.file(PARTS * rig.part)
        lost: list[bool] = []

        def lose(progress: object) -> None:
            if getattr(progress, "sent", 0) >= 2 * rig.part and not lost:
                lost.append(True)
                rig.proxy.lose_reply()

        with rig.connect() as vod:
            rig.assert_holds(vod, vod.upload(file, part_size=rig.part, on_progress=lose), file)

    @pytest.mark.parametrize("seed", range(3))
    def test_many_cuts_at_random(self, rig: Rig, seed: int) -> None:
        file = rig.file(PARTS * rig.part + seed)
        dice = random.Random(seed)
        for _ in range(4):
            rig.proxy.cut(after=dice.randrange(1, PARTS * rig.part))
        with rig.connect() as vod:
            rig.assert_holds(vod, vod.upload(file, part_size=rig.part), file)

    def test_a_service_that_is_gone_is_an_error_and_the_upload_can_go_on(self, rig: Rig) -> None:
        file = rig.file(PARTS * rig.part)
        rig.proxy.refuse(10_000)
        with rig.connect(part_tries=2) as vod, pytest.raises(VodError) as caught:
            vod.upload(file, part_size=rig.part)
        assert caught.value.retryable
        rig.proxy.refuse(-10_000)

    def test_what_arrives_twice_is_stored_once(self, rig: Rig) -> None:
        file = rig.file(PARTS * rig.part)
        with rig.connect() as vod:
            before = {media.id for media in vod.media.list()}
            rig.proxy.lose_reply(2)
            media = vod.upload(file, part_size=rig.part)
            assert {found.id for found in vod.media.list()} - before == {media.id}

"""``vodkit check``: what a user with a real account runs."""

from __future__ import annotations

import json

from vodkit.engine.check import Check

from .rig import Rig


class Checking:
    """The check of a connection, and its transcript."""

    def test_every_step_of_a_check_ends_well(self, rig: Rig) -> None:
        with rig.connect() as vod:
            before = {media.id for media in vod.media.list()}
            steps = list(Check(vod).run())
            assert {media.id for media in vod.media.list()} == before
        assert [step.name for step in steps] == ["upload", "query", "read back", "delete"]
        assert all(step.ok for step in steps), steps

    def test_a_transcript_tells_what_travelled_and_no_secret(self, rig: Rig) -> None:
        with rig.connect() as vod:
            check = Check(vod)
            list(check.run())
        text = json.dumps(check.transcript())
        assert rig.credentials[rig.descriptor.account_secret] not in text
        assert {exchange["phase"] for exchange in check.exchanges} == {"request", "response"}

    def test_a_check_with_a_wrong_secret_says_so(self, rig: Rig) -> None:
        with rig.connect(**{rig.descriptor.account_secret: "wrong"}) as vod:
            (step,) = Check(vod).run()
        assert not step.ok
        assert step.name == "upload"

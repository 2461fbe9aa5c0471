"""Answers that do not come, or say less than what happened: nothing is lost, nothing is made twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vodkit.core.errors import (
    VodError,
)

from .conftest import Connect
from .fake_cloud import MIB, FakeCloud, Seen
from .trouble import make, once, only

BLOCK = 4 * MIB


@pytest.mark.covers("netease D-26", "netease 13-53")
@pytest.mark.parametrize("hidden", [0, 2])
def test_520_on_the_last_block(connect: Connect, cloud: FakeCloud, tmp_path: Path, hidden: int) -> None:
    path = make(tmp_path, 5 * MIB)

    def fault(seen: Seen) -> Any:
        if seen.query.get("complete") != "true":
            return None
        cloud._carry_out(seen)
        cloud.objects["object 1.mp4"].hidden = hidden
        return 520, b'{"errCode":"CallbackFailed","errMsg":"later"}'

    cloud.fault = fault
    assert connect().upload(path).id == "1001"
    assert only(cloud) == path.read_bytes()
    assert len(cloud.did("block")) == 2
    assert len(cloud.did("video/query")) == hidden + 1


@pytest.mark.covers("netease 13-53")
def test_520_without_an_end_is_an_error_and_the_upload_can_go_on(
    connect: Connect, cloud: FakeCloud, tmp_path: Path
) -> None:
    path = make(tmp_path, 5 * MIB)

    def fault(seen: Seen) -> Any:
        if seen.query.get("complete") != "true":
            return None
        cloud._carry_out(seen)
        cloud.objects["object 1.mp4"].hidden = 4
        return 520, b""

    cloud.fault = fault
    with pytest.raises(VodError, match="no id yet") as caught:
        connect().upload(path)
    assert not caught.value.retryable
    result = connect().upload_detailed(path)
    assert (result.media.id, result.sent_bytes) == ("1001", 0)


@pytest.mark.covers("netease D-26")
def test_503_on_the_last_block(connect: Connect, cloud: FakeCloud, tmp_path: Path) -> None:
    path = make(tmp_path, 5 * MIB)
    once(cloud, (503, b'{"errCode":"Busy","errMsg":"later"}'), number=2)
    assert connect().upload(path).id == "1001"
    assert only(cloud) == path.read_bytes()


def test_the_lost_answer_of_a_last_block_makes_no_second_media(
    connect: Connect, cloud: FakeCloud, tmp_path: Path
) -> None:
    path = make(tmp_path, 1000)
    cloud.lose = lambda seen: seen.do == "block"
    assert connect().upload(path).id == "1001"
    assert len(cloud.did("block")) == 1


@pytest.mark.parametrize("seekable", [True, False])
def test_lost_answers_in_the_middle(
    connect: Connect, cloud: FakeCloud, tmp_path: Path, seekable: bool
) -> None:
    path = make(tmp_path, 9 * MIB)
    data, lost = path.read_bytes(), []

    def lose(seen: Seen) -> bool:
        if seen.do != "block" or seen.query["offset"] in lost:
            return False
        lost.append(seen.query["offset"])
        return True

    cloud.lose = lose
    with connect() as vod:
        source: Any = path if seekable else iter([data])
        vod.upload(source, name="clip.mp4")
    assert only(cloud) == data
    # The first block opened an upload that nobody knows of; the others arrived and are not sent again.
    assert [seen.query["offset"] for seen in cloud.did("block")] == ["0", "0", str(BLOCK), str(2 * BLOCK)]

"""The room under the real engine: several workers, lost answers, faults at random."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from vodkit.core.contract import Reply
from vodkit.core.errors import ConnectionLost, VodError
from vodkit.providers.tencent import Tencent

from .cloud_server import serving
from .fake_cloud import ID, KEY, FakeCloud, Seen, api_fault, cos_fault


def test_a_part_whose_answer_was_lost_is_not_sent_again(tmp_path: Path) -> None:
    cloud, path = FakeCloud(), tmp_path / "a.mp4"
    path.write_bytes(os.urandom(8000))
    cloud.lose = lambda seen: seen.do == "PUT uploadId partNumber" and seen.fields["partNumber"] == "3"
    with serving(cloud) as service:
        with (
            Tencent(ID, KEY, service=service, state_dir=tmp_path / "s", part_tries=1) as vod,
            pytest.raises(ConnectionLost),
        ):
            vod.upload(path, part_size=1000, parallel=1)
        cloud.lose = None
        with Tencent(ID, KEY, service=service, state_dir=tmp_path / "s") as vod:
            result = vod.upload_detailed(path, part_size=1000, parallel=1)
    assert result.resumed
    assert result.sent_bytes == 5000
    numbers = [seen.fields["partNumber"] for seen in cloud.did("PUT uploadId partNumber")]
    assert sorted(numbers) == [str(number) for number in range(1, 9)]
    assert list(cloud.objects.values()) == [path.read_bytes()]


@pytest.mark.parametrize("seed", range(6))
def test_faults_at_random(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    cloud, folder = FakeCloud(), tmp_path / "hls"
    folder.mkdir()
    files = {f"{n}.ts": os.urandom(chance.choice([0, 1, 999, 1000, 1001, 4500])) for n in range(6)}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "p.m3u8").write_text("#EXTM3U\n" + "".join(f"#EXTINF:1,\n{name}\n" for name in files))

    def fault(seen: Seen) -> Reply | Exception | None:
        if chance.random() > 0.25:
            return None
        if not seen.key:
            return chance.choice([api_fault("InternalError", "x"), api_fault("X", "gateway", request_id="")])
        return chance.choice(
            [cos_fault(503, "SlowDown", "x"), ConnectionLost("cut"), Reply(502, {}, b"<html>")]
        )

    cloud.fault = fault
    cloud.lose = lambda seen: chance.random() < 0.1
    with serving(cloud) as service:
        for _ in range(20):
            try:
                with Tencent(ID, KEY, service=service, state_dir=tmp_path / "s", part_tries=2) as vod:
                    media = vod.upload(folder / "p.m3u8", part_size=1000, parallel=6)
                break
            except VodError as error:
                assert error.retryable, error
        else:
            pytest.fail("it never came to its end")
    base = media.url.partition(".com/")[2].rpartition("/")[0]
    assert {key.rpartition("/")[2]: data for key, data in cloud.objects.items() if key.startswith(base)} == {
        "f0.m3u8": (folder / "p.m3u8").read_bytes(),
        **files,
    }

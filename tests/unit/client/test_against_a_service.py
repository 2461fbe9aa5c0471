"""The face against the real service: what a room's own store does not say, the play URL does."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3


def test_verify_and_download_know_the_digest(vodkit_service: Any, tmp_path: Path) -> None:
    data = bytes(range(256)) * 9000
    with vodkit_service.connect("tencent", state_dir=tmp_path / "state") as vod:
        result = vod.upload_detailed(data, name="a.mp4", part_size=1 << 20)
        _, told = vod.media.downloader().look(result.media.id)
        assert told["crc64"] == result.receipt["items"][0]["crc64"]
        vod.media.download(result.media.id, tmp_path / "back.mp4")
        media = vod.upload(tmp_path / "back.mp4", part_size=1 << 20)
        report = vod.verify(media.id)
    assert {check.what for check in report.checks} >= {"size", "crc64"}
    assert (tmp_path / "back.mp4").read_bytes() == data


@pytest.mark.parametrize("provider", ["netease", "tencent", "ucloud", "youku"])
def test_the_watch_page_is_told_and_there(vodkit_service: Any, tmp_path: Path, provider: str) -> None:
    with vodkit_service.connect(provider, state_dir=tmp_path / "state") as vod:
        media = vod.upload(b"not much of a film", name="长江.mp4")
        later = vod.media.get(media.id)
    with urllib3.PoolManager() as http:
        pages = [http.request("GET", found.watch_url) for found in (media, later)]
    assert [page.status for page in pages] == [200, 200]
    assert all("<h1>长江" in page.data.decode() for page in pages)
    assert len({urlsplit(str(page.geturl())).path for page in pages}) == 1

"""vod-node-sdk 1.1.0, unmodified, at the service: v1 signatures, always multipart, Content-MD5."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .driver import DRIVERS, LOCAL_CHECKS, Driver, driver, environment, fetch, near

pytestmark = pytest.mark.vendor

MIB = 1 << 20
KEYS = {"secret_id": "your secretId", "secret_key": "your secretKey"}


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    modules = environment("tencent-node") / "node_modules"
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    folder = tmp_path_factory.mktemp("tencent-node")
    with driver([node, DRIVERS / "tencent_node.js"], folder, NODE_PATH=str(modules)) as running:
        yield running


def make(path: Path, size: int) -> Path:
    path.write_bytes(os.urandom(size))
    return path


def attempt(sdk: Driver, *, client: dict[str, str] = KEYS, **fields: Any) -> dict[str, Any]:
    given = {name: str(value) if isinstance(value, Path) else value for name, value in fields.items()}
    return sdk.do(client=client, region="ap-guangzhou", fields=given)


def upload(sdk: Driver, **fields: Any) -> dict[str, Any]:
    """An upload that must succeed; its original must come back byte for byte."""
    answer = attempt(sdk, **fields)
    assert "raised" not in answer, answer
    assert answer["FileId"].isdigit()
    assert fetch(answer["MediaUrl"]) == fields["MediaFilePath"].read_bytes()
    return answer


@pytest.mark.covers("tencent G-14")
@pytest.mark.parametrize("size", [0, 1, 1000, MIB, MIB + 1, 64 * MIB])
def test_sizes(sdk: Driver, tmp_path: Path, size: int) -> None:
    upload(sdk, MediaFilePath=make(tmp_path / "movie.mp4", size))


@pytest.mark.covers("tencent G-14")
def test_cover_name_region_and_procedure(sdk: Driver, tmp_path: Path) -> None:
    cover = make(tmp_path / "cover.png", 20_003)
    answer = upload(
        sdk,
        MediaFilePath=make(tmp_path / "movie.mp4", 2_500_000),
        CoverFilePath=cover,
        MediaName="我的视频 +&= 第一集",
        StorageRegion="ap-chongqing",
        Procedure="QCVB_SimpleProcessFile(1, 1)",
    )
    assert fetch(answer["CoverUrl"]) == cover.read_bytes()


@pytest.mark.covers("tencent G-14")
def test_hls_master_playlist_with_nested_folders(sdk: Driver, tmp_path: Path) -> None:
    (tmp_path / "gear1").mkdir()
    make(tmp_path / "gear1" / "a.ts", MIB + 1)
    (tmp_path / "gear1" / "index.m3u8").write_text("#EXTM3U\n#EXTINF:4,\na.ts\n#EXT-X-ENDLIST\n")
    master = tmp_path / "master.m3u8"
    master.write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000\ngear1/index.m3u8\n")
    url = upload(sdk, MediaFilePath=master)["MediaUrl"]
    for name in ("gear1/index.m3u8", "gear1/a.ts"):
        assert fetch(near(url, name)) == (tmp_path / name).read_bytes()


@pytest.mark.covers("tencent G-14")
@pytest.mark.parametrize(("media", "cover", "message"), LOCAL_CHECKS)
def test_local_checks(
    sdk: Driver, tmp_path: Path, media: str | None, cover: str | None, message: str
) -> None:
    for name in ("Wildlife", "Wildlife.mp4", "Wildlife-cover"):
        make(tmp_path / name, 100)
    given = {"MediaFilePath": media and tmp_path / media, "CoverFilePath": cover and tmp_path / cover}
    answer = attempt(sdk, **{name: path for name, path in given.items() if path})
    assert answer["message"] == message


@pytest.mark.covers("tencent G-14")
@pytest.mark.parametrize(
    ("field", "code", "message"),
    [
        ("MediaType", "InvalidParameterValue.MediaType", "invalid media type"),
        ("CoverType", "InvalidParameterValue.CoverType", "invalid cover type"),
    ],
)
def test_bad_types(sdk: Driver, tmp_path: Path, field: str, code: str, message: str) -> None:
    files = {
        "MediaFilePath": make(tmp_path / "movie.mp4", 10),
        "CoverFilePath": make(tmp_path / "cover.png", 10),
    }
    answer = attempt(sdk, **files, **{field: "test"})
    assert (answer.get("code"), answer["message"]) == (code, message)


@pytest.mark.covers("tencent G-14")
@pytest.mark.parametrize(
    ("client", "code"),
    [
        ({**KEYS, "secret_key": "another secretKey"}, "AuthFailure.SignatureFailure"),
        ({**KEYS, "secret_id": "no secretId"}, "AuthFailure.SecretIdNotFound"),
    ],
)
def test_wrong_keys(sdk: Driver, tmp_path: Path, client: dict[str, str], code: str) -> None:
    answer = attempt(sdk, client=client, MediaFilePath=make(tmp_path / "movie.mp4", 10))
    assert answer.get("code") == code

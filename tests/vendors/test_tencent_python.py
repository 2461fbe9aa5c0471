"""vod-python-sdk 1.4.4 with cos-python-sdk-v5 1.9.44, unmodified, at the service."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .driver import DRIVERS, LOCAL_CHECKS, Driver, driver, environment, fetch, near

pytestmark = pytest.mark.vendor

MIB = 1 << 20
KEYS = {"secret_id": "Your SecretId", "secret_key": "Your SecretKey"}
VENDOR = "qcloud_vod.exception.VodClientException"
CLOUD = "tencentcloud.common.exception.tencent_cloud_sdk_exception.TencentCloudSDKException"


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    python = environment("tencent-python") / "bin" / "python"
    with driver(
        [python, DRIVERS / "tencent_python.py"], tmp_path_factory.mktemp("tencent-python")
    ) as running:
        yield running


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make(tmp_path / "Wildlife.mp4", 300_001)


@pytest.fixture
def cover(tmp_path: Path) -> Path:
    return make(tmp_path / "Wildlife-cover.png", 20_003)


def make(path: Path, size: int) -> Path:
    """A file of random bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def attempt(
    sdk: Driver, *, client: dict[str, str] = KEYS, progress: bool = False, **fields: Any
) -> dict[str, Any]:
    given = {name: str(value) if isinstance(value, Path) else value for name, value in fields.items()}
    return sdk.do(do="upload", client=client, region="ap-guangzhou", fields=given, progress=progress)


def upload(sdk: Driver, **fields: Any) -> dict[str, Any]:
    """An upload that must succeed; its original must come back byte for byte."""
    answer = attempt(sdk, **fields)
    assert "raised" not in answer, answer["text"]
    assert answer["FileId"].isdigit()
    assert answer["RequestId"]
    assert fetch(answer["MediaUrl"]) == fields["MediaFilePath"].read_bytes()
    return answer


def call(sdk: Driver, action: str, **fields: Any) -> dict[str, Any]:
    answer = sdk.do(
        do="call",
        service="vod",
        version="v20180717",
        region="ap-guangzhou",
        client=KEYS,
        action=action,
        fields=fields,
    )
    assert "raised" not in answer, answer["text"]
    return answer


def basic_info(sdk: Driver, file_id: str, **fields: Any) -> dict[str, Any]:
    answer = call(sdk, "DescribeMediaInfos", FileIds=[file_id], **fields)
    (media,) = answer["MediaInfoSet"]
    found: dict[str, Any] = media["BasicInfo"]
    return found


def total(sdk: Driver) -> int:
    """How many media the account has."""
    count = call(sdk, "SearchMedia")["TotalCount"]
    assert isinstance(count, int)
    return count


@pytest.mark.covers("tencent G-13")
@pytest.mark.parametrize("size", [0, 1, 1000, MIB, MIB + 1, 64 * MIB])
def test_sizes(sdk: Driver, tmp_path: Path, size: int) -> None:
    answer = upload(sdk, MediaFilePath=make(tmp_path / "movie.mp4", size))
    assert answer["CoverUrl"] in (None, "")


def test_cover(sdk: Driver, video: Path, cover: Path) -> None:
    answer = upload(sdk, MediaFilePath=video, CoverFilePath=cover)
    assert fetch(answer["CoverUrl"]) == cover.read_bytes()
    assert basic_info(sdk, answer["FileId"])["CoverUrl"] == answer["CoverUrl"]


@pytest.mark.covers("tencent G-13")
def test_multipart_with_cover(sdk: Driver, tmp_path: Path, cover: Path) -> None:
    video = make(tmp_path / "long.mp4", 2_500_000)
    answer = upload(sdk, MediaFilePath=video, CoverFilePath=cover, ConcurrentUploadNumber=3)
    assert fetch(answer["CoverUrl"]) == cover.read_bytes()


def test_name_is_the_files_by_default(sdk: Driver, video: Path) -> None:
    answer = upload(sdk, MediaFilePath=video)
    assert basic_info(sdk, answer["FileId"])["Name"] == "Wildlife"


@pytest.mark.parametrize("name", ["test_20181011", "我的视频 第一集", "a+b&c=d"])
def test_media_name(sdk: Driver, video: Path, name: str) -> None:
    answer = upload(sdk, MediaFilePath=video, MediaName=name)
    assert basic_info(sdk, answer["FileId"])["Name"] == name


def test_file_name_in_chinese(sdk: Driver, tmp_path: Path) -> None:
    answer = upload(sdk, MediaFilePath=make(tmp_path / "目录" / "野生动物.MP4", 5000))
    assert basic_info(sdk, answer["FileId"])["Name"] == "野生动物"


def test_progress_callback(sdk: Driver, tmp_path: Path) -> None:
    size = 3 * MIB + 7
    seen = upload(sdk, MediaFilePath=make(tmp_path / "movie.mp4", size), progress=True)["progress"]
    assert {whole for _, whole in seen} == {size}
    done = [part for part, _ in seen]
    assert done == sorted(done)
    assert done[-1] == size


def test_procedure(sdk: Driver, video: Path, cover: Path) -> None:
    fields = {"MediaFilePath": video, "CoverFilePath": cover}
    assert upload(sdk, **fields, Procedure="QCVB_SimpleProcessFile(1, 1)")["FileId"]


@pytest.mark.parametrize("region", ["ap-chongqing", "ap-beijing"])
def test_storage_region(sdk: Driver, video: Path, region: str) -> None:
    answer = upload(sdk, MediaFilePath=video, StorageRegion=region)
    assert basic_info(sdk, answer["FileId"])["StorageRegion"] == region


def test_unknown_storage_region(sdk: Driver, video: Path) -> None:
    answer = attempt(sdk, MediaFilePath=video, StorageRegion="xx-nowhere")
    assert (answer["raised"], answer["code"]) == (CLOUD, "InvalidParameterValue.StorageRegion")


def test_sub_application(sdk: Driver, video: Path) -> None:
    answer = upload(sdk, MediaFilePath=video, SubAppId=1500000002)
    assert basic_info(sdk, answer["FileId"], SubAppId=1500000002)["Name"] == "Wildlife"
    elsewhere = call(sdk, "DescribeMediaInfos", FileIds=[answer["FileId"]], SubAppId=1500000001)
    assert elsewhere["NotExistFileIdSet"] == [answer["FileId"]]


def test_foreign_sub_application(sdk: Driver, video: Path) -> None:
    answer = attempt(sdk, MediaFilePath=video, SubAppId=1999999999)
    assert (answer["raised"], answer["code"]) == (CLOUD, "InvalidParameterValue.SubAppId")


def test_contexts_and_expiry(sdk: Driver, video: Path) -> None:
    expires = "2199-01-02T03:04:05Z"
    answer = upload(
        sdk,
        MediaFilePath=video,
        SourceContext="来源",
        SessionContext="session",
        ExpireTime=expires,
        ClassId=0,
    )
    info = basic_info(sdk, answer["FileId"])
    assert info["SourceInfo"]["SourceType"] == "Upload"
    assert info["SourceInfo"]["SourceContext"] == "来源"
    assert info["ExpireTime"] == expires


def hls(folder: Path, name: str = "prog_index.m3u8", segments: int = 3) -> Path:
    """A playlist of random segments, one of them longer than a part."""
    sizes = [1000 + number for number in range(segments - 1)] + [MIB + 11]
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:10", "#EXT-X-VERSION:3"]
    for number, size in enumerate(sizes):
        make(folder / f"fileSequence{number}.ts", size)
        lines += ["#EXTINF:9.97667,", f"fileSequence{number}.ts"]
    playlist = folder / name
    playlist.write_text("\n".join([*lines, "#EXT-X-ENDLIST", ""]))
    return playlist


def same_files(url: str, folder: Path, names: list[str]) -> None:
    for name in names:
        assert fetch(near(url, name)) == (folder / name).read_bytes(), name


@pytest.mark.covers("tencent G-13")
def test_hls(sdk: Driver, tmp_path: Path) -> None:
    answer = upload(sdk, MediaFilePath=hls(tmp_path / "hls"))
    same_files(answer["MediaUrl"], tmp_path / "hls", [f"fileSequence{n}.ts" for n in range(3)])


@pytest.mark.covers("tencent G-13")
def test_hls_master_playlist_with_nested_folders(sdk: Driver, tmp_path: Path) -> None:
    gears = [f"gear{number}" for number in range(1, 5)]
    lines = ["#EXTM3U"]
    for number, gear in enumerate(gears, 1):
        hls(tmp_path / gear, segments=2)
        lines += [f"#EXT-X-STREAM-INF:BANDWIDTH={number}00000", f"{gear}/prog_index.m3u8"]
    master = tmp_path / "bipbop_advanced.m3u8"
    master.write_text("\n".join([*lines, ""]))
    answer = upload(sdk, MediaFilePath=master)
    names = [
        f"{gear}/{name}"
        for gear in gears
        for name in ("prog_index.m3u8", "fileSequence0.ts", "fileSequence1.ts")
    ]
    same_files(answer["MediaUrl"], tmp_path, names)


def test_hls_that_reaches_outside_is_refused(sdk: Driver, tmp_path: Path) -> None:
    playlist = hls(tmp_path / "hls")
    make(tmp_path / "up.ts", 1000)
    playlist.write_text(playlist.read_text().replace("fileSequence0.ts", "../up.ts"))
    answer = attempt(sdk, MediaFilePath=playlist)
    assert (answer["raised"], answer["code"]) == (CLOUD, "InvalidParameterValue.MediaManifestContent")


@pytest.mark.covers("tencent F-29", "tencent G-14")
@pytest.mark.parametrize(("media", "cover", "message"), LOCAL_CHECKS)
def test_local_checks(
    sdk: Driver, tmp_path: Path, media: str | None, cover: str | None, message: str
) -> None:
    for name in ("Wildlife", "Wildlife.mp4", "Wildlife-cover"):
        make(tmp_path / name, 100)
    before = total(sdk)
    fields = {"MediaFilePath": media and tmp_path / media, "CoverFilePath": cover and tmp_path / cover}
    answer = attempt(sdk, **fields)
    assert (answer["raised"], answer["text"]) == (VENDOR, message)
    assert total(sdk) == before


@pytest.mark.covers("tencent G-14")
@pytest.mark.parametrize(
    ("field", "code", "message"),
    [
        ("MediaType", "InvalidParameterValue.MediaType", "invalid media type"),
        ("CoverType", "InvalidParameterValue.CoverType", "invalid cover type"),
    ],
)
def test_bad_types(sdk: Driver, video: Path, cover: Path, field: str, code: str, message: str) -> None:
    before = total(sdk)
    answer = attempt(sdk, MediaFilePath=video, CoverFilePath=cover, **{field: "test"})
    assert (answer["raised"], answer["code"], answer["message"]) == (CLOUD, code, message)
    assert answer["requestId"]
    assert total(sdk) == before


@pytest.mark.covers("tencent G-14")
@pytest.mark.parametrize(
    ("client", "code"),
    [
        ({"secret_id": "Your SecretId", "secret_key": "Another SecretKey"}, "AuthFailure.SignatureFailure"),
        ({"secret_id": "No SecretId", "secret_key": "Your SecretKey"}, "AuthFailure.SecretIdNotFound"),
        ({**KEYS, "token": "not a token"}, "AuthFailure.TokenFailure"),
    ],
)
def test_wrong_keys(sdk: Driver, video: Path, client: dict[str, str], code: str) -> None:
    answer = attempt(sdk, client=client, MediaFilePath=video)
    assert (answer["raised"], answer["code"]) == (CLOUD, code)
    assert answer["requestId"]
    assert "SecretKey" not in answer["message"]


def temporary_keys(sdk: Driver, seconds: int) -> dict[str, str]:
    answer = sdk.do(
        do="call",
        service="sts",
        version="v20180813",
        region="ap-guangzhou",
        client=KEYS,
        action="GetFederationToken",
        fields={
            "Name": "uploader",
            "DurationSeconds": seconds,
            "Policy": '{"version": "2.0", "statement": '
            '[{"effect": "allow", "action": ["vod:*", "cos:*"], "resource": "*"}]}',
        },
    )
    assert "raised" not in answer, answer["text"]
    given = answer["Credentials"]
    return {"secret_id": given["TmpSecretId"], "secret_key": given["TmpSecretKey"], "token": given["Token"]}


@pytest.mark.covers("tencent G-22")
def test_temporary_keys(sdk: Driver, video: Path) -> None:
    upload(sdk, client=temporary_keys(sdk, 1800), MediaFilePath=video)


@pytest.mark.covers("tencent G-22")
def test_expired_token(sdk: Driver, video: Path) -> None:
    keys = temporary_keys(sdk, 1)
    time.sleep(2.1)
    answer = attempt(sdk, client=keys, MediaFilePath=video)
    assert (answer["raised"], answer["code"]) == (CLOUD, "AuthFailure.TokenFailure")


@pytest.mark.covers("tencent G-15")
def test_uploads_at_once_do_not_mix(sdk: Driver, tmp_path: Path) -> None:
    files = [make(tmp_path / f"movie{number}.mp4", 2 * MIB + number) for number in range(4)]
    jobs = [
        {"client": KEYS, "region": "ap-guangzhou", "fields": {"MediaFilePath": str(path)}} for path in files
    ]
    answers = sdk.do(do="uploads", jobs=jobs)["answers"]
    assert len({answer["FileId"] for answer in answers}) == 4
    for path, answer in zip(files, answers, strict=True):
        assert fetch(answer["MediaUrl"]) == path.read_bytes()


def test_curl_with_a_link_that_the_vendors_library_signed(sdk: Driver, tmp_path: Path) -> None:
    """The plain way of the vendor's documents: ApplyUpload, PUT to a pre-signed link, CommitUpload."""
    video = make(tmp_path / "movie.mp4", 3 * MIB + 1)
    applied = call(sdk, "ApplyUpload", MediaType="mp4", MediaName="curl")
    link = sdk.do(do="presign", applied=applied, method="PUT")["url"]
    sent = sdk.do(
        do="run", command=["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-T", str(video), link]
    )
    assert (sent["code"], sent["output"]) == (0, "200"), sent
    committed = call(sdk, "CommitUpload", VodSessionKey=applied["VodSessionKey"])
    assert fetch(committed["MediaUrl"]) == video.read_bytes()
    part = sdk.do(
        do="run", command=["curl", "-sS", "-r", "5-8", "-o", str(tmp_path / "part"), committed["MediaUrl"]]
    )
    assert part["code"] == 0, part
    assert (tmp_path / "part").read_bytes() == video.read_bytes()[5:9]


def test_any_key_without_strict(tmp_path: Path, video: Path) -> None:
    python = environment("tencent-python") / "bin" / "python"
    command = [python, DRIVERS / "tencent_python.py"]
    with driver(command, tmp_path, strict=False) as sdk:
        upload(sdk, client={"secret_id": "anybody", "secret_key": "anything"}, MediaFilePath=video)

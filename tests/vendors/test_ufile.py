"""ufile 3.2.11, unmodified, at the service: its whole surface."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .driver import DRIVERS, Driver, driver, environment

pytestmark = pytest.mark.vendor

MIB = 1 << 20
PUBLIC_KEY = "ucloudsomeone@example.com1296235120854146120"
PRIVATE, PUBLIC = "vendor-private", "vendor-public"
ACCOUNTS = f"""\
[[account]]
provider = "ucloud"
id = "{PUBLIC_KEY}"
secret = "46f09bb9fab4f12dfc160dae12273d5332b5debe"
spaces = ["{PRIVATE}"]
public_spaces = ["{PUBLIC}"]
"""


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    python = environment("ucloud-python") / "bin" / "python"
    folder = tmp_path_factory.mktemp("ucloud-python")
    with driver([python, DRIVERS / "ucloud_python.py"], folder, accounts=ACCOUNTS) as running:
        yield running


def make(path: Path, size: int) -> Path:
    """A file of random bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def files(sdk: Driver, method: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return sdk.do(do=f"FileManager.{method}", args=args, kwargs=kwargs)


def buckets(sdk: Driver, method: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return sdk.do(do=f"BucketManager.{method}", args=args, kwargs=kwargs)


def stored(sdk: Driver, key: str, file: Path, bucket: str = PRIVATE) -> None:
    """Downloads the object by the SDK and compares it, and its ETag by the SDK's own formula."""
    back = file.with_name(f"{file.name}.back")
    answer = files(sdk, "download_file", bucket, key, str(back))
    assert answer.get("status_code") == 200, answer
    assert back.read_bytes() == file.read_bytes()
    if file.stat().st_size:
        assert files(sdk, "compare_file_etag", bucket, key, str(file))["returned"] is True


@pytest.mark.parametrize("size", [0, 1, 1000, 4 * MIB, 4 * MIB + 1, 9 * MIB])
def test_put(sdk: Driver, tmp_path: Path, size: int) -> None:
    file = make(tmp_path / "movie.mp4", size)
    answer = files(sdk, "putfile", PRIVATE, f"put/{size}.mp4", str(file))
    assert (answer["status_code"], answer["error"], answer["x_session_id"]) == (200, None, None)
    stored(sdk, f"put/{size}.mp4", file)


@pytest.mark.covers("ucloud 12-20")
def test_an_empty_file_goes_out_chunked(sdk: Driver, tmp_path: Path) -> None:
    file = make(tmp_path / "empty.mp4", 0)
    answer = files(sdk, "putfile", PRIVATE, "empty.mp4", str(file))
    assert answer["status_code"] == 200
    assert answer["etag"] == '"AAAAANo5o-5ea0sNMlW_75VgGJCv2AcJ"'


@pytest.mark.parametrize("key", ["视频/第一集.mp4", "with space.mp4", "a+b.mp4", "deep/er/x.mp4"])
def test_keys(sdk: Driver, tmp_path: Path, key: str) -> None:
    file = make(tmp_path / "movie.mp4", 5000)
    assert files(sdk, "putfile", PRIVATE, key, str(file))["status_code"] == 200
    stored(sdk, key, file)


def test_put_stream_and_md5(sdk: Driver, tmp_path: Path) -> None:
    file = make(tmp_path / "stream", 70_000)
    sdk.do(do="configure", kwargs={"md5": True})
    for answer in (
        sdk.do(do="FileManager.putstream", args=[PRIVATE, "stream"], streams={"stream": str(file)}),
        files(sdk, "putfile", PRIVATE, "stream", str(file)),
    ):
        assert answer["status_code"] == 200
    sdk.do(do="configure", kwargs={"md5": False})
    stored(sdk, "stream", file)


@pytest.mark.covers("ucloud 12-21")
@pytest.mark.parametrize("size", [1, 3000, 4 * MIB + 5])
def test_post(sdk: Driver, tmp_path: Path, size: int) -> None:
    file = make(tmp_path / "form.mp4", size)
    answer = files(sdk, "postfile", PRIVATE, f"form/{size}.mp4", str(file))
    assert answer["status_code"] == 200, answer
    stored(sdk, f"form/{size}.mp4", file)


@pytest.mark.covers("ucloud 12-16", "ucloud 12-32", "ucloud 12-33", "ucloud 12-52")
@pytest.mark.parametrize("threads", [1, 4])
def test_multipart(sdk: Driver, tmp_path: Path, threads: int) -> None:
    file = make(tmp_path / "long.mp4", 4 * 4 * MIB + 11)
    answer = sdk.do(
        do="MultipartUploadUFile.uploadfile",
        args=[PRIVATE, f"long/{threads}.mp4", str(file)],
        kwargs={"maxthread": threads},
        fresh=True,
    )
    assert answer["status_code"] == 200, answer
    assert answer["ret"]["FileSize"] == file.stat().st_size
    stored(sdk, f"long/{threads}.mp4", file)
    put = files(sdk, "putfile", PRIVATE, "long/put.mp4", str(file))
    assert put["etag"] == answer["etag"]


def test_multipart_stream(sdk: Driver, tmp_path: Path) -> None:
    file = make(tmp_path / "long", 2 * 4 * MIB + 11)
    answer = sdk.do(
        do="MultipartUploadUFile.uploadstream",
        args=[PRIVATE, "long/stream"],
        streams={"stream": str(file)},
        fresh=True,
    )
    assert answer["status_code"] == 200, answer
    stored(sdk, "long/stream", file)


@pytest.mark.covers("ucloud 12-41")
def test_an_empty_multipart_upload(sdk: Driver, tmp_path: Path) -> None:
    file = make(tmp_path / "nothing.mp4", 0)
    answer = sdk.do(
        do="MultipartUploadUFile.uploadfile", args=[PRIVATE, "nothing.mp4", str(file)], fresh=True
    )
    assert answer["status_code"] == 200, answer
    stored(sdk, "nothing.mp4", file)


def test_resume_continues_what_another_process_left(sdk: Driver, tmp_path: Path) -> None:
    file = make(tmp_path / "resumed.mp4", 2 * 4 * MIB + 11)
    opened = sdk.do(
        do="MultipartUploadUFile.init_multipart_upload", args=[PRIVATE, "resumed.mp4"], fresh=True
    )
    assert opened["status_code"] == 200, opened
    assert opened["ret"]["BlkSize"] == 4 * MIB
    listed = sdk.do(
        do="MultipartUploadUFile.get_multi_upload_part", args=[PRIVATE, opened["ret"]["UploadId"]]
    )
    assert (listed["status_code"], listed["ret"]["Parts"]) == (200, [])
    answer = sdk.do(
        do="MultipartUploadUFile.resumeuploadfile",
        kwargs={
            "bucket": PRIVATE,
            "key": "resumed.mp4",
            "uploadid": opened["ret"]["UploadId"],
            "blocksize": opened["ret"]["BlkSize"],
            "localfile": str(file),
        },
        fresh=True,
    )
    assert answer["status_code"] == 200, answer
    stored(sdk, "resumed.mp4", file)


@pytest.mark.covers("ucloud 12-42")
def test_part_copy(sdk: Driver, tmp_path: Path) -> None:
    file = make(tmp_path / "source.mp4", 4 * MIB + 700)
    assert files(sdk, "putfile", PRIVATE, "source.mp4", str(file))["status_code"] == 200
    opened = sdk.do(do="MultipartUploadUFile.init_multipart_upload", args=[PRIVATE, "copied.mp4"], fresh=True)
    assert opened["ok"]
    ranges = [(0, 4 * MIB), (4 * MIB, 4 * MIB + 700)]
    for number, (start, end) in enumerate(ranges):
        part = sdk.do(
            do="MultipartUploadUFile.upload_part_copy",
            args=[PRIVATE, "source.mp4", "video/mp4", start, end, number],
        )
        assert (part["status_code"], part["ret"]["PartNumber"]) == (200, number), part
    done = sdk.do(do="MultipartUploadUFile.finish_upload")
    assert done["status_code"] == 200, done
    stored(sdk, "copied.mp4", file)


@pytest.mark.covers("ucloud 12-22", "ucloud 12-23")
def test_downloads(sdk: Driver, tmp_path: Path) -> None:
    file = make(tmp_path / "movie.mp4", 1000)
    for bucket in (PRIVATE, PUBLIC):
        assert files(sdk, "putfile", bucket, "movie.mp4", str(file))["status_code"] == 200
        stored(sdk, "movie.mp4", file, bucket)
    back = str(tmp_path / "back")
    assert files(sdk, "download_file", PUBLIC, "movie.mp4", back, isprivate=False)["status_code"] == 200
    refused = files(sdk, "download_file", PRIVATE, "movie.mp4", back, isprivate=False)
    assert (refused["status_code"], refused["ret_code"]) == (401, -148643)
    part = files(
        sdk, "download_file", PUBLIC, "movie.mp4", back, isprivate=False, content_range=(0, 50), expires=300
    )
    assert part["status_code"] == 206
    assert Path(back).read_bytes() == file.read_bytes()[:51]
    behind = files(sdk, "download_file", PRIVATE, "movie.mp4", back, content_range=(5000, 6000))
    assert behind["status_code"] == 416


def test_an_expired_link(sdk: Driver, tmp_path: Path) -> None:
    file = make(tmp_path / "movie.mp4", 1000)
    files(sdk, "putfile", PRIVATE, "expired.mp4", str(file))
    answer = files(sdk, "download_file", PRIVATE, "expired.mp4", str(tmp_path / "back"), expires=-5)
    assert answer["status_code"] == 401


@pytest.mark.covers("ucloud 12-30", "ucloud 12-31")
def test_head_meta_lists_and_delete(sdk: Driver, tmp_path: Path) -> None:
    file = make(tmp_path / "movie.mp4", 1000)
    header = {"X-Ufile-Meta-Owner": "me", "X-Ufile-Storage-Class": "IA"}
    for name in ("a.mp4", "b/c.mp4", "b/d.mp4"):
        answer = files(sdk, "putfile", PRIVATE, f"listed/{name}", str(file), header=dict(header))
        assert answer["status_code"] == 200
    head = files(sdk, "head_file", PRIVATE, "listed/a.mp4")
    assert (head["status_code"], head["content_length"]) == (200, "1000")
    changed = files(sdk, "opMeta", PRIVATE, "listed/a.mp4", "mimetype", "video/webm")
    assert changed["status_code"] == 200, changed
    assert files(sdk, "head_file", PRIVATE, "listed/a.mp4")["content_type"] == "video/webm"
    page = files(sdk, "getfilelist", PRIVATE, prefix="listed/", limit=2)
    assert [entry["FileName"] for entry in page["ret"]["DataSet"]] == ["listed/a.mp4", "listed/b/c.mp4"]
    rest = files(sdk, "getfilelist", PRIVATE, prefix="listed/", marker=page["ret"]["NextMarker"])
    assert [entry["FileName"] for entry in rest["ret"]["DataSet"]] == ["listed/b/d.mp4"]
    tree = files(sdk, "listobjects", PRIVATE, prefix="listed/", marker="", maxkeys=10, delimiter="/")
    assert [entry["Key"] for entry in tree["ret"]["Contents"]] == ["listed/a.mp4"]
    assert tree["ret"]["Contents"][0]["UserMeta"] == {"owner": "me"}
    assert tree["ret"]["CommonPrefixes"] == [{"Prefix": "listed/b/"}]
    assert files(sdk, "deletefile", PRIVATE, "listed/a.mp4")["status_code"] == 204
    again = files(sdk, "deletefile", PRIVATE, "listed/a.mp4")
    assert (again["status_code"], again["error"]) == (404, "file not exist")


def test_copy_class_and_restore(sdk: Driver, tmp_path: Path) -> None:
    file = make(tmp_path / "movie.mp4", 5000)
    files(sdk, "putfile", PRIVATE, "original.mp4", str(file))
    assert files(sdk, "copy", PUBLIC, "copy.mp4", PRIVATE, "original.mp4")["status_code"] == 200
    stored(sdk, "copy.mp4", file, PUBLIC)
    assert files(sdk, "class_switch_file", PRIVATE, "original.mp4", "ARCHIVE")["status_code"] == 200
    refused = files(sdk, "class_switch_file", PRIVATE, "original.mp4", "STANDARD")
    assert (refused["status_code"], refused["ret_code"]) == (403, -148660)
    assert files(sdk, "restore_file", PRIVATE, "original.mp4")["status_code"] == 200
    head = files(sdk, "head_file", PRIVATE, "original.mp4")
    assert head["x_ufile_restore"] == "restored"


@pytest.mark.covers("ucloud 12-25", "ucloud 12-26", "ucloud 12-27", "ucloud 12-28", "ucloud 12-29")
def test_errors(sdk: Driver, tmp_path: Path) -> None:
    file = str(make(tmp_path / "movie.mp4", 100))
    nowhere = files(sdk, "putfile", "no-such-bucket", "movie.mp4", file)
    assert (nowhere["status_code"], nowhere["ret_code"], nowhere["error"]) == (
        400,
        -148653,
        "bucket not exists",
    )
    assert nowhere["x_session_id"]
    for keys in (["nobody", "x"], [PUBLIC_KEY, "wrong"]):
        answer = sdk.do(do="FileManager.putfile", keys=keys, args=[PRIVATE, "movie.mp4", file])
        assert (answer["status_code"], answer["ret_code"]) == (403, -148658)
    missing = files(sdk, "download_file", PRIVATE, "no-such.mp4", str(tmp_path / "back"))
    assert missing["status_code"] == 404
    assert not (tmp_path / "back").exists()


@pytest.mark.covers("ucloud 12-48")
def test_bucket_management(sdk: Driver, tmp_path: Path) -> None:
    made = buckets(sdk, "createbucket", "vendor-made", "cn-bj", "public", ["v.example.com"])
    assert (made["status_code"], made["ret"]["RetCode"], made["ret"]["BucketName"]) == (200, 0, "vendor-made")
    taken = buckets(sdk, "createbucket", "vendor-made", "cn-bj")
    assert taken["ret"]["RetCode"] == 15000
    (shown,) = buckets(sdk, "describebucket", "vendor-made")["ret"]["DataSet"]
    assert (shown["Type"], shown["Domain"]["CustomSrc"]) == ("public", ["v.example.com"])
    assert {entry["BucketName"] for entry in buckets(sdk, "describebucket")["ret"]["DataSet"]} == {
        PRIVATE,
        PUBLIC,
        "vendor-made",
    }
    assert buckets(sdk, "updatebucket", "vendor-made", "private")["ret"]["RetCode"] == 0
    file = make(tmp_path / "movie.mp4", 100)
    files(sdk, "putfile", "vendor-made", "movie.mp4", str(file))
    listed = buckets(sdk, "getfilelist", "vendor-made")
    assert [entry["FileName"] for entry in listed["ret"]["DataSet"]] == ["movie.mp4"]
    assert buckets(sdk, "deletebucket", "vendor-made")["ret"]["RetCode"] == 15023
    files(sdk, "deletefile", "vendor-made", "movie.mp4")
    assert buckets(sdk, "deletebucket", "vendor-made")["ret"]["RetCode"] == 0
    assert buckets(sdk, "describebucket", "vendor-made")["ret"]["RetCode"] == 15010

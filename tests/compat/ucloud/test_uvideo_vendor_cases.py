"""The vendor's own tests of refusals, restated: each status for each call, over both halves of the SDK."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ucloud.ufile import deleteufile, downloadufile, multipartuploadufile, postufile, putufile, uploadhitufile
from ucloud.uvideo import deleteuvideo, downloaduvideo, multipartuploaduvideo

from vodkit.server.embedded import EmbeddedService

from .cloud import KEYS, get, kind, put

WRONG_KEYS = ("somebody@example.com", "wrong")
UNKNOWN_SPACE = "no-such-space"
SPACE = "private-space"

Call = Callable[[tuple[str, str], str, str, Path], tuple[Any, Any]]

UPLOADS: dict[str, Call] = {
    "uvideo uploadfile": lambda keys, space, key, path: multipartuploaduvideo.MultipartUploadUVideo(
        *keys
    ).uploadfile(space, key, str(path)),
    "uvideo uploadstream": lambda keys, space, key, path: multipartuploaduvideo.MultipartUploadUVideo(
        *keys
    ).uploadstream(space, key, io.BytesIO(path.read_bytes())),
    "ufile uploadfile": lambda keys, space, key, path: multipartuploadufile.MultipartUploadUFile(
        *keys
    ).uploadfile(space, key, str(path)),
    "ufile uploadstream": lambda keys, space, key, path: multipartuploadufile.MultipartUploadUFile(
        *keys
    ).uploadstream(space, key, io.BytesIO(path.read_bytes())),
    "ufile putfile": lambda keys, space, key, path: putufile.PutUFile(*keys).putfile(space, key, str(path)),
    "ufile putstream": lambda keys, space, key, path: putufile.PutUFile(*keys).putstream(
        space, key, io.BytesIO(path.read_bytes())
    ),
    "ufile postfile": lambda keys, space, key, path: postufile.PostUFile(*keys).postfile(
        space, key, str(path)
    ),
}
OTHERS: dict[str, Call] = {
    "uvideo download": lambda keys, space, key, path: downloaduvideo.DownloadUVideo(*keys).download_file(
        space, key, str(path)
    ),
    "ufile download": lambda keys, space, key, path: downloadufile.DownloadUFile(*keys).download_file(
        space, key, str(path)
    ),
    "uvideo delete": lambda keys, space, key, path: deleteuvideo.DeleteUVideo(*keys).deletefile(space, key),
    "ufile delete": lambda keys, space, key, path: deleteufile.DeleteUFile(*keys).deletefile(space, key),
    "ufile uploadhit": lambda keys, space, key, path: uploadhitufile.UploadHitUFile(*keys).uploadhit(
        space, key, str(path)
    ),
}
ALL = UPLOADS | OTHERS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "movie.mp4"
    made.write_bytes(os.urandom(1000))
    return made


def is_refusal(result: tuple[Any, Any], status: int) -> None:
    ret, resp = result
    assert ret is None
    assert (resp.status_code, resp.ok(), resp.need_retry()) == (status, False, False)
    assert resp.error
    assert isinstance(resp.ret_code, int)
    assert resp.x_session_id


@pytest.mark.parametrize("name", UPLOADS)
def test_upload(name: str, turned: EmbeddedService, path: Path) -> None:
    ret, resp = UPLOADS[name](KEYS, SPACE, f"cases/{name}.mp4", path)
    assert isinstance(ret, dict)
    assert (resp.status_code, resp.ok(), resp.error, resp.ret_code) == (200, True, None, None)
    assert resp.etag.startswith('"')
    assert isinstance(resp.content_length, str)
    assert get(turned, SPACE, f"cases/{name}.mp4") == path.read_bytes()
    wanted = "application/octet-stream" if "stream" in name else "video/mp4"
    assert kind(turned, SPACE, f"cases/{name}.mp4") == wanted


@pytest.mark.covers("ucloud 12-56")
@pytest.mark.parametrize("name", ALL)
def test_an_unknown_space_is_400(name: str, turned: EmbeddedService, path: Path) -> None:
    is_refusal(ALL[name](KEYS, UNKNOWN_SPACE, "key", path), 400)


@pytest.mark.covers("ucloud 12-56")
@pytest.mark.parametrize("name", ALL)
def test_an_unknown_key_pair_is_403(name: str, turned: EmbeddedService, path: Path) -> None:
    is_refusal(ALL[name](WRONG_KEYS, SPACE, "key", path), 403)


@pytest.mark.parametrize("name", ALL)
def test_a_wrong_private_key_is_403(name: str, turned: EmbeddedService, path: Path) -> None:
    is_refusal(ALL[name]((KEYS[0], "wrong"), SPACE, "key", path), 403)


@pytest.mark.covers("ucloud 12-56")
@pytest.mark.parametrize("name", OTHERS)
def test_an_unknown_key_is_404(name: str, turned: EmbeddedService, path: Path) -> None:
    before = path.read_bytes()
    is_refusal(OTHERS[name](KEYS, SPACE, "no such key", path), 404)
    assert path.read_bytes() == before


def test_a_private_object_without_a_signature_is_401(turned: EmbeddedService, path: Path) -> None:
    put(turned, SPACE, "cases/private", b"data")
    handler = downloaduvideo.DownloadUVideo(*KEYS)
    is_refusal(handler.download_file(SPACE, "cases/private", str(path), isprivate=False), 401)


def test_a_range_behind_the_end_is_416(turned: EmbeddedService, path: Path) -> None:
    put(turned, SPACE, "cases/short", b"data")
    ret, resp = downloaduvideo.DownloadUVideo(*KEYS).download_file(
        SPACE, "cases/short", str(path), content_range=(4, 9)
    )
    assert (ret, resp.status_code, resp.ok()) == (None, 416, False)


def test_a_range_is_206(turned: EmbeddedService, path: Path) -> None:
    put(turned, SPACE, "cases/range", b"0123456789")
    ret, resp = downloadufile.DownloadUFile(*KEYS).download_file(
        SPACE, "cases/range", str(path), content_range=(2, 5)
    )
    assert (ret, resp.status_code, resp.content, resp.content_range) == ({}, 206, None, (2, 5))
    assert resp.content_length == "4"
    assert path.read_bytes() == b"2345"


def test_instant_upload(turned: EmbeddedService, path: Path) -> None:
    put(turned, SPACE, "cases/known", path.read_bytes())
    ret, resp = uploadhitufile.UploadHitUFile(*KEYS).uploadhit(SPACE, "cases/hit", str(path))
    assert (ret, resp.status_code) == ({}, 200)
    assert get(turned, SPACE, "cases/hit") == path.read_bytes()


# Those that are told how often to try are in test_uvideo_defects.
@pytest.mark.parametrize("name", [name for name in ALL if not name.endswith(("uploadfile", "uploadstream"))])
def test_network_trouble_is_minus_one(
    name: str, turned: EmbeddedService, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VODKIT_SERVICE", "http://127.0.0.1:9")
    monkeypatch.setenv("VODKIT_PART_TRIES", "1")
    ret, resp = ALL[name](KEYS, SPACE, "key", path)
    assert (ret, resp.status_code, resp.need_retry(), resp.ok()) == (None, -1, True, False)
    assert resp.error == str(resp.exception)


@pytest.mark.parametrize("name", ["uvideo uploadfile", "ufile putfile", "ufile postfile", "ufile uploadhit"])
def test_a_missing_file_is_an_os_error(name: str, turned: EmbeddedService, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ALL[name](KEYS, SPACE, "key", tmp_path / "none.mp4")


@pytest.mark.parametrize("keys", [("", "x"), ("x", ""), (None, "x"), ("x", b"x")])
def test_keys_that_are_none(keys: Any) -> None:
    with pytest.raises(ValueError, match="invalid API keys"):
        multipartuploaduvideo.MultipartUploadUVideo(*keys)


@pytest.mark.parametrize("header", ["Content-Type: text/plain", ["a"], 5])
def test_headers_that_are_no_dictionary(header: Any, turned: EmbeddedService, path: Path) -> None:
    with pytest.raises(ValueError, match="dictionary"):
        deleteuvideo.DeleteUVideo(*KEYS).deletefile(SPACE, "key", header)
    with pytest.raises(ValueError, match="dictionary"):
        putufile.PutUFile(*KEYS).putfile(SPACE, "key", str(path), header)


def test_headers_are_sent_and_left_as_they_are(turned: EmbeddedService, path: Path) -> None:
    header = {"Content-Type": "video/x-own", "X-Ufile-Meta-Owner": "me", "X-UCloud-Note": "signed"}
    before = dict(header)
    handler = multipartuploaduvideo.MultipartUploadUVideo(*KEYS)
    _, resp = handler.uploadfile(SPACE, "cases/header", str(path), header=header)
    assert resp.status_code == 200, resp
    assert header == before
    assert kind(turned, SPACE, "cases/header") == "video/x-own"


def test_nothing_secret_is_logged(
    turned: EmbeddedService, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    handler = multipartuploaduvideo.MultipartUploadUVideo(*KEYS)
    results = [
        handler.uploadfile(SPACE, "cases/logged", str(path)),
        handler.uploadfile(UNKNOWN_SPACE, "key", str(path)),
        downloaduvideo.DownloadUVideo(*KEYS).download_file(SPACE, "cases/logged", str(path)),
    ]
    said = caplog.text + "".join(f"{resp}{resp!r}{resp.exception!r}" for _, resp in results)
    assert KEYS[1] not in said
    assert "Signature=" not in said.replace("Signature=***", "")
    assert KEYS[1] not in repr(handler)

"""Inputs for the side-by-side table of UCloud's Python SDKs; see :mod:`tests.compat.table`."""

from __future__ import annotations

import io
import os
import time
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

VENDOR = "ufile 3.2.11 (D) and ucloud 2.0.0 (O)"
ENVIRONMENT = "ucloud-python"
NOTE = (
    "`ucloud.uvideo` is on no index. Its sibling `ucloud.ufile` 2.0.0 is known and has the same code: its "
    "column (O rows and names) holds what was measured of that earlier, on CPython 3.11 against a mock of "
    "the service. D rows are from this run: `ufile` has the same calls under flat names, and the drop-in is "
    "called as `ucloud.ufile`. Uploads are of three blocks and four bytes, 12,582,916 in all, where nothing "
    "else is said."
)

_MEASURED = tomllib.loads(Path(__file__).with_name("measured.toml").read_text())
NAMES = {module: list(names) for module, names in _MEASURED["names"].items()}
MEASURED = _MEASURED["inputs"] | {
    "names": {
        f"{module}.{name}": shape
        for module, names in _MEASURED["names"].items()
        for name, shape in names.items()
    }
}
STATED = {
    "D2": (
        "`listobjects(bucket)` with defaults",
        "`KeyError: 'delimiter'`",
        'no such call in the old SDK; `vodkit.connect("ucloud", …).media.list()`',
    ),
    "D7": (
        "`upload_suffix` of the constructor, then a resume",
        "parts go to the default host",
        "no such argument in the old SDK; all requests of an upload go where the setting says",
    ),
    "D20": (
        "`compare_file_etag` of an object that is gone",
        "`AttributeError`",
        "no such call in the old SDK; `vod.verify(id)` says that it is gone",
    ),
    "D23": (
        "any network failure, `ufile` 3.2.7",
        "`AttributeError: 'Session' object has no attribute 'RequestException'`",
        "`status_code` -1",
    ),
}

KEYS = ("example@example.com1296235120854146120", "46f09bb9fab4f12dfc160dae12273d5332b5debe")
BUCKET = "side-by-side"
BLOCK = 4 << 20
SIZE = 3 * BLOCK + 4


# --- the two packages under one name ---


def is_vendor() -> bool:
    try:
        import ufile  # noqa: F401
    except ImportError:
        return False
    return True


def part(name: str) -> Any:
    """A handler: ``put``, ``download``, ``delete``, ``multipart`` or ``manager``."""
    if is_vendor():
        from ufile import bucketmanager, filemanager, multipartuploadufile

        special = {
            "multipart": multipartuploadufile.MultipartUploadUFile,
            "manager": bucketmanager.BucketManager,
        }
        return special.get(name, filemanager.FileManager)(*KEYS)
    from ucloud.ufile import bucketmanager as managers
    from ucloud.ufile import deleteufile, downloadufile, multipartuploadufile, putufile

    kinds: dict[str, Any] = {
        "put": putufile.PutUFile,
        "download": downloadufile.DownloadUFile,
        "delete": deleteufile.DeleteUFile,
        "multipart": multipartuploadufile.MultipartUploadUFile,
        "manager": managers.BucketManager,
    }
    return kinds[name](*KEYS)


def settings() -> Any:
    if is_vendor():
        from ufile import config
    else:
        from ucloud.ufile import config
    return config


def helpers() -> Any:
    if is_vendor():
        from ufile import util
    else:
        from ucloud import util
    return util


def tries(count: int, threads: int = 1) -> dict[str, Any]:
    """How often and how fast a part is tried, and by how many threads where that can be said."""
    given = {"retrycount": count, "retryinterval": 0}
    return given | ({"maxthread": threads} if is_vendor() else {})


# --- what comes of it ---


def told(result: tuple[Any, Any]) -> str:
    """A result in a few words."""
    _, resp = result
    words = "" if resp.status_code in (-1, 200, 204, 206) else f" ({str(resp.error)[:70]})"
    return f"`{resp.status_code}`{words}"


def file(size: int = SIZE, name: str = "movie.mp4") -> str:
    Path(name).write_bytes(os.urandom(size))
    return name


def key() -> str:
    return f"table/{os.urandom(6).hex()}.mp4"


def kept(name: str, data: bytes) -> str:
    """Whether the service has these very bytes."""
    _, resp = part("download").download_file(BUCKET, name, "fetched")
    if resp.status_code != 200:
        return f"nothing is stored ({resp.status_code})"
    found = Path("fetched").read_bytes()
    return (
        "all bytes are stored" if found == data else f"{len(found)} of {len(data)} bytes are stored, wrongly"
    )


def resumed(handler: Any, name: str, data: bytes, first: tuple[Any, Any], second: tuple[Any, Any]) -> str:
    return f"{told(first)}, then {told(second)}; {kept(name, data)}"


# --- what stands between client and service ---


def _is_part(asked: Any, number: int | None = None) -> bool:
    found = parse_qs(urlsplit(asked.path).query).get("partNumber")
    return found is not None and number in (None, int(found[0]))


def _breaks(number: int, times: int) -> Any:
    left = iter(range(times))

    def meddle(asked: Any, forward: Any) -> Any:
        return None if _is_part(asked, number) and next(left, None) is not None else forward(asked)

    return meddle


def _changed(asked: Any, forward: Any, wanted: bool, **changes: Any) -> Any:
    answer = forward(asked)
    if wanted:
        for name, value in changes.items():
            setattr(answer, name, value)
    return answer


# --- the old SDK ---


def O1() -> str:
    """`uploadfile`, `uploadstream`, `putfile` with `requests` of today"""
    from ucloud.ufile import putufile
    from ucloud.uvideo import multipartuploaduvideo

    name = file()
    uploads = multipartuploaduvideo.MultipartUploadUVideo(*KEYS)
    results = [
        uploads.uploadfile(BUCKET, key(), name),
        uploads.uploadstream(BUCKET, key(), io.BytesIO(b"data")),
        putufile.PutUFile(*KEYS).putfile(BUCKET, key(), name),
    ]
    return ", ".join(map(told, results))


def O2() -> str:
    """the page's recovery loop with a stream, after two connections that broke"""
    from ucloud.uvideo import multipartuploaduvideo

    handler = multipartuploaduvideo.MultipartUploadUVideo(*KEYS)
    _, resp = handler.uploadstream(BUCKET, key(), io.BytesIO(os.urandom(SIZE)), 1, 0)
    times = 0
    while resp.status_code == -1 and times < 9:
        times += 1
        _, resp = handler.resumeuploadstream(1, 0)
    return f"`{resp.status_code}` after going on {times} times"


meddle_O2 = _breaks(1, 2)


def O3() -> str:
    """`resumeuploadfile()` after the connection broke at the very beginning"""
    from ucloud.uvideo import multipartuploaduvideo

    handler = multipartuploaduvideo.MultipartUploadUVideo(*KEYS)
    first = handler.uploadfile(BUCKET, key(), file(), 1, 0)
    return f"`{first[1].status_code}`, then {told(handler.resumeuploadfile(1, 0))}"


_lost = iter(range(1))


def meddle_O3(asked: Any, forward: Any) -> Any:
    return None if next(_lost, None) is not None else forward(asked)


def O4() -> str:
    """`download_file` of a private object on Python 3"""
    name, local = key(), file(1000)
    part("put").putfile(BUCKET, name, local)
    return told(part("download").download_file(BUCKET, name, "fetched"))


def O5() -> str:
    """a stream whose part 1 of 4 failed, then `resumeuploadstream()`"""
    from ucloud.uvideo import multipartuploaduvideo

    handler, name, data = multipartuploaduvideo.MultipartUploadUVideo(*KEYS), key(), os.urandom(SIZE)
    first = handler.uploadstream(BUCKET, name, io.BytesIO(data), 1, 0)
    return resumed(handler, name, data, first, handler.resumeuploadstream(1, 0))


meddle_O5 = _breaks(1, 1)


def O6() -> str:
    """`BucketManager.set_keys(…)`, then a management call"""
    manager = part("manager")
    manager.set_keys(*KEYS)
    return told(manager.getfilelist(BUCKET))


def O7() -> str:
    """`repr(resp)`"""
    return f"`{repr(part('delete').deletefile(BUCKET, key())[1])[:40]} …`"


def O8() -> str:
    """the header `X-UCloud-Foo: a`"""
    return told(part("put").putfile(BUCKET, key(), file(1000), {"X-UCloud-Foo": "a"}))


def O9() -> str:
    """`config.set_default(expires=60)` after the import, then a link"""
    settings().set_default(expires=60)
    link = part("download").private_download_url(BUCKET, "a.mp4")
    ends = int(parse_qs(urlsplit(link).query)["Expires"][0])
    return f"good for about {round((ends - time.time()) / 10) * 10} seconds"


def O10() -> str:
    """50 calls of `private_download_url` for a public key with a `+`"""
    handler = part("download")
    handler.set_keys("a+b@example.com", KEYS[1])
    links = [handler.private_download_url(BUCKET, f"{number}.mp4") for number in range(50)]
    return f"{sum('+' in urlsplit(link).query for link in links)} with a raw `+`"


def O11() -> str:
    """`set_log_file(name)` twice, then one line"""
    from ucloud import logger

    logger.set_log_file("own.log")
    logger.set_log_file("own.log")
    logger.logger.info("line")
    return f"written {Path('own.log').read_text().count('line')} times"


def O12() -> str:
    """`spacemanager.describespace(…)`, the module's, as the page prints it"""
    from ucloud.uvideo import spacemanager

    spacemanager.BucketManager(*KEYS)
    return told(spacemanager.describespace(BUCKET))


# --- the calls that ufile has as well ---


def D1() -> str:
    """the header `X-UCloud-Foo: a`"""
    return O8()


def D3() -> str:
    """`BucketManager.set_keys(…)`, then a management call"""
    return O6()


def D4() -> str:
    """`repr(resp)`"""
    return O7()


def D5() -> str:
    """a file, four threads, part 1 fails three times, then `resumeuploadfile()`"""
    handler, name, local = part("multipart"), key(), file()
    first = handler.uploadfile(BUCKET, name, local, **tries(3, threads=4))
    second = handler.resumeuploadfile(retrycount=3, retryinterval=0)
    count = f"{len(handler.etaglist)} ETags listed"
    return f"{resumed(handler, name, Path(local).read_bytes(), first, second)}; {count}"


meddle_D5 = _breaks(1, 3)


def D6() -> str:
    """a stream, one thread, the connection breaks on part 1, then `resumeuploadstream()`"""
    handler, name, data = part("multipart"), key(), os.urandom(SIZE)
    first = handler.uploadstream(BUCKET, name, io.BytesIO(data), **tries(1))
    second = handler.resumeuploadstream(retrycount=1, retryinterval=0)
    return resumed(handler, name, data, first, second)


meddle_D6 = _breaks(1, 1)


def D8() -> str:
    """every part is answered by 200, `application/json`, and `<html>`; four threads"""
    name, local = key(), file(2 * BLOCK)
    result = part("multipart").uploadfile(BUCKET, name, local, **tries(2, threads=4))
    return f"{told(result)}; {kept(name, Path(local).read_bytes())}"


def meddle_D8(asked: Any, forward: Any) -> Any:
    return _changed(
        asked, forward, _is_part(asked), body=b"<html>", headers={"content-type": "application/json"}
    )


def D8b() -> str:
    """the same with six parts"""
    name, local = key(), file(6 * BLOCK)
    result = part("multipart").uploadfile(BUCKET, name, local, **tries(2, threads=4))
    return f"{told(result)}; {kept(name, Path(local).read_bytes())}"


meddle_D8b = meddle_D8


def D9() -> str:
    """the service cannot be reached at the opening, then `resumeuploadfile()`"""
    handler = part("multipart")
    first = handler.uploadfile(BUCKET, key(), file(), **tries(1))
    return f"`{first[1].status_code}`, then {told(handler.resumeuploadfile(retrycount=1, retryinterval=0))}"


_refused = iter(range(1))


def meddle_D9(asked: Any, forward: Any) -> Any:
    return None if next(_refused, None) is not None else forward(asked)


def D10() -> str:
    """a download whose connection breaks in the middle, once"""
    name, local = key(), file()
    part("put").putfile(BUCKET, name, local)
    try:
        said = told(part("download").download_file(BUCKET, name, "fetched"))
    except Exception as error:
        said = f"`{type(error).__name__}`"
    size = Path("fetched").stat().st_size if Path("fetched").exists() else None
    return f"{said}; the file has {size} of {SIZE} bytes"


_cuts = iter(range(1))


def meddle_D10(asked: Any, forward: Any) -> Any:
    answer = forward(asked)
    if asked.method == "GET" and len(answer.body) > 1000 and next(_cuts, None) is not None:
        answer.body, answer.length = answer.body[: len(answer.body) // 2], len(answer.body)
    return answer


def D11() -> str:
    """`connection_timeout=1` and a management call that is answered after 8 seconds"""
    settings().set_default(connection_timeout=1)
    if not is_vendor():
        os.environ["VODKIT_PART_TRIES"] = "1"
    began = time.monotonic()
    result = part("manager").getfilelist(BUCKET)
    waited = time.monotonic() - began
    return f"{told(result)}, {'waited it out' if waited > 6 else 'gave up in time'}"


def meddle_D11(asked: Any, forward: Any) -> Any:
    time.sleep(8)
    return forward(asked)


def D12() -> str:
    """`file_etag` of an empty file"""
    return f"`{helpers().file_etag(file(0), BLOCK)}`"


def D13() -> str:
    """the keys `a#b`, `a?b`, `a%20b`, `a/../b`, `/lead`: what is stored"""
    folder = key()
    names = [f"{folder}/{name}" for name in ("a#b", "a?b", "a%20b", "a/../b")] + [f"/{folder}/lead"]
    said = [str(part("put").putfile(BUCKET, name, file(1000))[1].status_code) for name in names]
    listed = part("manager").getfilelist(BUCKET, 0, 1000)[0]["DataSet"]
    found = [entry["FileName"].replace(f"{folder}/", "") for entry in listed if folder in entry["FileName"]]
    return f"{', '.join(said)}; stored {', '.join(f'`{name}`' for name in sorted(found))}"


def D14() -> str:
    """a raw stream that gives at most 100,000 bytes at a time"""
    name, data = key(), os.urandom(SIZE)
    result = part("multipart").uploadstream(BUCKET, name, Slow(data), mime_type="video/mp4", **tries(1))
    return f"{told(result)}; {kept(name, data)}"


class Slow(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(100_000, size if size and size > 0 else 100_000))


def D15() -> str:
    """a pipe without `mime_type`"""
    reading, writing = os.pipe()
    os.write(writing, b"data")
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        return told(part("multipart").uploadstream(BUCKET, key(), stream, **tries(1)))


def D16() -> str:
    """a `BytesIO` that stands at byte 5 of 10"""
    name, stream = key(), io.BytesIO(b"0123456789")
    stream.seek(5)
    part("multipart").uploadstream(BUCKET, name, stream, **tries(1))
    part("download").download_file(BUCKET, name, "fetched")
    return f"stored `{Path('fetched').read_text()}`"


def D17() -> str:
    """`set_default(open_ssl=True)`, then `set_default(expires=60)`"""
    settings().set_default(open_ssl=True)
    settings().set_default(expires=60)
    return f"links begin with `{part('download').public_download_url(BUCKET, 'a').partition(':')[0]}`"


def D18() -> str:
    """`updatebucket(…)` with `open_ssl=True`"""
    settings().set_default(open_ssl=True)
    return told(part("manager").updatebucket(BUCKET, "private"))


def watch_D18(asked: Iterable[Any]) -> str:
    return f"sent {len([one for one in asked if 'UpdateBucket' in one.path])} times"


def D19() -> str:
    """an error as `application/json; charset=utf-8`"""
    return told(part("delete").deletefile(BUCKET, key()))


def meddle_D19(asked: Any, forward: Any) -> Any:
    answer = forward(asked)
    answer.headers["content-type"] = "application/json; charset=utf-8"
    return answer


def D19b() -> str:
    """an error without `ErrMsg`"""
    return told(part("delete").deletefile(BUCKET, key()))


def meddle_D19b(asked: Any, forward: Any) -> Any:
    return _changed(asked, forward, True, body=b'{"RetCode": -1}')


def D21() -> str:
    """a part that is answered by 403, with three tries"""
    return told(part("multipart").uploadfile(BUCKET, key(), file(1000), **tries(3)))


def meddle_D21(asked: Any, forward: Any) -> Any:
    body = b'{"RetCode": -148658, "ErrMsg": "no"}'
    json = {"content-type": "application/json"}
    return _changed(asked, forward, _is_part(asked), status=403, body=body, headers=json)


def watch_D21(asked: Iterable[Any]) -> str:
    return f"sent {len([one for one in asked if _is_part(one)])} times"


def D22() -> str:
    """`resumeuploadfile(…, etaglist=[], pausepartnumber=0)`, no part yet, a new handler"""
    first, name, local = part("multipart"), key(), file()
    first.uploadfile(BUCKET, name, local, **tries(1))
    second = part("multipart").resumeuploadfile(
        1, 0, BUCKET, name, first.uploadid, first.blocksize, [], local, 0, "video/mp4"
    )
    return f"{told(second)}; {kept(name, Path(local).read_bytes())}"


meddle_D22 = _breaks(0, 1)

"""Inputs for the side-by-side table of NetEase's Python SDK; see :mod:`tests.compat.table`."""

from __future__ import annotations

import json
import os
import threading
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

VENDOR = "vcloud 1.0.2"
ENVIRONMENT = None
NOTE = (
    "The vendor's package is on no index. Its column holds what was measured earlier (version 1.0.2, "
    "unmodified, on CPython 3.11, against a mock of the service) or read in its source; the drop-in's column "
    "is from this run. D numbers are those of the specification's list of defects, R are results."
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
    "D25": (
        "Python 2: `视频.mp4` as a byte string",
        "`UnicodeDecodeError`",
        "Python 3 only; any name works (D5)",
    ),
    "TMP_FILE": (
        "where the record of uploads is",
        "`/tmp/test`, which has to exist",
        "vodkit's state folder; another one is made, for its owner only",
    ),
    "POOL": (
        "`POOL_CONNECTIONS`, `http._session`",
        "one session for all clients, threads and forks",
        "no effect: no connection outlives its call",
    ),
    "RECORD": (
        "a record that the vendor's package left",
        "is read",
        "is not: such an upload begins anew (see drop-ins)",
    ),
}

MIB = 1 << 20
BLOCK = 4 * MIB
BODY = {"originFileName": "clip.mp4"}
BUSY = b'{"requestId":"r","errCode":"Busy","errMsg":"later"}'


def client() -> Any:
    from vcloud import Client

    return Client("example-key", "example-secret")


def file(size: int, name: str = "clip.mp4") -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def shown(result: Any) -> str:
    """A result as a cell: its type, and the text if it is one."""
    if result is None:
        return "`None`"
    if isinstance(result, str):
        return f"`str`, `{result}`"
    return f"`{type(result).__name__}`"


def fetched(vid: int) -> bytes:
    """The bytes of a video."""
    import vodkit

    with vodkit.connect("netease", app_key="example-key", app_secret="example-secret") as vod:
        vod.media.download(str(vid), "stored.mp4")
    return Path("stored.mp4").read_bytes()


def upload(path: Path, handler: Callable[[int, int], object] | None = None) -> str:
    """Upload; the result, and whether the file is what is stored."""
    result = client().upload_file(BODY, str(path), handler)
    if not hasattr(result, "vid"):
        return shown(result)
    right = fetched(result.vid) == path.read_bytes()
    return f"{shown(result)}; the content is {'right' if right else 'wrong'}"


def interrupt(path: Path, after: int = BLOCK) -> None:
    """Upload until this offset is reached."""

    def stop(offset: int, size: int) -> None:
        if offset >= after:
            raise RuntimeError

    try:
        client().upload_file(BODY, str(path), stop)
    except RuntimeError:
        return
    raise AssertionError("nothing was interrupted")


def query(asked: Any) -> dict[str, str]:
    found = parse_qs(urlsplit(asked.path).query, keep_blank_values=True)
    return {name: values[0] for name, values in found.items()}


def is_block(asked: Any) -> bool:
    return "x-nos-token" in asked.headers and asked.method == "POST"


def is_call(asked: Any, operation: str) -> bool:
    return bool(asked.path == f"/app/vod/{operation}")


def answer(forwarded: Any, status: int, body: bytes) -> Any:
    """A forwarded answer, with other contents."""
    forwarded.status, forwarded.body = status, body
    return forwarded


def blocks(asked: list[Any]) -> str:
    """Where each block that was sent begins, and which is the last."""
    found = [query(one) for one in asked if is_block(one)]
    return "blocks at " + ", ".join(
        f"{one['offset']}{' (last)' if one['complete'] == 'true' else ''}" for one in found
    )


def whole_blocks(asked: list[Any]) -> str:
    """Of the blocks that were sent to their end."""
    return blocks(
        [one for one in asked if is_block(one) and len(one.body) == int(one.headers["content-length"])]
    )


def nth_block(number: int, status: int, body: bytes, *, stored: bool = False) -> Callable[..., Any]:
    """Meddles with one block: it is answered so, and reaches the service only if ``stored``."""
    left = [number]

    def meddle(asked: Any, forward: Any) -> Any:
        if not is_block(asked):
            return forward(asked)
        left[0] -= 1
        if left[0] != 0:
            return forward(asked)
        if stored:
            return answer(forward(asked), status, body)
        from tests.compat.meddler import Answer

        return Answer(status, {"content-type": "application/json"}, body)

    return meddle


def R1() -> str:
    """`upload_file`, a file of 1000 bytes"""
    return upload(file(1000))


def R2() -> str:
    """`upload_file`, a body without `originFileName`"""
    return shown(client().upload_file({}, str(file(1000))))


def R3() -> str:
    """`query_id`, an unknown object"""
    return shown(client().query_id({"objectNames": ["none.mp4"]}))


def R4() -> str:
    """`query_id`, nobody answers"""
    return shown(client().query_id({"objectNames": ["none.mp4"]}))


def meddle_R4(asked: Any, forward: Any) -> None:
    """Break the connection."""


def R5() -> str:
    """`set_callback`"""
    return shown(client().set_callback({"callbackUrl": "http://1.111.11.1"}))


def R6() -> str:
    """`set_callback`, an address that is none"""
    return shown(client().set_callback({"callbackUrl": "nowhere"}))


def R7() -> str:
    """`upload_file`, no such file"""
    try:
        return shown(client().upload_file(BODY, "none.mp4"))
    except FileNotFoundError:
        return "`FileNotFoundError`"


def watch_R7(asked: list[Any]) -> str:
    """How much was asked."""
    return f"{len(asked)} requests"


def R8() -> str:
    """progress of 9 MiB"""
    told: list[Any] = []
    upload(file(9 * MIB), lambda *pair: told.append(pair))
    return f"told {told}"


def R9() -> str:
    """the progress handler raises `RuntimeError` at the first block of 9 MiB"""
    path = file(9 * MIB)
    interrupt(path)
    told: list[int] = []
    upload(path, lambda offset, size: told.append(offset))
    return f"`RuntimeError`; the record stays; the next call is first told {told[0]}"


def D1() -> str:
    """8 MiB, an exact multiple of the block"""
    return upload(file(2 * BLOCK))


watch_D1 = blocks


def D2() -> str:
    """8 MiB, interrupted when all blocks were sent, called again"""
    path = file(2 * BLOCK)
    interrupt(path, 2 * BLOCK)
    return upload(path)


def D3() -> str:
    """a file of 0 bytes"""
    told: list[Any] = []
    return f"{upload(file(0), lambda *pair: told.append(pair))}; told {told}"


def D4() -> str:
    """`TMP_FILE` is a folder that does not exist"""
    from vcloud import config

    config.TMP_FILE = str(Path("not/yet").absolute())
    return upload(file(1000))


def D5() -> str:
    """`clip?.mp4`, modified at 1500000000.0: the record's name has a slash in Base64"""
    path = file(9 * MIB, "clip?.mp4")
    os.utime(path, (1500000000, 1500000000))
    return upload(path)


def D5b() -> str:
    """a name of 200 bytes"""
    return upload(file(9 * MIB, "x" * 196 + ".mp4"))


def D6() -> str:
    """503 with JSON for the second block of 9 MiB"""
    return upload(file(9 * MIB))


meddle_D6 = nth_block(2, 503, BUSY)


def D7() -> str:
    """502 with HTML for the second block of 9 MiB"""
    return upload(file(9 * MIB))


meddle_D7 = nth_block(2, 502, b"<html>Bad Gateway</html>")


def D8() -> str:
    """the server takes 3 MiB of the first block of 9 MiB"""
    return upload(file(9 * MIB))


def meddle_D8(asked: Any, forward: Any) -> Any:
    """Cut the first block."""
    if is_block(asked) and len(asked.body) == BLOCK and query(asked)["offset"] == "0":
        asked.body = asked.body[: 3 * MIB]
    return forward(asked)


watch_D8 = blocks


def D9() -> str:
    """9 MiB interrupted; then the node answers 404 to everything about this upload"""
    path = file(9 * MIB)
    interrupt(path)
    return upload(path)


def _gone() -> Callable[..., Any]:
    """From the second init on, the first object is no more; before it, the resume query fails."""
    first: list[str] = []

    def meddle(asked: Any, forward: Any) -> Any:
        found = forward(asked)
        if "x-nos-token" in asked.headers:
            path = urlsplit(asked.path).path
            first.append(path)
            known = path == first[0]
            if known and len(first) > 1:
                return answer(found, 404, b'{"errCode":"ContextNotFound","errMsg":"gone"}')
        return found

    return meddle


meddle_D9 = _gone()


def D10() -> str:
    """`a/s.mp4` (9 MiB, interrupted) and `b/s.mp4` (6 MiB) with one modification time"""
    first, second = file(9 * MIB, "a/s.mp4"), file(6 * MIB, "b/s.mp4")
    for path in (first, second):
        os.utime(path, (1500000000, 1500000000))
    interrupt(first)
    return upload(second)


def D11() -> str:
    """three calls of one `Client`"""
    made = client()
    for _ in range(3):
        made.query_id({"objectNames": ["a"]})
    return "three calls"


def watch_D11(asked: list[Any]) -> str:
    """The nonces."""
    return f"{len({one.headers['nonce'] for one in asked})} nonces"


def D12() -> str:
    """the first answer to a block never comes (5 MiB, `CONNECTION_TIMEOUT` 1)"""
    from vcloud import config

    config.CONNECTION_TIMEOUT = 1
    return upload(file(5 * MIB))


def _slow() -> Callable[..., Any]:
    left = [1]

    def meddle(asked: Any, forward: Any) -> Any:
        if is_block(asked) and left[0]:
            left[0] -= 1
            time.sleep(4)
            return None
        return forward(asked)

    return meddle


meddle_D12 = _slow()


def D13() -> str:
    """the first of two nodes breaks every connection (13 MiB)"""
    return upload(file(13 * MIB))


def _two_nodes(asked: Any, forward: Any) -> Any:
    found = forward(asked)
    if asked.path.startswith("/lbs"):
        found.body = json.dumps({"lbs": "http://l/lbs", "upload": ["http://dead", "http://live"]}).encode()
    return found


def meddle_D13(asked: Any, forward: Any) -> Any:
    """Break what goes to the first node."""
    return None if asked.host == "dead" else _two_nodes(asked, forward)


def watch_D13(asked: list[Any]) -> str:
    """How often the dead node was asked."""
    return f"the dead node was asked {sum(one.host == 'dead' for one in asked)} times, for 4 blocks"


def D14() -> str:
    """the lookup names one node"""
    return upload(file(1000))


def meddle_D14(asked: Any, forward: Any) -> Any:
    """One node."""
    found = _two_nodes(asked, forward)
    if asked.path.startswith("/lbs"):
        found.body = b'{"lbs":"http://l/lbs","upload":["http://live"]}'
    return found


def D15() -> str:
    """the API's address, by default"""
    from vcloud import config

    return f"`{config.VCLOUD_API_HOST}`"


def D16() -> str:
    """`_Resume.block_url` for the object `dir/a b?.mp4`"""
    from vcloud.model.upload_host import UploadHost
    from vcloud.model.upload_init import UploadInit
    from vcloud.storage.uploader import _Resume

    given = UploadInit("b", "dir/a b?.mp4", "token"), UploadHost("http://n", "http://m")
    sender = _Resume(*given, "n", 1, 1.5, 0, "", None, None, "", None)
    return f"`{sender.block_url('', 0, '').partition('?')[0]}`"


def D17() -> str:
    """`vars(res)` of what `query_id` returns for an unknown object"""
    result = client().query_id({"objectNames": ["none.mp4"]})
    return f"`{type(result).__name__}`, a text; `vars()` of it is {vars(result)}"


def D18() -> str:
    """`set_callback`, a success without `ret`"""
    return shown(client().set_callback({"callbackUrl": "http://1.111.11.1"}))


def meddle_D18(asked: Any, forward: Any) -> Any:
    """Take the member out."""
    return answer(forward(asked), 200, b'{"code":200}')


def D19() -> str:
    """two object names"""
    made = client()
    names = [
        made.upload_file(BODY, str(file(1000, name))).objectName for name in ("clip-1.mp4", "clip-2.mp4")
    ]
    many = len(made.query_ids({"objectNames": names}))
    return f"one result by `query_id`, {many} by `query_ids`"


def D20() -> str:
    """`query_id`, the answer has `"vid": null` and `"imgId": 7`"""
    found = client().query_id({"objectNames": ["a"]})
    return f"vid {found.vid}, imgId {found.imgId}"


def meddle_D20(asked: Any, forward: Any) -> Any:
    """Such an answer."""
    entry = {"objectName": "a", "vid": None, "imgId": 7}
    found = {"code": 200, "msg": "", "ret": {"count": 1, "list": [entry]}}
    return answer(forward(asked), 200, json.dumps(found).encode())


def D21() -> str:
    """`upload_file(…, mime_type="video/x-mine")`"""
    return shown(client().upload_file(BODY, str(file(1000)), None, "video/x-mine"))


def watch_D21(asked: list[Any]) -> str:
    """What was sent."""
    (block,) = [one for one in asked if is_block(one)]
    (lookup,) = [one for one in asked if one.path.startswith("/lbs")]
    bucket = "with" if "bucketname" in query(lookup) else "without"
    return f"the type sent is {block.headers.get('content-type')}; the lookup is asked {bucket} the bucket"


def _changing(size: int) -> str:
    path = file(9 * MIB)
    return shown(client().upload_file(BODY, str(path), lambda *_: os.truncate(path, size)))


def D22() -> str:
    """the file is cut to 4 MiB after the first block"""
    return _changing(BLOCK)


def D22b() -> str:
    """the file grows to 13 MiB after the first block"""
    return _changing(13 * MIB)


watch_D22 = watch_D22b = whole_blocks


def D23() -> str:
    """9 MiB interrupted, the record then damaged"""
    from vcloud import config

    config.TMP_FILE = str(Path("records").absolute())
    path = file(9 * MIB)
    interrupt(path)
    for record in Path("records").iterdir():
        if record.is_file():
            record.write_bytes(b'{"bucket": "vod')
    return upload(path)


def D24() -> str:
    """who can read the record of an interrupted upload"""
    from vcloud import config

    config.TMP_FILE = str(Path("records").absolute())
    interrupt(file(9 * MIB))
    found = [Path("records"), *Path("records").rglob("*")]
    return "its owner only" if not any(path.stat().st_mode & 0o077 for path in found) else "others too"


def D26() -> str:
    """503 for the last block of 5 MiB"""
    return upload(file(5 * MIB))


meddle_D26 = nth_block(2, 503, BUSY)


def D26b() -> str:
    """520 for the last block of 5 MiB, which is stored"""
    return upload(file(5 * MIB))


meddle_D26b = nth_block(2, 520, BUSY, stored=True)
watch_D26 = watch_D26b = blocks


def D27() -> str:
    """two threads upload one file (5 MiB) at the same time"""
    path = file(5 * MIB)
    found: list[Any] = []

    def run() -> None:
        found.append(client().upload_file(BODY, str(path)))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return f"results: {', '.join(sorted(map(shown, found)))}"


def meddle_D27(asked: Any, forward: Any) -> Any:
    """Leave time for both."""
    time.sleep(0.5 if is_block(asked) else 0)
    return forward(asked)


def D28() -> str:
    """init is refused"""
    return shown(client().upload_file(BODY, str(file(1000))))


def meddle_D28(asked: Any, forward: Any) -> Any:
    """Refuse it."""
    found = forward(asked)
    return answer(found, 200, b'{"code":720,"msg":"no balance"}') if is_call(asked, "upload/init") else found


def watch_D28(asked: list[Any]) -> str:
    """Whether the lookup was asked."""
    return f"the lookup is asked {sum(one.path.startswith('/lbs') for one in asked)} times"

"""The nodes: blocks, contexts, tokens, and what goes wrong."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import random
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import until
from vodkit.providers.netease.server import publish as publish_module

from .world import BLOCK, MIB, PYTHON, Answer, Caller, Target, World, running

SIZES = {
    "4 MiB": [BLOCK, BLOCK, MIB],
    "32 KiB": [32 << 10] * 288,
    "odd": [1, 4_000_000, 77, 3_000_000, 9 * MIB - 7_000_078],
}


def send(world: World, target: Target, data: bytes, sizes: list[int], **headers: str) -> Answer:
    """All blocks of a file."""
    offset, context = 0, ""
    for size in sizes:
        piece = data[offset : offset + size]
        answer = world.block(target, offset, piece, offset + size == len(data), context, headers)
        assert answer.status == 200, answer.body
        offset += size
        assert answer.json["offset"] == offset
        context = answer.json["context"]
    return answer


@pytest.mark.covers("netease 13-18", "netease 13-21")
@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK])
def test_one_block_makes_an_object(world: World, one: Caller, size: int) -> None:
    target, data = one.init(), os.urandom(size)
    answer = world.block(target, 0, data, True)
    assert answer.status == 200
    said = world.message(answer)
    assert said["code"] == 200
    assert one.id_of(target) == said["ret"]["vid"]
    assert isinstance(answer.json["context"], str)
    assert "errMsg" not in answer.json
    assert "errCode" not in answer.json
    assert world.stored(target) == data
    media = world.media(said["ret"]["vid"])
    assert (media.size, media.status) == (size, "ready")


@pytest.mark.covers("netease 13-18")
def test_a_block_that_is_too_large(world: World, one: Caller) -> None:
    target = one.init()
    answer = world.block(target, 0, bytes(BLOCK + 1), True)
    assert (answer.status, answer.json["errCode"]) == (400, "EntityTooLarge")
    assert answer.json["errMsg"]
    assert answer.json["requestID"] == answer.json["requestId"]
    assert one.id_of(target) is None
    assert world.stored(target) is None


@pytest.mark.covers("netease 13-19")
def test_an_empty_last_block(world: World, one: Caller) -> None:
    empty = one.init()
    vid = world.message(world.block(empty, 0, b"", True))["ret"]["vid"]
    assert world.stored(empty) == b""
    assert one("video/get", vid=vid)["status"] == 20
    target, data = one.init(), os.urandom(1000)
    context = world.block(target, 0, data, False).json["context"]
    nothing = world.block(target, 1000, b"", False, context)
    assert (nothing.status, nothing.json["offset"], nothing.json["callbackRetMsg"]) == (200, 1000, "")
    assert world.message(world.block(target, 1000, b"", True, context))["ret"]["vid"] == one.id_of(target)
    assert world.stored(target) == data


@pytest.mark.covers("netease 13-20")
@pytest.mark.parametrize("context", [None, ""])
def test_a_first_block_opens_an_upload(world: World, one: Caller, context: str | None) -> None:
    answer = world.block(one.init(), 0, b"abc", False, context)
    assert answer.status == 200
    assert answer.json["offset"] == 3
    assert answer.json["context"]
    assert answer.json["requestId"] == answer.json["requestID"]
    assert answer.json["callbackRetMsg"] == ""


@pytest.mark.covers("netease 13-22")
@pytest.mark.parametrize("sizes", SIZES)
def test_blocks_of_any_size(world: World, one: Caller, sizes: str) -> None:
    data = random.Random(9).randbytes(9 * MIB)
    target = one.init()
    send(world, target, data, SIZES[sizes])
    assert world.stored(target) == data


@pytest.mark.covers("netease 13-23")
def test_a_full_last_block(world: World, one: Caller) -> None:
    data, target = os.urandom(2 * BLOCK), one.init()
    vid = world.message(send(world, target, data, [BLOCK, BLOCK]))["ret"]["vid"]
    assert world.media(vid).size == 2 * BLOCK
    assert one.id_of(target) == vid


@pytest.mark.covers("netease 13-24")
def test_contexts_of_others_and_unknown_ones(world: World, one: Caller) -> None:
    first, second = one.init(), one.init()
    context = world.block(first, 0, b"abc", False).json["context"]
    foreign = world.block(second, 0, b"abc", False, context)
    assert (foreign.status, foreign.json["errCode"]) == (400, "ContextMismatch")
    unknown = world.block(first, 3, b"abc", False, "no-such-context")
    assert (unknown.status, unknown.json["errCode"]) == (404, "ContextNotFound")
    again = world.block(first, 0, b"xyz", True, "no-such-context")
    assert again.status == 200
    assert again.json["context"] not in (context, "no-such-context")
    assert world.stored(first) == b"xyz"


@pytest.mark.covers("netease 13-25")
@pytest.mark.parametrize(("offset", "length"), [(4, 1), (99, 5), (2, 2), (0, 5)])
def test_a_wrong_offset(world: World, one: Caller, offset: int, length: int) -> None:
    target = one.init()
    context = world.block(target, 0, b"abc", False).json["context"]
    answer = world.block(target, offset, b"z" * length, True, context)
    assert (answer.status, answer.json["errCode"]) == (400, "InvalidOffset")
    assert world.resume(target, context).json["offset"] == 3
    world.block(target, 3, b"def", True, context)
    assert world.stored(target) == b"abcdef"


@pytest.mark.parametrize(
    "query",
    [
        "offset=0&complete=false", "offset=0&complete=maybe&version=1.0",
        "offset=-1&complete=true&version=1.0", "offset=x&complete=true&version=1.0",
        "offset=0&complete=true&version=2.0",
        "offset=5&complete=true&version=1.0", "offset=" + "9" * 30 + "&complete=true&version=1.0",
    ],
)  # fmt: skip
def test_a_malformed_block(world: World, one: Caller, query: str) -> None:
    target = one.init()
    answer = world.send("POST", f"{target.path}?{query}", {"x-nos-token": target.token}, b"abc")
    assert (answer.status, answer.json["errCode"]) == (400, "InvalidArgument")
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.covers("netease 13-26")
def test_blocks_that_are_sent_again(world: World, one: Caller) -> None:
    target = one.init()
    context = world.block(target, 0, b"abc", False).json["context"]
    world.block(target, 3, b"def", False, context)
    again = world.block(target, 0, b"ABC", False, context)
    assert (again.status, again.json["offset"]) == (200, 6)
    last = world.block(target, 6, b"ghi", True, context)
    repeated = [world.block(target, 6, b"ghi", True, context) for _ in range(2)]
    for answer in repeated:
        assert answer.status == 200
        assert world.message(answer) == world.message(last)
        assert answer.json["offset"] == last.json["offset"]
        assert answer.json["context"] == context
    assert world.stored(target) == b"abcdefghi"
    beyond = world.block(target, 9, b"jkl", True, context)
    assert beyond.status == 400


@pytest.mark.covers("netease 13-26")
def test_a_single_block_sent_twice_without_a_context_is_one_media(world: World, one: Caller) -> None:
    target = one.init()
    answers = [world.block(target, 0, b"abc", True, headers=PYTHON) for _ in range(2)]
    first, second = (world.message(answer)["ret"]["vid"] for answer in answers)
    assert first == second == one.id_of(target)
    assert one("video/list", currentPage=1, pageSize=-1)["list"][0]["vid"] == first


@pytest.mark.covers("netease 13-27")
def test_a_connection_that_breaks_in_mid_block(world: World, one: Caller) -> None:
    target = one.init()
    context = world.block(target, 0, b"abc", False).json["context"]
    head = (
        f"POST {target.path}?offset=3&complete=true&context={context}&version=1.0 HTTP/1.1\r\nHost: x\r\n"
        f"x-nos-token: {target.token}\r\nContent-Length: 1000000\r\n\r\n"
    )
    with world.raw() as wire:
        wire.sendall(head.encode() + b"z" * 500_000)
    assert world.resume(target, context).json["offset"] == 3
    assert one.id_of(target) is None
    world.block(target, 3, b"def", True, context)
    assert world.stored(target) == b"abcdef"


@pytest.mark.covers("netease 13-28")
def test_tokens(world: World, one: Caller) -> None:
    first, second = one.init(), one.init()
    context = world.block(first, 0, b"abc", False).json["context"]
    policy = first.token.rpartition(":")[2]
    forged = first.token.replace(policy, base64.b64encode(base64.b64decode(policy) + b" ").decode())
    infinite = base64.b64encode(b'{"Bucket":"b","Object":"o","Expires":Infinity}').decode()
    for token in ("", "garbage", second.token, forged, f"UPLOAD a:b:{infinite}"):
        for answer in (
            world.block(first, 3, b"def", False, context, token=token),
            world.resume(first, context, token),
        ):
            assert answer.status == 403, token
            assert answer.json["errCode"] == "AccessDenied"
    no_token = world.send(
        "POST", f"{first.path}?offset=3&complete=false&context={context}&version=1.0", {}, b"x"
    )
    assert no_token.status == 403
    assert world.resume(first, context).json["offset"] == 3


@pytest.mark.covers("netease 13-28", "netease 13-41")
def test_a_token_that_expires_and_what_it_leaves(world: World) -> None:
    short = world.caller("short")
    target = short.init()
    context = world.block(target, 0, b"abc", False).json["context"]
    world.clock.ahead += 61
    try:
        answer = world.block(target, 3, b"def", True, context)
        assert (answer.status, answer.json["errCode"]) == (403, "TokenExpired")
        assert world.resume(target, context).status == 403
        world.sweep()
        assert rows(world, "netease_contexts", context) == 1
        world.clock.ahead += 3601
        world.sweep()
        assert rows(world, "netease_contexts", context) == 0
        assert short.id_of(target) is None
    finally:
        world.clock.ahead = 0.0


def rows(world: World, table: str, id: str) -> int:
    import sqlite3

    with sqlite3.connect(f"{world.service.settings.data}/vodkit.db") as database:
        found = database.execute(f"SELECT count(*) FROM {table} WHERE id = ?", (id,)).fetchone()[0]
    return int(found)


@pytest.mark.covers("netease 13-29")
def test_resume_queries(world: World, one: Caller) -> None:
    first, second = one.init(), one.init()
    context = world.block(first, 0, b"abc", False).json["context"]
    found = world.resume(first, context)
    assert (found.status, found.json["offset"]) == (200, 3)
    assert found.json["requestId"] == found.json["requestID"]
    assert world.resume(second, context).status == 400
    assert world.resume(first, "unknown").status == 404
    world.block(first, 3, b"", True, context)
    assert world.resume(first, context).status == 404


@pytest.mark.covers("netease 13-30")
def test_paths(world: World, one: Caller) -> None:
    target = one.init()
    sent = {"x-nos-token": target.token}
    query = "offset=0&complete=true&version=1.0"
    for path in (
        f"/{target.bucket}/..%2F..%2Fetc%2Fpasswd", f"/{target.bucket}/../{target.object}",
        f"/{target.bucket}/a%2Fb.mp4", f"/%2E%2E/{target.object}",
    ):  # fmt: skip
        assert world.send("POST", f"{path}?{query}", sent, b"x").status in (400, 403), path
    encoded = "".join(f"%{ord(letter):02x}" for letter in target.object)
    assert world.send("POST", f"/{target.bucket}/{encoded}?{query}", sent, b"x").status == 200
    assert world.stored(target) == b"x"


@pytest.mark.covers("netease 13-31")
@pytest.mark.parametrize("told", ["application/json;charset=utf-8", "", "application/json"])
def test_a_block_that_is_called_json(world: World, one: Caller, told: str) -> None:
    target, data = one.init("a.flv"), b'{"not": json \xff'
    world.block(target, 0, data, True, headers={"Content-Type": told})
    assert world.stored(target) == data
    played = world.send("GET", f"/v/netease/{target.bucket}/{target.object}", {})
    assert (played.headers["content-type"], played.body) == ("video/x-flv", data)


@pytest.mark.covers("netease 13-33")
def test_a_preflight_and_errors_may_be_read_by_any_origin(world: World, one: Caller) -> None:
    target = one.init()
    ask = {"Origin": "http://a", "Access-Control-Request-Method": "POST"}
    for path, more in (
        ("/app/vod/upload/init", {"Access-Control-Request-Headers": "appkey,nonce"}),
        ("/lbs?version=1.0", {}),
        (f"{target.path}?offset=0", {"Access-Control-Request-Headers": "X-NOS-Token"}),
    ):
        answer = world.send("OPTIONS", path, {**ask, **more})
        assert answer.status == 204, path
        assert answer.headers["access-control-allow-methods"] == "GET, POST, OPTIONS"
        assert answer.headers["access-control-max-age"] == "86400"
    assert world.resume(target, "x").headers["access-control-allow-origin"] == "*"


@pytest.mark.covers("netease 13-35")
@pytest.mark.parametrize("sizes", [[10], [4, 6]])
def test_the_md5_of_the_whole(world: World, one: Caller, sizes: list[int]) -> None:
    data = b"0123456789"
    right, wrong = hashlib.md5(data).hexdigest(), hashlib.md5(b"other").hexdigest()
    bad = one.init()
    context, offset = "", 0
    for size in sizes:
        piece, last = data[offset : offset + size], offset + size == 10
        answer = world.block(bad, offset, piece, last, context, {"Content-MD5": wrong})
        context, offset = answer.json.get("context", ""), offset + size
    assert (answer.status, answer.json["errCode"]) == (400, "BadDigest")
    assert one.id_of(bad) is None
    assert world.stored(bad) is None
    for header in (right, right.upper(), base64.b64encode(bytes.fromhex(right)).decode()):
        good = one.init()
        send(world, good, data, sizes, **{"Content-MD5": header})
        assert world.stored(good) == data
    assert world.block(one.init(), 0, data, True, headers={"Content-MD5": "nonsense"}).status == 400


@pytest.mark.covers("netease 13-36")
@pytest.mark.parametrize("repair", ["query", "block"])
def test_a_publishing_step_that_fails(
    world: World, one: Caller, repair: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = one.init()
    context = world.block(target, 0, b"abc", False).json["context"]

    def fail(*_: Any) -> None:
        raise RuntimeError("the disk is on fire")

    with monkeypatch.context() as patch:
        patch.setattr(publish_module, "_add", fail)
        for _ in range(2):
            answer = world.block(target, 3, b"def", True, context)
            assert (answer.status, answer.json["errCode"]) == (520, "CallbackFailed")
        assert one.id_of(target) is None
        assert world.resume(target, context).json["offset"] == 6
    if repair == "block":
        assert world.message(world.block(target, 3, b"def", True, context))["code"] == 200
    vid = one.id_of(target)
    assert vid is not None
    assert world.stored(target) == b"abcdef"
    assert world.message(world.block(target, 3, b"def", True, context))["ret"]["vid"] == vid


@pytest.mark.covers("netease 13-42")
def test_the_python_sdk_never_gets_a_5xx(world: World, one: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib3

    target = one.init()
    with monkeypatch.context() as patch:
        patch.setattr(publish_module, "_add", None)
        with pytest.raises(urllib3.exceptions.ProtocolError):
            world.block(target, 0, b"abc", True, headers=PYTHON)
        assert world.block(target, 0, b"abc", True).status == 520
    # The SDK sends the block to the second node.
    assert world.message(world.block(target, 0, b"abc", True, headers=PYTHON))["ret"]["vid"] == one.id_of(
        target
    )


@pytest.mark.covers("netease 13-38")
def test_a_forgotten_end_is_made_good_for_nobody_else(world: World, one: Caller) -> None:
    full, short = bytes(BLOCK), bytes(1000)
    other, odd = one.init(), one.init()
    world.block(other, 0, full, False)
    context = world.block(odd, 0, full, False, headers=PYTHON).json["context"]
    world.block(odd, BLOCK, short, False, context, PYTHON)
    assert one.id_of(other) is None
    assert one.id_of(odd) is None


@pytest.mark.covers("netease 13-38")
def test_a_forgotten_end_waits_for_the_block_on_its_way(world: World, one: Caller) -> None:
    target = one.init()
    context = world.block(target, 0, bytes(BLOCK), False, headers=PYTHON).json["context"]
    query = f"offset={BLOCK}&complete=false&context={context}&version=1.0"
    head = (
        f"POST {target.path}?{query} HTTP/1.1\r\nHost: x\r\n"
        f"User-Agent: python-requests/2\r\nx-nos-token: {target.token}\r\nContent-Length: {BLOCK}\r\n\r\n"
    )
    nodes = world.service.rooms["netease"]._nodes
    with world.raw() as wire:
        wire.sendall(head.encode() + bytes(1000))
        until(lambda: nodes.busy(target.bucket, target.object))
        assert one.id_of(target) is None
    until(lambda: not nodes.busy(target.bucket, target.object))
    assert one.id_of(target) is not None


@pytest.mark.covers("netease 13-38")
def test_a_block_after_a_forgotten_end_goes_on_under_the_same_vid(world: World, one: Caller) -> None:
    data, target = os.urandom(2 * BLOCK + 5), one.init()
    context = world.block(target, 0, data[:BLOCK], False, headers=PYTHON).json["context"]
    vid = one.id_of(target)
    assert vid is not None
    assert world.media(vid).size == BLOCK
    answer = world.block(target, BLOCK, data[BLOCK : 2 * BLOCK], False, context, PYTHON)
    assert (answer.status, answer.json["offset"], answer.json["context"]) == (200, 2 * BLOCK, context)
    assert one.id_of(target) == vid
    assert world.stored(target) == data[: 2 * BLOCK]
    last = world.block(target, 2 * BLOCK, data[2 * BLOCK :], True, context, PYTHON)
    assert world.message(last)["ret"]["vid"] == vid
    assert world.stored(target) == data
    assert world.media(vid).size == len(data)


def test_an_old_upload_never_replaces_what_was_published(world: World, one: Caller) -> None:
    target = one.init()
    world.block(target, 0, bytes(BLOCK), False, headers=PYTHON)
    send(world, target, b"the right one", [13], **PYTHON)
    vid = one.id_of(target)
    assert vid is not None
    assert world.stored(target) == b"the right one"


def test_blocks_that_race_are_stored_once(world: World, one: Caller) -> None:
    target = one.init()
    context = world.block(target, 0, b"", False).json["context"]
    data = os.urandom(BLOCK)
    answers: list[Answer] = []

    def race() -> None:
        answers.append(world.block(target, 0, data, True, context))

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {200}
    assert {world.message(answer)["ret"]["vid"] for answer in answers} == {one.id_of(target)}
    assert world.stored(target) == data


@pytest.mark.covers("netease 13-42")
def test_a_restart_loses_no_acknowledged_block(tmp_path: Path) -> None:
    data = os.urandom(2 * BLOCK + 7)
    with running(tmp_path) as world:
        target = world.caller("one").init()
        context = world.block(target, 0, data[:BLOCK], False).json["context"]
    with running(tmp_path) as world:
        assert world.resume(target, context).json["offset"] == BLOCK
        world.block(target, BLOCK, data[BLOCK : 2 * BLOCK], False, context)
    with running(tmp_path) as world:
        last = world.block(target, 2 * BLOCK, data[2 * BLOCK :], True, context)
        vid = world.message(last)["ret"]["vid"]
        assert world.stored(target) == data
    with running(tmp_path) as world:
        again = world.block(target, 2 * BLOCK, data[2 * BLOCK :], True, context)
        assert world.message(again)["ret"]["vid"] == vid


@pytest.mark.covers("netease 13-42")
def test_a_service_that_stops_hangs_up_on_the_python_sdk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path) as world:
        target = world.caller("one").init()
        head = (
            f"POST {target.path}?offset=0&complete=true&version=1.0 HTTP/1.1\r\nHost: x\r\n"
            f"User-Agent: python-requests/2\r\nx-nos-token: {target.token}\r\nContent-Length: 1000\r\n\r\n"
        )
        nodes = world.service.rooms["netease"]._nodes
        wire = world.raw()
        wire.sendall(head.encode() + b"half")
        until(lambda: nodes.busy(target.bucket, target.object))
    with wire, contextlib.suppress(ConnectionResetError):
        assert wire.recv(1000) == b""

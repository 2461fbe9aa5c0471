"""Slices: how they are handed out, sent, sent again, and survive who dies (youku.md §4, §6, §10)."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

import pytest

from tests.waiting import PATIENCE, until

from .world import KIB, UPLOAD, World, content, running

HASH = 120010225


@pytest.mark.covers("youku 10-12")
def test_digests_of_slices(world: World) -> None:
    upload = world.upload(content(8 * KIB, 3)).file()
    for number, (md5, crc) in enumerate(
        [
            (str, None),
            (str.upper, None),
            (None, lambda value: format(value, "x")),
            (None, lambda value: f"{value:08x}"),
            (None, lambda value: f"{value:08X}"),
            (lambda text: text.lstrip("0"), None),
            (lambda _: "", lambda _: ""),
        ],
        1,
    ):
        given = upload.slice(number)
        piece = upload.data[given["offset"] : given["offset"] + KIB]
        digests: dict[str, Any] = {}
        if md5:
            digests["hash"] = md5(hashlib.md5(piece).hexdigest())
        if crc:
            digests["crc"] = crc(crc32(piece))
        assert upload.put(given, **digests).status == 201
    wrong = [{"hash": "0" * 32}, {"crc": "12345678"}]
    for digests in wrong:
        answer = upload.put(upload.slice(8), **digests)
        assert (answer.status, answer.code) == (400, HASH)
    assert upload.put(upload.slice(8), hash="no hex").code == 1013
    assert upload.check()["transferred_percent"] == 87


@pytest.mark.covers("youku 10-13")
@pytest.mark.parametrize(
    ("kib", "length"), [(1, 1), (1024, 1024), (2048, 2048), (10240, 10240), (10485760, 10240)]
)
def test_slice_lengths_are_honoured(world: World, kib: int, length: int) -> None:
    data = content(11 * KIB * KIB) if kib > 1 else content(3 * KIB)
    given = world.upload(data).file(kib).next()
    assert given["length"] == min(length * KIB, len(data))


@pytest.mark.covers("youku 10-13")
@pytest.mark.parametrize(
    ("fields", "code"),
    [({"slice_length": 0}, 1013), ({"slice_length": "x"}, 1013), ({"file_size": 99}, 1013)],
)
def test_files_that_cannot_be_created(world: World, fields: dict[str, Any], code: int) -> None:
    upload = world.upload(content(100))
    form = {"upload_token": upload.token, "file_size": 100, "ext": "", "slice_length": 1, **fields}
    assert world.post("gupload/create_file", UPLOAD, **form).code == code
    assert upload.ask("new_slice").code == 1013
    assert upload.file().file(5).next()["length"] == 100


@pytest.mark.covers("youku 10-15", "youku 10-16", "youku 10-14")
def test_slices_in_reverse_and_repeated(world: World) -> None:
    upload = world.upload(content(5000)).file()
    for number in (5, 4, 3, 3, 5, 2, 1):
        given = upload.slice(number)
        assert upload.put(given).status == 201
    assert upload.check()["status"] == 1
    assert upload.put(upload.slice(2)).data["transferred"] == 5000
    assert upload.commit().status == 200
    assert upload.stored() == upload.data


@pytest.mark.covers("youku 10-16")
def test_a_slice_that_comes_again_with_other_bytes(world: World) -> None:
    upload = world.upload(content(2000)).file()
    wrong = bytes(KIB)
    assert upload.put(upload.slice(1), wrong).status == 201
    right = upload.data[:KIB]
    assert upload.put(upload.slice(1), right).code == HASH
    answer = upload.put(upload.slice(1), right, hash=hashlib.md5(right).hexdigest())
    assert (answer.status, answer.data["transferred"]) == (201, 1024)
    upload.put(upload.slice(2))
    assert upload.commit().status == 200
    assert upload.stored() == upload.data
    assert upload.put(upload.slice(1), wrong, hash=hashlib.md5(wrong).hexdigest()).code == HASH
    assert upload.stored() == upload.data


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"slice_task_id": 9}, 1013),
        ({"slice_task_id": 0}, 1013),
        ({"offset": 1}, 1013),
        ({"length": 1023}, 1013),
        ({"offset": ""}, 1012),
    ],
)
def test_slices_that_are_not_in_the_plan(world: World, change: dict[str, Any], code: int) -> None:
    upload = world.upload(content(2000)).file()
    assert upload.put(upload.slice(1), **change).code == code


@pytest.mark.parametrize("size", [0, 1, 1023, 1025, 5000])
def test_bodies_of_another_length(world: World, size: int) -> None:
    upload = world.upload(content(2000)).file()
    answer = upload.put(upload.slice(1), bytes(size))
    assert (answer.status, answer.code) == (400, HASH)
    assert upload.check()["transferred_percent"] == 0
    assert upload.put(upload.slice(1)).status == 201


@pytest.mark.covers("youku 10-18", "youku D-12")
def test_a_worker_dies_holding_a_slice_and_the_others_finish(world: World) -> None:
    upload = world.upload(content(12 * KIB)).file()
    dead = upload.next()

    def work() -> None:
        given = upload.next()
        while given["slice_task_id"]:
            given = upload.put(given).data

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dead["slice_task_id"] == 1
    assert upload.check()["status"] == 1
    assert upload.commit().status == 200
    assert upload.stored() == upload.data


@pytest.mark.covers("youku 10-19", "youku 10-21", "youku D-12")
@pytest.mark.parametrize("k", [1, 3, 5])
def test_a_slice_that_a_dead_client_held_is_handed_out_again(world: World, k: int) -> None:
    upload = world.upload(content(5 * KIB)).file()
    given = upload.next()
    while given["slice_task_id"] != k:
        given = upload.put(given).data
    assert upload.check()["status"] == 4
    upload.send_all()
    assert upload.check()["status"] == 1
    assert upload.commit().status == 200


@pytest.mark.covers("youku 10-21", "youku 10-18")
def test_while_the_last_slice_arrives_the_state_is_2_and_answers_wait(world: World) -> None:
    import http.client

    upload = world.upload(content(2 * KIB)).file()
    second = upload.put(upload.next()).data
    query = urlencode({"upload_token": upload.token, **{k: second[k] for k in ("offset", "length")}})
    slow = http.client.HTTPConnection("127.0.0.1", world.port, timeout=PATIENCE)
    slow.putrequest("POST", f"/gupload/upload_slice?slice_task_id=2&{query}")
    slow.putheader("Content-Length", "1024")
    slow.endheaders()
    slow.send(upload.data[KIB : KIB + 500])
    until(lambda: upload.check()["status"] == 2)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(upload.next)
        slow.send(upload.data[KIB + 500 :])
        assert slow.getresponse().status == 201
        assert waiting.result()["finished"] is True
    slow.close()


@pytest.mark.covers("youku 10-21", "youku 10-18")
def test_a_connection_that_breaks_gives_its_slice_back(world: World) -> None:
    import socket

    upload = world.upload(content(KIB)).file()
    given = upload.next()
    query = urlencode({"upload_token": upload.token, "slice_task_id": 1, "offset": 0, "length": 1024})
    with socket.create_connection(("127.0.0.1", world.port)) as wire:
        head = f"POST /gupload/upload_slice?{query} HTTP/1.1\r\nHost: up\r\nContent-Length: 1024\r\n\r\n"
        wire.sendall(head.encode() + upload.data[:100])
        until(lambda: upload.check()["status"] == 2)
    until(lambda: upload.check()["status"] == 4)
    assert upload.next() == given
    assert upload.put(given).data["finished"] is True


@pytest.mark.covers("youku 10-34")
def test_slices_are_listed_and_reset(world: World) -> None:
    upload = world.upload(content(4 * KIB)).file()
    upload.put(upload.next())
    listed = upload.ask("slices", ver="2.0")
    states = {entry["sid"]: entry["status"] for entry in listed.data["slices"]}
    assert (listed.status, states) == (200, {1: 2, 2: 1, 3: 0, 4: 0})
    assert upload.next()["slice_task_id"] == 3
    assert upload.check()["empty_tasks"] == 1
    assert upload.ask("reset_slice", slice_task_id="1,2;3 4").data == {"reset": 2}
    assert upload.check()["empty_tasks"] == 3
    assert upload.next()["slice_task_id"] == 2
    assert upload.ask("reset_slice", slice_task_id="two").code == 1013


@pytest.mark.covers("youku 10-20")
def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        upload = world.upload(content(5 * KIB)).file()
        upload.put(upload.put(upload.next()).data)
    with running(tmp_path) as world:
        upload.world = world
        assert upload.check()["status"] == 4
        assert upload.check()["transferred_percent"] == 40
        upload.send_all()
        assert upload.commit().data == {"video_id": upload.video_id}
        assert upload.stored() == upload.data

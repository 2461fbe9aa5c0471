"""What was acknowledged is there after kill -9, and nothing else is."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes import child
from vodkit.server.blobs import Extent
from vodkit.server.blobs import rows as blob_rows
from vodkit.server.storage import Storage

from .victim import SLOT
from .world import Body, World, content, finish, send, start

ROOT = Path(__file__).parents[3]
KILLS = 5

Content = tuple[int, int]
"""Size and fill byte."""


def run_and_kill(folder: Path, seed: int, after: float) -> list[str]:
    """What the process said before it was killed, ``after`` seconds from its first part on."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "tests.unit.storage.victim", str(folder), str(seed)]
    with child(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith("ready"), first
        time.sleep(after)
        process.kill()
        rest = process.stdout.read()
    return [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]


def test_kill_at_any_moment(tmp_path: Path) -> None:
    world = World("", tmp_path)
    chance = random.Random(11)
    possible: dict[int, list[Content]] = {}
    acknowledged: set[int] = set()
    count = 0
    for kill in range(KILLS):
        for line in run_and_kill(tmp_path, kill, chance.uniform(0.01, 0.4)):
            verb, *numbers = line.split()
            number, size, fill = map(int, numbers)
            if verb == "begin":
                possible.setdefault(number, []).append((size, fill))
            else:
                count += 1
                acknowledged.add(number)
                possible[number] = [(size, fill)]

        async def check(storage: Storage) -> None:
            (upload,) = await storage.catalog.read(
                lambda conn: storage.uploads.find(conn, "tencent", "space")
            )
            parts = await storage.catalog.read(lambda conn: storage.uploads.parts(conn, upload.id))
            extents = await storage.catalog.read(lambda conn: blob_rows.owned(conn, [upload.id]))
            there = {part.number: part.size for part in parts}
            assert acknowledged <= there.keys() <= possible.keys()
            for number, size in there.items():
                assert size in [size for size, _ in possible[number]]
            own = extents.get(upload.id, [])
            taken = {(extent.start, extent.file): extent for extent in own if extent.length}
            assert len(taken) == sum(size > 0 for size in there.values())
            for extent in taken.values():
                data = b"".join([piece async for piece in storage.store.stream([extent])])
                assert len(data) == extent.length
                assert len(set(data)) == 1
            pages = sum(extent.length // 4096 + 2 for extent in taken.values())
            assert sum(world.files().values()) <= pages * 4096

        world.run(check)

    async def whole(storage: Storage) -> None:
        (upload,) = await storage.catalog.read(lambda conn: storage.uploads.find(conn, "tencent", "space"))
        parts = await storage.catalog.read(lambda conn: storage.uploads.parts(conn, upload.id))
        blob = await finish(storage, upload)
        at = 0
        for part in parts:
            data = await content(storage, blob, at, part.size)
            at += part.size
            assert (part.size, data[0] if data else None) in [
                (size, fill if size else None) for size, fill in possible[part.number]
            ]
        assert at == blob.size

    world.run(whole)
    assert count > 20


def test_bytes_are_flushed_before_their_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    flush = os.fdatasync

    def watched(fd: int) -> None:
        flush(fd)
        flushed.append(os.fstat(fd).st_size)

    monkeypatch.setattr(os, "fdatasync", watched)

    async def work(storage: Storage) -> None:
        upload = await start(storage)
        seen = await storage.uploads.receive(
            upload, 1, Body(b"x" * SLOT), then=lambda conn, part: list(flushed)
        )
        assert seen == [SLOT]

    World("", tmp_path).run(work)


def test_a_start_removes_what_no_row_owns(tmp_path: Path) -> None:
    world = World("", tmp_path)

    async def before(storage: Storage) -> str:
        upload = await start(storage)
        await send(storage, upload, 2, b"x" * 65_536)
        return upload.id

    id = world.run(before)
    home = next(world.blobs.glob(f"*/{id}"))
    with home.open("r+b") as file:
        file.write(b"z" * 65_536)
        file.seek(2 * 65_536)
        file.write(b"z" * 65_536)
    home.with_name(f"{id}.more").write_bytes(b"z" * 65_536)
    stranger = world.blobs / "ab" / ("0" * 30 + "ab")
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_bytes(b"z" * 65_536)

    async def after(storage: Storage) -> None:
        assert world.files() == {id: 65_536}
        extent = Extent(id, 65_536, 65_536)
        assert b"".join([piece async for piece in storage.store.stream([extent])]) == b"x" * 65_536

    world.run(after)


def test_two_services_on_one_folder(tmp_path: Path) -> None:
    world = World("", tmp_path)

    async def work(storage: Storage) -> None:
        with pytest.raises(RuntimeError, match="another vodkit service"):
            async with world.open():
                raise AssertionError("unreachable")

    world.run(work)

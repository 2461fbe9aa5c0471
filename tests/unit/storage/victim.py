"""A process that receives parts and says so until it is killed.

Run as ``python -m tests.unit.storage.victim FOLDER SEED``. Prints ``ready``, then ``begin NUMBER SIZE FILL``
before and ``ack NUMBER SIZE FILL`` after each part.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from vodkit.server.contract import Upload
from vodkit.server.storage import Storage

from .world import World, send, start

WORKERS = 4
SLOT = 40_000


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def receive_some(storage: Storage, upload: Upload, worker: int, chance: random.Random) -> None:
    while True:
        number = 1 + worker + WORKERS * chance.randrange(8)
        size = chance.choice((SLOT, SLOT, SLOT, SLOT - 7, SLOT + 4097, 0))
        fill = chance.randrange(1, 256)
        say("begin", number, size, fill)
        await send(storage, upload, number, bytes([fill]) * size, piece=10_000)
        say("ack", number, size, fill)


async def main(storage: Storage, seed: int) -> None:
    open_ones = await storage.catalog.read(lambda conn: storage.uploads.find(conn, "tencent", "space"))
    upload = open_ones[0] if open_ones else await start(storage)
    say("ready", upload.id)
    chance = random.Random(seed)
    await asyncio.gather(*(receive_some(storage, upload, worker, chance) for worker in range(WORKERS)))


if __name__ == "__main__":
    World("", Path(sys.argv[1])).run(lambda storage: main(storage, int(sys.argv[2])))

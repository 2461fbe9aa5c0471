"""Any order of parts, sizes, resends, restarts and completions against a model made of bytes."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import fastcrc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vodkit.server.storage import Storage

from .world import World, content, finish, send, start

PAGE = 4096
sizes = st.sampled_from([0, 1, PAGE, 2 * PAGE, 3 * PAGE]) | st.integers(0, 3 * PAGE)
part = st.tuples(st.integers(0, 6), sizes, st.booleans())
rounds = st.lists(st.lists(part, min_size=1, max_size=5), min_size=1, max_size=4)


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(rounds=rounds, chosen=st.none() | st.lists(st.integers(0, 6), unique=True))
def test_against_a_model(rounds: list[list[tuple[int, int, bool]]], chosen: list[int] | None) -> None:
    model: dict[int, bytes] = {}
    fill = 0

    with tempfile.TemporaryDirectory() as folder:
        world = World("", Path(folder))

        async def first(storage: Storage) -> object:
            return await start(storage)

        upload = world.run(first)

        for group in rounds:
            together: dict[int, tuple[bytes, bool]] = {}
            for number, size, announced in group:
                fill += 1
                together[number] = (bytes([fill % 255 + 1]) * size, announced)

            async def receive(storage: Storage, together: dict[int, tuple[bytes, bool]] = together) -> None:
                jobs = [
                    send(
                        storage,
                        upload,
                        number,
                        data,
                        digests=["crc64"],
                        length=len(data) if announced else None,
                    )
                    for number, (data, announced) in together.items()
                ]
                await asyncio.gather(*jobs)

            world.run(receive)
            model.update({number: data for number, (data, _) in together.items()})

        numbers = None if chosen is None else [number for number in chosen if number in model]

        async def end(storage: Storage) -> None:
            expected = b"".join(model[number] for number in (sorted(model) if numbers is None else numbers))
            blob = await finish(storage, upload, numbers)
            assert blob.size == len(expected)
            assert await content(storage, blob) == expected
            if numbers != []:
                assert blob.digests["crc64"] == f"{fastcrc.crc64.xz(expected):016x}"
            middle = len(expected) // 3
            assert await content(storage, blob, middle, middle) == expected[middle : 2 * middle]

        world.run(end)

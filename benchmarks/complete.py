"""Completing multipart uploads over the COS wire: what it costs by parts, and that bytes do not matter.

Usage: python benchmarks/complete.py [--runs N]

Prints medians of the wall time of the completing request and of the service's CPU time in it, for 16, 1,000
and 10,000 parts of 1 KiB, and for 16 MiB and 4 GiB (zeros) in 16 parts each, with the ratio of the two; then
the CPU time of ``Uploads.complete`` alone. Needs 5 GiB of disk.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import urllib3
from measure import MIB, cpu_of

from vodkit.providers.tencent.cos import sign, wire
from vodkit.server.catalog import SqlCatalog
from vodkit.server.contract import Settings
from vodkit.server.embedded import EmbeddedService, embedded
from vodkit.server.storage import Storage

SENDERS = 8
ACCOUNTS = """
[[account]]
provider = "tencent"
id = "AKIDbenchmark"
secret = "benchmark"
min_part_size = 1
"""


class Store:
    """A bucket of a running service."""

    def __init__(self, service: EmbeddedService) -> None:
        self.service = service
        with service.connect("tencent") as vod:
            self.bucket = vod.call("ApplyUpload", MediaType="mp4")["StorageBucket"]
        self.pool = urllib3.connection_from_url(service.url, maxsize=SENDERS, retries=False)

    def request(self, method: str, key: str, query: dict[str, str], body: bytes | Zeros = b"") -> bytes:
        """One signed request that must succeed."""
        now = int(time.time())
        headers = {"host": wire.host(self.bucket, "ap-chongqing"), "content-length": str(len(body))}
        window = sign.Window(now - 60, now + 3600)
        account = self.service.account("tencent")
        fields = sign.sign(
            account.key, account.secret, method, f"/{key}", query.items(), headers.items(), window
        )
        target = f"/{key}?{wire.encode_query(query.items())}"
        signed = {**headers, "authorization": sign.authorization(fields)}
        data = body if isinstance(body, bytes) else iter(body)
        answer = self.pool.urlopen(method, target, body=data, headers=signed)
        if answer.status != 200:
            raise RuntimeError(answer.data.decode())
        return answer.data

    def complete(self, key: str, parts: int, size: int) -> tuple[float, float]:
        """Seconds and the service's CPU seconds that completing an upload of so many parts takes."""
        begun = wire.read_initiated(self.request("POST", key, {"uploads": ""}))
        query = {"uploadId": begun}
        with ThreadPoolExecutor(SENDERS) as senders:
            numbers = range(1, parts + 1)
            list(
                senders.map(
                    lambda n: self.request("PUT", key, {**query, "partNumber": str(n)}, Zeros(size)), numbers
                )
            )
        entries: list[tuple[int, str]] = []
        while len(entries) < parts:
            marker = {"part-number-marker": str(entries[-1][0])} if entries else {}
            page = wire.read_parts(self.request("GET", key, {**query, **marker}))
            entries += [(part.number, part.etag) for part in page.parts]
        document = wire.write_completion(entries)
        cpu, started = cpu_of(self.service.pid), time.perf_counter()
        self.request("POST", key, query, document)
        return time.perf_counter() - started, cpu_of(self.service.pid) - cpu


class Zeros:
    """A body of zeros."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[bytes]:
        piece = bytes(min(self.size, MIB))
        for at in range(0, self.size, MIB):
            yield piece[: self.size - at]


class Body:
    """One part's body, for the service's own side."""

    length = 1024

    async def __aiter__(self):  # type: ignore[no-untyped-def]
        yield bytes(self.length)

    async def read(self, limit: int) -> bytes:
        return bytes(self.length)


async def alone(folder: Path, count: int) -> float:
    """CPU seconds of the writing thread in ``Uploads.complete``."""
    settings = Settings(data=str(folder))
    storage = Storage(settings, SqlCatalog("", folder), time.time)
    where = {"account": "a", "provider": "tencent", "space": "s", "key": "k"}
    upload = await storage.catalog.write(lambda conn: storage.uploads.create(conn, **where))
    turn = asyncio.Semaphore(64)

    async def send(number: int) -> None:
        async with turn:
            await storage.uploads.receive(upload, number, Body(), digests=("md5", "crc64"))

    await asyncio.gather(*(send(number) for number in range(1, count + 1)))

    def complete(conn: object) -> float:
        started = time.thread_time()
        storage.uploads.complete(conn, upload.id)  # type: ignore[arg-type]
        return time.thread_time() - started

    try:
        return await storage.catalog.write(complete)
    finally:
        await storage.close()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--runs", type=int, default=5)
    runs = options.parse_args().runs
    with tempfile.TemporaryDirectory() as scratch:
        accounts = Path(scratch) / "accounts.toml"
        accounts.write_text(ACCOUNTS)
        with embedded(accounts=accounts) as service:
            store = Store(service)

            def measure(label: str, parts: int, size: int, runs: int) -> float:
                found = [store.complete(f"{label}-{n}", parts, size) for n in range(runs + 1)][1:]
                wall, cpu = (statistics.median(column) for column in zip(*found, strict=True))
                print(f"{label}: {1000 * wall:.1f} ms, service CPU {1000 * cpu:.0f} ms", flush=True)
                return wall

            for parts in (16, 1000, 10_000):
                measure(f"{parts}-parts-of-1-KiB", parts, 1024, runs if parts < 10_000 else 2)
            small = measure("16-MiB-in-16-parts", 16, MIB, runs)
            large = measure("4-GiB-in-16-parts", 16, 256 * MIB, 1)
            print(f"4 GiB / 16 MiB: {large / small:.2f}")
        for parts in (16, 1000, 10_000):
            found = [asyncio.run(alone(Path(scratch) / f"{parts}-{n}", parts)) for n in range(3)]
            print(f"Uploads.complete alone, {parts} parts: {1000 * statistics.median(found):.1f} ms of CPU")


if __name__ == "__main__":
    main()

"""How long the service takes from its start to the first answer and to its end, and commands to their help.

Usage: python benchmarks/start.py [--runs N]

Whole processes; medians, after one run that is not counted and that makes the database.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import urllib3

VODKIT = (sys.executable, "-m", "vodkit")


def children() -> float:
    """User and system seconds of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def serve(data: str) -> tuple[float, ...]:
    """Seconds to the ready line, to the first answer and to the end; CPU seconds."""
    cpu, started = children(), time.perf_counter()
    command = (*VODKIT, "serve", "--listen", "127.0.0.1:0", "--data", data, "--log-level", "error")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        ready = time.perf_counter() - started
        urllib3.request("GET", f"{url}/health")
        answered = time.perf_counter() - started
        process.send_signal(signal.SIGTERM)
    return ready, answered, time.perf_counter() - started, children() - cpu


def serve_with_work(data: str) -> tuple[float, ...]:
    """:func:`serve` with a task that waits: a worker starts at the same time."""
    from vodkit.server.contract import MediaRecord, Settings
    from vodkit.server.media.procedure import BUILT_IN
    from vodkit.server.names import new_id
    from vodkit.server.service import tools
    from vodkit.server.tasks import TaskTable

    now = time.time()
    named = {"id": new_id(), "provider": "none", "account": "none", "remote_id": new_id(), "kind": "video"}
    stored = {"title": "", "status": "ready", "space": "none", "key": "none", "cover_key": "", "size": 0}
    media = MediaRecord(**named, **stored, attrs={}, created=now, updated=now, expires=None)
    with tools(Settings(data=data)) as parts:
        parts.catalog.write_now(
            lambda conn: TaskTable(parts.now).process(conn, media, BUILT_IN["default"], decides=False)
        )
    return serve(data)


def command(*arguments: str) -> tuple[float, ...]:
    """Seconds and CPU seconds of a command."""
    cpu, started = children(), time.perf_counter()
    subprocess.run((*VODKIT, *arguments), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started, children() - cpu


def medians(runs: int, once: Callable[[], tuple[float, ...]]) -> tuple[float, ...]:
    """Column by column, without the first."""
    return tuple(
        statistics.median(column) for column in zip(*[once() for _ in range(runs + 1)][1:], strict=True)
    )


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--runs", type=int, default=5)
    runs = options.parse_args().runs
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as scratch:
        serve(f"{scratch}/data")
        for name, once in (("serve", serve), ("serve, a task waits", serve_with_work)):
            wall = medians(runs, lambda once=once: once(f"{scratch}/data"))  # type: ignore[misc]
            shown = zip(("ready", "first answer", "ended", "CPU"), wall, strict=True)
            print(f"{name}: {', '.join(f'{figure} {seconds:.2f} s' for figure, seconds in shown)}")
    for arguments in (("--help",), ("upload", "--help"), ("serve", "--help")):
        wall, cpu = medians(runs, lambda arguments=arguments: command(*arguments))  # type: ignore[misc]
        print(f"{' '.join(arguments)}: {wall:.2f} s, CPU {cpu:.2f} s")


if __name__ == "__main__":
    main()

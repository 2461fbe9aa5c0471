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
        ready, answered, ended, cpu = medians(runs, lambda: serve(f"{scratch}/data"))
    print(f"serve: ready {ready:.2f} s, first answer {answered:.2f} s, ended {ended:.2f} s, CPU {cpu:.2f} s")
    for arguments in (("--help",), ("upload", "--help"), ("serve", "--help")):
        wall, cpu = medians(runs, lambda arguments=arguments: command(*arguments))  # type: ignore[misc]
        print(f"{' '.join(arguments)}: {wall:.2f} s, CPU {cpu:.2f} s")


if __name__ == "__main__":
    main()

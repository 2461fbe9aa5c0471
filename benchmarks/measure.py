"""Measuring whole processes: wall time, CPU and peak memory of a command, CPU of its service."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command.

    Attributes:
        wall: Seconds.
        client_cpu: User and system seconds of the command and its children.
        server_cpu: User and system seconds of the service meanwhile.
        peak: Peak resident memory of the command, in MiB.
        output: What it printed.
    """

    wall: float
    client_cpu: float
    server_cpu: float
    peak: float
    output: str


def cpu_of(pid: int) -> float:
    """User and system seconds that a running process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def run(command: Sequence[str], server: int, env: dict[str, str] | None = None) -> Run:
    """Run a command to its end beside the service of this pid.

    Raises:
        RuntimeError: the command failed.
    """
    served = cpu_of(server)
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})}
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        output, problems = process.stdout.read(), process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} exited with {process.returncode}: {problems[-500:]}")
    return Run(
        wall=wall,
        client_cpu=usage.ru_utime + usage.ru_stime,
        server_cpu=cpu_of(server) - served,
        peak=usage.ru_maxrss / 1024,
        output=output,
    )


FIGURES = ("wall", "client_cpu", "server_cpu", "peak")


def report(names: tuple[str, str], pairs: Sequence[tuple[Run, Run]]) -> str:
    """A table of medians, and the median of the ratios pair by pair."""
    lines = [f"{'':12}{names[0]:>16}{names[1]:>16}   {names[1]} / {names[0]}"]
    for figure in FIGURES:
        ours = [getattr(pair[0], figure) for pair in pairs]
        theirs = [getattr(pair[1], figure) for pair in pairs]
        ratios = [b / a if a else float("nan") for a, b in zip(ours, theirs, strict=True)]
        lines.append(
            f"{figure:12}{statistics.median(ours):16.2f}{statistics.median(theirs):16.2f}"
            f"   {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        )
    return "\n".join(lines)

"""The encode of the default ladder beside a bare ffmpeg command with the same settings.

Usage: python benchmarks/ladder.py [--pairs N] [--seconds N]

A clip of 1080 rows is made into the renditions of the procedure ``default``: by our steps ``encode`` and
``package`` (a bounded child process, fragmented streams with their index, both manifests), and by ffmpeg
alone into plain MP4 files. In turn, pair by pair, both as niced as our child is; without bubblewrap, whose
children's CPU nobody can count, and which takes less than 0.1 s.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from vodkit.core.ffmpeg import executable
from vodkit.server.media import child
from vodkit.server.media.look import facts_of
from vodkit.server.media.plan import Step, plan
from vodkit.server.media.procedure import BUILT_IN
from vodkit.server.media.render import finder, render
from vodkit.server.media.sizes import Rung, ladder

DEFAULT = BUILT_IN["default"]


def clip(path: Path, seconds: int) -> None:
    """A picture that moves everywhere, with grain, and sound."""
    picture = f"testsrc2=s=1920x1080:r=30:d={seconds},noise=alls=8:allf=t"
    sound = f"sine=f=440:r=48000:d={seconds}"
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]
    made = ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "12M", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([executable(), "-v", "error", "-y", *inputs, *made, "-f", "mp4", str(path)], check=True)


def bare(source: Path, rungs: list[Rung], folder: Path) -> None:
    """What one would type."""
    names = [f"v{at}" for at in range(len(rungs))]
    graph = f"[0:v]split={len(rungs)}{''.join(f'[s{name}]' for name in names)};"
    graph += ";".join(
        f"[s{name}]scale={r.width}:{r.height}[{name}]" for name, r in zip(names, rungs, strict=True)
    )
    command = [
        "nice",
        "-n",
        "5",
        executable(),
        "-v",
        "error",
        "-nostdin",
        "-i",
        str(source),
        "-filter_complex",
        graph,
    ]
    for name, rung in zip(names, rungs, strict=True):
        command += ["-map", f"[{name}]", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high"]
        command += [
            "-b:v",
            str(rung.bitrate),
            "-maxrate",
            str(rung.bitrate * 3 // 2),
            "-bufsize",
            str(rung.bitrate * 2),
        ]
        command += [
            "-g",
            str(rung.gop),
            "-keyint_min",
            str(rung.gop),
            "-sc_threshold",
            "0",
            f"{rung.name}.mp4",
        ]
    command += ["-map", "0:a", "-c:a", "aac", "-b:a", "128000", "audio.mp4"]
    subprocess.run(command, check=True, cwd=folder)


def ours(source: Path, steps: list[Step], folder: Path) -> None:
    """As the worker does it."""
    for step in steps:
        (folder / step.name).mkdir()
        render(step, folder / step.name, finder(folder, {"@source": source}))


def measured(work: Callable[[Path], None], scratch: Path) -> tuple[float, float]:
    """Seconds, and CPU seconds of its children."""
    folder = scratch / "run"
    folder.mkdir()
    used, started = children(), time.perf_counter()
    work(folder)
    result = time.perf_counter() - started, children() - used
    shutil.rmtree(folder)
    return result


def children() -> float:
    """User and system seconds of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--pairs", type=int, default=5)
    options.add_argument("--seconds", type=int, default=60)
    given = options.parse_args()
    child.bubblewrap = lambda: None  # type: ignore[assignment]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        source = scratch / "source"
        clip(source, given.seconds)
        (scratch / "probe").mkdir()
        facts = facts_of(source, scratch / "probe")
        assert facts.video is not None
        rungs = ladder(facts.video, DEFAULT)
        steps = [step for step in plan(facts, DEFAULT) if step.kind in ("encode", "streams")]
        ratios = []
        for _ in range(given.pairs):
            mine = measured(lambda folder: ours(source, steps, folder), scratch)
            its = measured(lambda folder: bare(source, rungs, folder), scratch)
            ratios.append((mine[0] / its[0], mine[1] / its[1]))
            print(
                f"ours {mine[0]:.1f} s ({mine[1]:.1f} s CPU), bare {its[0]:.1f} s ({its[1]:.1f} s CPU)",
                flush=True,
            )
        for at, what in enumerate(("wall", "CPU")):
            column = sorted(pair[at] for pair in ratios)
            print(
                f"{what}: median ratio {statistics.median(column):.2f} ({column[0]:.2f} to {column[-1]:.2f})"
            )


if __name__ == "__main__":
    main()

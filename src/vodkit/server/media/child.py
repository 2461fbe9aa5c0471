"""Running a program on a file that nobody vouches for.

The child reads one file and writes into one folder. It has no standard input, a process group of its own,
bounds on time, memory and disk, and it dies with the thread that started it, however that ends. Where
bubblewrap works the child sees no other file of the machine and no network either.
"""

from __future__ import annotations

import errno
import functools
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .errors import BadMedia, Stopped, TooMuch

MIB = 1024 * 1024
GIB = 1024 * MIB

_LAUNCH = Path(__file__).with_name("launch.py")
_LOOK = 0.25
"""Seconds between looks at the clock, the disk and whether the work is still wanted."""

_TRIAL = 30.0
"""Seconds within which bubblewrap shows whether it works."""

_TAIL = 8192
_PATH = re.compile(r"(?:file:)?(?<![\w.])/(?:[^\s/'\":]+/)+")
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/fonts", "/etc/ld.so.cache")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use.

    Attributes:
        seconds: Of the clock.
        cpu: Seconds of all its threads together.
        memory: Bytes of address space.
        output: Bytes in the folder it writes to.
        text: Bytes that it may print.
    """

    seconds: float = 24 * 3600.0
    cpu: int = 96 * 3600
    memory: int = 8 * GIB
    output: int = 64 * GIB
    text: int = 4 * MIB


LIMITS = Limits()


def run(
    command: Sequence[str],
    *,
    folder: Path,
    reads: Sequence[Path] = (),
    limits: Limits = LIMITS,
    on_line: Callable[[str], None] | None = None,
    wanted: Callable[[], bool] = lambda: True,
) -> bytes:
    """Run a program to its end; what it printed.

    Args:
        command: The program, by absolute path, and its arguments.
        folder: Where it runs and may write.
        reads: The files outside of ``folder`` that it is to read.
        limits: Its bounds.
        on_line: Gets each line that it prints, in place of the result.
        wanted: Asked four times a second; ``False`` ends the child.

    Raises:
        BadMedia: the program failed; the text is the last thing that it said.
        TooMuch: it went beyond a bound.
        Stopped: it was not wanted any more.
    """
    bounds = (os.getpid(), limits.cpu, limits.memory, limits.output)
    launcher = [sys.executable, "-I", "-S", str(_LAUNCH), *map(str, bounds)]
    process = subprocess.Popen(
        [*launcher, *_confined(command, folder, reads)],
        cwd=folder,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        with _Output(process, limits.text, on_line) as output:
            _watch(process, output, folder, limits, wanted)
            # Not to the pipes' end: what it left behind might hold them for ever.
            output.take_rest()
    finally:
        _end(process)
    if process.returncode:
        raise _failure(process.returncode, shown(output.tail.decode(errors="replace"), (folder, *reads)))
    return bytes(output.text)


def shown(text: str, paths: Sequence[Path] = ()) -> str:
    """The last lines of what a program said, without the folders of this machine."""
    folders = {str(path.parent) for path in paths} | {str(path) for path in paths}
    for folder in sorted(folders, key=len, reverse=True):
        text = text.replace(f"{folder}/", "")
    lines = [line.strip() for line in _PATH.sub("", text).splitlines() if line.strip()]
    return " / ".join(lines[-3:])[-400:]


@functools.cache
def bubblewrap() -> str | None:
    """Where bubblewrap is, if it is there and this machine lets it work."""
    found = shutil.which("bwrap")
    if found is None:
        return None
    trial = [found, "--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "/bin/true"]
    try:
        done = subprocess.run(trial, capture_output=True, stdin=subprocess.DEVNULL, timeout=_TRIAL)
    except subprocess.TimeoutExpired as late:
        # Not an answer to be kept: without it nothing would be confined from then on.
        raise TimeoutError(errno.ETIMEDOUT, "bubblewrap does not answer") from late
    return found if done.returncode == 0 else None


class _Output:
    """What a child prints, taken as it comes so that it never waits for us."""

    def __init__(
        self, process: subprocess.Popen[bytes], most: int, on_line: Callable[[str], None] | None
    ) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self._out: IO[bytes] = process.stdout
        self._err: IO[bytes] = process.stderr
        self._most = most
        self._on_line = on_line
        self._printed = 0
        self._selector = selectors.DefaultSelector()
        for stream in (self._out, self._err):
            self._selector.register(stream, selectors.EVENT_READ)
        self.text = bytearray()
        self.tail = bytearray()

    def __enter__(self) -> _Output:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        self._out.close()
        self._err.close()

    def take(self, seconds: float) -> bool:
        """Take what there is, waiting no longer than this; whether more can come."""
        if not self._selector.get_map():
            return False
        self._read(self._selector.select(seconds))
        return True

    def take_rest(self) -> None:
        """Take what there is, without waiting for more: no pipe holds more than is read at once."""
        if self._selector.get_map():
            self._read(self._selector.select(0))

    def _read(self, ready: list[tuple[selectors.SelectorKey, int]]) -> None:
        for key, _ in ready:
            stream = self._out if key.fileobj is self._out else self._err
            piece = os.read(stream.fileno(), MIB)
            if not piece:
                self._selector.unregister(stream)
            elif stream is self._err:
                self.tail = (self.tail + piece)[-_TAIL:]
            else:
                self._printed += len(piece)
                if self._printed > self._most:
                    raise TooMuch("it printed too much")
                self.text += piece
                self._hand_on()

    def _hand_on(self) -> None:
        if self._on_line is None:
            return
        *lines, rest = bytes(self.text).split(b"\n")
        self.text = bytearray(rest)
        for line in lines:
            self._on_line(line.decode(errors="replace"))


def _watch(
    process: subprocess.Popen[bytes],
    output: _Output,
    folder: Path,
    limits: Limits,
    wanted: Callable[[], bool],
) -> None:
    """Follow a child until it has ended by itself.

    Raises:
        TooMuch, Stopped: it still runs.
    """
    begun = looked = time.monotonic()
    while process.poll() is None:
        if not output.take(_LOOK):
            time.sleep(_LOOK / 10)
        now = time.monotonic()
        if now - looked < _LOOK:
            continue
        looked = now
        if not wanted():
            raise Stopped("it was cancelled")
        if now - begun > limits.seconds:
            raise TooMuch(f"it took longer than {limits.seconds:g} seconds")
        if size_of(folder) > limits.output:
            raise TooMuch(f"it made more than {limits.output} bytes")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a child and all that it started; nothing that it leaves behind is of use."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # The group is empty; or, on some systems, holds nothing but a process that has ended.
        process.kill()
    process.wait()


def _failure(code: int, said: str) -> Exception:
    """The error of a child that ended badly."""
    if code in (-signal.SIGKILL, 128 + signal.SIGKILL):
        return TooMuch("it used more processor time or memory than it may")
    if code in (-signal.SIGXFSZ, 128 + signal.SIGXFSZ) or "File too large" in said:
        return TooMuch("it made a file that is too large")
    if "Cannot allocate memory" in said or "MemoryError" in said:
        return TooMuch("it used more memory than it may")
    return BadMedia(said or f"the program ended with {code}")


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder that may be changing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(parent, name).lstat().st_size
            except FileNotFoundError:
                continue
    return total


def _confined(command: Sequence[str], folder: Path, reads: Sequence[Path]) -> list[str]:
    wrap = bubblewrap()
    if wrap is None:
        return list(command)
    program = str(Path(command[0]).resolve().parent)
    visible = dict.fromkeys((*_SYSTEM, sys.prefix, sys.base_prefix, program, *map(str, reads)))
    bound = [word for path in visible for word in ("--ro-bind-try", path, path)]
    return [
        *(wrap, "--unshare-all", "--die-with-parent", "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"),
        *bound,
        *("--bind", str(folder), str(folder), "--chdir", str(folder), "--"),
        *command,
    ]

"""Bounds this process, then becomes another program. Run as a file, with the standard library only.

``launch.py PARENT CPU_SECONDS MEMORY_BYTES FILE_BYTES PROGRAM ARGUMENT...``

The bounds are set here and not between fork and exec of the service, whose threads make that unsafe.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
_NICENESS = 5
_FILES = 256


def main(arguments: list[str]) -> None:
    """Never returns."""
    parent, cpu, memory, file = map(int, arguments[:4])
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # It died before it could be waited for; the system tells only of deaths from now on.
        sys.exit(1)
    _bound(resource.RLIMIT_CPU, cpu)
    _bound(resource.RLIMIT_AS, memory)
    _bound(resource.RLIMIT_FSIZE, file)
    _bound(resource.RLIMIT_NOFILE, _FILES)
    _bound(resource.RLIMIT_CORE, 0)
    os.nice(_NICENESS)
    os.execv(arguments[4], arguments[4:])


def _bound(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


if __name__ == "__main__":
    main(sys.argv[1:])

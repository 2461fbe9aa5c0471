"""Bounds a program, runs it, and ends it and all that it began when whoever asked for it dies.

``launch.py PARENT CPU_SECONDS MEMORY_BYTES FILE_BYTES PROGRAM ARGUMENT...``, run as a file, with the standard
library only.

The bounds are set here and not between fork and exec of the service, whose threads make that unsafe. And this
process stays: a sandbox that dies while it sets itself up leaves a process behind that waits for it for ever,
and only somebody who outlives the sandbox can end that.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
_NICENESS = 5
_FILES = 256
_SIGNALS = (signal.SIGCHLD, signal.SIGTERM)


def main(arguments: list[str]) -> None:
    """Never returns. Exits with the program's code, or 128 and its signal."""
    parent, *bounds = map(int, arguments[:4])
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    _die_with(parent, signal.SIGTERM)
    here = os.getpid()
    child = os.fork()
    if not child:
        _die_with(here, signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        _become(arguments[4:], *bounds)
    while True:
        if signal.sigwait(_SIGNALS) == signal.SIGTERM:
            os.killpg(0, signal.SIGKILL)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _die_with(parent: int, number: int) -> None:
    """Have the system send this process a signal when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        # It died before it could be waited for; the system tells only of deaths from now on.
        os._exit(1)


def _become(command: list[str], cpu: int, memory: int, file: int) -> None:
    _bound(resource.RLIMIT_CPU, cpu)
    _bound(resource.RLIMIT_AS, memory)
    _bound(resource.RLIMIT_FSIZE, file)
    _bound(resource.RLIMIT_NOFILE, _FILES)
    _bound(resource.RLIMIT_CORE, 0)
    os.nice(_NICENESS)
    try:
        os.execv(command[0], command)
    finally:
        os._exit(127)


def _bound(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


if __name__ == "__main__":
    main(sys.argv[1:])

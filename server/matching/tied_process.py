"""Run a program that dies with the process that started it. Linux only.

    python tied_process.py PARENT_PID PROGRAM [ARGUMENT ...]

This file is run as a script in a fresh interpreter, which asks the kernel for a death signal and then turns into
PROGRAM. Doing it here rather than between fork and exec keeps Python code out of the forked copy of a threaded
process, where it could deadlock. The signal comes when the *thread* that started us ends, so that must be a
long-lived one.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become(parent: int, command: list[str]) -> None:
    """Replace this process by `command`, to be killed when the process `parent` dies."""
    if ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        sys.exit("the kernel refused a parent-death signal")
    if os.getppid() != parent:  # it died before the request was in place
        sys.exit("the parent is gone")
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted; the command is made by embedded.py


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])

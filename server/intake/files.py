"""Files below one folder, and nothing outside of it: a manifest comes from elsewhere and may name anything."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from server.domain.image_errors import ImageAbsent, ImageTooLarge

MOST_BYTES: Final = 20 * 10**6
"""Larger files are not read at all; the decoder takes no more either."""

SETTLED_SECONDS: Final = 2.0
"""A file that was changed so short a time ago may be changed once more without its times telling (FAT keeps two)."""

OUTSIDE: Final = "The image lies outside the folder of its manifest. Give its path from there, without `..`."
SPECIAL: Final = "The image is no ordinary file."


def reader(folder: Path, place: str) -> Callable[[], bytes]:
    """What reads the file at `place` below `folder`; raises ImageAbsent or ImageTooLarge when it is called."""
    return partial(_read, folder, place)


def watcher(folder: Path, place: str, now: Callable[[], float] = time.time) -> Callable[[], str | None]:
    """What tells one state of the file at `place` below `folder` from any other, without reading it.

    It gives None where that cannot be told: the file is not there, is no ordinary one, or was changed a moment ago.
    now: seconds since 1970.
    """
    return partial(_state, folder, place, now)


def _state(folder: Path, place: str, now: Callable[[], float]) -> str | None:
    try:
        found = (folder / place).resolve(strict=True)
        status = found.lstat()
    except (OSError, ValueError, RuntimeError):  # as in `_opened`; reading it will tell
        return None
    changed = max(status.st_mtime, status.st_ctime)
    if not stat.S_ISREG(status.st_mode) or now() - changed < SETTLED_SECONDS:
        return None
    return f"{found}\0{status.st_ino}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}"


def _read(folder: Path, place: str) -> bytes:
    descriptor = _opened(folder, place)
    try:
        _check(os.fstat(descriptor))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MOST_BYTES + 1)
    except OSError:
        raise ImageAbsent from None
    finally:
        os.close(descriptor)


def _opened(folder: Path, place: str) -> int:
    try:
        found = (folder / place).resolve(strict=True)
        if not found.is_relative_to(folder.resolve()):
            raise ImageAbsent(OUTSIDE)
        # Neither through a link that was put there since we looked, nor waiting for the other end of a pipe.
        return os.open(found, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError, RuntimeError):  # a NUL in the name; a loop of links
        raise ImageAbsent from None


def _check(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ImageAbsent(SPECIAL)
    if status.st_size > MOST_BYTES:
        raise ImageTooLarge

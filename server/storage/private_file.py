"""Files for their owner alone: made once with mode 0600; keys are refused when others may read them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO

from server.domain.errors import SealBroken

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def load_or_create(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of `path`, made at the first call. Raises SealBroken when group or others have any right to it."""
    create_once(path, make)
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & OTHERS:
            raise SealBroken("A key file can be read by others. Set its mode to 0600 and consider the key as known.")
        return file.read()


def create_once(path: Path, make: Callable[[], bytes]) -> None:
    """Give `path` its first content, unless it has one: whole or not at all, and of two first starts one wins."""
    if not path.exists():
        _create(path, make())


@contextmanager
def new_private_file(file: Path) -> Iterator[BinaryIO]:
    """A file of mode 0600, for it is to hold names and free texts in clear; a failure leaves none behind."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as output:
            yield output
    except BaseException:
        file.unlink()
        raise


def _create(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _link_unless_present(Path(draft), path)
    finally:
        Path(draft).unlink()


def _link_unless_present(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return

"""Fetching weights: the one place that downloads, run by an operator and never while the service works.

A file arrives under the name `.part` beside its place; a cut connection is gone on with from where it stopped. Only a
whole file whose digest is right is moved to its place.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from server.domain.model_errors import LicenceNotAccepted, PullFailed
from server.face.pulled import Locked, WeightsHome
from server.face.weights import Manifest, WeightFile, digest_of, unexchangeable

TRIES: Final = 4
"""Connections opened for one file; each goes on where the one before was cut."""

ROOM: Final = 64 * 2**20
"""Bytes that stay free on the disk."""

STRETCH: Final = 16 * 2**20
"""Bytes between two looks at the disk."""

TIMEOUT: Final = httpx.Timeout(30.0)
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
HDF5: Final = b"\x89HDF\r\n\x1a\n"

Progress = Callable[[int, int | None], None]
"""Told how many bytes of a file are there, and of how many, once that is known."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """One file in its place. first_use: nobody published its digest, so what came is trusted from now on."""

    path: Path
    sha256: str
    first_use: bool


def check_terms(manifest: Manifest, *, accepted: bool) -> None:
    """Raise LicenceNotAccepted when the weights' terms restrict their use and were not accepted."""
    if manifest.terms is not None and not accepted:
        raise LicenceNotAccepted(
            f"The weights of {manifest.name}: {manifest.terms} If you accept these terms, add --accept-licence."
        )


@dataclass(frozen=True)
class Puller:
    """Fetches into `home`; `free` gives the free bytes of the disk under a folder."""

    home: WeightsHome
    client: httpx.Client
    progress: Progress
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free

    def pull(self, manifest: Manifest) -> list[Pulled]:
        """Fetch every file of the model that is not there yet. Raises PullFailed."""
        if manifest.package is not None:
            raise PullFailed(f"The weights of {manifest.name} come with the package {manifest.package.install}.")
        self.home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return [self._pull(file, file.url) for file in manifest.files if file.url is not None]

    def _pull(self, file: WeightFile, url: str) -> Pulled:
        place, expected = self.home.path_of(file), self.home.expected(file)
        if expected is not None and place.is_file() and digest_of(place) == expected:
            return Pulled(place, expected, first_use=False)
        part = place.with_name(f"{place.name}.part")
        self._fetch(url, part, known=file.sha256 is not None)
        digest = digest_of(part)
        if not _plausible(part, file) or expected not in {None, digest}:
            _discard(part)
            raise PullFailed(f"What came from {_host(url)} is not the file {file.name}. It was thrown away.")
        self.home.lock(file, Locked(digest, url, datetime.now(UTC).isoformat(timespec="seconds")))
        part.replace(place)
        _validator(part).unlink(missing_ok=True)
        return Pulled(place, digest, first_use=expected is None)

    def _fetch(self, url: str, part: Path, *, known: bool) -> None:
        """Bring `part` to its full length; `known`: its digest will be checked, so any start may be gone on with."""
        for left in reversed(range(TRIES)):
            if not known and not _validator(part).is_file():
                part.unlink(missing_ok=True)
            try:
                self._receive(url, part, known=known)
                return
            except (httpx.TooManyRedirects, httpx.InvalidURL) as error:
                raise PullFailed(f"{_host(url)} sends us on to nowhere: nothing was fetched.") from error
            except httpx.TransportError as error:
                if left == 0 or isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol):
                    raise PullFailed(_offline(url, part)) from error
            except OSError as error:
                raise PullFailed(f"The file cannot be written: {error.strerror}. What has arrived stays.") from error

    def _receive(self, url: str, part: Path, *, known: bool) -> None:
        start = part.stat().st_size if part.is_file() else 0
        with self._answer(url, part, start) as answer:
            if not all(unexchangeable(str(hop.url)) for hop in (*answer.history, answer)):
                raise PullFailed(f"{_host(url)} sends us on to an address without https: nothing was fetched.")
            if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                _discard(part)
                raise httpx.RemoteProtocolError("there is more here than there")
            if not answer.is_success:
                raise PullFailed(f"{_host(url)} answered with status {answer.status_code}: nothing was fetched.")
            start = start if answer.status_code == HTTPStatus.PARTIAL_CONTENT else 0
            if answer.status_code == HTTPStatus.PARTIAL_CONTENT and not _goes_on(answer, start):
                raise PullFailed(f"{_host(url)} answers with another part of the file than was asked for.")
            size = _size(answer, start)
            if not known and size is None and "chunked" not in answer.headers.get("Transfer-Encoding", "").lower():
                raise PullFailed(f"{_host(url)} does not say where the file ends, so a cut one would pass for whole.")
            self._require_room(part, (size or start) - start)
            _keep_validator(part, answer)
            self._write(answer, part, start, size)

    @contextmanager
    def _answer(self, url: str, part: Path, start: int) -> Iterator[httpx.Response]:
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
            if _validator(part).is_file():
                headers["If-Range"] = _validator(part).read_text("ascii")
        with self.client.stream("GET", url, headers=headers, follow_redirects=True, timeout=TIMEOUT) as answer:
            yield answer

    def _write(self, answer: httpx.Response, part: Path, start: int, size: int | None) -> None:
        with part.open("r+b" if start else "wb") as file:
            file.seek(start)
            looked = start
            for block in answer.iter_raw():
                if file.tell() >= looked + STRETCH:
                    self._require_room(part, len(block))
                    looked = file.tell()
                file.write(block)
                self.progress(file.tell(), size)
            file.flush()
            os.fsync(file.fileno())

    def _require_room(self, part: Path, needed: int) -> None:
        free = self.free(part.parent)
        if free < needed + ROOM:
            raise PullFailed(
                f"The disk is short: {needed // 2**20:,} MB are to come, {free // 2**20:,} MB are free, and "
                f"{ROOM // 2**20} MB must stay so."
            )


def _goes_on(answer: httpx.Response, start: int) -> bool:
    """Whether a partial answer is all the rest of the file, from `start` on."""
    part = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    return part is not None and start > 0 and int(part[1]) == start and int(part[2]) + 1 == int(part[3])


def _size(answer: httpx.Response, start: int) -> int | None:
    length = answer.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


def _validator(part: Path) -> Path:
    """Holds the server's name for this version of the file: without it two versions could be joined."""
    return part.with_name(f"{part.name}.version")


def _keep_validator(part: Path, answer: httpx.Response) -> None:
    name = answer.headers.get("ETag", "")
    if name.startswith('"') and name.isascii():  # a weak one does not promise equal bytes
        _validator(part).write_text(name, "ascii")
    elif answer.status_code == HTTPStatus.OK:
        _validator(part).unlink(missing_ok=True)


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _validator(part).unlink(missing_ok=True)


def _plausible(part: Path, file: WeightFile) -> bool:
    """Whether the file could be one of its kind: an error page in its place must not be trusted on first use."""
    if not file.name.endswith(".h5"):
        return True
    with part.open("rb") as content:
        return content.read(len(HDF5)) == HDF5


def _offline(url: str, part: Path) -> str:
    arrived = part.stat().st_size if part.is_file() else 0
    kept = f" {arrived:,} bytes have arrived and stay for the next try." if arrived else ""
    return f"{_host(url)} cannot be reached, or the connection broke.{kept}"


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The address"

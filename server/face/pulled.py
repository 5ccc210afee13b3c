"""Weights that were pulled into the home: what is there, and what vouches for it.

A digest of the manifest vouches for a file. Where nobody published one, the digest of the first pull does: it stands in
the lock file beside the weights, so that a file exchanged later does not load (trust on first use).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from server.domain.model_errors import WeightsUnverified
from server.face.weights import Manifest, WeightFile, digest_of, verified_files, weights_folder

LOCK: Final = "weights.lock.json"


class Condition(StrEnum):
    """Of a model's weights on this machine."""

    VERIFIED = "verified"  # by the digest of the manifest
    AS_FIRST_PULLED = "as first pulled"  # by the digest of the lock file: nobody published one
    UNVERIFIED = "unverified"  # there, but with no digest to compare
    ALTERED = "altered"
    ABSENT = "absent"

    @property
    def usable(self) -> bool:
        return self in {Condition.VERIFIED, Condition.AS_FIRST_PULLED}


@dataclass(frozen=True, slots=True)
class Locked:
    """What the lock file says of one file. at: the moment of the first pull, ISO 8601."""

    sha256: str
    url: str
    at: str


@dataclass(frozen=True, slots=True)
class WeightsHome:
    """The folder of pulled weights under a home, and its lock file."""

    home: Path

    @property
    def folder(self) -> Path:
        return weights_folder(self.home)

    def path_of(self, file: WeightFile) -> Path:
        return self.folder / file.name

    def expected(self, file: WeightFile) -> str | None:
        """The SHA-256 that the file must have; None where there is nothing to compare with."""
        locked = self.locked().get(file.name)
        return file.sha256 or (locked.sha256 if locked else None)

    def condition_of(self, manifest: Manifest) -> Condition:
        """The worst condition of the model's files; reads every byte of them."""
        if manifest.package is not None:
            return _condition_of_package(manifest)
        return max((self._condition(file) for file in manifest.files), key=list(Condition).index)

    def verified(self, manifest: Manifest) -> tuple[Path, ...]:
        """The pulled files; raises WeightsUnverified, saying what to do, unless a digest vouches for each."""
        condition = self.condition_of(manifest)
        if not condition.usable:
            raise WeightsUnverified(
                f"The weights of {manifest.name} are {condition.value}: run `oifr models pull {manifest.name}`."
            )
        return tuple(self.path_of(file) for file in manifest.files)

    def locked(self) -> dict[str, Locked]:
        """By file name. Raises WeightsUnverified when the lock file cannot be read."""
        try:
            rows = json.loads((self.home / LOCK).read_text("utf-8"))
            return {name: Locked(**row) for name, row in rows.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise WeightsUnverified(f"The file {LOCK} in the home cannot be read.") from error

    def lock(self, file: WeightFile, locked: Locked) -> None:
        """Write down what was pulled, whole or not at all."""
        rows = {name: asdict(row) for name, row in (self.locked() | {file.name: locked}).items()}
        arriving = self.home / f".{LOCK}"
        arriving.write_text(json.dumps(rows, indent=2, sort_keys=True) + "\n", "utf-8")
        arriving.replace(self.home / LOCK)

    def _condition(self, file: WeightFile) -> Condition:
        path, expected = self.path_of(file), self.expected(file)
        if not path.is_file():
            return Condition.ABSENT
        if expected is None:
            return Condition.UNVERIFIED
        if digest_of(path) != expected:
            return Condition.ALTERED
        return Condition.VERIFIED if file.sha256 else Condition.AS_FIRST_PULLED


def _condition_of_package(manifest: Manifest) -> Condition:
    try:
        verified_files(manifest)
    except WeightsUnverified as refused:
        return Condition.ALTERED if "digest" in str(refused) else Condition.ABSENT
    return Condition.VERIFIED

"""The manifests of models/*.toml, and the weight files they vouch for.

Weights come inside installed packages. A package is located without being imported, its files are
compared with the digests of the manifest, and only then may a net be built from them.
"""

import hashlib
import importlib.util
import os
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from server.domain.errors import WeightsUnverified


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file inside an installed package: its path within the package, and its SHA-256 in hex."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a threshold was measured on; it holds for this model, this gallery size and these conditions.

    threshold: least score (inner product of unit templates, -1 to 1) that puts a candidate forward.
    gallery_size: references searched. fpir: the false positive identification rate measured at that
    threshold, 0 to 1, over `strangers` searches. agreement: least score between two frames of one person.
    data: the photographs, in neutral words.
    """

    threshold: float
    agreement: float
    gallery_size: int
    strangers: int
    fpir: float
    data: str

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Self:
        """From a manifest's table, which may hold a whole record of `oifr evaluate --calibrate`."""
        return cls(**{field.name: table[field.name] for field in fields(cls)})


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """One model, as models/<name>.toml states it.

    package: import name of the package with the weights; install: what pip calls it.
    A detector has no `dimension`, `fixed_points` or `calibration`. fixed_points: (5, 2), the places of the
    landmarks on the chip in pixels, in the order of face.landmarks.
    """

    name: str
    package: str
    install: str
    files: tuple[WeightFile, ...]
    dimension: int | None
    fixed_points: NDArray[np.float64] | None
    calibration: Calibration | None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read one manifest; raises WeightsUnverified when it is missing or not of this form."""
        try:
            return cls._of(tomllib.loads(path.read_text("utf-8")))
        except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise WeightsUnverified(f"The manifest {path.name} is missing or malformed.") from error

    @classmethod
    def _of(cls, table: Mapping[str, Any]) -> Self:
        alignment, calibration = table.get("alignment"), table.get("calibration")
        if calibration and calibration.get("model", table["name"]) != table["name"]:
            raise WeightsUnverified(f"The calibration in the manifest of {table['name']} is of another model.")
        return cls(
            name=table["name"],
            package=table["package"],
            install=table["install"],
            files=tuple(WeightFile(**file) for file in table["files"]),
            dimension=table.get("dimension"),
            fixed_points=np.array(alignment["fixed_points"], np.float64) if alignment else None,
            calibration=Calibration.of(calibration) if calibration else None,
        )


def verified_files(manifest: Manifest) -> tuple[Path, ...]:
    """The installed weight files, each compared with its digest; raises WeightsUnverified."""
    folder = _package_folder(manifest)
    return tuple(_verified(folder / file.path, file.sha256, manifest) for file in manifest.files)


def place(file: Path, folder: Path) -> Path:
    """Copy a verified file into `folder`, whole or not at all, and return its path there.

    A copy rather than a link: a dangling link after an upgrade would make DeepFace try to download.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arriving = folder / f".{file.name}.{os.getpid()}"
    shutil.copyfile(file, arriving)
    return arriving.replace(folder / file.name)


def _package_folder(manifest: Manifest) -> Path:
    spec = importlib.util.find_spec(manifest.package)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsUnverified(_remedy(manifest, "are not installed"))
    return Path(spec.submodule_search_locations[0])


def _verified(path: Path, sha256: str, manifest: Manifest) -> Path:
    if not path.is_file():
        raise WeightsUnverified(_remedy(manifest, "are not installed"))
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise WeightsUnverified(_remedy(manifest, "do not have the digest of their manifest"))
    return path


def _remedy(manifest: Manifest, trouble: str) -> str:
    return f"The weights of {manifest.name} {trouble}: install the Python package {manifest.install}."

"""The manifests of models/*.toml, and the weight files they vouch for.

Weights come inside installed packages, or were pulled from the address that their manifest names. A package is located
without being imported, files are compared with their digests, and only then may a net be built from them.
"""

import hashlib
import importlib.util
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Self
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from server.domain.calibration import CalibrationRecord
from server.domain.model_errors import CalibrationInvalid, ModelUnknown, WeightsUnverified
from server.face.toml_table import TomlTable

LANDMARKS: Final = 5
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of weights.

    path: within its package, or its name in the home's folder of weights. sha256: in hex; None where nobody
    published one, which only a pulled file may lack. url: where it is pulled from; None inside a package.
    """

    path: str
    sha256: str | None
    url: str | None = None

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package with weights. name: what Python imports; install: what pip calls it."""

    name: str
    install: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a threshold was measured on; it holds for this model, this gallery size and these conditions.

    threshold: least score (inner product of unit templates, -1 to 1) that puts a candidate forward.
    gallery_size: references searched. fpir: the false positive identification rate measured at that
    threshold, 0 to 1, over `strangers` searches. agreement: least score between two frames of one person.
    data: the photographs, in neutral words. model: Manifest.model_id, where the table is a whole record of
    `oifr evaluate --calibrate`, which is checked as such; None where it is not.
    """

    threshold: float
    agreement: float
    gallery_size: int
    strangers: int
    fpir: float
    data: str
    model: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where a face must lie on the chip that an embedding net takes.

    side: of the square chip, pixels. fixed_points: (5, 2), the places of the landmarks on it in pixels, in the
    order of face.landmarks.
    """

    side: int
    fixed_points: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """One model, as models/<name>.toml states it.

    pipeline: counts the changes of detection, alignment or averaging after which templates would not compare with
    those made before. terms: what stands in the way of using the weights freely; None where nothing does.
    package: where the weights are installed; None where they are pulled. deepface: DeepFace's name of the net.
    A detector has no `dimension`, `alignment`, `normalisation` or `calibration`. normalisation: DeepFace's name
    of what is done to pixel values; None for a net that takes them as they are.
    """

    name: str
    pipeline: int
    licence: str
    terms: str | None
    source: str
    package: Package | None
    files: tuple[WeightFile, ...]
    deepface: str
    dimension: int | None
    normalisation: str | None
    alignment: Alignment | None
    calibration: Calibration | None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read one manifest; raises WeightsUnverified, naming file and key, when it is missing or malformed."""
        return cls._of(TomlTable.read(path), path.stem)

    @classmethod
    def named(cls, manifests: Path, name: str) -> Self:
        """The manifest of the model called `name`; raises ModelUnknown, or WeightsUnverified as `read`."""
        path = manifests / f"{name}.toml"
        if not _NAME.fullmatch(name) or not path.is_file():
            raise ModelUnknown(f"There is no manifest of a model called {name!r}: see `oifr models list`.")
        return cls.read(path)

    @property
    def model_id(self) -> str:
        """What stands in every template of this model: `dlib-resnet/2`. Templates compare only when it is equal."""
        return f"{self.name}/{self.pipeline}"

    @classmethod
    def _of(cls, table: TomlTable, stem: str) -> Self:
        package = _package(table)
        manifest = cls(
            name=_name(table, stem),
            pipeline=_at_least_one(table, "pipeline"),
            licence=table.take("licence", str),
            terms=table.take_if_there("terms", str),
            source=table.take("source", str),
            package=package,
            files=tuple(_file(row, pulled=package is None) for row in table.tables("files")),
            deepface=table.take("deepface", str),
            dimension=table.take_if_there("dimension", int),
            normalisation=table.take_if_there("normalisation", str),
            alignment=_alignment(table.table("alignment")),
            calibration=_calibration(table.table("calibration")),
        )
        table.end()
        if manifest.calibration is not None and manifest.calibration.model not in {None, manifest.model_id}:
            raise table.refused("calibration.model", f"must be {manifest.model_id}: it is the record of another model")
        return manifest


def _name(table: TomlTable, stem: str) -> str:
    name = table.take("name", str)
    if name != stem or not _NAME.fullmatch(name):
        raise table.refused("name", "must be the name of the file")
    return name


def _at_least_one(table: TomlTable, key: str) -> int:
    number = table.take(key, int)
    if number < 1:
        raise table.refused(key, "must be at least 1")
    return number


def _package(table: TomlTable) -> Package | None:
    name = table.take_if_there("package", str)
    return None if name is None else Package(name, table.take("install", str))


def _file(row: TomlTable, *, pulled: bool) -> WeightFile:
    path = row.take("path", str)
    sha256 = row.take_if_there("sha256", str)
    url = row.take("url", str) if pulled else None
    row.end()
    if path.startswith("/") or ".." in PurePosixPath(path).parts or (pulled and "/" in path):
        raise row.refused("path", "must lead into the package, or be a plain file name")
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise row.refused("sha256", "must be 64 lower-case hexadecimal digits")
    if sha256 is None and not pulled:
        raise row.refused("sha256", "is missing")
    if url is not None and not unexchangeable(url):
        raise row.refused("url", "must begin with https://")
    return WeightFile(path, sha256, url)


def unexchangeable(url: str) -> bool:
    """Whether nobody on the way can exchange what comes from there."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _alignment(table: TomlTable | None) -> Alignment | None:
    if table is None:
        return None
    side, points = _at_least_one(table, "side"), np.array(table.points("fixed_points", LANDMARKS), np.float64)
    table.end()
    if not ((points >= 0) & (points < side)).all():
        raise table.refused("fixed_points", "must lie on the chip")
    return Alignment(side, points)


def _calibration(table: TomlTable | None) -> Calibration | None:
    if table is None:
        return None
    if table.has("model"):
        return _of_record(table)
    calibration = Calibration(
        threshold=table.number_within("threshold", -1, 1),
        agreement=table.number_within("agreement", -1, 1),
        gallery_size=_at_least_one(table, "gallery_size"),
        strangers=_at_least_one(table, "strangers"),
        fpir=table.number_within("fpir", 0, 1),
        data=table.take("data", str),
    )
    table.end()
    return calibration


def _of_record(table: TomlTable) -> Calibration:
    try:
        record = CalibrationRecord.of(table.rest())
    except CalibrationInvalid as invalid:
        raise table.refused("model", f"begins a record that is not whole: {invalid}") from invalid
    return Calibration(
        record.threshold,
        record.agreement,
        record.gallery_size,
        record.strangers,
        record.fpir,
        record.data,
        record.model,
    )


def weights_folder(home: Path) -> Path:
    """Where DeepFace looks for weights when DEEPFACE_HOME is `home`."""
    return home / ".deepface" / "weights"


def verified_files(manifest: Manifest) -> tuple[Path, ...]:
    """The installed weight files of a package, each compared with its digest; raises WeightsUnverified."""
    if manifest.package is None:
        raise WeightsUnverified(f"The weights of {manifest.name} come inside no package: `oifr models pull`.")
    folder = _package_folder(manifest.package, manifest.name)
    return tuple(_verified(folder / file.path, file, manifest.package, manifest.name) for file in manifest.files)


def place(file: Path, folder: Path) -> Path:
    """Copy a verified file into `folder`, whole or not at all, and return its path there.

    A copy rather than a link: a dangling link after an upgrade would make DeepFace try to download.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arriving = folder / f".{file.name}.{os.getpid()}"
    shutil.copyfile(file, arriving)
    return arriving.replace(folder / file.name)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _package_folder(package: Package, model: str) -> Path:
    spec = importlib.util.find_spec(package.name)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsUnverified(_remedy(package, model, "are not installed"))
    return Path(spec.submodule_search_locations[0])


def _verified(path: Path, file: WeightFile, package: Package, model: str) -> Path:
    if not path.is_file():
        raise WeightsUnverified(_remedy(package, model, "are not installed"))
    if digest_of(path) != file.sha256:
        raise WeightsUnverified(_remedy(package, model, "do not have the digest of their manifest"))
    return path


def _remedy(package: Package, model: str, trouble: str) -> str:
    return f"The weights of {model} {trouble}: install the Python package {package.install}."

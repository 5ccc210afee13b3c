"""The labelled photographs of an evaluation, from folders: one folder for each subject."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from server.evaluation.errors import NothingToEvaluate

PHOTOGRAPHS = frozenset({".jpg", ".jpeg", ".png", ".webp"})
AS_TAKEN = "as taken"
"""The condition of photographs whose label names none."""


@dataclass(frozen=True)
class Sample:
    """One photograph and what the user says of it; nothing here is inferred from pixels.

    groups: column -> label, such as {"age band": "60-69"}; a column without a label is absent.
    """

    path: Path
    subject: str
    condition: str = AS_TAKEN
    groups: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "Sample()"


@dataclass(frozen=True)
class Samples:
    """References and probes. Raises NothingToEvaluate when either is missing or a photograph is among them twice."""

    gallery: tuple[Sample, ...]
    probes: tuple[Sample, ...]

    def __post_init__(self) -> None:
        if not self.gallery or not self.probes:
            raise NothingToEvaluate
        _refuse_repeated(
            [("reference", one.path) for one in self.gallery] + [("probe", one.path) for one in self.probes]
        )


def samples_of(folder: Path) -> tuple[Sample, ...]:
    """The photographs of a folder of subjects, in the order of their names.

    Raises NothingToEvaluate, also for a photograph outside of a subject's folder, or OSError.
    """
    samples: list[Sample] = []
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            samples.extend(Sample(file, entry.name) for file in sorted(entry.iterdir()) if _is_photograph(file))
        elif _is_photograph(entry):
            raise NothingToEvaluate(
                f"{entry} lies outside of a subject's folder. Put it into a folder named after its subject, "
                "or describe the photographs in a CSV."
            )
    if not samples:
        raise NothingToEvaluate(f"{folder} holds no folder with a JPEG, PNG or WebP photograph.")
    return tuple(samples)


def _is_photograph(entry: Path) -> bool:
    return entry.is_file() and entry.suffix.lower() in PHOTOGRAPHS


def _refuse_repeated(roles: Sequence[tuple[str, Path]]) -> None:
    repeated = _repeated([path for _, path in roles])
    if not repeated:
        return
    first, second = (f"{path} as {role}" for role, path in (roles[number] for number in repeated[0][:2]))
    raise NothingToEvaluate(
        f"{sum(map(len, repeated))} of the files repeat one another, such as {first} and {second}. A photograph "
        "compared with itself or counted twice proves nothing: give each once, on one side and for one subject."
    )


def _repeated(files: Sequence[Path]) -> list[list[int]]:
    """Indices of files that hold the same bytes, in groups of two and more."""
    of_a_size = _alike(range(len(files)), lambda number: files[number].stat().st_size)
    return [same for group in of_a_size for same in _alike(group, lambda number: _digest(files[number]))]


def _alike(numbers: Iterable[int], content: Callable[[int], Hashable]) -> list[list[int]]:
    """Groups of two and more with equal content; what cannot be read is in none, for acquisition counts it."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for number in numbers:
        with suppress(OSError):
            groups[content(number)].append(number)
    return [group for group in groups.values() if len(group) > 1]


def _digest(file: Path) -> bytes:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()

"""The labelled photographs of an evaluation, from folders: one folder for each subject."""

from __future__ import annotations

from collections.abc import Mapping
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
    """References and probes. Raises NothingToEvaluate when either is missing or they share a file."""

    gallery: tuple[Sample, ...]
    probes: tuple[Sample, ...]

    def __post_init__(self) -> None:
        if not self.gallery or not self.probes:
            raise NothingToEvaluate
        shared = {sample.path.resolve() for sample in self.gallery} & {sample.path.resolve() for sample in self.probes}
        if shared:
            raise NothingToEvaluate(
                f"{len(shared)} of the files are both reference and probe, such as {min(shared)}. A photograph "
                "compared with itself proves nothing: keep the two apart."
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

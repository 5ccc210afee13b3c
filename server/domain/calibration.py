"""What a threshold rests on: the record that holds for exactly one model, threshold and gallery size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Self, get_type_hints

from server.domain.model_errors import CalibrationInvalid

RATES = (
    ("fpir_low", "fpir", "fpir_high"),
    ("tpir_low", "tpir", "tpir_high"),
)


ROUNDING = 1 + 1e-4
"""Rates are written with a few digits."""


@dataclass(frozen=True)
class CalibrationRecord:
    """One calibration; a superset of the table [calibration] of a model's manifest. Raises CalibrationInvalid.

    model: as in Template.model. threshold: least score, -1 to 1, that puts a candidate forward. agreement: least
    score between two frames of one person; carried over from the manifest, or the threshold where that had none; not
    measured by this calibration. gallery_size: enrolled subjects the record holds for. fpir_target: asked for; fpir:
    had at the threshold and that size, with its 95 % interval; reckoned from `comparisons` between different people
    when `extrapolated`, else measured. tpir: measured at `measured_gallery_size` with lists of at most `cap`, fewer for
    poor photographs, over `mated_searches` by `mated_subjects`. strangers: different probes that were searched without
    their own reference; `stranger_subjects` people are on them, `non_mated_searches` searches were made with them.
    references_per_subject: mean of the gallery. measured_on, data, software: when, on what, with what.
    """

    model: str
    threshold: float
    agreement: float
    gallery_size: int
    strangers: int
    fpir: float
    data: str
    fpir_target: float
    fpir_low: float
    fpir_high: float
    tpir: float
    tpir_low: float
    tpir_high: float
    cap: int
    extrapolated: bool
    measured_gallery_size: int
    references_per_subject: float
    comparisons: int
    non_mated_searches: int
    stranger_subjects: int
    mated_searches: int
    mated_subjects: int
    measured_on: date
    software: str

    def __post_init__(self) -> None:
        for low, value, high in RATES:
            if not 0 <= getattr(self, low) <= getattr(self, value) <= getattr(self, high) <= 1:
                raise CalibrationInvalid(f"The calibration record has no rate within its interval: {value}.")
        for name in ("threshold", "agreement"):
            if not -1 <= getattr(self, name) <= 1:
                raise CalibrationInvalid(f"The calibration record has a score outside of -1 to 1: {name}.")
        if not 0 < self.fpir_target < 1 or self.fpir > self.fpir_target * ROUNDING:
            raise CalibrationInvalid("The calibration record does not reach its fpir_target.")
        if min(self.gallery_size, self.measured_gallery_size, self.cap, self.strangers, self.mated_searches) < 1:
            raise CalibrationInvalid("The calibration record rests on nobody: sizes and counts begin at 1.")

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Self:
        """From the values of a TOML table; raises CalibrationInvalid, which names the field that is wrong."""
        types = get_type_hints(cls)
        unknown = sorted(set(table) - set(types))
        missing = sorted(set(types) - set(table))
        if unknown or missing:
            raise CalibrationInvalid(f"The calibration record lacks or does not know: {', '.join(missing + unknown)}.")
        return cls(**{name: _typed(name, table[name], wanted) for name, wanted in types.items()})

    def table(self) -> dict[str, Any]:
        """The values by name, in the order of the fields."""
        return {field.name: asdict(self)[field.name] for field in fields(self)}


def _typed(name: str, value: object, wanted: type) -> Any:
    """The value if it has the type; a whole number does for a float, while a boolean is no number."""
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted or isinstance(value, datetime):
        raise CalibrationInvalid(f"The calibration record's {name} is not of the type {wanted.__name__}.")
    return value

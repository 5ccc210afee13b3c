"""The measured limits of models/limits/quality.toml and models/limits/recapture.toml, checked key by key.

A limit decides what an officer is told and whether a search may go on, so nothing is defaulted: a key that is
absent, unknown or out of its range refuses the manifest, and the error names file and key.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from server.domain.quality import Component, Finding, Grade
from server.face.toml_table import TomlTable


class Better(StrEnum):
    """Which way a value is good."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Bound:
    """The thresholds of one component, in the unit of its value.

    poor: the last value that is still good. unusable: the last value that is not yet unusable; None where the
    component never gates. factor_poor, factor_unusable: what such a frame counts beside a good one, (0, 1].
    """

    better: Better
    poor: float
    unusable: float | None
    factor_poor: float
    factor_unusable: float

    def finding(self, component: Component, value: float) -> Finding:
        """The value with its grade and factor. value: finite, in the component's unit."""
        sign = 1.0 if self.better is Better.HIGHER else -1.0
        if self.unusable is not None and sign * value < sign * self.unusable:
            return Finding(component, value, Grade.UNUSABLE, self.factor_unusable)
        if sign * value < sign * self.poor:
            return Finding(component, value, Grade.POOR, self.factor_poor)
        return Finding(component, value, Grade.GOOD, 1.0)


@dataclass(frozen=True, slots=True)
class PoseScale:
    """Degrees from the place of the nose between eyes and mouth; see `server.face.quality`.

    yaw_slope: width of eyes and mouth over the nose's depth. pitch_slope: height from eyes to mouth over the nose's
    depth. level: how far down that height the nose lies on a level face, 0 to 1.
    """

    yaw_slope: float
    pitch_slope: float
    level: float


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """models/limits/quality.toml: one bound for every component, and the scale of the pose."""

    bounds: Mapping[Component, Bound]
    pose: PoseScale

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read and check the manifest; raises WeightsUnverified that names file and key."""
        sheet = _sheet(path)
        components, pose = _part(sheet, "components"), _part(sheet, "pose")
        sheet.end()
        bounds = {component: _bound(_part(components, component), component) for component in Component}
        components.end()
        scale = PoseScale(
            pose.number_within("yaw_slope", 0.1, 10),
            pose.number_within("pitch_slope", 0.1, 10),
            pose.number_within("level", 0, 1),
        )
        pose.end()
        return cls(bounds, scale)


@dataclass(frozen=True, slots=True)
class RecaptureLimits:
    """models/limits/recapture.toml: from which value on each cue gives the hint.

    periodic: strength of the strongest regular pattern, see `server.face.recapture`. edges: sides of a rectangle
    around the face, 1 to 4.
    """

    periodic: float
    edges: int

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read and check the manifest; raises WeightsUnverified that names file and key."""
        sheet = _sheet(path)
        hint = _part(sheet, "hint")
        sheet.end()
        limits = cls(hint.number_within("periodic", 0, 1000), round(hint.number_within("edges", 1, 5)))
        hint.end()
        return limits


@dataclass(frozen=True, slots=True)
class Limits:
    """What an engine judges photographs by."""

    quality: QualityLimits
    recapture: RecaptureLimits

    @classmethod
    def read(cls, manifests: Path) -> Self:
        """Read both from the folder of manifests; raises WeightsUnverified that names file and key."""
        folder = manifests / "limits"
        return cls(QualityLimits.read(folder / "quality.toml"), RecaptureLimits.read(folder / "recapture.toml"))


def _sheet(path: Path) -> TomlTable:
    sheet = TomlTable.read(path)
    for key in ("name", "source"):
        sheet.take(key, str)
    return sheet


def _part(sheet: TomlTable, key: str) -> TomlTable:
    part = sheet.table(key)
    if part is None:
        raise sheet.refused(key, "is missing")
    return part


def _bound(sheet: TomlTable, component: Component) -> Bound:
    sheet.take("unit", str)
    better = _better(sheet)
    poor, factor = sheet.number_within("poor", -math.inf, math.inf), sheet.number_within("factor_poor", 0.01, 1)
    unusable, worst_factor = None, factor
    if component.may_gate:
        worse = (-math.inf, poor) if better is Better.HIGHER else (poor, math.inf)
        unusable = sheet.number_within("unusable", *worse)
        worst_factor = sheet.number_within("factor_unusable", 0.01, factor)
    sheet.end()
    return Bound(better, poor, unusable, factor, worst_factor)


def _better(sheet: TomlTable) -> Better:
    try:
        return Better(sheet.take("better", str))
    except ValueError as error:
        raise sheet.refused("better", "is neither higher nor lower") from error

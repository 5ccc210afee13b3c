"""The measured limits of models/limits/quality.toml and models/limits/recapture.toml, checked key by key.

A limit decides what an officer is told and whether a search may go on, so nothing is defaulted: a key that is
absent, unknown or out of its range refuses the manifest, and the error names file and key.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from server.domain.errors import WeightsUnverified
from server.domain.quality import Component, Finding, Grade

_BOUND_KEYS = {"better", "poor", "unusable", "factor_poor", "factor_unusable", "unit"}


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
        sheet = _Sheet.read(path)
        components = sheet.part("components")
        components.keys_are({str(component) for component in Component})
        pose = sheet.part("pose")
        scale = PoseScale(
            pose.number("yaw_slope", 0.1, 10), pose.number("pitch_slope", 0.1, 10), pose.number("level", 0, 1)
        )
        return cls({component: _bound(components.part(component), component) for component in Component}, scale)


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
        hint = _Sheet.read(path).part("hint")
        hint.keys_are({"periodic", "edges"})
        return cls(hint.number("periodic", 0, 1000), round(hint.number("edges", 1, 5)))


@dataclass(frozen=True, slots=True)
class Limits:
    """What an engine judges photographs by."""

    quality: QualityLimits
    recapture: RecaptureLimits

    @classmethod
    def read(cls, manifests: Path) -> Self:
        """Read both from the folder of manifests; raises WeightsUnverified that names file and key."""
        return cls(
            QualityLimits.read(manifests / "limits" / "quality.toml"),
            RecaptureLimits.read(manifests / "limits" / "recapture.toml"),
        )


def _bound(sheet: "_Sheet", component: Component) -> Bound:
    sheet.keys_are(_BOUND_KEYS if component.may_gate else _BOUND_KEYS - {"unusable", "factor_unusable"})
    sheet.text("unit")
    poor = sheet.number("poor", -math.inf, math.inf)
    factor = sheet.number("factor_poor", 0.01, 1)
    better = sheet.better()
    if not component.may_gate:
        return Bound(better, poor, None, factor, factor)
    worst = (-math.inf, poor) if better is Better.HIGHER else (poor, math.inf)
    return Bound(better, poor, sheet.number("unusable", *worst), factor, sheet.number("factor_unusable", 0.01, factor))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One table of a manifest, and where it stands, for the error's sentence."""

    place: str
    table: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Self:
        try:
            return cls(path.name, tomllib.loads(path.read_text("utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise WeightsUnverified(f"The manifest {path.name} is missing or no TOML.") from error

    def part(self, key: str) -> "_Sheet":
        value = self.table.get(key)
        if not isinstance(value, dict):
            raise self._wrong(key, "is no table")
        return _Sheet(f"{self.place}: {key}", value)

    def keys_are(self, names: set[str]) -> None:
        for key in sorted(names ^ set(self.table)):
            raise self._wrong(key, "is missing" if key in names else "is unknown")

    def number(self, key: str, least: float, most: float) -> float:
        value = self.table.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise self._wrong(key, "is no finite number")
        if not least <= value <= most:
            raise self._wrong(key, f"is not within {least:g} to {most:g}")
        return float(value)

    def text(self, key: str) -> str:
        value = self.table.get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, "is no text")
        return value

    def better(self) -> Better:
        try:
            return Better(self.text("better"))
        except ValueError as error:
            raise self._wrong("better", "is neither higher nor lower") from error

    def _wrong(self, key: str, trouble: str) -> WeightsUnverified:
        return WeightsUnverified(f"The manifest {self.place}: {key} {trouble}.")

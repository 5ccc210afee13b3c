"""What happened, as values: the report is written from these, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Setback:
    """A photograph that the server refused to enrol: its name, the problem type, and its sentence."""

    photograph: str
    problem: str
    sentence: str


@dataclass(frozen=True)
class Enrolment:
    """`people` counts those with at least one reference; `holders` says whose record a reference belongs to."""

    people: int
    sitters: int
    holders: Mapping[str, str]
    setbacks: tuple[Setback, ...]
    seconds: float


@dataclass(frozen=True)
class CheckedReceipt:
    """A receipt whose signature and inclusion proof hold: entry `index` of `size`, proven by `hashes` hashes."""

    index: int
    size: int
    hashes: int


@dataclass(frozen=True)
class PlayedScene:
    """One search from probe to decision. `records` are those that the last judgement opened.

    `right` lists the record numbers that belong to the photograph, and is None where only the visitor knows;
    `surprise` says what is wrong where the answer is not the right one; it is None where it is right or unknown.
    """

    title: str
    photograph: str
    search: str
    judgements: Mapping[str, str]
    records: Mapping[str, Mapping[str, str]]
    decision: Mapping[str, object]
    receipt: CheckedReceipt
    seconds: float
    right: tuple[str, ...] | None
    surprise: str | None


@dataclass(frozen=True)
class Forgery:
    """What was done to an entry, and the first bad entry that the verification then named."""

    change: str
    found: int | None
    reason: str


@dataclass(frozen=True)
class Tampering:
    """Entry `altered` of a copy of the trail was forged; `broken_before` is what was wrong before that, if anything."""

    entries: int
    altered: int
    broken_before: str | None
    forgeries: tuple[Forgery, ...]

    @property
    def surprise(self) -> str | None:
        if self.broken_before is not None:
            return f"The trail was broken before anybody touched it: {self.broken_before}"
        if any(forgery.found != self.altered for forgery in self.forgeries):
            return f"Entry {self.altered} was forged, and the verification did not name it."
        return None


@dataclass(frozen=True)
class Timing:
    """How often something was done, and its median duration."""

    count: int
    median_ms: float


@dataclass(frozen=True)
class Performance:
    """The whole run."""

    enrolment: Enrolment
    scenes: tuple[PlayedScene, ...]
    review: CheckedReceipt
    tampering: Tampering
    requests: Mapping[str, Timing]
    stages: Mapping[str, Timing]

    @property
    def surprises(self) -> list[str]:
        """What was not as it must be; empty when the main job is done."""
        found = [*(scene.surprise for scene in self.scenes), self.tampering.surprise]
        return [surprise for surprise in found if surprise is not None]

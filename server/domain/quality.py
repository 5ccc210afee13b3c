"""How fit a photograph is for a search, component by component, as advice to the officer (product rule 4).

The components are those of ISO/IEC 29794-5 that five landmarks and plain arithmetic can measure. There is no
unified score, because such scores favour light skin. Some faults may stop a search, and only where the model was
measured to fail: the face is too small, too blurred or too far turned. Light and closed eyes never stop one.
What stops a search is lifted where a life is at risk; that rule is the workflow's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

LEAST_WEIGHT = 0.1
"""A frame always counts for something: with a weight of 0 a probe of poor frames alone would have no template."""


class Component(StrEnum):
    """What is judged; in brackets the quality component of ISO/IEC 29794-5 it stands for.

    The unit and range of each value are those of `server.face.quality`, which measures it.
    """

    SIZE = "size"  # (inter-eye distance)
    SHARPNESS = "sharpness"  # (sharpness)
    DARK = "dark"  # (under-exposure prevention)
    BRIGHT = "bright"  # (over-exposure prevention)
    YAW = "yaw"  # (head pose, yaw)
    PITCH = "pitch"  # (head pose, pitch)
    EYES = "eyes"  # (eyes open)
    LOWER_FACE = "lower-face"  # (mouth and face occlusion prevention)
    UPPER_FACE = "upper-face"  # (eyes visible)

    @property
    def may_gate(self) -> bool:
        """Whether an unusable value may stop a search; never light, whose measures depend on the skin."""
        return self in {Component.SIZE, Component.SHARPNESS, Component.YAW, Component.PITCH}

    @property
    def advice(self) -> str:
        """What the officer can do about it, in a sentence."""
        return _ADVICE[self]


_ADVICE = {
    Component.SIZE: "The face is small: go closer until it fills the frame.",
    Component.SHARPNESS: "The face is blurred: hold still, tap on the face to focus, and take it again.",
    Component.DARK: "The face is dark: turn it to the light, or use the lamp.",
    Component.BRIGHT: "Parts of the face are too bright: shade it, or turn it out of the direct light.",
    Component.YAW: "The face is turned aside: take the photograph from straight in front of it.",
    Component.PITCH: "The face is tilted: hold the camera level with the eyes.",
    Component.EYES: "The eyes may be closed: if the person can, ask them to look at the camera.",
    Component.LOWER_FACE: "Mouth or chin may be covered: uncover them if you may; never remove a medical device.",
    Component.UPPER_FACE: "The eyes may be covered: ask for dark glasses to be taken off, or move hair or cap aside.",
}


class Grade(StrEnum):
    GOOD = "good"
    POOR = "poor"
    UNUSABLE = "unusable"


@dataclass(frozen=True)
class Finding:
    """One component of one photograph.

    value: as measured, finite, in the component's unit. grade: by the thresholds of the manifest; `unusable` only
    where the component may gate. factor: what a frame with this grade counts beside a good one, in (0, 1].
    """

    component: Component
    value: float
    grade: Grade
    factor: float

    def __post_init__(self) -> None:
        """Raise ValueError for a value that is not finite, a factor out of range, or a gate that may not be."""
        if not math.isfinite(self.value) or not 0 < self.factor <= 1:
            raise ValueError(f"The finding on {self.component} has a value or factor out of range.")
        if self.grade is Grade.UNUSABLE and not self.component.may_gate:
            raise ValueError(f"A finding on {self.component} never stops a search.")

    @property
    def sufficient(self) -> bool:
        return self.grade is Grade.GOOD


@dataclass(frozen=True)
class Quality:
    """One finding for every component, in the order of Component."""

    findings: tuple[Finding, ...]

    def __post_init__(self) -> None:
        """Raise ValueError unless there is exactly one finding a component, in order."""
        if [finding.component for finding in self.findings] != list(Component):
            raise ValueError("A quality has one finding for every component.")

    def __getitem__(self, component: Component) -> Finding:
        return next(finding for finding in self.findings if finding.component is component)

    @property
    def advice(self) -> tuple[str, ...]:
        """The sentences for the officer, one for each component that is not sufficient; empty when all are."""
        return tuple(finding.component.advice for finding in self.findings if not finding.sufficient)

    @property
    def gating(self) -> tuple[Finding, ...]:
        """The findings that stop a search unless a life is at risk; empty for most photographs."""
        return tuple(finding for finding in self.findings if finding.grade is Grade.UNUSABLE)

    @property
    def weight(self) -> float:
        """What this frame counts beside others of the same person, in [LEAST_WEIGHT, 1]: the product of factors.

        A factor is the share of own references that the model still finds with this fault, measured for the
        manifest. Light and closed eyes have the factor 1: they change advice, never a search.
        """
        return max(LEAST_WEIGHT, math.prod(finding.factor for finding in self.findings))

    @property
    def poor(self) -> bool:
        """Whether the frame counts for less than a good one, which also shortens the list."""
        return self.weight < 1


def best(frames: Sequence[Quality]) -> Quality:
    """The quality of a probe of one to five frames: that of its frame of the greatest weight, the first of equals.

    Frames are fused by weight, so the best one rules the template. Raises ValueError without a frame.
    """
    return max(frames, key=lambda quality: quality.weight)


def cap(quality: Quality, policy_cap: int) -> int:
    """How many candidates may be shown for a probe of this quality: 1 to `policy_cap`, rounded down to whole ones.

    A poor image moves the own reference down among strangers, so that more of a full list are strangers;
    and people who compare faces err more on poor images. The list is shortened by the weight: all of it for a
    good image, half of it for a weight of a half. It is never emptied by quality alone (an empty list is
    an answer, "nobody like this in scope", and quality may not give that answer), and never lengthened. Raises
    ValueError for a policy_cap under 1.
    """
    if policy_cap < 1:
        raise ValueError("A list has room for at least one candidate.")
    return max(1, math.floor(quality.weight * policy_cap))


@dataclass(frozen=True)
class Recapture:
    """Whether a photograph looks like one of a screen or a print: a hint for the officer, which stops nothing.

    periodic: strength of the strongest regular pattern on the face, >= 0. edges: sides seen of a rectangle around
    the face, 0 to 4. hinted: whether either reaches the limit of the manifest.
    """

    periodic: float
    edges: int
    hinted: bool

    @property
    def advice(self) -> str:
        """The sentence for the officer; empty where there is no hint."""
        return RECAPTURE_ADVICE if self.hinted else ""


RECAPTURE_ADVICE = "This may be a photograph of a screen or a print: photograph the person, if they are present."

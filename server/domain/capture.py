"""What the engine made of a probe's photographs, and what of it is kept with the search."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.domain.face import Template
from server.domain.image_errors import PoorImage, PoorReference
from server.domain.probe import Purpose
from server.domain.quality import RECAPTURE_ADVICE, Component, Quality


class Agreement(StrEnum):
    """How well several frames agree that they show one person.

    Clear: each two score what a candidate must score. Weak: some two do not, but no two so little that they are
    taken for different people, which refuses the probe.
    """

    CLEAR = "clear"
    WEAK = "weak"

    @property
    def advice(self) -> str:
        """The sentence for the officer; empty where there is nothing to mend."""
        return WEAK_ADVICE if self is Agreement.WEAK else ""


WEAK_ADVICE = "The photographs differ more than those of one person mostly do: make sure that all show this person."


@dataclass(frozen=True)
class Capture:
    """What was found about the photographs, without any value measured on a face.

    faults: components that are not good, in the order of Component. recapture: one of the photographs may be of a
    screen or a print. agreement: None for a single frame. overridden: faults that stop a search were passed over,
    because a life is at risk.
    """

    faults: tuple[Component, ...] = ()
    recapture: bool = False
    agreement: Agreement | None = None
    overridden: bool = False

    @property
    def advice(self) -> tuple[str, ...]:
        """The sentences for the officer, empty when all is well."""
        further = (RECAPTURE_ADVICE if self.recapture else "", self.agreement.advice if self.agreement else "")
        return tuple(sentence for sentence in (*(fault.advice for fault in self.faults), *further) if sentence)


@dataclass(frozen=True, eq=False)
class Sample:
    """One to five frames of one person as the engine sees them.

    template: of all frames, each weighted by its quality. quality: of the frame that counts most.
    """

    template: Template
    quality: Quality
    recapture: bool
    agreement: Agreement | None

    def capture(self, purpose: Purpose) -> Capture:
        """What is kept of it; raises PoorImage for faults that stop a search, unless a life is at risk."""
        if not purpose.life_at_risk:
            self.check()
        faults = tuple(finding.component for finding in self.quality.findings if not finding.sufficient)
        return Capture(faults, self.recapture, self.agreement, overridden=bool(self.quality.gating))

    def check(self) -> None:
        """Raise PoorImage for faults that stop a search unless a life is at risk."""
        if stopping := self.quality.gating:
            raise PoorImage([fault.component.advice for fault in stopping])


@dataclass(frozen=True, eq=False)
class Likeness:
    """What a reference is made of: the template and quality of one photograph, and its portrait, the JPEG that is kept.

    Nobody asks whether it is of a screen or a print: records are scanned from prints.
    """

    template: Template
    quality: Quality
    portrait: bytes

    def check(self) -> None:
        """Raise PoorReference for faults that would stop a search: nothing lifts them where a photograph is kept."""
        if stopping := self.quality.gating:
            raise PoorReference([fault.component.advice for fault in stopping])

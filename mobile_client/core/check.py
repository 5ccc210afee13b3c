"""Everything this handheld holds of the check in hand, in memory alone, and the end of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mobile_client.core.faces import NamedFace, SeveralFaces
from mobile_client.core.receipts import Proof
from mobile_client.core.session import Photograph
from mobile_client.core.wire import Candidate, Decision, Purpose, Receipt, SearchState, SearchView


@dataclass
class Check:
    """`faces` holds the references looked at so far; None stands for a record withdrawn since the answer.

    `several` are the faces of a photograph that shows more than one, `named` is the one that is meant.
    """

    purpose: Purpose | None = None
    photograph: Photograph | None = None
    several: SeveralFaces | None = None
    named: NamedFace | None = None
    search: SearchView | None = None
    faces: dict[str, Photograph | None] = field(default_factory=dict)
    shown: str = ""
    decision: Decision | None = None
    receipt: Receipt | None = None
    proof: Proof | None = None

    @property
    def undecided(self) -> bool:
        """True while a search waits for its decision."""
        return self.search is not None and self.search.state is SearchState.ANSWERED

    @property
    def judged(self) -> bool:
        """True when a search has no face left to judge, or none at all."""
        return self.search is not None and not self.search.unjudged

    @property
    def advice(self) -> tuple[str, ...]:
        """What the server found to mend about the photograph of the search; none when all is well or unknown."""
        return self.search.capture.advice if self.search and self.search.capture else ()

    @property
    def candidate(self) -> Candidate | None:
        """The candidate whose face is shown."""
        return self.search.candidate(self.shown) if self.search and self.shown else None

    @property
    def following(self) -> str:
        """The letter to look at next: the next face without a judgement, or simply the next one."""
        if self.search is None or not self.shown:
            return ""
        labels = self.search.labels
        after = labels.index(self.shown) + 1
        turn = labels[after:] + labels[:after]
        return next((label for label in turn if label in self.search.unjudged), turn[0])

    def wipe(self) -> None:
        """Overwrite every picture held; the texts that remain say nothing about a face."""
        self.wipe_photograph()
        for face in self.faces.values():
            if face is not None:
                face.wipe()
        self.faces = {}

    def wipe_photograph(self) -> None:
        """Where the faces stood is forgotten with the photograph."""
        if self.photograph is not None:
            self.photograph.wipe()
        self.photograph = self.several = self.named = None

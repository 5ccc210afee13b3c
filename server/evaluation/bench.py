"""The searches of one evaluation, made once and then counted in any way."""

from __future__ import annotations

from dataclasses import dataclass

from server.evaluation.findings import Plan
from server.evaluation.intervals import Intervals
from server.evaluation.material import Mask, Material, present, subjects_of
from server.evaluation.protocols import Protocol, Trial, leave_out, splits, whole
from server.evaluation.rates import OpenSet
from server.evaluation.samples import Samples
from server.evaluation.searches import Mated, NonMated, Side, searched


@dataclass(frozen=True, eq=False)
class Bench:
    """closed: one search of the whole gallery for each probe of a person with a reference. mated, non_mated: the
    open-set trials. All of them hold altered probes too; as_given marks the others."""

    material: Material
    plan: Plan
    trials: tuple[Trial, ...]
    closed: Mated
    mated: Mated
    non_mated: NonMated
    as_given: Mask
    intervals: Intervals

    @classmethod
    def of(cls, material: Material, trials: tuple[Trial, ...], plan: Plan) -> Bench:
        sides, lengths = (material.gallery, material.probes), material.lengths(plan.cap)
        closed, _ = searched([whole(material.with_references)], *sides, lengths)
        mated, non_mated = searched(trials, *sides, lengths)
        intervals = Intervals(len(material.subjects), plan.seed)
        return cls(material, plan, trials, closed, mated, non_mated, material.unaltered, intervals)

    def open_set(self, probes: Mask) -> OpenSet:
        """The open-set searches of the probes in a mask over all of them."""
        return OpenSet(self.mated.of(probes), self.non_mated.of(probes), self.intervals)

    @property
    def given_probes(self) -> Side:
        """The unaltered probes' templates."""
        probes = self.material.probes
        return Side(probes.vectors[self.as_given], probes.subject[self.as_given], probes.taken[self.as_given])


def trials_of(samples: Samples, plan: Plan) -> tuple[Trial, ...]:
    """The open-set trials of the plan; raises NothingToEvaluate when there is nobody to enrol or to leave out."""
    subjects = subjects_of(samples)
    in_gallery, in_probes = present(samples.gallery, subjects), present(samples.probes, subjects)
    if plan.protocol is Protocol.LEAVE_OUT:
        return leave_out(in_gallery, in_probes)
    return splits(in_gallery, in_probes, plan.held_out, plan.times, plan.seed)

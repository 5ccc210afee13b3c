"""Rates by condition and by labelled group, all at the threshold in use."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from server.evaluation.bench import Bench
from server.evaluation.differentials import Outcomes, differential
from server.evaluation.findings import Grouping, Row
from server.evaluation.material import Mask, labels


def row(bench: Bench, label: str, probes: Mask) -> Row:
    """The rates of the probes in a mask over all of them."""
    point, closed = bench.open_set(probes).at(bench.plan.threshold), bench.closed.of(probes)
    subject = bench.material.probes.subject[probes]
    return Row(
        label=label,
        probes=int(probes.sum()),
        people=np.unique(subject).size,
        fta=bench.intervals.rate(~bench.material.probes.taken[probes], subject),
        rank_1=bench.intervals.rate(closed.rank <= 1, closed.subject),
        tpir=point.tpir,
        fpir=point.fpir,
    )


def by_condition(bench: Bench) -> tuple[Row, ...]:
    """A row for each condition under each alteration; and for each alteration, where there are several conditions."""
    tasks = bench.material.tasks
    by_alteration: dict[str, list[bool]] = {
        name: [task.alteration.name == name for task in tasks]
        for name in dict.fromkeys(task.alteration.name for task in tasks)
    }
    conditions = labels(tasks, lambda sample: sample.condition)
    rows: list[Row] = []
    for alteration, marked in by_alteration.items():
        mask = np.array(marked, np.bool_)
        if len(conditions) > 1 and alteration:
            rows.append(row(bench, f"all, {alteration}", mask))
        rows += [row(bench, _named(name, alteration), mask & of_condition) for name, of_condition in conditions.items()]
    return tuple(rows)


def by_group(bench: Bench) -> dict[str, Grouping]:
    """The labelled columns of the unaltered probes; those without a label in a column are in none of its rows."""
    columns = dict.fromkeys(column for task in bench.material.tasks for column in task.sample.groups)
    return {column: _grouping(bench, column) for column in columns}


def _grouping(bench: Bench, column: str) -> Grouping:
    marked = labels(bench.material.tasks, lambda sample: sample.groups.get(column))
    groups = {label: mask & bench.as_given for label, mask in sorted(marked.items())}
    return Grouping(
        rows=tuple(row(bench, label, mask) for label, mask in groups.items()),
        fnir=differential(_misses(bench, groups), bench.intervals),
        fpir=differential(_shown(bench, groups), bench.intervals),
        fta=differential(_not_acquired(bench, groups), bench.intervals),
    )


def _misses(bench: Bench, groups: Mapping[str, Mask]) -> dict[str, Outcomes]:
    sides = {label: bench.mated.of(mask) for label, mask in groups.items()}
    threshold = bench.plan.threshold
    return {label: Outcomes(~side.found(threshold), side.subject, side.probe) for label, side in sides.items()}


def _shown(bench: Bench, groups: Mapping[str, Mask]) -> dict[str, Outcomes]:
    sides = {label: bench.non_mated.of(mask) for label, mask in groups.items()}
    threshold = bench.plan.threshold
    return {label: Outcomes(side.showed(threshold), side.subject, side.probe) for label, side in sides.items()}


def _not_acquired(bench: Bench, groups: Mapping[str, Mask]) -> dict[str, Outcomes]:
    probes = bench.material.probes
    return {
        label: Outcomes(~probes.taken[mask], probes.subject[mask], np.flatnonzero(mask))
        for label, mask in groups.items()
    }


def _named(condition: str, alteration: str) -> str:
    return ", ".join(filter(None, [condition, alteration]))

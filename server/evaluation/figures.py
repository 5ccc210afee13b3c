"""The report's figures: each a plot and the numbers it was drawn from. No figure shows a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from server.evaluation.findings import Findings, Histogram
from server.evaluation.intervals import Rate
from server.evaluation.plots import Linear, Logarithmic, Plot, floor_of, share_of
from server.evaluation.words import counted, interval, per_cent

BARS = 40


@dataclass(frozen=True)
class Figure:
    """name: unique on the page. legend: style and words of each line. header, rows: the numbers."""

    name: str
    title: str
    caption: str
    plot: Markup
    legend: tuple[tuple[str, str], ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def figures_of(findings: Findings) -> tuple[Figure, ...]:
    """Those that the findings have numbers for."""
    drawn = [tpir_figure(findings), fpir_figure(findings)]
    if findings.det:
        drawn.append(det_figure(findings))
    drawn.append(cmc_figure(findings))
    if any(findings.histogram.mated) or any(findings.histogram.non_mated):
        drawn.append(histogram_figure(findings))
    return tuple(drawn)


def tpir_figure(findings: Findings) -> Figure:
    """TPIR over the threshold, with its band."""
    plot = Plot(_thresholds(findings), Linear(0, 1, share_of), "threshold", "TPIR")
    _draw_curve(plot, findings, [point.tpir for point in findings.curve], "s0")
    title = "TPIR over the threshold"
    return Figure(
        "tpir",
        title,
        "Share of searches by enrolled people whose own record is on the list. Higher is better.",
        plot.svg("tpir", title, _sentence("TPIR", findings.points[0].threshold, findings.points[0].tpir)),
        (("s0", "TPIR and its 95 % interval"),),
        ("Threshold", "TPIR", "95 % interval", "Found"),
        tuple(_curve_row(point.threshold, point.tpir) for point in findings.curve),
    )


def fpir_figure(findings: Findings) -> Figure:
    """FPIR over the threshold, on a logarithmic axis, with its band."""
    rates = [point.fpir for point in findings.curve]
    smallest = min([rate.value for rate in rates if rate.events] or [0.1])
    plot = Plot(_thresholds(findings), Logarithmic(floor_of(smallest / 2)), "threshold", "FPIR")
    _draw_curve(plot, findings, rates, "s1")
    title = "FPIR over the threshold"
    return Figure(
        "fpir",
        title,
        "Share of searches by people who are not enrolled that showed anyone. Lower is better; a line on the bottom "
        "edge is none in this sample, and its band tells how many there may be.",
        plot.svg("fpir", title, _sentence("FPIR", findings.points[0].threshold, findings.points[0].fpir)),
        (("s1", "FPIR and its 95 % interval"),),
        ("Threshold", "FPIR", "95 % interval", "Showed anyone"),
        tuple(_curve_row(point.threshold, point.fpir) for point in findings.curve),
    )


def det_figure(findings: Findings) -> Figure:
    """FNIR against FPIR, both logarithmic."""
    misses = [point.fnir for point in findings.det if point.fnir > 0]
    x = Logarithmic(floor_of(min(point.fpir for point in findings.det)))
    y = Logarithmic(floor_of(min(misses or [0.01])))
    plot = Plot(x, y, "FPIR", "FNIR")
    plot.steps([(point.fpir, point.fnir) for point in findings.det], "s0")
    in_use = findings.points[0]
    if in_use.fpir.events:
        plot.mark((in_use.fpir.value, in_use.fnir.value), "s1")
    title = "Detection error trade-off"
    marked = (("s1 dot", "the threshold in use"),) if in_use.fpir.events else ()
    return Figure(
        "det",
        title,
        "What fewer false positives cost in misses. Nearer to the lower left is better. The line ends where the sample "
        "holds no false positive any more.",
        plot.svg("det", title, f"{len(findings.det)} points from FPIR {per_cent(findings.det[0].fpir)} on."),
        (("s0", "FNIR at each FPIR"), *marked),
        ("Threshold", "FPIR", "FNIR"),
        tuple((f"{point.threshold:.4f}", per_cent(point.fpir), per_cent(point.fnir)) for point in findings.det),
    )


def cmc_figure(findings: Findings) -> Figure:
    """The cumulative match characteristic, whole gallery, no threshold."""
    ranks = [float(rank) for rank in range(1, len(findings.cmc) + 1)]
    low = min((int(rate.low * 10) / 10 for rate in findings.cmc), default=0.0)
    plot = Plot(Linear(1, max(2, len(ranks)), count=6), Linear(min(low, 0.9), 1, share_of), "rank", "within rank")
    plot.band(ranks, [rate.low for rate in findings.cmc], [rate.high for rate in findings.cmc], "s3")
    plot.line([(rank, rate.value) for rank, rate in zip(ranks, findings.cmc, strict=True)], "s3")
    title = "Cumulative match characteristic"
    return Figure(
        "cmc",
        title,
        "Closed set: how often the own record is among the first so many of the whole gallery, whatever its score. "
        "It says nothing about people who are not enrolled.",
        plot.svg("cmc", title, f"Rank 1: {counted(findings.cmc[0])}, {per_cent(findings.cmc[0].value)}."),
        (("s3", "share within rank and its 95 % interval"),),
        ("Rank", "Within rank", "95 % interval", "Found"),
        tuple(_curve_row(rank, rate) for rank, rate in enumerate(findings.cmc, 1)),
    )


def histogram_figure(findings: Findings) -> Figure:
    """Scores of own references and of other people's, each as shares of its own sum."""
    edges, mated, non_mated = _rebinned(findings.histogram)
    shares = [_shares(counts) for counts in (non_mated, mated)]
    plot = Plot(
        Linear(edges[0], edges[-1]), Linear(0, max(max(share) for share in shares) * 1.05, share_of), "score", "share"
    )
    plot.bars(edges, shares[0], "s2")
    plot.bars(edges, shares[1], "s0")
    plot.upright(findings.plan.threshold, "in use")
    title = "Scores"
    return Figure(
        "scores",
        title,
        "Scores of probes with their own best reference, and with everybody else's. Where they overlap, no threshold "
        "is right for all.",
        plot.svg("scores", title, f"{sum(mated):,} mated and {sum(non_mated):,} non-mated comparisons."),
        (("s0", "own reference (mated)"), ("s2", "other people (non-mated)")),
        ("Score", "Mated", "Non-mated"),
        tuple(
            (f"{low:.3f} to {high:.3f}", f"{own:,}", f"{others:,}")
            for (low, high), own, others in zip(pairwise(edges), mated, non_mated, strict=True)
        ),
    )


def _thresholds(findings: Findings) -> Linear:
    return Linear(findings.curve[0].threshold, findings.curve[-1].threshold)


def _draw_curve(plot: Plot, findings: Findings, rates: Sequence[Rate], style: str) -> None:
    thresholds = [point.threshold for point in findings.curve]
    plot.band(thresholds, [rate.low for rate in rates], [rate.high for rate in rates], style)
    plot.line([(threshold, rate.value) for threshold, rate in zip(thresholds, rates, strict=True)], style)
    plot.upright(findings.plan.threshold, "in use")


def _curve_row(key: float, rate: Rate) -> tuple[str, ...]:
    label = str(key) if isinstance(key, int) else f"{key:.4f}"
    return label, per_cent(rate.value), interval(rate), counted(rate)


def _sentence(name: str, threshold: float, rate: Rate) -> str:
    return f"At the threshold in use, {threshold:g}, {name} is {per_cent(rate.value)} ({interval(rate)})."


def _rebinned(histogram: Histogram) -> tuple[list[float], list[int], list[int]]:
    """About BARS bins over the scores that occur."""
    filled = [index for index, pair in enumerate(zip(histogram.mated, histogram.non_mated, strict=True)) if any(pair)]
    first, last = (filled[0], filled[-1] + 1) if filled else (0, len(histogram.mated))
    width = max(1, (last - first) // BARS)
    starts = range(first, last, width)
    edges = [histogram.edges[start] for start in starts]
    edges.append(histogram.edges[min(starts[-1] + width, len(histogram.mated))])
    mated, non_mated = ([sum(counts[start : start + width]) for start in starts]
                        for counts in (histogram.mated, histogram.non_mated))  # fmt: skip
    return edges, mated, non_mated


def _shares(counts: Sequence[int]) -> list[float]:
    total = max(sum(counts), 1)
    return [count / total for count in counts]

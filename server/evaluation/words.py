"""Numbers in the words of the report."""

from __future__ import annotations

import math
from collections.abc import Mapping

from server.evaluation.differentials import Measure
from server.evaluation.intervals import Method, Rate

METHODS = {
    Method.NONE: "no trial",
    Method.CLOPPER_PEARSON: "Clopper-Pearson",
    Method.SUBJECT_BOOTSTRAP: "bootstrap over subjects",
    Method.ON_SUBJECTS: "Clopper-Pearson, each person once",
}

REFUSALS = {
    "no-face": "no face was found",
    "several-faces": "several faces",
    "image-unreadable": "not a whole JPEG, PNG or WebP file",
    "image-too-large": "too many pixels or bytes",
    "image-too-small": "too small",
    "image-animated": "several pictures in one file",
    "frames-disagree": "not one person",
    "poor-image": "too small, too blurred or turned too far for a search",
    "poor-reference": "too small, too blurred or turned too far for a reference",
}


def per_cent(share: float) -> str:
    """A share with as many digits as tell it from its neighbours; a dash where there is none."""
    if math.isnan(share):
        return "–"
    digits = 1 if share >= 0.1 or share == 0 else 2
    return f"{share * 100:.{digits}f}\u00a0%" if share < 1 else "100\u00a0%"


def interval(rate: Rate) -> str:
    return f"{per_cent(rate.low)} to {per_cent(rate.high)}" if rate.trials else "–"


def counted(rate: Rate) -> str:
    return f"{rate.events:,} of {rate.trials:,}"


def method(rate: Rate) -> str:
    return METHODS[rate.method]


def measure(value: Measure | None) -> str:
    """A differential with its interval; a dash where no group has an error."""
    return "–" if value is None else f"{value.value:.2f} ({value.low:.2f} to {value.high:.2f})"


def lists(most: int, probes: Mapping[int, int]) -> str:
    """How long the lists are. probes: how many are given a list of each length, the longest first."""
    if not any(length < most for length in probes):
        return f"at most {most} people; no probe was so poor that its list was shorter"
    of_each = ", ".join(f"{length} (for {count:,})" for length, count in probes.items())
    return f"at most {most} people, shorter for poor photographs: {of_each} of {sum(probes.values()):,} probes"


def refusal(slug: str) -> str:
    return REFUSALS.get(slug, slug.replace("-", " "))

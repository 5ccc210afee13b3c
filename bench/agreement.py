"""How well the least score that frames of one probe must reach tells two people from one.

Every two photographs of the research subjects: of one person, of one person in neighbouring views (what somebody
who takes several frames in a row gives), and of two people. The drawn people likewise: their photographs of the
field beside one another. Only rates leave this file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from bench.pipelines import MODELS, Ours, Vector
from bench.research import Research, research
from server.face.engine import Engine

LIMITS = (0.88, 0.89, 0.90, 0.91, 0.92, 0.925, 0.93, 0.935, 0.94, 0.9461, 0.95)

Photograph = tuple[str, str, Vector]
"""Of whom, in which view (VH: yaw and pitch step), and its vector."""


def main() -> None:
    photographs = research()
    if photographs is None:
        return
    with tempfile.TemporaryDirectory() as home:
        taken = list(vectors_of(Ours(Engine.load(MODELS, Path(home))), photographs))
    scores = {
        "one person": scores_of(taken, lambda one, other: one[0] == other[0]),
        "one person, neighbouring views": scores_of(taken, lambda one, other: one[0] == other[0] and near(one, other)),
        "two people": scores_of(taken, lambda one, other: one[0] != other[0]),
        "two people, same view": scores_of(taken, lambda one, other: one[0] != other[0] and one[1] == other[1]),
    }
    print(f"agreement: pairs of {len(taken)} photographs; share under each limit, which refuses them")
    print(f"{'limit':>8}" + "".join(f"{words:>34}" for words in scores))
    for limit in LIMITS:
        cells = [f"{int((found < limit).sum())}/{len(found)} {(found < limit).mean():.1%}" for found in scores.values()]
        print(f"{limit:8.4f}" + "".join(f"{cell:>34}" for cell in cells))


def vectors_of(ours: Ours, photographs: Research) -> Iterator[Photograph]:
    for subject in photographs.subjects:
        for file in sorted(subject.glob("*.jpg")):
            vector = ours.vector(file.read_bytes())
            if vector is None:
                print(f"agreement: no single face on a photograph of view {file.stem}")
            else:
                yield subject.name, file.stem, vector


def near(one: Photograph, other: Photograph) -> bool:
    """Whether one step of yaw or of pitch, 45 or 30 degrees, lies between two views, or none."""
    return abs(int(one[1][0]) - int(other[1][0])) + abs(int(one[1][1]) - int(other[1][1])) <= 1


def scores_of(taken: Sequence[Photograph], wanted: Callable[[Photograph, Photograph], bool]) -> Vector:
    return np.array([float(one[2] @ other[2]) for one, other in combinations(taken, 2) if wanted(one, other)])


if __name__ == "__main__":
    main()

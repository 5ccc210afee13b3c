"""Accuracy of the face engine beside its peers: rank-1, failure to acquire, open-set rates, and every angle.

One frontal of each research subject is the gallery, other views are the probes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.pipelines import MODELS, DeepFaceAsShipped, FaceRecognition, Ours, Pipeline, Vector
from bench.research import GALLERY_VIEW, HARD_VIEWS, PROBE_VIEWS, Research, research, turned
from server.face.engine import Engine

STEP = 15
DIMENSION = 128

Row = list[Vector | None]
"""One vector a subject, in the gallery's order; None where no face was found."""


def main() -> None:
    photographs = research()
    if photographs is None:
        return
    with tempfile.TemporaryDirectory() as home:
        ours = Ours(Engine.load(MODELS, Path(home)))
        gallery = print_upright(photographs, [ours, FaceRecognition(), DeepFaceAsShipped(Path(home))])
        print_turned(photographs, ours, gallery)


def print_upright(photographs: Research, pipelines: Sequence[Pipeline]) -> Row:
    """Every pipeline on the photographs as they are; returns our gallery."""
    print(f"face: {len(photographs.subjects)} frontals enrolled; rank-1 / probes, failures to acquire (fta)")
    print(f"{'probes':22}" + "".join(f"{pipeline.name:>20}" for pipeline in pipelines))
    galleries = [row_of(pipeline, photographs, GALLERY_VIEW) for pipeline in pipelines]
    total: list[list[Row]] = [[] for _ in pipelines]
    for view, words in (PROBE_VIEWS | HARD_VIEWS).items():
        rows = [row_of(pipeline, photographs, view) for pipeline in pipelines]
        print_line(words, [rank_one(gallery, [row]) for gallery, row in zip(galleries, rows, strict=True)])
        if view in PROBE_VIEWS:
            for own, row in zip(total, rows, strict=True):
                own.append(row)
    print_line("first four", [rank_one(gallery, rows) for gallery, rows in zip(galleries, total, strict=True)])
    pairs = list(zip(galleries, total, strict=True))
    for allowed in (0, 1, 5):
        cells = [tpir_at(gallery, rows, allowed) for gallery, rows in pairs]
        print_line(f"tpir at {allowed} false", cells)
    return galleries[0]


def print_turned(photographs: Research, ours: Ours, gallery: Row) -> None:
    """The first four views together, and those with the two hard ones, at every multiple of STEP degrees."""
    print(f"\nturned counter-clockwise, rank-1 / probes{'four views':>17}{'all six':>20}")
    for degrees in range(0, 360, STEP):
        rows = [
            [ours.vector(turned(image, degrees)) for image in photographs.photographs(view)]
            for view in PROBE_VIEWS | HARD_VIEWS
        ]
        print_line(f"{degrees}", [rank_one(gallery, rows[: len(PROBE_VIEWS)]), rank_one(gallery, rows)])


def print_line(words: str, cells: Sequence[str]) -> None:
    print(f"{words:22}" + "".join(f"{cell:>20}" for cell in cells), flush=True)


def row_of(pipeline: Pipeline, photographs: Research, view: str) -> Row:
    return [pipeline.vector(image) for image in photographs.photographs(view)]


def rank_one(gallery: Row, rows: Sequence[Row]) -> str:
    """Rank-1 of rows of probes; a probe or a reference without a face counts as a miss."""
    first = sum(
        int(np.argmax(scores)) == subject for row in rows for subject, scores in enumerate(scores_of(gallery, row))
    )
    missed = sum(probe is None for row in rows for probe in row)
    return f"{first}/{sum(map(len, rows))} fta {missed}"


def tpir_at(gallery: Row, rows: Sequence[Row], allowed: int) -> str:
    """Share of probes whose own reference scores above all but `allowed` of the best strangers of all searches.

    The threshold is chosen on the same searches: a comparison of pipelines, no calibration.
    """
    own, strangers = [], []
    for row in rows:
        for subject, scores in enumerate(scores_of(gallery, row)):
            own.append(scores[subject])
            strangers.append(np.delete(scores, subject).max())
    threshold = np.sort(strangers)[-1 - allowed]
    return f"{np.mean(np.array(own) > threshold):.3f}"


def scores_of(gallery: Row, row: Row) -> list[NDArray[np.float64]]:
    """A score for every reference, of every probe; -1 where either has no face."""
    templates = np.stack([np.zeros(DIMENSION) if vector is None else vector for vector in gallery])
    absent = np.array([vector is None for vector in gallery])
    nobody = np.full(len(gallery), -1.0)
    return [nobody if probe is None else np.where(absent, -1.0, templates @ probe) for probe in row]


if __name__ == "__main__":
    main()

"""A seeded population of templates for load: people as clusters whose scores are spread as measured ones are.

python -m bench.population        measures dlib-resnet on OIFR_TEST_FACES and prints it beside the generator

A template is drawn as unit(sqrt(shared) m + sqrt(between) p + sqrt(within) q n): m is common to all faces, p is the
person's, n the photograph's, and q, log-normal, says how unlike itself a photograph shows the person. p and n are
Gaussian in `rank` directions. Two people then score about shared / total with a spread set by `rank`; two photographs
of one person (shared + between) / total with a spread set by `unlikeness`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.research import GALLERY_VIEW, HARD_VIEWS, PROBE_VIEWS, Research, research

Vectors = NDArray[np.float32]

BLOCK = 100_000


class Moments(NamedTuple):
    """Mean and standard deviation of scores between two people, and between photographs of one."""

    impostor_mean: float
    impostor_sd: float
    genuine_mean: float
    genuine_sd: float


@dataclass(frozen=True)
class Population:
    shared: float
    between: float
    within: float
    unlikeness: float
    rank: int

    def templates(self, people: int, photographs: int, dimension: int, seed: int) -> Vectors:
        """`photographs` of each of `people`, one person's after another: shape (people * photographs, dimension)."""
        return self.views(people, [self.within] * photographs, dimension, seed)

    def views(self, people: int, withins: Sequence[float], dimension: int, seed: int) -> Vectors:
        """As `templates`, a photograph of each person for each of `withins`, which stand in the place of `within`."""
        blocks = self._blocks(people, withins, dimension, np.random.default_rng(seed))
        made = np.empty((people * len(withins), dimension), dtype=np.float32)
        start = 0
        for block in blocks:
            made[start : start + len(block)] = block
            start += len(block)
        return made

    def _blocks(
        self, people: int, withins: Sequence[float], dimension: int, rng: np.random.Generator
    ) -> Iterator[Vectors]:
        axes = _axes(dimension, self.rank + 1)
        for start in range(0, people, BLOCK):
            count = min(BLOCK, people - start)
            persons = np.repeat(rng.standard_normal((count, self.rank), dtype=np.float32), len(withins), axis=0)
            moments = rng.standard_normal(persons.shape, dtype=np.float32)
            moments *= np.exp(self.unlikeness * rng.standard_normal((len(persons), 1), dtype=np.float32))
            moments *= np.tile(np.sqrt(withins), count)[:, None]
            own = (np.sqrt(self.between) * persons + moments) / np.sqrt(self.rank)
            vectors = own.astype(np.float32) @ axes[1:] + np.float32(np.sqrt(self.shared)) * axes[0]
            yield vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


FACES = Population(shared=1.0, between=0.0844, within=0.0483, unlikeness=0.19, rank=36)
"""Fitted to dlib-resnet on 28 research subjects in seven views each: see docs/search.md."""


def _axes(dimension: int, count: int) -> Vectors:
    """Orthonormal directions, the same for every seed: probes and gallery are of one model."""
    mixed, _ = np.linalg.qr(np.random.default_rng(dimension).standard_normal((dimension, count)))
    return np.asarray(mixed.T, dtype=np.float32)


def moments(vectors: Vectors, people: NDArray[np.intp]) -> Moments:
    """Of all pairs of `vectors`; `people` says whose each is."""
    scores = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    pairs = np.triu(np.ones(scores.shape, dtype=bool), 1)
    same = people[:, None] == people[None, :]
    impostor, genuine = scores[pairs & ~same], scores[pairs & same]
    return Moments(float(impostor.mean()), float(impostor.std()), float(genuine.mean()), float(genuine.std()))


def measured(faces: Research) -> Moments:
    """Of dlib-resnet's templates of every view of every research subject; only these four numbers leave."""
    from bench.pipelines import MODELS, Ours  # noqa: PLC0415 - the generator alone needs no face engine
    from server.face.engine import Engine  # noqa: PLC0415

    vectors, people = [], []
    with tempfile.TemporaryDirectory() as home:
        ours = Ours(Engine.load(MODELS, Path(home)))
        for view in (GALLERY_VIEW, *PROBE_VIEWS, *HARD_VIEWS):
            for person, image in enumerate(faces.photographs(view)):
                vector = ours.vector(image)
                if vector is not None:
                    vectors.append(vector)
                    people.append(person)
    return moments(np.array(vectors, dtype=np.float32), np.array(people))


def main() -> None:
    faces = research()
    if faces is not None:
        print_line("dlib-resnet, measured", measured(faces))
    drawn = FACES.templates(400, 7, 128, seed=1)
    print_line("the generator", moments(drawn, np.repeat(np.arange(400), 7)))


def print_line(what: str, of: Moments) -> None:
    print(f"{what:24} impostor {of.impostor_mean:.4f} sd {of.impostor_sd:.4f}", end="   ")
    print(f"genuine {of.genuine_mean:.4f} sd {of.genuine_sd:.4f}")


if __name__ == "__main__":
    main()

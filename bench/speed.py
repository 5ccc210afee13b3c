"""Speed of the face engine beside its peers: one photograph of 1080p to its template, on the same cores, in one run.

Also four clients at once, and what a real serving process takes in time to get ready and in memory.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, fields
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image, ImageFilter
from skimage.data import astronaut

from bench.pipelines import MODELS, DeepFaceAsShipped, FaceRecognition, Ours, Pipeline
from server.face.engine import Engine, Stages
from tests.integration.service.caller import Caller, Person
from tests.integration.service.installation import Installation

ROUNDS = 15
WARM_UP = 2
CLIENTS = 4
SEARCHES = 40
SAME = 1e-6
"""Largest difference of a component between a template made alone and one made beside others."""


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        ours = Ours(Engine.load(MODELS, Path(home)))
        peers: list[Pipeline] = [FaceRecognition(), DeepFaceAsShipped(Path(home))]
        print(f"speed: one 1080p JPEG to a template, median of {ROUNDS} in turn")
        for words, image in SCENES.items():
            print_scene(words, image(), ours, peers)
        print_clients(near(), ours, peers[0])
    print_server(near())


def near() -> bytes:
    """Held upright before one person: the head takes 40 % of the width."""
    return _scene((1080, 1920), Image.fromarray(astronaut()).crop((115, 0, 340, 225)), 1080)


def far() -> bytes:
    """Held level, head to waist: the head takes 10 % of the width."""
    return _scene((1920, 1080), Image.fromarray(astronaut()), 1080)


SCENES: dict[str, Callable[[], bytes]] = {"near": near, "far": far}


def _scene(size: tuple[int, int], person: Image.Image, side: int) -> bytes:
    """The person in the middle of a blurred ground."""
    picture = person.resize(size).filter(ImageFilter.GaussianBlur(40))
    picture.paste(person.resize((side, side), Image.Resampling.LANCZOS), tuple((length - side) // 2 for length in size))  # type: ignore[arg-type]  # two lengths
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=90)
    return encoded.getvalue()


def print_scene(words: str, image: bytes, ours: Ours, peers: Sequence[Pipeline]) -> None:
    """Each pipeline in turn, so that a busy machine slows all; where our time goes."""
    for pipeline in (ours, *peers):
        pipeline.seconds.clear()
    ours.stages.clear()
    for _ in range(WARM_UP + ROUNDS):
        for pipeline in (ours, *peers):
            assert pipeline.vector(image) is not None, f"{pipeline.name} finds no face: {words}"
    mine = median(ours.seconds[WARM_UP:])
    print(f"\n{words}: {len(image) // 1000} kB\n  {ours.name:20}{mine * 1e3:8.1f} ms")
    for number, stage in enumerate(fields(Stages)):
        print(f"    {stage.name:18}{median(astuple(stages)[number] for stages in ours.stages[WARM_UP:]) * 1e3:8.1f} ms")
    for peer in peers:
        theirs = median(peer.seconds[WARM_UP:])
        print(f"  {peer.name:20}{theirs * 1e3:8.1f} ms, {theirs / mine:.1f} times ours", flush=True)


def print_clients(image: bytes, ours: Ours, peer: Pipeline) -> None:
    """Photographs a second of several clients of ours, and of one client of the faster peer."""
    alone = ours.vector(image)
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(ours.vector, [image] * CLIENTS * ROUNDS))
    mine = len(answers) / (time.perf_counter() - began)
    began = time.perf_counter()
    for _ in range(ROUNDS):
        peer.vector(image)
    theirs = ROUNDS / (time.perf_counter() - began)
    wrong = sum(alone is None or answer is None or np.abs(answer - alone).max() > SAME for answer in answers)
    print(f"\n{CLIENTS} clients of {ours.name}: {mine:.1f} a second, {wrong} wrong of {len(answers)}")
    print(f"one client of {peer.name}: {theirs:.1f} a second; ratio {mine / theirs:.1f}", flush=True)


def print_server(image: bytes) -> None:
    """A real `oifr serve` with embedded Redis and SQLite: start to ready, and its memory after searches."""
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation.at(Path(folder), search_places=str(CLIENTS))
        names = [f"officer-{number}" for number in range(CLIENTS)]
        for name in names:
            installation.add_account(name, "officer")
        installation.add_account("records", "gallery-manager")
        with installation.serving() as server:
            with Caller(installation.url, "records") as records:
                records.enrol(Person("R-1", "Ann", "Onymous"), image)
            with ThreadPoolExecutor(CLIENTS) as officers:
                list(officers.map(lambda name: _search_often(installation.url, name, image), names))
            print(f"\nserver: ready after {server.seconds_to_ready:.1f} s", end="; ")
            print(f"peak memory {server.peak_megabytes()} MB after {SEARCHES} searches by {CLIENTS} clients")


def _search_often(url: str, name: str, image: bytes) -> None:
    with Caller(url, name) as officer:
        for _ in range(SEARCHES // CLIENTS):
            officer.settle(officer.answered(image))


if __name__ == "__main__":
    main()

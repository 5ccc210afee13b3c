"""The engine's traced TensorFlow graphs beside ONNX Runtime and XLA: the same weights, the same inputs, in turn.

python -m bench.graph_alternatives

Every number of threads has a process of its own, for TensorFlow settles it once. The second and the third net are
asked of patches ready cut, which ONNX Runtime has no operation for. Only numbers leave this file.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.data import astronaut

from bench.onnx_nets import output_model, proposal_model, refinement_model, residual_model
from bench.pipelines import MODELS
from server.face import graphs
from server.face.dlib_file import read_residual_net
from server.face.mtcnn_file import CascadeWeights, Layers, read_cascade
from server.face.tensorflow_import import tensorflow
from server.face.weights import Manifest, verified_files

INSTALL = "pip install onnx onnxruntime"
THREADS = (1, 2)
ROUNDS = 40
WARM_UP = 5
PAUSE = 0.005
"""Seconds before each call: ONNX Runtime's threads keep a core busy for a while after their work."""

CHIPS = (2, 10)
"""One face with its mirror image, and a probe of the most frames."""

CANVASES = ((288, 256), (544, 544))
"""Height and width of the first net's canvas for an upright pass at 640 px, and for four turns down to small faces."""

REFINED = (16, 40)
FINISHED = (1, 4, 16)
"""Patches that the second and the third net are mostly given at a time; 4 is one further look."""

SIDES = {16: 24, 21: 48}
POOLS = {
    16: ((3, 2, "SAME"), (3, 2, "VALID"), (0, 0, "")),
    21: ((3, 2, "SAME"), (3, 2, "VALID"), (2, 2, "SAME"), (0, 0, "")),
}
"""Of the net with so many arrays, the side of a patch, and what is pooled after each convolution: side of the square,
stride and reach; nothing where the side is 0."""

Answer = list[NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Race:
    """One net and input, and every way to its answer; the first way is the engine's."""

    words: str
    ways: Mapping[str, Callable[[], Answer]]


def main() -> None:
    options = parsed_options()
    if find_spec("onnxruntime") is None or find_spec("onnx") is None:
        print(f"no figures: this needs ONNX Runtime, which the engine does without; {INSTALL}")
    elif options.threads:
        print_races(options.threads)
    else:
        print(f"graphs: medians of {ROUNDS} calls in turn, in ms; greatest difference to the engine's graph")
        for part in ("onnxruntime", "tensorflow"):
            subprocess.run([sys.executable, "-c", START.format(part)], check=True, stderr=subprocess.DEVNULL)
        for threads in THREADS:
            subprocess.run([sys.executable, "-m", __spec__.name, "--threads", str(threads)], check=True)


START = """
import importlib, time, numpy
began = time.perf_counter()
importlib.import_module("{0}")
seconds = time.perf_counter() - began
(line,) = (line for line in open("/proc/self/status") if line.startswith("VmRSS"))
print(f"import {0}: {{seconds:.2f}} s, then {{int(line.split()[1]) / 1000:.0f}} MB resident", flush=True)
"""


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, help="of one operation, in this very process")
    return parser.parse_args()


def print_races(threads: int) -> None:
    tensorflow().config.threading.set_intra_op_parallelism_threads(threads)
    print(f"\nthreads of an operation: {threads}")
    for race in (*embeddings(threads), *detections(threads)):
        print_race(race)


def print_race(race: Race) -> None:
    answers = {name: way() for name, way in race.ways.items()}
    engine = next(iter(answers.values()))
    seconds: dict[str, list[float]] = {name: [] for name in race.ways}
    for _ in range(WARM_UP + ROUNDS):
        for name, way in race.ways.items():
            time.sleep(PAUSE)
            way()
            began = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - began)
    cells = [
        f"{name} {median(seconds[name][WARM_UP:]) * 1e3:6.2f} ({difference(engine, answer):.0e})"
        for name, answer in answers.items()
    ]
    print(f"{race.words:28}" + "   ".join(cells), flush=True)


def difference(one: Answer, other: Answer) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


# --- what is raced ---------------------------------------------------------------------------------------------


def embeddings(threads: int) -> Iterator[Race]:
    (file,) = verified_files(Manifest.named(MODELS, "dlib-resnet"))
    net = read_residual_net(file)
    embed, session = graphs.embedding_graph(net), session_of(residual_model(net), threads)
    for number in CHIPS:
        chips = np.stack([cv2.resize(astronaut()[20 * n : 20 * n + 300, :300], (150, 150)) for n in range(number)])
        ways = {"engine": partial(lambda seen: [embed(seen)], chips), "ONNX": partial(asked, session, chips)}
        yield Race(f"dlib's ResNet, {number} chips", ways)


def detections(threads: int) -> Iterator[Race]:
    weights = read_cascade(verified_files(Manifest.named(MODELS, "mtcnn")))
    yield from proposals(weights, threads)
    yield from patched("R-Net", weights.refinement, session_of(refinement_model(weights.refinement), threads), REFINED)
    yield from patched("O-Net", weights.output, session_of(output_model(weights.output), threads), FINISHED)


def proposals(weights: CascadeWeights, threads: int) -> Iterator[Race]:
    engine, session = graphs.CascadeGraphs(weights), session_of(proposal_model(weights.proposal), threads)
    net = lambda seen: graphs._proposal(seen, weights.proposal)  # noqa: E731 - a partial's arrays would be traced too
    compiled = tensorflow().function(net, jit_compile=True, autograph=False)
    for height, width in CANVASES:
        canvas = cv2.resize(astronaut(), (width, height)).astype(np.float32)
        ways = {
            "engine": partial(lambda seen: list(engine.propose(seen)), canvas),
            "ONNX": partial(by_plane, session, canvas),
            "XLA": partial(called, compiled, canvas),
        }
        yield Race(f"P-Net, {height} x {width}", ways)


def patched(words: str, weights: Layers, session: Any, numbers: Sequence[int]) -> Iterator[Race]:
    """One of the last two nets at several numbers of patches."""
    side = SIDES[len(weights)]
    signature = [tensorflow().TensorSpec([None, side, side, 3])]
    net = lambda seen: answered(weights, seen)  # noqa: E731 - as above
    traced = tensorflow().function(net, input_signature=signature, autograph=False)
    engine = traced.get_concrete_function()
    for number in numbers:
        seen = np.random.default_rng(number).uniform(0, 255, (number, side, side, 3)).astype(np.float32)
        ways = {"engine": partial(called, engine, seen), "ONNX": partial(by_rows, session, seen)}
        yield Race(f"{words}, {number} patches", ways)


def answered(weights: Layers, patches: Any) -> list[Any]:
    """The engine's second or third net, of patches that it would cut out itself."""
    nn, layers = tensorflow().nn, iter(weights)
    plane = (patches - graphs.GREY) / 128.0
    for side, stride, reach in POOLS[len(weights)]:
        plane = graphs._sloped(graphs._filtered(plane, (next(layers), next(layers))), next(layers))
        if side:
            plane = nn.max_pool2d(plane, side, stride, reach)
    row = graphs._sloped(graphs._flat(plane) @ next(layers) + next(layers), next(layers))
    answers = [row @ kernel + biases for kernel, biases in zip(layers, layers, strict=True)]
    return [*answers[:-1], nn.softmax(answers[-1])[:, 1]]


def session_of(model: bytes, threads: int) -> Any:
    runtime: Any = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def called(graph: Any, seen: NDArray[Any]) -> Answer:
    return [np.asarray(output) for output in graph(tensorflow().constant(seen))]


def asked(session: Any, seen: NDArray[Any]) -> Answer:
    return list(session.run(None, {"seen": seen}))


def by_plane(session: Any, canvas: NDArray[Any]) -> Answer:
    """Offsets and face probabilities in the engine's order."""
    offsets, scores = asked(session, canvas)
    return [offsets[0].transpose(1, 2, 0), scores[0, 1]]


def by_rows(session: Any, patches: NDArray[Any]) -> Answer:
    *answers, scores = asked(session, patches)
    return [*answers, scores[:, 1]]


if __name__ == "__main__":
    main()

"""How much a vector set rounds: what we work out is what a real Redis 8 does, and the bounds hold."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from redis.crc import key_slot

from server.domain.face import UNIT_TOLERANCE
from server.matching.vector_set_partition import Layout
from server.matching.vector_set_precision import Precision, loss, slack
from tests.real_cluster import Servers, redis8

__all__ = ["redis8"]

DIMENSIONS = (2, 16, 128, 512)
Vectors = NDArray[np.float32]


def nearly_unit(count: int, dimension: int) -> Vectors:
    """Among them vectors with one large component, with equal ones, and of the greatest lengths off one."""
    rng = np.random.default_rng(dimension)
    made = rng.standard_normal((count, dimension)) * rng.uniform(0, 1, (count, dimension)) ** 4
    made[0] = 0
    made[0, 0] = 1
    made[1] = 1
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    made[2:4] *= [[1 - UNIT_TOLERANCE], [1 + UNIT_TOLERANCE]]
    return np.asarray(made, dtype=np.float32)


@pytest.mark.parametrize("precision", list(Precision))
@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_no_vector_loses_more_in_redis_than_we_say(redis8: Servers, precision: Precision, dimension: int) -> None:
    vectors = nearly_unit(300, dimension)
    kept = np.stack(held_by_redis(redis8, vectors, precision))
    truly = np.linalg.norm(vectors.astype(np.float64) - kept, axis=1)
    said = loss(vectors, precision)
    assert np.all(truly <= said)
    assert np.all(said <= truly + 1e-4)


@pytest.mark.parametrize("precision", list(Precision))
@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_no_score_is_further_off_than_we_say(redis8: Servers, precision: Precision, dimension: int) -> None:
    vectors, probes = nearly_unit(300, dimension), nearly_unit(40, dimension)[::-1]
    held_by_redis(redis8, vectors, precision)
    worst = float(loss(vectors, precision).max())
    furthest = 0.0
    with redis8.nodes[0].client() as client:
        for probe in probes:
            words = ("VSIM", "rounded", "FP32", probe.tobytes(), "WITHSCORES", "TRUTH", "COUNT", 300)
            flat = client.execute_command(*words)
            rounded = {int(name): 2 * float(score) - 1 for name, score in zip(flat[::2], flat[1::2], strict=True)}
            true = vectors.astype(np.float64) @ probe.astype(np.float64)
            off = max(abs(np.clip(true[row], -1, 1) - score) for row, score in rounded.items())
            assert len(rounded) == 300
            assert off <= slack(probe, worst, precision)
            furthest = max(furthest, off / slack(probe, worst, precision))
    if precision is Precision.Q8:
        assert furthest > 0.05, "a bound this wide would have the whole gallery rescored"


def held_by_redis(servers: Servers, vectors: Vectors, precision: Precision) -> list[NDArray[np.float64]]:
    """Put `vectors` in a set and read what it made of them."""
    servers.flush()
    with servers.nodes[0].client() as client:
        for row, vector in enumerate(vectors):
            client.execute_command("VADD", "rounded", "FP32", vector.tobytes(), str(row), precision.word)
        return [as_kept(client.execute_command("VEMB", "rounded", str(row), "RAW")) for row in range(len(vectors))]


def as_kept(raw: list[bytes]) -> NDArray[np.float64]:
    kind, components = raw[0], raw[1]
    if kind == b"int8":
        return np.frombuffer(components, dtype=np.int8).astype(np.float64) * float(raw[3]) / 127
    return np.frombuffer(components, dtype="<f4").astype(np.float64)


@pytest.mark.parametrize("partitions", [1, 2, 3, 12, 100])
def test_partitions_lie_evenly_over_the_slots_and_references_over_the_partitions(partitions: int) -> None:
    layout = Layout("dlib-resnet/2", partitions, Precision.Q8)
    slots = [key_slot(f"{prefix}:vectors".encode()) for prefix in layout.prefixes()]
    assert [slot * partitions // 16384 for slot in slots] == list(range(partitions))
    assert slots == [key_slot(f"{prefix}:state".encode()) for prefix in layout.prefixes()]
    numbers = [layout.number_of(f"{row:032x}") for row in range(400 * partitions)]
    assert set(numbers) == set(range(partitions))
    assert np.bincount(numbers).min() > 300


def test_a_reference_stays_in_its_partition_for_ever() -> None:
    layout = Layout("dlib-resnet/2", 12, Precision.Q8)
    assert [layout.number_of(f"{row:032x}") for row in range(8)] == [8, 11, 9, 10, 7, 7, 9, 3]

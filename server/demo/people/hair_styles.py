"""The direction each hair style combs its strands in, step by step from root to tip."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from server.demo.people.shaping import Field
from server.demo.people.traits import Identity

DOWN = np.array([0, -1.0, 0])
CURL_PER_STEP, WAVE_PER_STEP = 0.9, 0.8


@dataclass(frozen=True)
class Style:
    """`length` of a strand in mm, `points` along it, how many `strands`."""

    length: float
    points: int
    strands: int = 11_000


STYLES = {
    "bald": Style(4, 3, 2500),
    "buzz": Style(2.6, 3, 12_000),
    "crop": Style(24, 8),
    "part": Style(62, 14),
    "back": Style(85, 16),
    "afro": Style(55, 26),
    "curly": Style(60, 26),
    "long": Style(300, 36),
    "wavy": Style(280, 36),
    "bob": Style(170, 26),
    "bun": Style(62, 18),
}
SHAVED = ("bald", "buzz")


@dataclass(frozen=True)
class Strands:
    """What the strands of a head have in common with their clump; n strands.

    `height`: 0 at the ears, 1 at the crown. `side`: -1 or +1 of the parting. `jitter` (n, 3): of the clump.
    `phase`: of a curl. `fringe`: strands that fall over the forehead. `length` in mm.
    """

    person: Identity
    roots: Field
    normals: Field
    height: Field
    side: Field
    clump: Field
    jitter: Field
    phase: Field
    length: Field
    fringe: Field


@dataclass(frozen=True)
class Step:
    """One step of growth: its number, the share of the strand grown, tips (n, 3) and outward directions (n, 3)."""

    number: int
    share: float
    tips: Field
    outward: Field


def _column(x: Field | float, y: Field | float, z: Field | float) -> Field:
    return np.stack(np.broadcast_arrays(x, y, z), -1)


def _shaved(hair: Strands, _: Step) -> Field:
    return np.asarray(0.6 * hair.normals + np.array([0, -0.5, 0.35]) + 0.2 * hair.jitter)


def _crop(hair: Strands, step: Step) -> Field:
    combed = np.array([0.25 * np.sign(hair.person.hair.parting), -0.15, 0.45])
    return np.asarray(step.outward * (0.75 - 0.5 * step.share) + combed + 0.3 * hair.jitter)


def _part(hair: Strands, step: Step) -> Field:
    parting, low = np.sign(hair.person.hair.parting), 1 - hair.height
    over = -0.9 * parting * np.where(hair.side * parting < 0, 1, -0.6)
    lift = 0.62 * (1 - step.share) ** 1.5 - 0.55 * step.share
    return np.asarray(step.outward * lift + _column(over, -0.15 - 0.5 * low, 0.30 - 0.5 * low) + 0.14 * hair.jitter)


def _combed_back(hair: Strands, step: Step, volume: float, rise: float) -> Field:
    lift = volume * (1 - step.share) - 0.25 * step.share
    up = np.where(hair.roots[:, 1] < 30, 0.1, -0.15) + rise
    return step.outward * lift + _column(0, up, -1)


def _back(hair: Strands, step: Step) -> Field:
    return _combed_back(hair, step, volume=0.8, rise=0.12) + 0.12 * hair.jitter


def _bun(hair: Strands, step: Step) -> Field:
    return _combed_back(hair, step, volume=0.08, rise=-0.02)


def _curl(hair: Strands, step: Step) -> Field:
    turn = hair.phase + CURL_PER_STEP * step.number
    return 1.15 * _column(np.cos(turn), np.sin(turn), np.cos(turn + hair.phase + 1)) + 0.3 * hair.jitter


def _afro(hair: Strands, step: Step) -> Field:
    return step.outward + _curl(hair, step)


def _curly(hair: Strands, step: Step) -> Field:
    return 0.55 * step.outward + _curl(hair, step) + 0.35 * step.share * DOWN


def _long(hair: Strands, step: Step) -> Field:
    """Lifts off the scalp, falls to its side of the parting, then hangs; keeps clear of the face."""
    grown = step.share * hair.length[:, None]
    lift, aside = np.exp(-grown / 22), np.exp(-grown / 55)
    to_the_side = _column(hair.side, 0, -0.55) * aside * hair.height[:, None] ** 1.5
    hang = DOWN * (0.25 + 0.75 * (1 - aside))
    behind = _column(0, 0, -0.5 * (step.tips[:, 2] > 15)) * (1 - lift) * np.exp(-grown / 140)
    direction = 0.55 * step.outward * lift + to_the_side + hang + behind + 0.07 * hair.jitter
    return np.asarray(direction + _off_the_face(hair, step))


def _off_the_face(hair: Strands, step: Step) -> Field:
    x, y, z = step.tips.T
    in_the_way = ~hair.fringe & (np.abs(x) < 58) & (y < 45) & (y > -125) & (z > 35)
    return np.asarray(in_the_way[:, None] * _column(1.1 * hair.side, 0, -0.8))


def _wavy(hair: Strands, step: Step) -> Field:
    turn = 0.25 * hair.phase + WAVE_PER_STEP * step.number + hair.clump
    return _long(hair, step) + 0.6 * min(1.0, 3 * step.share) * _column(np.cos(turn), 0, np.sin(turn))


def _bob(hair: Strands, step: Step) -> Field:
    lift = np.exp(-step.share * hair.length / 22)[:, None]
    forward = 0.5 * step.outward + np.array([0, -0.3, 0.8])
    fringe = forward * lift + np.array([0, -1.0, 0.1]) * (1 - lift) + 0.05 * hair.jitter
    return np.where(hair.fringe[:, None], fringe, _long(hair, step))


COMB: dict[str, Callable[[Strands, Step], Field]] = {
    "bald": _shaved,
    "buzz": _shaved,
    "crop": _crop,
    "part": _part,
    "back": _back,
    "bun": _bun,
    "afro": _afro,
    "curly": _curly,
    "long": _long,
    "wavy": _wavy,
    "bob": _bob,
}

"""Boxes (left, top, right, bottom) in pixels, many at a time: overlap, thinning out, squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
"""(n, 4): left, top, right, bottom."""

Scores = NDArray[np.float32]


def overlap(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Square pixels that each box (rows) shares with each other one (columns)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.asarray(np.maximum(0.0, high - low).prod(axis=2))


def areas(boxes: Boxes) -> NDArray[np.float64]:
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).prod(axis=1))


def likeness(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Shared area over joint area (Jaccard index), 0 to 1, of each box with each other one."""
    shared = overlap(boxes, others)
    return np.asarray(shared / (areas(boxes)[:, None] + areas(others)[None, :] - shared))


def outstanding(boxes: Boxes, scores: Scores, most: float) -> NDArray[np.intp]:
    """Indices, best score first, of boxes that no better-scored box resembles by more than `most` (Jaccard index)."""
    if len(scores) < 2:
        return np.arange(len(scores))
    order = np.argsort(scores)[::-1]
    resembles = np.triu(likeness(boxes[order], boxes[order]) > most, k=1)
    return np.asarray(order[~resembles.any(axis=0)])


def uncovered(boxes: Boxes, scores: Scores, most: float) -> NDArray[np.intp]:
    """Indices, best score first, of boxes of which no better-scored one shares more than `most` of the smaller."""
    order = np.argsort(scores)[::-1]
    ranked = boxes[order]
    smaller = np.minimum(areas(ranked)[:, None], areas(ranked)[None, :])
    covered = np.triu(overlap(ranked, ranked) > most * smaller, k=1).any(axis=0)
    return np.asarray(order[~covered])


def squared(boxes: Boxes) -> Boxes:
    """The least squares about the same middles that hold the boxes."""
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.asarray(np.concatenate([middle - half, middle + half], axis=1), np.float64)


def shifted(boxes: Boxes, offsets: NDArray[np.float32]) -> Boxes:
    """Boxes whose edges are moved by parts of their sides; MTCNN counts both end pixels as inside."""
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    return np.asarray(boxes + offsets * np.concatenate([sides, sides], axis=1), np.float64)

"""A source cut into batches, and the next one under way while one is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from server.workflow.intake import Intake, Refusal, Row

Chunk = Sequence[Row | Refusal]
Result = TypeVar("Result")


def chunks(intake: Intake, size: int) -> Iterator[Chunk]:
    rows = intake.rows()
    while chunk := list(islice(rows, size)):
        yield chunk


def one_ahead(work: Callable[[Chunk], Result], given: Iterable[Chunk]) -> Iterator[Result]:
    """The results in order; while the caller is busy with one, a thread of ours makes the next."""
    with ThreadPoolExecutor(1) as worker:
        under_way: Future[Result] | None = None
        for chunk in given:
            following = worker.submit(work, chunk)
            if under_way is not None:
                yield under_way.result()
            under_way = following
        if under_way is not None:
            yield under_way.result()

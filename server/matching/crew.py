"""Work over many rows, shared out among threads where that is worth waking them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

WORTH_A_THREAD = 4 << 20  # bytes to read; at 20 GB/s a core that is 0.2 ms, and a thread starts within 0.1 ms
CORES = os.cpu_count() or 1  # once, for asking takes as long as a small search
MOST = 8  # more threads than memory has channels gain nothing


def workers(nbytes: int) -> int:
    """How many threads are worth starting for reading so many bytes; one where it would be only one more."""
    return max(1, min(CORES, MOST, nbytes // WORTH_A_THREAD))


def share(tasks: Sequence[Callable[[], None]]) -> None:
    """Run all tasks at once, the first in this thread, and return when all are done; raises what one of them raised.

    The threads end with the work: keeping them would save less than a tenth of a millisecond, and nobody has to
    close them.
    """
    first, *others = tasks
    if not others:
        first()
        return
    with ThreadPoolExecutor(len(others)) as threads:
        under_way = [threads.submit(task) for task in others]
        first()
        for one in under_way:
            one.result()


def parts(count: int, shares: int, group: int) -> Sequence[range]:
    """`count` rows in at most so many parts, of whole groups but the last; at least one part, possibly empty."""
    size = max(1, -(-count // (shares * group))) * group
    return [range(start, min(start + size, count)) for start in range(0, max(count, 1), size)]

"""The matcher beyond one machine: the gallery in Redis 8 vector sets, cut over the nodes of a cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self, cast

import numpy as np
from redis import Redis

from server.domain.candidates import Scored, shortlist
from server.domain.errors import SearchIncomplete, Unavailable
from server.domain.face import Template, Vector
from server.domain.gallery import IndexedReference, Source
from server.domain.matchers import Loading, Matcher, Phase, Standing
from server.domain.model_errors import TemplateInvalid
from server.matching.cache import GalleryCache
from server.matching.heartbeat import Heartbeat
from server.matching.vector_set_filling import BEING_FILLED, Filling
from server.matching.vector_set_partition import Layout, Near, Partition
from server.matching.vector_set_precision import slack
from server.matching.vector_set_server import VectorServer
from server.workflow.ports import Cipher, GalleryTemplates

FIRST_COUNT = 64
MORE = 4
WAIT_FOR_FILLING = 2.0  # seconds a search waits for a partition that is behind
ATTEMPTS = 3
BEYOND = f"{2**64 - 1}-0"  # later than every entry of a stream


@dataclass(frozen=True)
class Reaching:
    """The elements of a partition whose true score may reach the threshold."""

    near: Near
    ids: Sequence[str]

    def stands_for(self, wanted: int, latest: int) -> bool:
        """Whether nothing was missing while we looked."""
        before, after = self.near.before, self.near.after
        whole = before.stands_for(wanted, latest) and after.stands_for(wanted, latest)
        return whole and before.epoch == after.epoch


class VectorSetGallery:
    """GalleryIndex over vector sets; safe to use from several threads. Use as a context manager, or `close` it.

    Each search asks every partition for all vectors whose rounded score comes near enough to `threshold` that the
    true one could reach it, and more as long as the worst of them still does. Their exact templates come from the
    database, whose float64 products decide. With `effort` None each partition compares every vector, and the answer
    is that of the exact matcher; else it visits about `effort` vectors of the partition's graph, and may miss.

    An answer is never older than the database was when it was asked. A partition that does not answer, is behind or
    has lost vectors makes the search fail with SearchIncomplete: there is no list without it.
    """

    def __init__(
        self, layout: Layout, source: GalleryTemplates, server: VectorServer, effort: int | None = None
    ) -> None:
        self._layout = layout
        self._source = source
        self._server = server
        self._effort = effort
        self._filling = Filling(layout, source, server)
        self._partitions = self._filling.partitions
        self._askers = ThreadPoolExecutor(layout.partitions, thread_name_prefix="partition")
        self._leaving = threading.Event()
        self._heartbeat: Heartbeat | None = None
        self._whole = False

    def warm(self) -> None:
        """Fill what is missing, however long it takes, and forget sets of models without templates or cut otherwise.

        Raises Unavailable; a later search tries again.
        """
        self._filling.follow(None)
        self._forget_others()

    def following(self) -> AbstractContextManager[object]:
        """A thread that fills what is missing and keeps it in step, until the context ends."""
        leaving = self._leaving
        self._heartbeat = Heartbeat(self._beat, self._rest, leaving.set, leaving.clear, give_up=leaving.set)
        return self._heartbeat

    @property
    def loading(self) -> Loading:
        """How far the sets are filled, until they have been whole once since the start."""
        done, total = self._filling.progress
        return Loading(Phase.READY if self._whole else Phase.FROM_DATABASE, done, total)

    def standing(self) -> Standing:
        """Each partition, which all processes share, as a matcher of its own. Raises SearchIncomplete."""
        states = list(self._askers.map(Partition.state, self._partitions))
        sizes = list(self._askers.map(Partition.nbytes, self._partitions))
        (moment,) = self._server.ask(self._partitions[0].prefix, ("TIME",))
        seconds, microseconds = cast("tuple[int, int]", moment)
        at = datetime.fromtimestamp(seconds + microseconds / 1e6, UTC)
        model = self._layout.model
        parts = zip(self._partitions, states, sizes, strict=True)
        matchers = [Matcher(part.prefix, model, told.version, told.count, at, 0.0, size) for part, told, size in parts]
        return Standing({}, matchers, whole=all(state.epoch is not None for state in states))

    def search(self, template: Template, sources: frozenset[Source], threshold: float, limit: int) -> Sequence[Scored]:
        """The best reference in scope of each subject that reaches `threshold`, best first, at most `limit`.

        With an effort: of those found.

        Raises TemplateInvalid for another model's template or dimension, SearchIncomplete when a part of the gallery
        could not be searched, DatabaseUnavailable.
        """
        if template.model != self._layout.model:
            raise TemplateInvalid
        if not sources:
            return ()
        ids = self._reaching(template.vector, sources, threshold)
        references = self._source.indexed(self._layout.model, ids)
        scored = _scored(template.vector, [entry for entry in references if entry.source in sources])
        return shortlist(scored, threshold, limit)

    def added(self, reference: IndexedReference, version: int) -> None:
        """Put a committed reference in its partition, and tell the others of the version; never raises.

        What a node does not take leaves it behind, which the next search makes up for from the database.
        """
        ours = [reference] if reference.template.model == self._layout.model else []
        self._add(ours, version)

    def removed(self, reference_id: str, version: int) -> None:
        """Take a reference out of its partition before returning, and tell the others of the version; never raises."""
        number = self._layout.number_of(reference_id)

        def tell(place: int, partition: Partition) -> None:
            if place == number:
                partition.remove(reference_id, version)
            else:
                partition.add((), version)

        self._tell_each(tell)

    def supplemented(self, references: Sequence[IndexedReference], version: int) -> None:
        """Put a committed batch of templates of this model into their partitions; never raises, as `added`."""
        self._add(references, version)

    def dropped(self, version: int) -> None:  # noqa: ARG002 - what is gone stands for no version
        """Forget this model's vectors; never raises. Where a node does not answer, the next `warm` forgets them."""
        self._tell_each(lambda _, partition: partition.forget())

    def ping(self) -> None:
        """Raise SearchIncomplete, DatabaseUnavailable or BackgroundWorkEnded when not all is as it should be."""
        if self._heartbeat is not None:
            self._heartbeat.check()
        self._source.version()
        states = list(self._askers.map(Partition.state, self._partitions))
        if any(state.epoch is None or state.version < 0 for state in states):
            self._filling.follow(0)

    def close(self) -> None:
        self._filling.close()
        self._askers.shutdown(cancel_futures=True)
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rest(self, seconds: float) -> None:
        self._leaving.wait(seconds)

    def _beat(self) -> None:
        """A filling goes on in its own thread while this waits for its end for a moment."""
        self._filling.follow(WAIT_FOR_FILLING)
        if not self._whole:
            self._forget_others()
            self._whole = True

    def _reaching(self, vector: Vector, sources: frozenset[Source], threshold: float) -> Sequence[str]:
        """Ids of the references that may reach `threshold`, in partitions that all stand for the database."""
        ask = partial(self._ask, vector, sources, threshold)
        for _ in range(ATTEMPTS):
            wanted = self._source.version()
            answers = list(self._askers.map(ask, self._partitions))
            latest = self._source.version()
            if all(answer.stands_for(wanted, latest) for answer in answers):
                return [name for answer in answers for name in answer.ids]
            self._filling.follow(WAIT_FOR_FILLING)
        raise SearchIncomplete(BEING_FILLED)

    def _ask(self, vector: Vector, sources: frozenset[Source], threshold: float, partition: Partition) -> Reaching:
        count = self._effort or FIRST_COUNT
        while True:
            effort = None if self._effort is None else max(self._effort, count)
            near = partition.nearest(vector, sources, count, effort)
            worst_loss = max(near.before.loss, near.after.loss)
            least = threshold - slack(vector, worst_loss, self._layout.precision)
            ids = [name for name, score in zip(near.ids, near.scores, strict=True) if score >= least]
            if len(ids) < count:
                return Reaching(near, ids)
            count *= MORE

    def _add(self, references: Sequence[IndexedReference], version: int) -> None:
        parts: dict[int, list[IndexedReference]] = {}
        for reference in references:
            parts.setdefault(self._layout.number_of(reference.reference_id), []).append(reference)
        self._tell_each(lambda number, partition: partition.add(parts.get(number, ()), version))

    def _tell_each(self, tell: Callable[[int, Partition], None]) -> None:
        """Tell every partition; one that does not answer keeps none of the others from being told."""

        def told(number: int) -> None:
            with suppress(Unavailable):
                tell(number, self._partitions[number])

        for _ in self._askers.map(told, range(self._layout.partitions)):
            pass

    def _forget_others(self) -> None:
        """A set of another model that still has templates stays: it may be the way back."""
        models = {self._layout.model, *self._source.census().templates}
        layouts = [Layout(model, self._layout.partitions, self._layout.precision) for model in models]
        kept = {prefix for layout in layouts for prefix in layout.prefixes()}
        stored = {key.rpartition(":")[0] for key in self._server.keys("gallery:{*}:state")}
        for prefix in stored - kept:
            Partition(prefix, self._layout.precision, self._server).forget()


def forget_gallery(client: Redis, cipher: Cipher, model: str) -> None:
    """Drop every row that the exact matcher stored at `client`, of this model and of others, and its stream of changes.

    Raises CacheUnavailable.
    """
    cache = GalleryCache(client, cipher, model)
    cache.forget()
    cache.forget_others(())
    cache.changes.trim(BEYOND)


def _scored(vector: Vector, references: Sequence[IndexedReference]) -> Sequence[Scored]:
    """The float64 product of `vector` and each template, best first; equal scores by reference id."""
    if not references:
        return ()
    templates = np.stack([entry.template.vector for entry in references]).astype(np.float64)
    scores = np.einsum("ij,j->i", templates, vector.astype(np.float64))
    entries = zip(references, scores, strict=True)
    scored = [Scored(entry.reference_id, entry.subject_id, float(score)) for entry, score in entries]
    return sorted(scored, key=lambda entry: (-entry.score, entry.reference_id))

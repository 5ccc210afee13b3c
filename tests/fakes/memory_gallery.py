"""In-memory gallery, gallery source, probe vault, and a real cipher under a throw-away key."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.domain.candidates import Scored, shortlist
from server.domain.errors import CacheUnavailable, SealBroken, SearchIncomplete
from server.domain.face import Template
from server.domain.gallery import Census, GalleryStep, IndexedReference, ReferenceBlock, Source
from server.domain.matchers import Standing
from server.domain.model_errors import TemplateInvalid
from server.domain.search_errors import ProbeGone
from server.workflow.ports import Clock, GalleryReading, GallerySource

BLOCK_ROWS = 1000


class ThrowAwayCipher:
    """AES-256-GCM under a key that lives as long as the object; the nonce stands before the ciphertext."""

    def __init__(self) -> None:
        self._aead = AESGCM(AESGCM.generate_key(256))

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._aead.encrypt(nonce, plaintext, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        try:
            return self._aead.decrypt(sealed[:12], sealed[12:], context)
        except (InvalidTag, ValueError):
            raise SealBroken from None

    def open_own(self, sealed: bytes, context: bytes) -> bytearray:
        return bytearray(self.open(sealed, context))


class MemoryGallerySource:
    """A GalleryFeed and a GalleryTemplates with the writes that a database would make."""

    def __init__(self) -> None:
        self._references: dict[str, IndexedReference] = {}
        self._version = 0
        self._changes: dict[int, tuple[str, str]] = {}  # version: what was done, and to which reference or model
        self._brought: dict[int, list[str]] = {}  # version: the references of a batch
        self.reads = 0
        self.before_block: Callable[[], None] = lambda: None  # a test may look, or raise as a database would

    def enrol(self, reference: IndexedReference) -> int:
        self._references[reference.reference_id] = reference
        return self._noted("added", reference.reference_id)

    def erase(self, reference_id: str) -> int:
        del self._references[reference_id]
        return self._noted("removed", reference_id)

    def supplement(self, *references: IndexedReference) -> int:
        """References that had no template of this model so far."""
        self._references |= {reference.reference_id: reference for reference in references}
        self._brought[self._version + 1] = [reference.reference_id for reference in references]
        return self._noted("batch", references[0].template.model if references else "none")

    def drop(self, model: str) -> int:
        self._references = {
            name: reference for name, reference in self._references.items() if reference.template.model != model
        }
        return self._noted("dropped", model)

    def set_back(self, references: Sequence[IndexedReference], version: int) -> None:
        """Become what an older backup held."""
        self._references = {reference.reference_id: reference for reference in references}
        self._version = version

    def version(self) -> int:
        return self._version

    def references(self, model: str) -> tuple[int, Sequence[IndexedReference]]:
        self.reads += 1
        return self._version, [entry for entry in self._references.values() if entry.template.model == model]

    @contextmanager
    def reading(self, model: str) -> Iterator[GalleryReading]:
        version, references = self.references(model)
        starts = range(0, len(references), BLOCK_ROWS)
        yield GalleryReading(version, len(references), self._blocks(references, starts))

    def _blocks(self, references: Sequence[IndexedReference], starts: range) -> Iterator[ReferenceBlock]:
        for start in starts:
            self.before_block()
            yield _block(references[start : start + BLOCK_ROWS])

    def steps(self, model: str, after: int, limit: int, most: int) -> Sequence[GalleryStep] | None:
        later = [(version, *self._changes[version]) for version in range(after + 1, self._version + 1)]
        brought = sum(len(self._brought.get(version, ())) for version, _, named in later if named == model)
        if len(later) > limit or brought > most or ("dropped", model) in [change[1:] for change in later]:
            return None
        return [self._step(model, *change) for change in later]

    def _step(self, model: str, version: int, done: str, named: str) -> GalleryStep:
        if done == "removed":
            return GalleryStep(version, went=named)
        came = [self._references[name] for name in self._brought.get(version, [named]) if name in self._references]
        ours = [reference for reference in came if reference.template.model == model]
        return GalleryStep(version, came=_block(ours) if ours else None)

    def _noted(self, done: str, named: str) -> int:
        self._changes[self._version + 1] = (done, named)  # before anybody can ask for the change of that number
        self._version += 1
        return self._version

    def ids(self, model: str) -> tuple[int, Sequence[str]]:
        self.reads += 1
        return self._version, [
            entry.reference_id for entry in self._references.values() if entry.template.model == model
        ]

    def indexed(self, model: str, reference_ids: Sequence[str]) -> Sequence[IndexedReference]:
        found = [self._references[name] for name in reference_ids if name in self._references]
        return [entry for entry in found if entry.template.model == model]

    def active(self, reference_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(self._references).intersection(reference_ids)

    def census(self) -> Census:
        templates = Counter(reference.template.model for reference in self._references.values())
        return Census(self._version, len(self._references), templates, {})


def _block(references: Sequence[IndexedReference]) -> ReferenceBlock:
    return ReferenceBlock(
        [entry.reference_id for entry in references],
        [entry.subject_id for entry in references],
        [entry.source for entry in references],
        np.stack([entry.template.vector for entry in references]),
    )


class MemoryGallery:
    """A GalleryIndex that reads `source` anew at each search.

    `down` makes it answer like a dead cache, `incomplete` like an index of which a node is dead.
    """

    def __init__(self, model: str, source: GallerySource) -> None:
        self._model = model
        self._source = source
        self.down = False
        self.incomplete = False

    def search(self, template: Template, sources: frozenset[Source], threshold: float, limit: int) -> Sequence[Scored]:
        self.ping()
        if template.model != self._model:
            raise TemplateInvalid
        _, references = self._source.references(self._model)
        scored = [
            Scored(entry.reference_id, entry.subject_id, template.score(entry.template))
            for entry in references
            if entry.source in sources
        ]
        return shortlist(scored, threshold, limit)

    def added(self, reference: IndexedReference, version: int) -> None:
        """Nothing to do: the next search reads the source."""

    def removed(self, reference_id: str, version: int) -> None:
        """Nothing to do: the next search reads the source."""

    def supplemented(self, references: Sequence[IndexedReference], version: int) -> None:
        """Nothing to do: the next search reads the source."""

    def dropped(self, version: int) -> None:
        """Nothing to do: the next search reads the source."""

    def ping(self) -> None:
        if self.down:
            raise CacheUnavailable
        if self.incomplete:
            raise SearchIncomplete


class MemoryMatchers:
    """`ports.Matchers` that stand where a test puts them; `down` makes them answer like a dead cache."""

    def __init__(self, standing: Standing) -> None:
        self.stands = standing
        self.down = False

    def standing(self) -> Standing:
        if self.down:
            raise CacheUnavailable
        return self.stands


class MemoryLookalikes:
    """A Lookalikes that reads `source` anew each time. `too_far` is how often it says that it cannot keep up."""

    def __init__(self, model: str, source: GallerySource) -> None:
        self._model = model
        self._source = source
        self.caught_up = 0
        self.too_far = 0

    def catch_up(self) -> None:
        self.caught_up += 1

    def keep_up(self) -> bool:
        self.too_far -= 1
        return self.too_far < 0

    def of(self, templates: Sequence[Template], threshold: float) -> Sequence[Sequence[Scored]]:
        return [self._reaching(template, threshold) for template in templates]

    def _reaching(self, template: Template, threshold: float) -> Sequence[Scored]:
        _, references = self._source.references(self._model)
        scored = [
            Scored(entry.reference_id, entry.subject_id, float(entry.template.vector @ template.vector))
            for entry in references
        ]
        return sorted((one for one in scored if one.score >= threshold), key=lambda one: -one.score)

    def supplemented(self, references: Sequence[IndexedReference], version: int) -> None:
        """Nothing to do: the next comparison reads the source."""


class MemoryTrialLookalikes(MemoryLookalikes):
    """A TrialComparison: also with what was pretended."""

    def __init__(self, model: str, source: GallerySource) -> None:
        super().__init__(model, source)
        self._pretended: list[IndexedReference] = []

    def of(self, templates: Sequence[Template], threshold: float) -> Sequence[Sequence[Scored]]:
        return [self._with_pretended(template, threshold) for template in templates]

    def pretended(self, references: Sequence[IndexedReference]) -> None:
        self._pretended.extend(references)

    def _with_pretended(self, template: Template, threshold: float) -> Sequence[Scored]:
        scored = [
            Scored(entry.reference_id, entry.subject_id, float(entry.template.vector @ template.vector))
            for entry in self._pretended
        ]
        found = [*self._reaching(template, threshold), *(one for one in scored if one.score >= threshold)]
        return sorted(found, key=lambda one: -one.score)


class MemoryVault:
    """A ProbeVault that forgets by `clock`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, tuple[bytes, datetime, tuple[bytes, ...]]] = {}

    def seal(self, search_id: str, images: Sequence[bytes], keep_for: timedelta) -> bytes:
        key = os.urandom(32)
        self._held[search_id] = (key, self._clock.now() + keep_for, tuple(images))
        return key

    def open(self, search_id: str, key: bytes) -> Sequence[bytes]:
        if search_id not in self._held:
            raise ProbeGone
        held_key, until, images = self._held[search_id]
        if self._clock.now() >= until:
            raise ProbeGone
        if key != held_key:
            raise SealBroken
        return images

    def discard(self, search_id: str) -> None:
        self._held.pop(search_id, None)

"""In-memory gallery, gallery source, probe vault, and a real cipher under a throw-away key."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.domain.candidates import Scored
from server.domain.errors import CacheUnavailable, ProbeGone, SealBroken, SearchIncomplete, TemplateInvalid
from server.domain.face import Template
from server.domain.gallery import Census, IndexedReference, Source
from server.workflow.ports import Clock, GallerySource


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


class MemoryGallerySource:
    """A GalleryTemplates with the writes that a database would make."""

    def __init__(self) -> None:
        self._references: dict[str, IndexedReference] = {}
        self._version = 0
        self.reads = 0

    def enrol(self, reference: IndexedReference) -> int:
        self._references[reference.reference_id] = reference
        self._version += 1
        return self._version

    def erase(self, reference_id: str) -> int:
        del self._references[reference_id]
        self._version += 1
        return self._version

    def supplement(self, *references: IndexedReference) -> int:
        """References that had no template of this model so far."""
        self._references |= {reference.reference_id: reference for reference in references}
        self._version += 1
        return self._version

    def drop(self, model: str) -> int:
        self._references = {
            name: reference for name, reference in self._references.items() if reference.template.model != model
        }
        self._version += 1
        return self._version

    def set_back(self, references: Sequence[IndexedReference], version: int) -> None:
        """Become what an older backup held."""
        self._references = {reference.reference_id: reference for reference in references}
        self._version = version

    def version(self) -> int:
        return self._version

    def references(self, model: str) -> tuple[int, Sequence[IndexedReference]]:
        self.reads += 1
        return self._version, [entry for entry in self._references.values() if entry.template.model == model]

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


class MemoryGallery:
    """A GalleryIndex that reads `source` anew at each search.

    `down` makes it answer like a dead cache, `incomplete` like an index of which a node is dead.
    """

    def __init__(self, model: str, source: GallerySource) -> None:
        self._model = model
        self._source = source
        self.down = False
        self.incomplete = False

    def search(self, template: Template, sources: frozenset[Source], threshold: float) -> Sequence[Scored]:
        self.ping()
        if template.model != self._model:
            raise TemplateInvalid
        _, references = self._source.references(self._model)
        scored = [
            Scored(entry.reference_id, entry.subject_id, template.score(entry.template))
            for entry in references
            if entry.source in sources
        ]
        reached = [entry for entry in scored if entry.score >= threshold]
        return sorted(reached, key=lambda entry: (-entry.score, entry.reference_id))

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

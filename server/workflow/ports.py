"""What the workflows need of the outside world. Adapters implement these; tests/fakes holds typed fakes.

Every implementation lets only errors of `server.domain` out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from server.domain.candidates import Scored
from server.domain.capture import Likeness, Sample
from server.domain.face import NamedFace, Template
from server.domain.gallery import (
    Census,
    GalleryStep,
    IndexedReference,
    ReferenceBlock,
    Source,
)
from server.domain.image_errors import ImageRefused
from server.domain.matchers import Standing


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, timezone-aware, in UTC."""


class Randomness(Protocol):
    def id(self) -> str:
        """A fresh identifier: 32 lower-case hexadecimal digits, not guessable."""

    def seed(self) -> int:
        """A fresh shuffle seed in [0, 2**31)."""

    def token(self) -> str:
        """A fresh bearer token with at least 256 bits of entropy, safe in an HTTP header."""


# --- faces -----------------------------------------------------------------------------------------------------


class FaceEngine(Protocol):
    """Pixels to templates. Safe to call from several threads."""

    @property
    def model(self) -> str:
        """Id of the model whose templates this engine makes, with its pipeline version: `dlib-resnet/2`."""

    def sample_of(self, images: Sequence[bytes], named: Sequence[NamedFace] = ()) -> Sample:
        """Template and quality of the one person on 1-5 encoded photographs (JPEG, PNG, WebP).

        named: of photographs with several faces, which one is meant. Raises an ImageRefused (ImageUnreadable,
        FaceNotFound, SeveralFaces, FaceNotNamed, FramesDisagree, ...) or Busy.
        """

    def template_of(self, images: Sequence[bytes]) -> Template:
        """The template alone, of photographs whose quality was judged before; raises as `sample_of`."""

    def likenesses_of(self, images: Sequence[bytes]) -> Sequence[Likeness | ImageRefused]:
        """Of photographs for the gallery, each by itself: in their order what was made of it, or why it was refused.

        Many at a time, worked on side by side. Quality is measured, and judged by the caller.
        """

    def portrait_of(self, image: bytes) -> bytes:
        """The photograph as it is kept and shown: upright JPEG, at most 1280 px, without metadata."""

    def ping(self) -> None:
        """Raise Unavailable when the engine cannot serve."""


# --- gallery index ---------------------------------------------------------------------------------------------


class GallerySource(Protocol):
    """The database's view of the gallery: the truth that index and cache follow."""

    def version(self) -> int:
        """Number of gallery changes ever committed.

        It grows by one with each reference added or removed, with each batch of references enrolled together, and
        with each batch of templates added to references or dropped from them.
        """

    def references(self, model: str) -> tuple[int, Sequence[IndexedReference]]:
        """All active references of `model`, with the version they stand for, read in one snapshot."""

    def active(self, reference_ids: Sequence[str]) -> frozenset[str]:
        """Those of `reference_ids` that are active now."""

    def census(self) -> Census:
        """How many references are active, and what each model knows of them, read in one snapshot."""


@dataclass(frozen=True)
class GalleryReading:
    """All active references of one model in one snapshot: the change they stand for, how many, and the rows."""

    version: int
    count: int
    blocks: Iterator[ReferenceBlock]


class GalleryFeed(GallerySource, Protocol):
    """A GallerySource that an index in memory is filled from, and kept in step with."""

    def reading(self, model: str) -> AbstractContextManager[GalleryReading]:
        """Every active reference of `model`; the blocks are to be read inside the context.

        Raises SealBroken or TemplateInvalid where a stored template was altered.
        """

    def steps(self, model: str, after: int, limit: int, most: int) -> Sequence[GalleryStep] | None:
        """Every change later than `after`, oldest first.

        None for more than `limit` changes, or batches that brought more than `most` references together; where all
        templates of `model` were dropped; and where a batch is older than the noting of what it brought. Read in one
        snapshot. Raises SealBroken or TemplateInvalid where a stored template was altered.
        """


class GalleryTemplates(GallerySource, Protocol):
    """A GallerySource that is also read in parts, for an index that holds rounded templates outside this process."""

    def ids(self, model: str) -> tuple[int, Sequence[str]]:
        """Ids of all active references of `model`, with the version they stand for, read in one snapshot."""

    def indexed(self, model: str, reference_ids: Sequence[str]) -> Sequence[IndexedReference]:
        """Those of `reference_ids` that are active now and have a template of `model`."""


class GalleryIndex(Protocol):
    """Search over the active references of one model; exact, unless the policy names an effort."""

    def search(self, template: Template, sources: frozenset[Source], threshold: float, limit: int) -> Sequence[Scored]:
        """The best reference in scope of each subject that reaches `threshold`, best first, at most `limit`.

        Equal scores are ordered as by `domain.candidates.shortlist`. Raises TemplateInvalid for another model's
        template or dimension, GalleryLoading during the first load, CacheUnavailable when the cache is down, and
        SearchIncomplete when a part of the gallery was not searched: never a list without that part.
        """

    def added(self, reference: IndexedReference, version: int) -> None:
        """Tell every matcher that `reference` was committed as gallery change `version`.

        Raises nothing: the commit has happened, and a telling that is lost is made up for by the next search.
        """

    def removed(self, reference_id: str, version: int) -> None:
        """Tell every matcher that `reference_id` left the gallery as change `version`; raises nothing, as `added`."""

    def supplemented(self, references: Sequence[IndexedReference], version: int) -> None:
        """Tell every matcher that `references`, possibly none, got templates of this model in change `version`.

        Raises nothing, as `added`.
        """

    def dropped(self, version: int) -> None:
        """Tell every matcher that this model's templates left the gallery as change `version`; raises nothing."""

    def ping(self) -> None:
        """Raise Unavailable when a search could not be answered."""


class Matchers(Protocol):
    """Every matcher of every process, as far as the cache knows them."""

    def standing(self) -> Standing:
        """Which gallery change each live matcher and the stored rows of each model have reached.

        Raises CacheUnavailable, or SearchIncomplete where a part of the gallery lies elsewhere and does not answer.
        """


class Comparison(Protocol):
    """Compares new templates with every active reference of one model, without a cache: for enrolling many."""

    def of(self, templates: Sequence[Template], threshold: float) -> Sequence[Sequence[Scored]]:
        """For each template, every reference whose score reaches `threshold`, best first.

        Exact. Raises TemplateInvalid for another model's template.
        """


class Lookalikes(Comparison, Protocol):
    """Compares with the gallery as of what it followed last."""

    def catch_up(self) -> None:
        """Follow the database, however long that takes: no place for a transaction that others wait for."""

    def keep_up(self) -> bool:
        """Follow the few changes since then, inside of a transaction; False where it takes `catch_up`."""

    def supplemented(self, references: Sequence[IndexedReference], version: int) -> None:
        """Take in what was committed as gallery change `version`, so that it need not be read."""


class TrialComparison(Comparison, Protocol):
    """The gallery as it was at the first comparison, and what a rehearsal adds to it."""

    def pretended(self, references: Sequence[IndexedReference]) -> None:
        """Compare with `references` too from now on, as if they were enrolled."""


# --- probe vault and sealing -----------------------------------------------------------------------------------


class ProbeVault(Protocol):
    """Probe images under a time limit, encrypted with a key of their own that the vault does not keep."""

    def seal(self, search_id: str, images: Sequence[bytes], keep_for: timedelta) -> bytes:
        """Store `images` for at most `keep_for` and return the fresh key (32 bytes) that opens them."""

    def open(self, search_id: str, key: bytes) -> Sequence[bytes]:
        """The images; raises ProbeGone after expiry or discard, SealBroken under another key."""

    def discard(self, search_id: str) -> None:
        """Drop the ciphertext now; nothing happens if it is gone already."""


class Cipher(Protocol):
    """Authenticated encryption bound to a context."""

    def seal(self, plaintext: bytes, context: bytes) -> bytes: ...

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Raises SealBroken when altered, moved to another context, or sealed under another key."""

    def open_own(self, sealed: bytes, context: bytes) -> bytearray:
        """As `open`, in memory that the caller may overwrite after use: no other copy is left of it."""


# --- identity --------------------------------------------------------------------------------------------------


class Passwords(Protocol):
    def hash(self, password: str) -> str:
        """The encoded argon2id hash; raises PasswordUnfit."""

    def verify(self, password: str, encoded: str | None) -> bool:
        """Whether `password` has the hash `encoded`; takes the same time when `encoded` is None (no account)."""

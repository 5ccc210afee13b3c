"""What the workflows need of the outside world. Adapters implement these; tests/fakes holds typed fakes.

Every implementation lets only errors of `server.domain.errors` out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from server.domain.actors import Account, Session
from server.domain.candidates import Scored
from server.domain.capture import Sample
from server.domain.events import Event, Json
from server.domain.face import NamedFace, Template
from server.domain.gallery import Census, IndexedReference, Record, Reference, Source, Subject, Supplement
from server.domain.search import Review, Search, SearchState


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

    def portrait_of(self, image: bytes) -> bytes:
        """The photograph as it is kept and shown: upright JPEG, at most 1280 px, without metadata."""

    def ping(self) -> None:
        """Raise Unavailable when the engine cannot serve."""


# --- gallery index ---------------------------------------------------------------------------------------------


class GallerySource(Protocol):
    """The database's view of the gallery: the truth that index and cache follow."""

    def version(self) -> int:
        """Number of gallery changes ever committed.

        It grows by one with each reference added or removed, and with each batch of templates added to references
        or dropped from them.
        """

    def references(self, model: str) -> tuple[int, Sequence[IndexedReference]]:
        """All active references of `model`, with the version they stand for, read in one snapshot."""

    def active(self, reference_ids: Sequence[str]) -> frozenset[str]:
        """Those of `reference_ids` that are active now."""

    def census(self) -> Census:
        """How many references are active, and what each model knows of them, read in one snapshot."""


class GalleryTemplates(GallerySource, Protocol):
    """A GallerySource that is also read in parts, for an index that holds rounded templates outside this process."""

    def ids(self, model: str) -> tuple[int, Sequence[str]]:
        """Ids of all active references of `model`, with the version they stand for, read in one snapshot."""

    def indexed(self, model: str, reference_ids: Sequence[str]) -> Sequence[IndexedReference]:
        """Those of `reference_ids` that are active now and have a template of `model`."""


class GalleryIndex(Protocol):
    """Search over the active references of one model; exact, unless the policy names an effort."""

    def search(self, template: Template, sources: frozenset[Source], threshold: float) -> Sequence[Scored]:
        """Every reference in scope whose score reaches `threshold`, best first.

        Raises TemplateInvalid for another model's template, CacheUnavailable when the cache is down, and
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


# --- identity --------------------------------------------------------------------------------------------------


class Passwords(Protocol):
    def hash(self, password: str) -> str:
        """The encoded argon2id hash; raises PasswordUnfit."""

    def verify(self, password: str, encoded: str | None) -> bool:
        """Whether `password` has the hash `encoded`; takes the same time when `encoded` is None (no account)."""


# --- storage ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Receipt:
    """Proof that an entry stands in the trail: RFC 6962 inclusion proof to a signed checkpoint.

    `leaf` is the entry's canonical JSON, `proof` the sibling hashes from leaf to root (32 bytes each), `size` the
    tree size the checkpoint stands for, `checkpoint` the signed note (C2SP tlog-checkpoint).
    """

    index: int
    leaf: bytes
    size: int
    proof: tuple[bytes, ...]
    checkpoint: str


@dataclass(frozen=True)
class TrailEntry:
    """One entry as stored: `private` and `salt` are None if there were none, or where not opened."""

    index: int
    at: datetime
    act: str
    actor_id: str | None
    search_id: str | None
    leaf: bytes
    leaf_hash: bytes
    private: Mapping[str, Json] | None
    salt: bytes | None


class Accounts(Protocol):
    def by_name(self, name: str) -> Account | None: ...

    def names(self, actor_ids: Sequence[str]) -> Mapping[str, str]:
        """Sign-in names of the given actors, for display."""

    def session(self, token_digest: str) -> Session | None: ...


class AccountsWriter(Accounts, Protocol):
    def add(self, account: Account) -> None:
        """Raises NameTaken."""

    def open_session(self, session: Session) -> None: ...

    def end_session(self, token_digest: str, at: datetime) -> None: ...


class Subjects(Protocol):
    def subject(self, subject_id: str) -> Subject:
        """Raises SubjectUnknown."""

    def references_of(self, subject_id: str) -> Sequence[Reference]:
        """Raises SubjectUnknown."""

    def reference_of(self, subject_id: str, reference_id: str) -> Reference:
        """Raises ReferenceUnknown unless the reference is one of this subject's."""

    def record(self, reference_id: str) -> Record:
        """Subject and reference of an active reference; raises ReferenceUnknown."""

    def image(self, reference_id: str) -> bytes:
        """The decrypted JPEG of an active reference; raises ReferenceUnknown."""

    def lacking(self, model: str, after: str, limit: int) -> Sequence[Reference]:
        """Active references with neither template nor rejection of `model`, by id, those above `after`."""

    def rejections(self, model: str) -> Mapping[str, str]:
        """The problem type of each image that `model` refused, by reference id, in the order of ids."""


class SubjectsWriter(Subjects, Protocol):
    def add(self, subject: Subject) -> None:
        """Raises RecordNumberTaken."""

    def enrol(self, reference: Reference, template: Template, image: bytes) -> int:
        """Store a reference sealed; returns its gallery change version. Raises SubjectUnknown."""

    def supplement(self, made: Supplement) -> tuple[int, Supplement]:
        """Store the part of `made` that is still lacking; returns its gallery change version and that part.

        References that were erased, withdrawn or supplemented meanwhile are left out; where none is left, nothing
        is stored and the version stays.
        """

    def drop_templates(self, model: str) -> tuple[int, int]:
        """Delete every template and rejection of `model`; returns the gallery change version and how many went."""

    def erase_reference(self, reference_id: str) -> int:
        """Delete image, templates and row; returns the gallery change version. Raises ReferenceUnknown."""

    def erase(self, subject_id: str) -> None:
        """Delete a subject that has no reference left. Raises SubjectUnknown, or Conflict if one is left."""


class Searches(Protocol):
    def get(self, search_id: str) -> Search:
        """Raises SearchUnknown."""

    def undecided_of(self, officer_id: str) -> Search | None: ...

    def overdue(self, now: datetime) -> Sequence[Search]:
        """Undecided searches whose time has run out, oldest first."""

    def closed_unreviewed(self, limit: int) -> Sequence[Search]:
        """Decided or expired searches that nobody has reviewed, oldest first."""

    def count_unreviewed(self) -> int:
        """How many `closed_unreviewed` would give without a limit."""

    def recent(self, limit: int, state: SearchState | None = None) -> Sequence[Search]: ...

    def review(self, search_id: str) -> Review | None: ...


class SearchesWriter(Searches, Protocol):
    def add(self, search: Search, probe_key: bytes) -> None:
        """Raises UnresolvedSearch when the officer has an undecided one, also under concurrency."""

    def update(self, search: Search, previous: Search) -> None:
        """Replace `previous` by `search`; raises Conflict if the stored one is not `previous` any more."""

    def probe_key(self, search_id: str) -> bytes:
        """The vault key of an undecided search; raises ProbeGone once shredded."""

    def shred_probe_key(self, search_id: str) -> None:
        """Delete the vault key: what the vault still holds can never be opened again."""

    def add_review(self, review: Review) -> None:
        """Raises AlreadyReviewed."""


class Trail(Protocol):
    """Read side of the audit log."""

    def size(self) -> int: ...

    def page(
        self, before: int | None, limit: int, act: str | None = None, actor_id: str | None = None
    ) -> Sequence[TrailEntry]:
        """Newest first, entries with index below `before` (keyset paging); private parts stay closed."""

    def of_search(self, search_id: str) -> Sequence[TrailEntry]:
        """Every entry of one search, oldest first; private parts stay closed."""

    def entry(self, index: int) -> TrailEntry:
        """Raises EntryUnknown."""

    def stream(self) -> Iterator[TrailEntry]:
        """All entries, oldest first, without holding them in memory."""

    def checkpoint(self) -> str:
        """The latest signed checkpoint; of an empty tree when nothing has happened yet."""

    def checkpoints(self) -> Iterator[str]:
        """All signed checkpoints, oldest first."""

    def receipt(self, index: int) -> Receipt:
        """Inclusion of entry `index` under the latest checkpoint; raises EntryUnknown."""


class View(Protocol):
    """A consistent read of the database."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def subjects(self) -> Subjects: ...

    @property
    def searches(self) -> Searches: ...

    @property
    def trail(self) -> Trail: ...


class UnitOfWork(View, Protocol):
    """One write transaction. Leaving the block without `commit` undoes everything."""

    @property
    def accounts(self) -> AccountsWriter: ...

    @property
    def subjects(self) -> SubjectsWriter: ...

    @property
    def searches(self) -> SearchesWriter: ...

    def commit(self, event: Event, *further: Event) -> Receipt:
        """Commit the state and its audit entries in one transaction; returns the receipt of `event`.

        There is no commit without an event: an unaudited write cannot be expressed.
        """


class Database(Protocol):
    def write(self) -> AbstractContextManager[UnitOfWork]:
        """Begin a write; writes are serialised. Raises DatabaseUnavailable."""

    def read(self) -> AbstractContextManager[View]:
        """Begin a consistent read, which never waits for writers. Raises DatabaseUnavailable."""

    def ping(self) -> None:
        """Raise DatabaseUnavailable when the database does not answer."""

"""What the workflows need of the database: one write, or one consistent read, at a time.

Every implementation lets only errors of `server.domain` out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.domain.actors import Account, Session
from server.domain.events import Event, Json
from server.domain.face import Template
from server.domain.gallery import Addition, Record, Reference, Status, Subject, Supplement
from server.domain.holdings import Page, Wanted
from server.domain.search import Review, Search, SearchState
from server.workflow.duplicate_ports import Duplicates, DuplicatesWriter


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

    def portrait(self, reference_id: str) -> bytes:
        """The decrypted JPEG of a reference, whatever its status; raises ReferenceUnknown."""

    def lacking(self, model: str, after: str, limit: int) -> Sequence[Reference]:
        """Active references with neither template nor rejection of `model`, by id, those above `after`."""

    def rejections(self, model: str) -> Mapping[str, str]:
        """The problem type of each image that `model` refused, by reference id, in the order of ids."""

    def by_record_numbers(self, record_numbers: Collection[str]) -> Mapping[str, Subject]:
        """Those of the given records that are enrolled, by record number."""

    def held(self, fingerprints: Collection[str]) -> frozenset[str]:
        """Those of the given photographs' fingerprints that a reference, active or not, has."""

    def gallery_version(self) -> int:
        """The newest gallery change; see `ports.GallerySource.version`."""

    def marked(self, marks: Collection[str]) -> frozenset[str]:
        """Those of the given marks of files that a reference, active or not, was enrolled from."""


class SubjectsWriter(Subjects, Protocol):
    def add(self, subject: Subject) -> None:
        """Raises RecordNumberTaken."""

    def enrol(self, reference: Reference, template: Template, image: bytes, fingerprint: str | None = None) -> int:
        """Store a reference sealed; returns its gallery change version. Raises SubjectUnknown."""

    def enrol_together(self, added: Sequence[Subject], additions: Sequence[Addition]) -> int:
        """Store new subjects, and references of them or of others, as one gallery change; returns its version.

        There is one addition at least. Raises Conflict when the block ends where a record number is taken or a
        subject unknown: ask before.
        """

    def supplement(self, made: Supplement) -> tuple[int, Supplement]:
        """Store the part of `made` that is still lacking; returns its gallery change version and that part.

        References that were erased, withdrawn or supplemented meanwhile are left out; where none is left, nothing
        is stored and the version stays.
        """

    def drop_templates(self, model: str) -> tuple[int, int]:
        """Delete every template and rejection of `model`; returns the gallery change version and how many went."""

    def put_status(self, reference_id: str, status: Status) -> int:
        """Give a reference another status: only an active one is in any search. Returns the gallery change version.

        Which status may follow which is `Reference.require_becoming`'s to say. Raises ReferenceUnknown.
        """

    def erase_reference(self, reference_id: str) -> int:
        """Delete image, templates and row; returns the gallery change version. Raises ReferenceUnknown."""

    def erase(self, subject_id: str) -> None:
        """Delete a subject that has no reference left. Raises SubjectUnknown, or Conflict if one is left."""


class Holdings(Protocol):
    def page(self, wanted: Wanted, after: str, limit: int) -> Page:
        """At most `limit` holdings of the subjects whose ids stand above `after`, by subject id."""


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

    def closed_with(self, subject_id: str) -> Iterator[Search]:
        """Decided or expired searches that put the subject forward, oldest first; all are looked through."""

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

    def naming(self, names: Collection[str]) -> Iterator[TrailEntry]:
        """Entries in whose leaf one of the ids stands, oldest first; private parts stay closed; all are looked through.

        names: ids as `Randomness.id` makes them.
        """

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
    def holdings(self) -> Holdings: ...

    @property
    def duplicates(self) -> Duplicates: ...

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
    def duplicates(self) -> DuplicatesWriter: ...

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

"""The exact matcher: every active reference of one model in this process's memory, each bounded in every search."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress

from redis import Redis

from server.domain.candidates import Scored
from server.domain.errors import GalleryLoading, Unavailable
from server.domain.face import Template
from server.domain.gallery import IndexedReference, Source
from server.domain.matchers import Loading, Standing
from server.domain.model_errors import TemplateInvalid
from server.matching.cache import GalleryCache
from server.matching.changes import Added, Dropped, Removed
from server.matching.following import Follower
from server.matching.heartbeat import Heartbeat
from server.matching.roster import Roster
from server.matching.rounds import Rounds
from server.matching.scan import Asked
from server.workflow.ports import Cipher, GalleryFeed

STORING_PAUSE = 3.0  # seconds between two writings of all rows, which erasures one after another share


class ExactGallery:
    """GalleryIndex over a matrix of its own; safe to use from several threads.

    The score is the inner product of unit-length templates, in [-1, 1]. Each search first asks `source` for the
    newest change and follows it, so an answer is never older than the database was when it was asked. Searches that
    come while the rows are read for others are answered together by the next reading. Redis at `client` carries the
    sealed rows and the changes between matchers; nothing is lost when it loses them. Inside `following` changes are
    followed also while nobody searches, and the cache is kept whole.
    """

    def __init__(self, model: str, source: GalleryFeed, client: Redis, cipher: Cipher) -> None:
        self._model = model
        self._source = source
        self._cache = GalleryCache(client, cipher, model)
        self._roster = Roster(client, cipher)
        self._follower = Follower(source, self._cache, self._announce)
        self._rounds = Rounds()
        self._store_after = 0.0
        self._tidied = -1

    @property
    def version(self) -> int:
        """The gallery change this matcher has reached; -1 before the first load."""
        return self._follower.version

    def warm(self) -> None:
        """Load the gallery now rather than at the first search, and forget stored rows of models without templates.

        Raises CacheUnavailable or DatabaseUnavailable; a later search tries again.
        """
        self._follower.follow()
        self._follower.keep_stored()
        self._cache.forget_others(self._source.census().templates)

    def following(self) -> AbstractContextManager[object]:
        """A thread that loads the gallery, follows it and announces this matcher, until the context ends."""
        return Heartbeat(self._beat, self._follower.await_change, self._follower.stop, self._leave)

    @property
    def loading(self) -> Loading:
        """How far the first load is."""
        return self._follower.loading

    def standing(self) -> Standing:
        """Where the stored rows of each model and every live matcher stand. Raises CacheUnavailable."""
        return Standing(self._cache.stored(), self._roster.matchers(), self._roster.whole())

    def search(self, template: Template, sources: frozenset[Source], threshold: float, limit: int) -> Sequence[Scored]:
        """The best reference in scope of each subject that reaches `threshold`, best first, at most `limit`.

        Raises TemplateInvalid for another model's template or dimension, GalleryLoading during the first load, and
        CacheUnavailable where the gallery must be read whole and Redis is down.
        """
        if template.model != self._model:
            raise TemplateInvalid
        asked = Asked(template.vector, sources, threshold, limit)
        return self._rounds.answer(self._follower.current(), asked).scored

    def added(self, reference: IndexedReference, version: int) -> None:
        """Tell every matcher, this one too, of a committed reference; never raises.

        A telling that Redis does not take leaves a gap, which the next search closes from the database.
        """
        with suppress(Unavailable):
            self._cache.changes.publish(Added.of(reference.template.model, [reference]), version)

    def removed(self, reference_id: str, version: int) -> None:
        """Tell every matcher, this one too, of a committed removal; never raises, as `added`."""
        with suppress(Unavailable):
            self._cache.changes.publish(Removed(reference_id), version)

    def supplemented(self, references: Sequence[IndexedReference], version: int) -> None:
        """Tell every matcher of a committed batch of templates of this model; never raises, as `added`."""
        with suppress(Unavailable):
            self._cache.changes.publish(Added.of(self._model, references), version)

    def dropped(self, version: int) -> None:
        """Tell every matcher that this model's templates left the gallery, and forget the stored rows; never raises.

        Where Redis does not answer, the next start of a matcher forgets them.
        """
        with suppress(Unavailable):
            self._cache.changes.publish(Dropped(self._model), version)
            self._cache.forget()

    def ping(self) -> None:
        """Raise CacheUnavailable, DatabaseUnavailable or GalleryLoading when a search could not be answered."""
        self._source.version()
        self._cache.head()
        if self.version < 0:
            raise GalleryLoading

    def _beat(self) -> None:
        """Follow, announce where we are, and keep the cache whole."""
        if self.version < 0:  # listed from the beginning, so that no erasure is complete before it has loaded
            self._announce()
        self._follower.follow()
        self._announce()
        if time.monotonic() >= self._store_after and self._follower.keep_stored():
            self._store_after = time.monotonic() + STORING_PAUSE
        self._tidy()

    def _leave(self) -> None:
        self._follower.resume()
        self._roster.leave()

    def _announce(self) -> None:
        follower = self._follower
        self._roster.announce(self._model, follower.version, follower.rows, follower.nbytes)

    def _tidy(self) -> None:
        """Forget stored rows of models without templates, and rows with an erased one that no matcher keeps."""
        if self._tidied != self.version:
            self._cache.forget_others(self._source.census().templates)
            attended = {matcher.model for matcher in self._roster.matchers()}
            self._cache.forget_unattended(self._follower.last_removal, attended)
            self._tidied = self.version

"""The exact matcher: every active reference of one model in this process's memory, each bounded in every search."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress

from redis import Redis

from server.domain.candidates import Scored
from server.domain.errors import CacheUnavailable, GalleryLoading, Unavailable
from server.domain.face import Template
from server.domain.gallery import IndexedReference, Source
from server.domain.matchers import Loading, Phase, Standing
from server.domain.model_errors import TemplateInvalid
from server.matching.cache import GalleryCache
from server.matching.changes import Added, Dropped, Removed
from server.matching.following import Follower
from server.matching.heartbeat import Heartbeat
from server.matching.roster import Roster
from server.matching.rounds import Rounds
from server.matching.scan import Asked
from server.workflow.ports import Cipher, GalleryFeed

TIDYING_PAUSE = 10.0  # seconds between two looks for stored rows that nobody keeps
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
        self._heartbeat: Heartbeat | None = None
        self._store_after = 0.0
        self._tidy_after = 0.0
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
        self._announce()
        self._follower.keep_stored()
        self._cache.forget_others(self._source.census().templates)

    def following(self) -> AbstractContextManager[object]:
        """A thread that loads the gallery, follows it and announces this matcher, until the context ends."""
        follower = self._follower
        self._heartbeat = Heartbeat(self._beat, follower.await_change, follower.stop, self._leave, follower.give_up)
        return self._heartbeat

    @property
    def loading(self) -> Loading:
        """How far the reading of the whole gallery is; at READY since it ended."""
        return self._follower.loading

    def standing(self) -> Standing:
        """Where the stored rows of each model and every live matcher stand. Raises CacheUnavailable."""
        return Standing(self._cache.stored(), self._roster.matchers(), self._roster.whole())

    def search(self, template: Template, sources: frozenset[Source], threshold: float, limit: int) -> Sequence[Scored]:
        """The best reference in scope of each subject that reaches `threshold`, best first, at most `limit`.

        Raises TemplateInvalid for another model's template or dimension, GalleryLoading during the first load,
        CacheUnavailable where this matcher cannot announce itself or the gallery must be read whole and Redis is
        down, and BackgroundWorkEnded.
        """
        if template.model != self._model:
            raise TemplateInvalid
        asked = Asked(template.vector, sources, threshold, limit)
        self._check()
        matrix = self._follower.current()
        self._be_listed()
        scored = self._rounds.answer(matrix, asked).scored
        self._check()  # the rows may have been overwritten under the scan
        return scored

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
        """Raise an Unavailable, such as BackgroundWorkEnded or GalleryLoading, when a search could not be answered."""
        self._check()
        self._source.version()
        self._cache.head()
        if self.version < 0 or self.loading.phase is not Phase.READY:  # behind, and reading the whole gallery
            raise GalleryLoading
        self._be_listed()

    def _check(self) -> None:
        if self._heartbeat is not None:
            self._heartbeat.check()

    def _be_listed(self) -> None:
        """Whoever is not on the list answers nobody: an erasure may be complete without them."""
        if not self._roster.listed:
            self._announce()

    def _beat(self) -> None:
        """Announce where we are, follow, announce that, and keep the cache whole."""
        with suppress(CacheUnavailable):  # before following, which may fail: then erasures wait for us
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
        if self._tidied != self.version or time.monotonic() >= self._tidy_after:
            attended = {matcher.model for matcher in self._roster.matchers()}
            self._cache.forget_unattended(self._follower.last_removal, attended)
            self._tidied, self._tidy_after = self.version, time.monotonic() + TIDYING_PAUSE

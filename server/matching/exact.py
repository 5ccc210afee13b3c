"""The exact matcher: every active reference of one model in this process's memory, each bounded in every search."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from redis import Redis

from server.domain.candidates import Scored
from server.domain.errors import Unavailable
from server.domain.face import Template
from server.domain.gallery import IndexedReference, Source
from server.domain.model_errors import TemplateInvalid
from server.matching.cache import GalleryCache
from server.matching.changes import Added, Dropped, Removed
from server.matching.following import Follower
from server.matching.rounds import Rounds
from server.matching.scan import Asked
from server.workflow.ports import Cipher, GallerySource


class ExactGallery:
    """GalleryIndex over a matrix of its own; safe to use from several threads.

    The score is the inner product of unit-length templates, in [-1, 1]. Each search first asks `source` for the
    newest change and follows it, so an answer is never older than the database was when it was asked. Searches that
    come while the rows are read for others are answered together by the next reading. Redis at `client` carries the
    sealed rows and the changes between matchers; nothing is lost when it loses them.
    """

    def __init__(self, model: str, source: GallerySource, client: Redis, cipher: Cipher) -> None:
        self._model = model
        self._source = source
        self._cache = GalleryCache(client, cipher, model)
        self._follower = Follower(source, self._cache)
        self._rounds = Rounds()

    @property
    def version(self) -> int:
        """The gallery change this matcher has reached; -1 before the first load."""
        return self._follower.version

    def warm(self) -> None:
        """Load the gallery now rather than at the first search, and forget stored rows of models without templates.

        Raises CacheUnavailable or DatabaseUnavailable; a later search tries again.
        """
        self._follower.caught_up()
        self._cache.forget_others(self._source.census().templates)

    def search(self, template: Template, sources: frozenset[Source], threshold: float, limit: int) -> Sequence[Scored]:
        """The best reference in scope of each subject that reaches `threshold`, best first, at most `limit`.

        Raises TemplateInvalid for another model's template or dimension, CacheUnavailable when Redis is down.
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
        """Tell every matcher of a committed removal, and drop the row here and in the cache; never raises."""
        with suppress(Unavailable):
            self._cache.changes.publish(Removed(reference_id), version)
            if self.version >= 0:
                self._follower.caught_up()

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
        """Raise CacheUnavailable or DatabaseUnavailable when a search could not be answered."""
        self._source.version()
        self._cache.head()

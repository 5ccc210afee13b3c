"""One partition of a model's gallery in Redis 8: a vector set, and what it says of itself.

    gallery:{MODEL:PRECISION:P/N:S}:vectors   the vector set; an element is a reference id, its attributes are
                                              {"source": CODE}
    gallery:{MODEL:PRECISION:P/N:S}:state     epoch (a name for its filling), version (the gallery change it has
                                              reached, -1 while it is being filled), count, loss (see precision)
    gallery:{MODEL:PRECISION:P/N:S}:ahead     changes that came before their turn, by version

The braces keep the three in one slot, so that each script below changes them in one step. S is chosen so that the N
partitions lie evenly over the slots, and so over the nodes. A reference lies in the partition that the SHA-256 of its
id names. Redis sees templates here: see docs/search-scale-out.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from server.domain.errors import IndexAltered
from server.domain.face import Vector
from server.domain.gallery import IndexedReference, Source
from server.matching.rows import SOURCE_CODES
from server.matching.vector_set_precision import Precision, loss
from server.matching.vector_set_server import Command, VectorServer

UNFILLED = -1
MOST_LOSS = 4.0  # no vector of about unit length can lose more

_STATE = """
local state = redis.call('HMGET', KEYS[2], 'epoch', 'version', 'count', 'loss')
state[5] = redis.call('VCARD', KEYS[1])
return state
"""

_IN_TURN = """
local vectors, state, ahead = KEYS[1], KEYS[2], KEYS[3]
local function raise_loss(to)
  if tonumber(to) > tonumber(redis.call('HGET', state, 'loss') or 0) then redis.call('HSET', state, 'loss', to) end
end
local function apply(change)
  if change[2] == 'remove' then redis.call('VREM', vectors, change[4]) return end
  for i = 4, #change, 4 do
    raise_loss(change[i + 3])
    redis.call('VADD', vectors, 'FP32', change[i + 2], change[i], change[3], 'SETATTR', change[i + 1])
  end
end
local function come_to(version)
  local waiting = redis.call('HGET', ahead, version + 1)
  while waiting do
    version = version + 1
    apply(cmsgpack.unpack(waiting))
    redis.call('HDEL', ahead, version)
    waiting = redis.call('HGET', ahead, version + 1)
  end
  redis.call('HSET', state, 'version', version, 'count', redis.call('VCARD', vectors))
end
"""

_CHANGE = (
    _IN_TURN
    + """
local version, at = tonumber(ARGV[1]), tonumber(redis.call('HGET', state, 'version') or '')
if not at or version <= at then return end
if ARGV[2] == 'remove' then redis.call('VREM', vectors, ARGV[4]) end
redis.call('HSET', ahead, ARGV[1], cmsgpack.pack(ARGV))
if at >= 0 then come_to(at) end
"""
)
"""Take a change in the order of versions. One that is included already is passed over, and one that comes too early
waits; but a removed reference goes at once, whenever it comes, and once more in its turn."""

_BEGIN = """
if redis.call('HSETNX', KEYS[2], 'epoch', ARGV[1]) == 1 then
  redis.call('UNLINK', KEYS[1], KEYS[3])
  redis.call('HSET', KEYS[2], 'count', 0, 'loss', 0)
end
if tonumber(redis.call('HGET', KEYS[2], 'version') or -1) > tonumber(ARGV[2]) then redis.call('DEL', KEYS[3]) end
redis.call('HSET', KEYS[2], 'version', -1)
"""
"""Open a filling: vectors of which nobody knows what they lost go, and so do the waiting changes of a later database
than the one there is now. From here on changes wait."""

_FINISH = (
    _IN_TURN
    + """
local version = tonumber(ARGV[1])
for _, early in ipairs(redis.call('HKEYS', ahead)) do
  if tonumber(early) <= version then redis.call('HDEL', ahead, early) end
end
come_to(version)
"""
)

_RAISE_LOSS = _IN_TURN + "raise_loss(ARGV[1])"


@dataclass(frozen=True)
class State:
    """What a partition says of itself: `count` is how many vectors it should hold, `held` how many there are.

    `epoch` is None where nothing was ever filled.
    """

    epoch: bytes | None
    version: int
    count: int
    loss: float
    held: int

    @classmethod
    def of(cls, answer: object) -> State:
        """Raises IndexAltered for what no filling writes."""
        assert isinstance(answer, list)
        epoch, version, count, lost, held = answer
        try:
            state = cls(epoch, int(version or UNFILLED), int(count or 0), float(lost or 0.0), int(held))
        except ValueError:
            raise IndexAltered from None
        if not 0.0 <= state.loss <= MOST_LOSS:
            raise IndexAltered
        return state

    def stands_for(self, wanted: int, latest: int) -> bool:
        """Whether every change up to `wanted` is in it, and none that the database, now at `latest`, has not."""
        in_step = self.epoch is not None and max(wanted, 0) <= self.version <= latest
        return in_step and self.count == self.held


@dataclass(frozen=True)
class Near:
    """The elements found, nearest first, with their rounded scores in [-1, 1]; the state before and after."""

    before: State
    after: State
    ids: Sequence[str]
    scores: Sequence[float]


@dataclass(frozen=True)
class Layout:
    """How the gallery of `model` is cut: into how many partitions, kept at which precision."""

    model: str
    partitions: int
    precision: Precision

    def number_of(self, reference_id: str) -> int:
        """The partition of a reference: the same in every process, and for ever."""
        digest = hashlib.sha256(reference_id.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.partitions

    def prefixes(self) -> Sequence[str]:
        return [self._prefix(number) for number in range(self.partitions)]

    def _prefix(self, number: int) -> str:
        """The first name whose slot lies in the `number`-th of as many equal ranges as there are partitions."""
        salt = 0
        while True:
            prefix = f"gallery:{{{self.model}:{self.precision}:{number}/{self.partitions}:{salt}}}"
            if key_slot(prefix.encode()) * self.partitions // REDIS_CLUSTER_HASH_SLOTS == number:
                return prefix
            salt += 1


@dataclass(frozen=True)
class Partition:
    """Every method raises SearchIncomplete when the partition's node does not answer.

    A partition in which something else stands than we write is forgotten, with IndexAltered; so it is filled anew.
    """

    prefix: str
    precision: Precision
    server: VectorServer = field(repr=False)

    def state(self) -> State:
        return self._state_of(self._ask(self._script(_STATE))[0])

    def nbytes(self) -> int | None:
        """Memory of the vectors with their graph and attributes, as Redis estimates it; None where there are none."""
        (told,) = self._ask(("MEMORY", "USAGE", f"{self.prefix}:vectors"))
        return cast("int | None", told)

    def nearest(self, vector: Vector, sources: frozenset[Source], count: int, effort: int | None) -> Near:
        """The `count` nearest in scope: exactly, or visiting `effort` vectors. Raises TemplateInvalid."""
        state = self._script(_STATE)
        look = ("VSIM", f"{self.prefix}:vectors", "FP32", _blob(vector), "WITHSCORES", "COUNT", count)
        how = ("TRUTH",) if effort is None else ("EF", effort)
        before, found, after = self._ask(state, (*look, *how, *_filter(sources)), state)
        assert isinstance(found, list)
        ids = [name.decode(errors="replace") for name in found[::2]]  # a name that is no text is no reference's
        scores = [2 * float(score) - 1 for score in found[1::2]]
        return Near(self._state_of(before), self._state_of(after), ids, scores)

    def add(self, references: Sequence[IndexedReference], version: int) -> None:
        """Tell of gallery change `version`, which brought `references`, all of this partition, possibly none."""
        items = [part for reference in references for part in self._item(reference)]
        self._ask(self._script(_CHANGE, version, "add", self.precision.word, *items))

    def remove(self, reference_id: str, version: int) -> None:
        """Tell of gallery change `version`, which removed a reference of this partition."""
        self._ask(self._script(_CHANGE, version, "remove", self.precision.word, reference_id))

    def begin(self, epoch: str, version: int) -> None:
        """Open a filling from a database that stands at `version`; until `finish`, nothing is searched here."""
        self._ask(self._script(_BEGIN, epoch, version))

    def members(self) -> frozenset[str]:
        key = f"{self.prefix}:vectors"
        held = self._ask(("VCARD", key))[0]
        assert isinstance(held, int)
        # With a count that is not below the set's size, VRANDMEMBER gives the whole set; one, for Redis takes no zero.
        answer = self._ask(("VRANDMEMBER", key, held + 1))[0]
        names = answer if isinstance(answer, list) else []
        nobodys = [name for name in names if not name.isascii()]
        self.clear(nobodys)
        return frozenset(name.decode() for name in names if name.isascii())

    def fill(self, references: Sequence[IndexedReference]) -> None:
        """Put `references` in, while a filling is open."""
        if not references:
            return
        items = [self._item(reference) for reference in references]
        worst = max(float(lost) for *_, lost in items)
        adds: list[Command] = [
            ("VADD", f"{self.prefix}:vectors", "FP32", blob, name, self.precision.word, "SETATTR", attributes)
            for name, attributes, blob, _ in items
        ]
        self._ask(self._script(_RAISE_LOSS, repr(worst)), *adds)

    def clear(self, reference_ids: Sequence[str | bytes]) -> None:
        """Take elements out, while a filling is open."""
        if reference_ids:
            self._ask(*(("VREM", f"{self.prefix}:vectors", name) for name in reference_ids))

    def finish(self, version: int) -> None:
        """Close the filling: the partition stands for gallery change `version`, and for those that waited behind it."""
        self._ask(self._script(_FINISH, version))

    def forget(self) -> None:
        """Drop everything of this partition."""
        self._ask(self._unlink)

    @property
    def _unlink(self) -> Command:
        return ("UNLINK", *self._keys)

    @property
    def _keys(self) -> tuple[str, str, str]:
        return f"{self.prefix}:vectors", f"{self.prefix}:state", f"{self.prefix}:ahead"

    def _script(self, script: str, *arguments: str | bytes | int) -> Command:
        return ("EVAL", script, len(self._keys), *self._keys, *arguments)

    def _ask(self, *commands: Command) -> list[object]:
        with self._forgotten_where_altered():
            return self.server.ask(self.prefix, *commands)

    def _state_of(self, answer: object) -> State:
        with self._forgotten_where_altered():
            return State.of(answer)

    @contextmanager
    def _forgotten_where_altered(self) -> Iterator[None]:
        try:
            yield
        except IndexAltered:
            self.server.ask(self.prefix, self._unlink)
            raise

    def _item(self, reference: IndexedReference) -> tuple[str, str, bytes, str]:
        vector = reference.template.vector
        attributes = json.dumps({"source": SOURCE_CODES[reference.source]})
        lost = float(loss(vector[None], self.precision)[0])
        return reference.reference_id, attributes, _blob(vector), repr(lost)


def _blob(vector: Vector) -> bytes:
    return np.asarray(vector, dtype="<f4").tobytes()


def _filter(sources: frozenset[Source]) -> tuple[str, ...]:
    """No filter where every source is in scope: it doubles the time of a search."""
    if sources == frozenset(Source):
        return ()
    return ("FILTER", f".source in {sorted(SOURCE_CODES[source] for source in sources)}")

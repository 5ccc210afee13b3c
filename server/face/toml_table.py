"""TOML tables read with their form checked: what is absent, of another type or not known is named."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from server.domain.model_errors import WeightsUnverified

T = TypeVar("T", str, int, bool)


class TomlTable:
    """One table of the file `file`; `place` is its path in it. Each method raises WeightsUnverified.

    Keys are taken one by one; `end` refuses what nobody took.
    """

    def __init__(self, file: str, table: Mapping[str, Any], place: str = "") -> None:
        self._file = file
        self._place = place
        self._left = dict(table)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The whole of a file."""
        try:
            return cls(path.name, tomllib.loads(path.read_text("utf-8")))
        except (OSError, ValueError) as error:  # not there, not UTF-8, not TOML
            raise WeightsUnverified(f"The manifest {path.name} is missing or malformed.") from error

    def take(self, key: str, kind: type[T]) -> T:
        """The value of a key that must be there."""
        if key not in self._left:
            raise self.refused(key, "is missing")
        return self._typed(key, kind)

    def take_if_there(self, key: str, kind: type[T]) -> T | None:
        return self._typed(key, kind) if key in self._left else None

    def number(self, key: str) -> float:
        """A number, written with or without a decimal point."""
        value = self._left.get(key)
        return float(self.take(key, int)) if isinstance(value, int) else self._float(key)

    def number_within(self, key: str, least: float, most: float) -> float:
        """A finite number from `least` to `most`."""
        value = self.number(key)
        if not math.isfinite(value):
            raise self.refused(key, "must be finite")
        if not least <= value <= most:
            raise self.refused(key, f"must lie within {least:g} to {most:g}")
        return value

    def points(self, key: str, count: int) -> list[list[float]]:
        """`count` pairs of numbers."""
        rows = self._left.pop(key, None)
        well_formed = (
            isinstance(rows, list)
            and len(rows) == count
            and all(isinstance(row, list) and len(row) == 2 and all(map(_is_number, row)) for row in rows)
        )
        if not well_formed or rows is None:
            raise self.refused(key, f"must be {count} pairs of numbers")
        return [[float(number) for number in row] for row in rows]

    def table(self, key: str) -> Self | None:
        """A table under this one, if it is there."""
        if key not in self._left:
            return None
        return self._under(key, key, self._left.pop(key))

    def tables(self, key: str) -> Sequence[Self]:
        """A list of tables that must be there and not be empty."""
        rows = self._left.pop(key, None)
        if not isinstance(rows, list) or not rows:
            raise self.refused(key, "must be a list of tables")
        return [self._under(key, f"{key}[{number}]", row) for number, row in enumerate(rows)]

    def has(self, key: str) -> bool:
        return key in self._left

    def rest(self) -> Mapping[str, Any]:
        """All that nobody took yet, for a reader that checks it itself."""
        left, self._left = self._left, {}
        return left

    def end(self) -> None:
        """Refuse the keys that are left."""
        for key in self._left:
            raise self.refused(key, "is not known")

    def refused(self, key: str, trouble: str) -> WeightsUnverified:
        path = f"{self._place}.{key}" if self._place else key
        return WeightsUnverified(f"The manifest {self._file} is malformed: `{path}` {trouble}.")

    def _typed(self, key: str, kind: type[T]) -> T:
        value = self._left.pop(key)
        if type(value) is not kind:  # not isinstance: a bool is an int to Python, not to TOML
            raise self.refused(key, f"must be of the type {kind.__name__}")
        return value

    def _float(self, key: str) -> float:
        if key not in self._left:
            raise self.refused(key, "is missing")
        value = self._left.pop(key)
        if not isinstance(value, float):
            raise self.refused(key, "must be a number")
        return value

    def _under(self, key: str, place: str, value: object) -> Self:
        if not isinstance(value, dict):
            raise self.refused(key, "must be a table")
        return type(self)(self._file, value, f"{self._place}.{place}" if self._place else place)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

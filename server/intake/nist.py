"""ANSI/NIST-ITL files in the traditional encoding: records of tagged fields, the image as the last one.

After ANSI/NIST-ITL 1-2011 (Update 2015), section 8 and annex B. A file is untrusted: lengths that do not fit, fields
without a tag and records that its table of contents does not name refuse the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from server.domain.gallery_errors import RowInvalid

FS, GS, RS, US = b"\x1c", b"\x1d", b"\x1e", b"\x1f"
CONTENTS: Final = 3
"""Field 1.003: which records follow."""

IMAGE: Final = 999
BINARY: Final = frozenset(range(3, 9))
"""Types whose records begin with their length in four bytes, and have no tags."""

MOST_RECORDS: Final = 1000

_TAG = re.compile(rb"(\d{1,2})\.(\d{1,9}):")
_LENGTH = re.compile(rb"(\d{1,2})\.0{0,2}1:(\d{1,10})[\x1c\x1d]")


@dataclass(frozen=True)
class Record:
    """kind: the record's type. fields: their bytes by number, without tag and separators."""

    kind: int
    fields: Mapping[int, bytes] = field(repr=False)

    def text(self, number: int) -> str:
        """The first value of a field, empty where there is none; raises RowInvalid when it is no UTF-8."""
        first = re.split(rb"[\x1e\x1f]", self.fields.get(number, b""), maxsplit=1)[0]
        try:
            return first.decode().strip()
        except UnicodeDecodeError:
            raise RowInvalid(f"Field {self.kind}.{number:03} is no UTF-8.") from None


def records(data: bytes) -> list[Record]:
    """The tagged records of a file, in their order; raises RowInvalid."""
    length = _length(data, 0, 1)
    header = _record(data[:length], 1)
    found, place = [header], length
    for kind in _kinds(header):
        length = _binary_length(data, place) if kind in BINARY else _length(data, place, kind)
        if kind not in BINARY:
            found.append(_record(data[place : place + length], kind))
        place += length
    if place != len(data):
        raise RowInvalid("The file is longer than its records.")
    return found


def _kinds(header: Record) -> list[int]:
    """Types of the records behind the first, from the table of contents."""
    entries = header.fields.get(CONTENTS, b"").split(RS)
    try:
        kinds = [int(entry.split(US)[0]) for entry in entries]
    except ValueError:
        raise RowInvalid("The table of contents (1.003) cannot be read.") from None
    if kinds[0] != 1 or not all(1 < kind < 100 for kind in kinds[1:]) or len(kinds) > MOST_RECORDS:
        raise RowInvalid("The table of contents (1.003) cannot be right.")
    return kinds[1:]


def _length(data: bytes, place: int, kind: int) -> int:
    """Of the tagged record that begins at `place`."""
    found = _LENGTH.match(data, place)
    if found is None or int(found[1]) != kind:
        raise RowInvalid(f"A record of type {kind} does not begin with its length.")
    return _within(data, place, int(found[2]), found.end() - place)


def _binary_length(data: bytes, place: int) -> int:
    return _within(data, place, int.from_bytes(data[place : place + 4]), 4)


def _within(data: bytes, place: int, length: int, least: int) -> int:
    if not least <= length <= len(data) - place:
        raise RowInvalid("A record is longer or shorter than it says.")
    return length


def _record(data: bytes, kind: int) -> Record:
    if not data.endswith(FS):
        raise RowInvalid(f"A record of type {kind} does not end where it says.")
    fields: dict[int, bytes] = {}
    for number, value in _fields(data, kind):
        if number in fields:
            raise RowInvalid(f"Field {kind}.{number:03} stands there twice.")
        fields[number] = value
    return Record(kind, fields)


def _fields(data: bytes, kind: int) -> Iterator[tuple[int, bytes]]:
    place, last = 0, len(data) - len(FS)
    while place < last:
        tag = _TAG.match(data, place)
        if tag is None or int(tag[1]) != kind:
            raise RowInvalid(f"A record of type {kind} holds something that is no field of it.")
        number = int(tag[2])
        # The image may hold any byte, and so has no separator behind it: it goes to the end.
        end = last if number == IMAGE else data.find(GS, tag.end(), last)
        end = last if end < 0 else end
        yield number, data[tag.end() : end]
        place = end + len(GS)

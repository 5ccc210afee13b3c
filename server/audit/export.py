"""The export: one JSON Lines file that anybody can verify without the server.

Every line is canonical JSON (RFC 8785). First the header, then the entries in log order,
then the signed checkpoints:

    {"format":"oifr-audit-export/1","key":"<verifier key>","origin":"<log name>"}
    {"hash":"<leaf hash, hex>","leaf":"<canonical JSON>","private":{...}|null,"salt":"<hex>"|null}
    {"checkpoint":"<signed note>"}
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from server.audit.checkpoint import Verifier
from server.audit.encoding import canonical, parse_canonical
from server.audit.errors import MalformedExport, MalformedKey, NotCanonical
from server.audit.verify import Report, StoredEntry, Unreadable, verify_entries

FORMAT = "oifr-audit-export/1"
LONGEST_LINE = 1 << 20

_CHECKPOINT_START = b'{"checkpoint":'
_ENTRY_FIELDS = {"hash", "leaf", "private", "salt"}
_CUT_OFF = "the file is cut off in the midst of this line"
_TOO_LONG = "the line is too long"

Source = Path | Sequence[bytes]
"""An export file, or its lines; it is read twice."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """`report` holds under `key`; `key_was_given` says whether the verifying person brought it.

    A key taken from the file shows only that the file agrees with itself: whoever rewrites
    the whole log can sign it anew and write another key into the header.
    """

    report: Report
    key: Verifier
    key_was_given: bool


def export_lines(verifier: Verifier, entries: Iterable[StoredEntry], notes: Iterable[str]) -> Iterator[bytes]:
    """Write an export line by line; `notes` are signed checkpoints by the key of `verifier`."""
    yield _line({"format": FORMAT, "origin": verifier.name, "key": verifier.text()})
    for stored in entries:
        yield _line(
            {
                "leaf": stored.leaf.decode(),
                "hash": stored.leaf_hash.hex(),
                "private": dict(stored.private) if isinstance(stored.private, Mapping) else None,
                "salt": None if stored.salt is None else stored.salt.hex(),
            }
        )
    for note in notes:
        yield _line({"checkpoint": note})


def verify_export(source: Source, key: str | None = None, remembered: Iterable[str] = ()) -> ExportReport:
    """Verify an export with the verifier key given, or else with the key in its header.

    `remembered` are checkpoints of this log that were kept elsewhere, on a handheld for
    instance: they catch a log that was cut or rewritten together with its own checkpoints.
    Whatever is wrong after the header is a problem of the report: the first bad entry, or else a bad tail.
    Raises `MalformedExport` for a header that is none, and `MalformedKey` for a bad `key`.
    """
    header = read_header(source)
    verifier = header if key is None else Verifier.from_text(key)
    notes = [*read_checkpoints(source), *remembered]
    report = verify_entries(read_entries(source), notes, verifier)
    return ExportReport(report, verifier, key_was_given=key is not None)


def read_header(source: Source) -> Verifier:
    """The key that the export names as its own. Raises `MalformedExport`."""
    for line in _lines(source):
        number, header = line.number, _parse_object(line, {"format", "origin", "key"})
        if header["format"] != FORMAT:
            raise MalformedExport(number, "this is not an audit export of a known format")
        verifier = _parse_key(number, header["key"])
        if verifier.name != header["origin"]:
            raise MalformedExport(number, "the key is of another log")
        return verifier
    raise MalformedExport(1, "the file is empty")


def read_entries(source: Source) -> Iterator[StoredEntry | Unreadable]:
    """The entries in file order, up to the first checkpoint or a cut-off end."""
    for line, in_tail in _body(source):
        if in_tail:
            return
        yield _entry_in(line)


def read_checkpoints(source: Source) -> Iterator[str | Unreadable]:
    """The signed notes in file order, not verified, and whatever else stands after the entries."""
    for line, in_tail in _body(source):
        if in_tail:
            yield _note_in(line)


def _line(value: dict[str, Any]) -> bytes:
    return canonical(value) + b"\n"


class _Line(NamedTuple):
    number: int
    text: bytes
    flaw: str


def _body(source: Source) -> Iterator[tuple[_Line, bool]]:
    """Every line after the header, and whether it belongs to the tail: from the first checkpoint or cut-off line on."""
    in_tail = False
    for line in _lines(source):
        in_tail = in_tail or line.text.startswith(_CHECKPOINT_START) or line.flaw == _CUT_OFF
        if line.number > 1:
            yield line, in_tail


def _lines(source: Source) -> Iterator[_Line]:
    """The lines with their numbers; nothing is read beyond one that is too long."""
    if not isinstance(source, Path):
        yield from (_Line(number, line.removesuffix(b"\n"), "") for number, line in enumerate(source, start=1))
        return
    with source.open("rb") as file:
        read_line = partial(file.readline, LONGEST_LINE)
        for number, line in enumerate(iter(read_line, b""), start=1):
            if line.endswith(b"\n"):
                yield _Line(number, line[:-1], "")
            else:
                yield _Line(number, line, _TOO_LONG if len(line) == LONGEST_LINE else _CUT_OFF)
                return


def _entry_in(line: _Line) -> StoredEntry | Unreadable:
    try:
        return _parse_entry(line)
    except MalformedExport as error:
        return Unreadable(str(error))


def _note_in(line: _Line) -> str | Unreadable:
    try:
        note = _parse_object(line, {"checkpoint"})["checkpoint"]
    except MalformedExport as error:
        return Unreadable(str(error))
    return note if isinstance(note, str) else Unreadable(f"line {line.number}: a checkpoint is a text")


def _parse_object(line: _Line, fields: set[str]) -> dict[str, Any]:
    if line.flaw:
        raise MalformedExport(line.number, line.flaw)
    try:
        value = parse_canonical(line.text)
    except NotCanonical as error:
        raise MalformedExport(line.number, str(error)) from None
    if not isinstance(value, dict) or value.keys() != fields:
        raise MalformedExport(line.number, "the line does not have the expected fields")
    return value


def _parse_key(number: int, text: Any) -> Verifier:
    if not isinstance(text, str):
        raise MalformedExport(number, "the key is not a text")
    try:
        return Verifier.from_text(text)
    except MalformedKey as error:
        raise MalformedExport(number, str(error)) from None


def _parse_entry(line: _Line) -> StoredEntry:
    number, fields = line.number, _parse_object(line, _ENTRY_FIELDS)
    if not isinstance(fields["leaf"], str):
        raise MalformedExport(number, "leaf is not a text")
    if not isinstance(fields["private"], dict | None):
        raise MalformedExport(number, "private is neither an object nor null")
    salt = None if fields["salt"] is None else _parse_hex(number, fields["salt"])
    return StoredEntry(fields["leaf"].encode(), _parse_hex(number, fields["hash"]), fields["private"], salt)


def _parse_hex(number: int, text: Any) -> bytes:
    try:
        value = bytes.fromhex(text)
    except (TypeError, ValueError):
        raise MalformedExport(number, "a field is not in hex") from None
    if value.hex() != text:
        raise MalformedExport(number, "a field is not in lower-case hex")
    return value

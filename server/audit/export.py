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
from typing import Any

from server.audit.checkpoint import Verifier
from server.audit.encoding import canonical, parse_canonical
from server.audit.errors import MalformedExport, MalformedKey, NotCanonical
from server.audit.verify import Report, StoredEntry, verify_entries

FORMAT = "oifr-audit-export/1"
LONGEST_LINE = 1 << 20

_CHECKPOINT_START = b'{"checkpoint":'
_ENTRY_FIELDS = {"hash", "leaf", "private", "salt"}

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
    Raises `MalformedExport` with the line number, and `MalformedKey` for a bad `key`.
    """
    header = read_header(source)
    verifier = header if key is None else Verifier.from_text(key)
    notes = [*read_checkpoints(source), *remembered]
    report = verify_entries(read_entries(source), notes, verifier)
    return ExportReport(report, verifier, key_was_given=key is not None)


def read_header(source: Source) -> Verifier:
    """The key that the export names as its own."""
    for number, line in _numbered_lines(source):
        header = _parse_object(number, line, {"format", "origin", "key"})
        if header["format"] != FORMAT:
            raise MalformedExport(number, "this is not an audit export of a known format")
        verifier = _parse_key(number, header["key"])
        if verifier.name != header["origin"]:
            raise MalformedExport(number, "the key is of another log")
        return verifier
    raise MalformedExport(1, "the file is empty")


def read_entries(source: Source) -> Iterator[StoredEntry]:
    """The entries in file order; checks on the way that nothing but checkpoints follows them."""
    ended = False
    for number, line in _numbered_lines(source):
        if line.startswith(_CHECKPOINT_START):
            ended = True
        elif ended:
            raise MalformedExport(number, "an entry stands after a checkpoint")
        elif number > 1:
            yield _parse_entry(number, line)


def read_checkpoints(source: Source) -> Iterator[str]:
    """The signed notes in file order, not verified."""
    for number, line in _numbered_lines(source):
        if line.startswith(_CHECKPOINT_START):
            note = _parse_object(number, line, {"checkpoint"})["checkpoint"]
            if not isinstance(note, str):
                raise MalformedExport(number, "a checkpoint is a text")
            yield note


def _line(value: dict[str, Any]) -> bytes:
    return canonical(value) + b"\n"


def _numbered_lines(source: Source) -> Iterator[tuple[int, bytes]]:
    if not isinstance(source, Path):
        yield from enumerate((line.removesuffix(b"\n") for line in source), start=1)
        return
    with source.open("rb") as file:
        read_line = partial(file.readline, LONGEST_LINE)
        for number, line in enumerate(iter(read_line, b""), start=1):
            if not line.endswith(b"\n"):
                raise MalformedExport(number, "the line is cut off or too long")
            yield number, line[:-1]


def _parse_object(number: int, line: bytes, fields: set[str]) -> dict[str, Any]:
    try:
        value = parse_canonical(line)
    except NotCanonical as error:
        raise MalformedExport(number, str(error)) from None
    if not isinstance(value, dict) or value.keys() != fields:
        raise MalformedExport(number, "the line does not have the expected fields")
    return value


def _parse_key(number: int, text: Any) -> Verifier:
    if not isinstance(text, str):
        raise MalformedExport(number, "the key is not a text")
    try:
        return Verifier.from_text(text)
    except MalformedKey as error:
        raise MalformedExport(number, str(error)) from None


def _parse_entry(number: int, line: bytes) -> StoredEntry:
    fields = _parse_object(number, line, _ENTRY_FIELDS)
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

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.audit.encoding import canonical
from server.audit.errors import MalformedExport, MalformedKey
from server.audit.export import (
    LONGEST_LINE,
    export_lines,
    read_checkpoints,
    read_entries,
    read_header,
    verify_export,
)
from server.audit.verify import Problem, ProblemKind
from tests.unit.audit.audit_trail import OTHER_SIGNER, SIGNER, note, notes, root_of, trail

ROOT = Path(__file__).parents[3]
TRAIL = trail(20)
NOTES = notes(TRAIL, 8, 20)
KEY = SIGNER.verifier.text()


LINES = list(export_lines(SIGNER.verifier, TRAIL, NOTES))


def test_an_export_has_the_documented_lines() -> None:
    assert LINES[0] == (b'{"format":"oifr-audit-export/1","key":"%s","origin":"oifr.example"}\n' % KEY.encode())
    assert LINES[1].startswith(b'{"hash":"')
    assert LINES[1].endswith(b',"private":null,"salt":null}\n')
    assert LINES[2].endswith(b'"salt":"00000000000000000000000000000001"}\n')
    assert LINES[21] == canonical({"checkpoint": NOTES[0]}) + b"\n"
    assert len(LINES) == 1 + 20 + 2


def test_an_export_is_read_back() -> None:
    assert read_header(LINES) == SIGNER.verifier
    assert list(read_entries(LINES)) == TRAIL
    assert list(read_checkpoints(LINES)) == NOTES


def test_a_file_verifies_with_the_key_given(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"".join(LINES))
    found = verify_export(path, KEY)
    assert found.key_was_given
    assert found.key == SIGNER.verifier
    assert found.report.problem is None
    assert (found.report.entries, found.report.checkpoints) == (20, 2)
    assert found.report.root == root_of(TRAIL)


def test_without_a_key_the_report_says_that_it_came_from_the_file() -> None:
    found = verify_export(LINES)
    assert not found.key_was_given
    assert found.key == SIGNER.verifier
    assert found.report.problem is None


def test_a_log_signed_anew_by_another_key_fails_under_the_key_given() -> None:
    forged = list(export_lines(OTHER_SIGNER.verifier, TRAIL, [note(TRAIL, 20, OTHER_SIGNER)]))
    assert verify_export(forged).report.problem is None
    problem = verify_export(forged, KEY).report.problem
    assert problem is not None
    assert problem.kind is ProblemKind.CHECKPOINT_INVALID


def test_a_remembered_checkpoint_catches_a_log_cut_with_its_checkpoints() -> None:
    cut = list(export_lines(SIGNER.verifier, TRAIL[:8], NOTES[:1]))
    assert verify_export(cut, KEY).report.problem is None
    problem = verify_export(cut, KEY, remembered=NOTES[1:]).report.problem
    assert problem is not None
    assert (problem.kind, problem.first) == (ProblemKind.TRUNCATED, 8)


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(MalformedKey):
        verify_export(LINES, "not a key")


@given(st.integers(0, len(LINES) - 1), st.data())
def test_no_changed_byte_of_an_export_passes_under_the_key_given(line: int, data: st.DataObject) -> None:
    changed = bytearray(LINES[line][:-1])
    at = data.draw(st.integers(0, len(changed) - 1))
    changed[at] ^= data.draw(st.integers(1, 255))
    spoiled = [*LINES[:line], bytes(changed), *LINES[line + 1 :]]
    assert is_refused(spoiled)


def is_refused(source: list[bytes]) -> bool:
    try:
        return verify_export(source, KEY).report.problem is not None
    except MalformedExport as error:
        return error.line == 1


HEADER, ENTRY, CHECKPOINT = LINES[0], LINES[2], LINES[-1]


@pytest.mark.parametrize(
    "header",
    [
        b"\n",
        b"[]\n",
        b"\xff\n",
        HEADER.replace(b"export/1", b"export/2"),
        HEADER.replace(b'"origin":"oifr.example"', b'"origin":"another"'),
        HEADER.replace(KEY.encode(), b""),
        HEADER.replace(b'"' + KEY.encode() + b'"', b"1"),
        ENTRY,
    ],
)
def test_what_does_not_begin_as_an_export_is_none(header: bytes) -> None:
    for source in ([header], [header, *LINES[1:]]):
        with pytest.raises(MalformedExport, match=r"^line 1: ") as raised:
            verify_export(source)
        assert raised.value.line == 1


def test_an_empty_file_is_no_export(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    sources: list[list[bytes] | Path] = [[], tmp_path / "empty"]
    for source in sources:
        with pytest.raises(MalformedExport, match=r"^line 1: "):
            verify_export(source)


BAD_ENTRIES = [
    b"\n",
    b"\xff\n",
    b"{broken\n",
    b" " + ENTRY,
    HEADER,
    ENTRY.replace(b'"salt":', b'"salt": '),
    ENTRY.replace(b'"salt":"00', b'"salt":"zz'),
    ENTRY.replace(b'"salt":"', b'"salt":" '),
    ENTRY.replace(b'"hash":"', b'"hash":"AA'),
    ENTRY.replace(b'"hash":"', b'"extra":1,"hash":"'),
    b'{"hash":1,"leaf":"","private":null,"salt":null}\n',
    b'{"hash":"","leaf":1,"private":null,"salt":null}\n',
    b'{"hash":"","leaf":"","private":[],"salt":null}\n',
    b'{"hash":"","leaf":"","private":null}\n',
]
BAD_TAILS = [
    [*LINES[:-1], b'{"checkpoint":1}\n'],
    [*LINES[:-1], b'{"checkpoint":"","more":1}\n'],
    [*LINES[:-1], b'{"checkpoint":"\xff"}\n'],
    [*LINES[:-1], CHECKPOINT.replace(b"oifr", b"else")],
    [*LINES, ENTRY],
    [*LINES, b"\n"],
]


def named(source: list[bytes] | Path) -> Problem:
    problem = verify_export(source, KEY).report.problem
    assert problem is not None
    return problem


@pytest.mark.parametrize("bad", BAD_ENTRIES)
@pytest.mark.parametrize("tail", [LINES[-2:], [b'{"checkpoint":1}\n'], []], ids=["whole tail", "bad tail", "no tail"])
def test_a_malformed_entry_is_named_whatever_follows(bad: bytes, tail: list[bytes]) -> None:
    problem = named([*LINES[:6], bad, *LINES[7:-2], *tail])
    assert (problem.kind, problem.first) == (ProblemKind.MALFORMED, 5)
    assert problem.reason.startswith("entry 5: line 7: ")


@pytest.mark.parametrize("spoiled", BAD_TAILS)
def test_a_bad_tail_is_named_after_the_entries_alone(spoiled: list[bytes]) -> None:
    problem = named(spoiled)
    assert (problem.kind, problem.first) == (ProblemKind.CHECKPOINT_INVALID, None)
    edited = [*spoiled[:6], spoiled[6].replace(b"officer-", b"nobody-"), *spoiled[7:]]
    assert (named(edited).kind, named(edited).first) == (ProblemKind.EDITED, 5)


def test_an_entry_made_into_a_checkpoint_is_missed() -> None:
    problem = named([*LINES[:6], CHECKPOINT, *LINES[7:]])
    assert (problem.kind, problem.first) == (ProblemKind.TRUNCATED, 5)


@pytest.mark.parametrize("cut", [1, 20, len(CHECKPOINT) + 1, len(b"".join(LINES[-2:])) + 20])
def test_a_file_that_is_cut_off_is_named_as_such(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"".join(LINES)[:-cut])
    problem = named(path)
    assert (problem.kind, problem.first) == (ProblemKind.CHECKPOINT_INVALID, None)
    assert "cut off" in problem.reason
    path.write_bytes(b"".join(LINES).replace(b"officer-2", b"officer-9", 1)[:-cut])
    assert (named(path).kind, named(path).first) == (ProblemKind.EDITED, 2)


def test_an_endless_line_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(HEADER + ENTRY[:-1] + b" " * (LONGEST_LINE + 1))
    assert named(path).reason == "entry 0: line 2: the line is too long"
    path.write_bytes(HEADER.strip() + b" " * (LONGEST_LINE + 1))
    with pytest.raises(MalformedExport, match=r"^line 1: "):
        verify_export(path)


def test_the_audit_room_stands_alone() -> None:
    """An outsider needs neither our other rooms nor the server's frameworks."""
    program = (
        "import sys, server.audit.export\n"
        "ours = sorted(m for m in sys.modules if m.startswith('server.') and not m.startswith('server.audit'))\n"
        "frameworks = sorted({'sqlalchemy', 'fastapi', 'pydantic', 'numpy', 'typer'} & set(sys.modules))\n"
        "print(ours, frameworks)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[] []\n"

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
from server.audit.verify import ProblemKind
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
    except MalformedExport:
        return True


HEADER, ENTRY, CHECKPOINT = LINES[0], LINES[2], LINES[-1]


@pytest.mark.parametrize(
    ("spoiled", "line"),
    [
        ([], 1),
        ([b"\n"], 1),
        ([b"[]\n"], 1),
        ([HEADER.replace(b"export/1", b"export/2")], 1),
        ([HEADER.replace(b'"origin":"oifr.example"', b'"origin":"another"')], 1),
        ([HEADER.replace(KEY.encode(), b"")], 1),
        ([HEADER.replace(b'"' + KEY.encode() + b'"', b"1")], 1),
        ([HEADER, HEADER], 2),
        ([HEADER, ENTRY, b"\n"], 3),
        ([HEADER, b" " + ENTRY], 2),
        ([HEADER, ENTRY.replace(b'"salt":', b'"salt": ')], 2),
        ([HEADER, ENTRY.replace(b'"salt":"00', b'"salt":"zz')], 2),
        ([HEADER, ENTRY.replace(b'"salt":"', b'"salt":" ')], 2),
        ([HEADER, ENTRY.replace(b'"hash":"', b'"hash":"AA')], 2),
        ([HEADER, b'{"hash":1,"leaf":"","private":null,"salt":null}\n'], 2),
        ([HEADER, b'{"hash":"","leaf":1,"private":null,"salt":null}\n'], 2),
        ([HEADER, b'{"hash":"","leaf":"","private":[],"salt":null}\n'], 2),
        ([HEADER, b'{"hash":"","leaf":"","private":null}\n'], 2),
        ([HEADER, ENTRY, CHECKPOINT, ENTRY], 4),
        ([HEADER, b'{"checkpoint":1}\n'], 2),
        ([HEADER, b'{"checkpoint":"","more":1}\n'], 2),
        ([HEADER, b"\xff\n"], 2),
    ],
)
def test_a_malformed_line_is_named(spoiled: list[bytes], line: int) -> None:
    with pytest.raises(MalformedExport, match=rf"^line {line}: ") as raised:
        read_whole(spoiled)
    assert raised.value.line == line


def read_whole(source: list[bytes] | Path) -> None:
    read_header(source)
    list(read_checkpoints(source))
    list(read_entries(source))


def test_a_file_whose_last_line_is_cut_off_is_malformed(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"".join(LINES)[:-1])
    with pytest.raises(MalformedExport, match=f"^line {len(LINES)}: "):
        read_whole(path)


def test_an_endless_line_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(HEADER + b" " * (LONGEST_LINE + 1))
    with pytest.raises(MalformedExport, match=r"^line 2: "):
        read_whole(path)


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

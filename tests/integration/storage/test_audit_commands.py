"""`oifr audit`: what it says, where it says it, and its exit status."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from server.audit.export import export_lines
from server.cli import commands
from tests.unit.audit.audit_trail import SIGNER, notes, trail

TRAIL = trail(6)
LINES = list(export_lines(SIGNER.verifier, TRAIL, notes(TRAIL, 6)))
KEY = SIGNER.verifier.text()


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "trail.jsonl"
    file.write_bytes(b"".join(LINES))
    return file


def oifr(*arguments: object, home: Path | None = None) -> Result:
    variables = {} if home is None else {"OIFR_HOME": str(home)}
    return CliRunner().invoke(commands, ["audit", *map(str, arguments)], env=variables)


def test_an_export_checked_without_a_key_tells_its_own_as_people_pass_it_on(export: Path) -> None:
    checked = oifr("verify", export)
    assert checked.exit_code == 0
    assert f"which you should compare: {KEY}\n" in checked.stderr
    assert checked.stdout == "Intact: 6 entries under 1 signed checkpoints.\n"


def test_an_export_checked_with_a_key_repeats_none(export: Path) -> None:
    checked = oifr("verify", export, "--key", KEY)
    assert (checked.exit_code, checked.stderr) == (0, "")


def test_an_export_to_nowhere_says_so_and_leaves_no_entry(tmp_path: Path) -> None:
    home = tmp_path / "home"
    refused = oifr("export", tmp_path / "nowhere" / "trail.jsonl", home=home)
    assert isinstance(refused.exception, FileNotFoundError)  # which `main` turns into a sentence
    written = oifr("export", tmp_path / "trail.jsonl", home=home)
    assert (written.exit_code, written.stdout) == (0, f"Wrote 1 entries to {tmp_path / 'trail.jsonl'}.\n")


def test_what_is_no_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for place, words in ((tmp_path, "is a directory"), (tmp_path / "nowhere.jsonl", "does not exist")):
        refused = oifr("verify", place)
        assert refused.exit_code == 2
        said = "".join(line.strip("│ ") for line in refused.stderr.splitlines())  # a box, wrapped to the terminal
        assert words.replace(" ", "") in said.replace(" ", "")
        assert "Traceback" not in refused.stderr


def test_a_spoiled_line_is_a_broken_trail(export: Path) -> None:
    export.write_bytes(b"".join([*LINES[:3], b"{\xff\n", *LINES[4:]]))
    checked = oifr("verify", export, "--key", KEY)
    assert checked.exit_code == 3
    assert checked.stderr == "BROKEN: entry 2: line 4: the text is not JSON\n"

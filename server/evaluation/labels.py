"""From what the user names (one CSV, or folders and CSVs for either side) to labelled samples."""

from __future__ import annotations

from pathlib import Path

from server.evaluation.errors import NothingToEvaluate, SheetInvalid
from server.evaluation.samples import Sample, Samples, samples_of
from server.evaluation.sheet import Line, Role, read_sheet


def labelled(sheet: Path | None, gallery: Path | None, probes: Path | None) -> Samples:
    """Either one sheet with roles, or a folder or sheet for each side.

    Raises NothingToEvaluate or SheetInvalid, with what to do, or OSError.
    """
    if sheet is not None and gallery is None and probes is None:
        return _by_role(sheet)
    if sheet is None and gallery is not None and probes is not None:
        return Samples(_side(gallery, Role.GALLERY), _side(probes, Role.PROBE))
    raise NothingToEvaluate("Give either one CSV with a role column, or both --gallery and --probes.")


def _by_role(sheet: Path) -> Samples:
    if sheet.is_dir():
        raise NothingToEvaluate(f"{sheet} is a folder: name it with --gallery or --probes, and the other side too.")
    lines = read_sheet(sheet)
    for line in lines:
        if line.role is None:
            raise SheetInvalid(sheet, 1, "the column 'role' is missing; write gallery or probe for each photograph.")
    return Samples(_of_role(lines, Role.GALLERY), _of_role(lines, Role.PROBE))


def _side(source: Path, role: Role) -> tuple[Sample, ...]:
    if source.is_dir():
        return samples_of(source)
    lines = read_sheet(source)
    for line in lines:
        if line.role not in {None, role}:
            raise SheetInvalid(source, line.number, f"the role is '{line.role}' in the CSV of the other side.")
    return tuple(line.sample for line in lines)


def _of_role(lines: tuple[Line, ...], role: Role) -> tuple[Sample, ...]:
    return tuple(line.sample for line in lines if line.role is role)

"""`oifr enrol`: opens the source, shows the pace, writes what was refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from server import app as composition
from server import stores
from server.config import Settings
from server.domain.gallery import Source
from server.domain.gallery_errors import SourceInvalid
from server.intake.columns import Defaults
from server.intake.report import reject_report
from server.intake.source import opened_source
from server.progress import Pace, told
from server.storage.unit_of_work import SqlDatabase
from server.workflow.bulk_enrolment import glance
from server.workflow.intake import Batch, Intake

BATCH = 32
REFUSED = 6
REPORT = "enrolment-rejects.csv"


class Depth(Enum):
    """How far a run goes: rows and files; the engine's judgement; all of it."""

    GLANCE = "could be looked at by the engine"
    REHEARSAL = "would be enrolled"
    IN_EARNEST = "enrolled"


PAIRED = {
    Depth.REHEARSAL: "would be put to a human, as perhaps of one person",
    Depth.IN_EARNEST: "may be of one person: see `oifr gallery duplicates`",
}

From = Annotated[
    Path, typer.Argument(help="A folder of folders, a CSV, JSON Lines, or ANSI/NIST-ITL files.", exists=True)
]
Kind = Annotated[Source | None, typer.Option("--source", help="Of rows that do not say it.")]
Basis = Annotated[str, typer.Option(help="Why they may be held, of rows that do not say it.")]
Captured = Annotated[str | None, typer.Option(help="Of rows that do not say it.", metavar="YYYY-MM-DD")]
Review = Annotated[
    str | None, typer.Option(help="When to ask whether they may still be held, likewise.", metavar="YYYY-MM-DD")
]
Station = Annotated[str, typer.Option(help="Who holds them, of rows that do not say it.")]
Ignore = Annotated[list[str] | None, typer.Option(help="A column that is not ours; may be given several times.")]
Report = Annotated[Path | None, typer.Option(help=f"CSV of what was refused; default: {REPORT} in the home.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would be enrolled, refused and paired, and store nothing.")
]
Fast = Annotated[bool, typer.Option("--fast", help="With --dry-run: look at rows and files, without the engine.")]
Size = Annotated[int, typer.Option(help="Photographs a transaction takes.", min=1, max=256)]


def enrol_command(
    *,
    source: From,
    kind: Kind = None,
    lawful_basis: Basis = "",
    captured_on: Captured = None,
    review_on: Review = None,
    station: Station = "",
    ignore: Ignore = None,
    report: Report = None,
    dry_run: DryRun = False,
    fast: Fast = False,
    batch: Size = BATCH,
) -> None:
    """Enrol many photographs.

    It may be stopped or killed at any moment and started again: what was
    committed is known again and not enrolled twice. Photographs that are too
    poor to be found again are refused. Records that look like one person are
    paired for a human: see `oifr gallery duplicates`.

    Columns, folders and codes of other systems: docs/enrolment.md.

    Exit status: 0 all is enrolled; 1 it could not go on; 2 wrong options;
    6 it went to its end, and refused what the report lists.
    """
    if fast and not dry_run:
        raise typer.BadParameter("--fast goes with --dry-run.")
    if report is not None and (report.is_dir() or report.resolve().is_relative_to(source.resolve())):
        raise typer.BadParameter("Name a file that is neither a folder nor part of the source.", param_hint="--report")
    settings = Settings()
    dates = _date("--captured-on", captured_on), _date("--review-on", review_on)
    defaults = Defaults(kind, lawful_basis.strip(), *dates, station.strip())
    intake = opened_source(source, defaults, datetime.now(UTC).date(), ignore or ())
    depth = (Depth.GLANCE if fast else Depth.REHEARSAL) if dry_run else Depth.IN_EARNEST
    file = settings.home / REPORT if report is None else report
    with stores.opened_database(settings) as database:
        done = _work(settings, database, Plan(intake, depth, batch, file))
    _tell(done, depth, file)
    raise typer.Exit(REFUSED if done.refused else 0)


@dataclass(frozen=True)
class Plan:
    """batch: rows a transaction takes. report: where the refusals go."""

    intake: Intake
    depth: Depth
    batch: int
    report: Path


class Tally:
    """What became of all rows so far."""

    def __init__(self) -> None:
        self.enrolled = self.held = self.pairs = self.refused = self.unread = 0

    def add(self, batch: Batch) -> None:
        self.enrolled += batch.enrolled
        self.held += batch.held
        self.pairs += batch.pairs
        self.refused += len(batch.refusals)
        self.unread += batch.unread

    @property
    def rows(self) -> int:
        return self.enrolled + self.held + self.refused


def _work(settings: Settings, database: SqlDatabase, plan: Plan) -> Tally:
    done, total = Tally(), len(plan.intake)
    with (
        reject_report(plan.report) as refuse,
        _batches(settings, database, plan) as batches,
        told("Enrolling ...") as tell,
    ):
        began = time.monotonic()
        for one in batches:
            done.add(one)
            refuse(one.refusals)
            tell.pace(Pace(done.rows, total, time.monotonic() - began, passed=done.held))
    return done


@contextmanager
def _batches(settings: Settings, database: SqlDatabase, plan: Plan) -> Iterator[Iterator[Batch]]:
    if plan.depth is Depth.GLANCE:
        yield glance(database, plan.intake, plan.batch)
        return
    typer.echo("Loading the face engine takes some seconds ...", err=True)
    if plan.depth is Depth.REHEARSAL:
        yield composition.rehearsal(settings, database, plan.batch).run(plan.intake)
        return
    with composition.opened_enrolment(settings, database, plan.batch) as enrolment:
        yield enrolment.run(plan.intake)


def _tell(done: Tally, depth: Depth, file: Path) -> None:
    typer.echo(
        f"{done.rows:,} rows: {done.enrolled:,} {depth.value}, {done.held:,} were there, {done.refused:,} refused."
    )
    if done.unread:
        typer.echo(f"Resumed: {done.unread:,} already done, whose files were not read again.", err=True)
    if done.pairs:
        typer.echo(f"{done.pairs:,} pairs of records {PAIRED[depth]}.", err=True)
    if done.refused:
        typer.echo(f"{file} says of each refused row why.", err=True)


def _date(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SourceInvalid(f"{option} is no date of the form YYYY-MM-DD.") from None

"""`oifr gallery list` and `oifr gallery export-subject`: what the gallery holds of people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from server.config import Settings
from server.domain.errors import RequestInvalid
from server.domain.gallery import Source, Status
from server.domain.holdings import Holding, Page, Wanted
from server.record_lines import Writer, csv_lines, json_lines, table_lines
from server.storage.private_file import new_private_file
from server.stores import SystemClock, opened_database
from server.workflow.records import Records
from server.workflow.subject_access import Handover, SubjectAccess

PAGE = 250

OfSource = Annotated[Source | None, typer.Option("--source", help="References of this source alone.")]
OfStatus = Annotated[Status | None, typer.Option("--status", help="References of this status alone.")]
Due = Annotated[
    str | None,
    typer.Option(help="Reviews due before this day; without a review date it is due.", metavar="YYYY-MM-DD"),
]
At = Annotated[str, typer.Option(help="References that this station holds.")]
Basis = Annotated[str, typer.Option(help="References held for this reason, in its whole words.")]
Prefix = Annotated[str, typer.Option(help="Record numbers that begin like this.")]
After = Annotated[str, typer.Option(help="Go on behind this subject, as the list before says.")]
Most = Annotated[int, typer.Option(help="Subjects to list.", min=1)]


def list_command(
    *,
    source: OfSource = None,
    status: OfStatus = None,
    review_before: Due = None,
    station: At = "",
    lawful_basis: Basis = "",
    record_prefix: Prefix = "",
    after: After = "",
    most: Most = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object for each subject, one a line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A line for each reference, with every column.")] = False,
) -> None:
    """List subjects and their references; each page of the list is an entry of the trail.

    The order is that of ids, which says nothing. What is listed is personal
    data: mind where it is written to.
    """
    if as_json and as_csv:
        raise typer.BadParameter("Give --json or --csv, not both.")
    write: Writer = json_lines if as_json else csv_lines if as_csv else table_lines
    wanted = Wanted(source, status, _day(review_before), station.strip(), lawful_basis.strip(), record_prefix.strip())
    with opened_database(Settings()) as database:
        listing = Listing(Records(database), wanted, after, most)
        for line in write(listing.holdings()):
            typer.echo(line)
    if listing.following is not None:
        typer.echo(f"There may be more: go on with --after {listing.following}", err=True)


class Listing:
    """Goes from page to page and holds one at a time. `following`: where the next run would go on."""

    def __init__(self, records: Records, wanted: Wanted, after: str, most: int) -> None:
        self._records = records
        self._wanted = wanted
        self._most = most
        self.following: str | None = after

    def holdings(self) -> Iterator[Holding]:
        left = self._most
        while left and self.following is not None:
            page: Page = self._records.listed(None, self._wanted, self.following, min(left, PAGE))
            self.following = page.following
            left -= len(page.holdings)
            yield from page.holdings


def export_command(
    record: Annotated[str, typer.Argument(help="The record number.")],
    to: Annotated[Path, typer.Option(help="A new zip; it will hold personal data in clear.", metavar="FILE.zip")],
    recipient: Annotated[str, typer.Option(help="Who gets the file; it stands in the trail.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the trail.")],
) -> None:
    """Write what is held about one person to a new file, for that person: a subject access request.

    What is in it and what is withheld: docs/records.md. An existing file is
    never overwritten.
    """
    with opened_database(Settings()) as database, new_private_file(to) as file:
        access = SubjectAccess(database, SystemClock())
        file.write(access.export_record(record.strip(), Handover(recipient.strip(), reason.strip())))
    typer.echo(f"Wrote {to}. It is readable for you alone and not encrypted: hand it over accordingly.")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RequestInvalid("--review-before is no date of the form YYYY-MM-DD.") from None

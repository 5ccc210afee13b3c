"""`oifr gallery`: what each model knows of the gallery, and the change from one model to another."""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from server import app as composition
from server import stores
from server.config import Settings
from server.domain.duplicates import Verdict
from server.domain.errors import Unavailable
from server.domain.matchers import Standing
from server.gallery_views import Document, erasure_document, erasure_lines, line_of, status_document, status_lines
from server.progress import Pace, Teller, told
from server.storage.unit_of_work import SqlDatabase
from server.workflow.duplicates import DuplicateReview
from server.workflow.erasure import Erasures
from server.workflow.re_embedding import ReEmbedding

gallery = typer.Typer(help="The gallery: its records, their templates, and records that look alike.")

BATCH = 32

NOT_EVERYWHERE = 3

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")]
ModelName = Annotated[str | None, typer.Option("--model", help="Name of a manifest; default: the active model.")]


@gallery.command("status")
def status(as_json: AsJson = False) -> None:
    """Print how many references each model knows, and where the database, the cache and every matcher stand."""
    settings = Settings()
    with stores.opened_database(settings) as database:
        change = composition.change_over(settings, database)
        census = change.census()
        with stores.opened_index(settings, database, change.active) as index:
            standing = _standing(index)
    _tell(
        as_json,
        status_document(census, change.active, standing),
        status_lines(census, change.active, standing),
    )


@gallery.command("erasure")
def erasure(
    index: Annotated[int, typer.Argument(help="Number of the erasure's entry in the trail, as its receipt says.")],
    as_json: AsJson = False,
) -> None:
    """Print which matchers have dropped what an erasure took out of the database, and whether all have.

    Exit status: 0 it has reached every matcher and the cache; 3 not yet.
    """
    settings = Settings()
    with stores.opened_database(settings) as database:
        active = composition.change_over(settings, database).active
        with stores.opened_index(settings, database, active) as matchers:
            found = Erasures(database, database.gallery, matchers).look(index)
    _tell(as_json, erasure_document(found), erasure_lines(found))
    raise typer.Exit(0 if found.receipt else NOT_EVERYWHERE)


@gallery.command("re-embed")
def re_embed(
    model: ModelName = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be made.")] = False,
    batch: Annotated[int, typer.Option(help="References a transaction takes.", min=1, max=1000)] = BATCH,
    report: Annotated[
        Path | None, typer.Option(help="CSV of refused images; default: rejections-MODEL.csv in the home.")
    ] = None,
) -> None:
    """Make the templates that a model lacks, from the stored images.

    It may be stopped at any moment and started again: what was committed is not made twice. An image
    that the model refuses gets no template; it is counted and listed in the report.
    """
    settings = Settings()
    name = settings.model if model is None else model
    model_id = composition.calibrated_manifest(settings, name).model_id
    with stores.opened_database(settings) as database:
        change = composition.change_over(settings, database)
        missing = change.census().missing(model_id)
        if dry_run:
            typer.echo(f"{missing:,} references lack a template of {model_id}.")
            return
        if missing:
            _make(settings, database, name, batch, missing)
        typer.echo(line_of(change.census(), model_id))
        rejections = change.rejections(model_id)
    if rejections:
        file = report or settings.home / f"rejections-{model_id.replace('/', '-')}.csv"
        write_report(file, rejections)
        typer.echo(
            f"{len(rejections):,} images were refused and will not be found by {model_id}: see {file}.", err=True
        )


@gallery.command("drop-templates")
def drop_templates(
    model: Annotated[str, typer.Option(help="Id of the model whose templates go, such as dlib-resnet/1.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be dropped.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Drop them; there is no way back but re-embedding.")] = False,
) -> None:
    """Remove another model's templates once the active one covers the gallery."""
    if dry_run == yes:
        raise typer.BadParameter("Give either --dry-run or --yes.")
    settings = Settings()
    with stores.opened_database(settings) as database:
        change = composition.change_over(settings, database)
        if dry_run:
            typer.echo(f"{change.droppable(model):,} active references would lose their template of {model}.")
            return
        with stores.opened_index(settings, database, model) as index:
            dropped = change.drop(model, index)
    typer.echo(f"Dropped {dropped:,} templates of {model}.")


@gallery.command("duplicates")
def duplicates(
    verdict: Annotated[Verdict, typer.Option(help="Of which pairs.")] = Verdict.OPEN,
    most: Annotated[int, typer.Option(help="Pairs to list, oldest first.", min=1, max=10_000)] = 100,
) -> None:
    """List pairs of records that may be of one person; that is an entry of the trail.

    Look at the photographs of both, then say what they are with `oifr gallery settle`.
    """
    with stores.opened_database(Settings()) as database:
        review = DuplicateReview(database)
        for pair in review.listed(None, verdict, most):
            found_on = pair.duplicate.found_at.date().isoformat()
            typer.echo(f"{pair.duplicate.id}  {found_on}  {pair.added.record_number}  {pair.earlier.record_number}")
        typer.echo(f"{review.count(verdict):,} pairs are {verdict.value}.", err=True)
        if waiting := review.count_uncompared():
            typer.echo(f"{waiting:,} references are yet to be compared, which a running server does.", err=True)


@gallery.command("settle")
def settle(
    pair: Annotated[str, typer.Argument(help="The pair, as `oifr gallery duplicates` lists it.")],
    verdict: Annotated[Verdict, typer.Argument(help="different: two people; same: one; open: look again.")],
) -> None:
    """Record what a human found about a pair. Records are never merged by software."""
    with stores.opened_database(Settings()) as database:
        DuplicateReview(database).settle(None, pair, verdict)
    typer.echo(f"The pair is {verdict.value}.")


def _make(settings: Settings, database: SqlDatabase, model: str, batch: int, missing: int) -> None:
    typer.echo("Loading the face engine takes some seconds ...", err=True)
    with composition.opened_re_embedding(settings, database, model, batch) as work, told("Re-embedding ...") as tell:
        _work(work, missing, tell)


def _work(work: ReEmbedding, missing: int, tell: Teller) -> None:
    began, done = time.monotonic(), 0
    for made in work.run():
        done += made.templates + made.rejections
        tell.pace(Pace(done, max(missing, done), time.monotonic() - began))


def _standing(index: stores.Gallery) -> Standing | None:
    """None where no cache answers, as where no server runs."""
    try:
        return index.standing()
    except Unavailable:
        return None


def _tell(as_json: bool, document: Document, lines: Iterable[str]) -> None:
    for line in [json.dumps(document)] if as_json else lines:
        typer.echo(line)


def write_report(file: Path, rejections: Mapping[str, str]) -> None:
    """For the owner alone: which image a model refused says something of a person."""
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(["reference", "problem"])
        rows.writerows(rejections.items())

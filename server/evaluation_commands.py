"""`oifr evaluate`: reads the labels, shows the progress, writes the report."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from server import app as composition
from server.config import Settings
from server.evaluation.alterations import Alteration, Blurred, Darkened, Occluded, Part, Turned
from server.evaluation.document import document_of
from server.evaluation.findings import Findings, Plan
from server.evaluation.labels import labelled
from server.evaluation.material import tasks_of
from server.evaluation.protocols import Protocol
from server.evaluation.run import evaluate
from server.evaluation.summary import summary_of
from server.evaluation.writing import REPORT, written
from server.telemetry import start_logging

CALIBRATION_REFUSED = 5
FULL_TURN = 360
_DEGREES = re.compile(r"[0-9]{1,3}")

Sheet = Annotated[Path | None, typer.Argument(help="A CSV with the columns path, subject, role (gallery or probe).")]
Gallery = Annotated[Path | None, typer.Option(help="References: a folder of folders, or a CSV.")]
Probes = Annotated[Path | None, typer.Option(help="Probes: a folder of folders, or a CSV.")]
Out = Annotated[Path, typer.Option(help="A folder for the report; an earlier report is not written over.")]
Data = Annotated[str, typer.Option(help="The photographs in neutral words, for the record.")]
Model = Annotated[str | None, typer.Option(help="A model of `oifr models list`; default: the one in use.")]
Threshold = Annotated[float | None, typer.Option(help="Score to report at; default: the one in use.", min=-1, max=1)]
Cap = Annotated[int | None, typer.Option(help="Most people on a list; default: the one in use.", min=1, max=26)]
Style = Annotated[Protocol, typer.Option(help="How people who are not enrolled are had: see above.")]
HeldOut = Annotated[float, typer.Option(help="Share of the people held out of the gallery.", min=0, max=0.9)]
Splits = Annotated[int, typer.Option(help="How many splits.", min=1, max=1000)]
Seed = Annotated[int, typer.Option(help="Of splits and bootstrap: the same seed gives the same figures.", min=0)]
Turn = Annotated[str, typer.Option(help="Degrees counter-clockwise, such as 0,90,180,45.", metavar="DEGREES,...")]
Occlude = Annotated[list[Part] | None, typer.Option(help="Cover half of the face; may be given twice.")]
Dark = Annotated[bool, typer.Option("--dark", help="An eighth of the light, with noise.")]
Blur = Annotated[bool, typer.Option("--blur", help="Blurred by 2 % of the face's width.")]
Calibrate = Annotated[str | None, typer.Option(help="Find the threshold for an FPIR.", metavar="fpir=SHARE")]
GallerySize = Annotated[
    int | None, typer.Option(help="People enrolled where it will be used; default: as measured.", min=1, max=10**9)
]
AsJson = Annotated[bool, typer.Option("--json", help="The findings as one JSON object on standard output.")]


def evaluate_command(
    *,
    sheet: Sheet = None,
    gallery: Gallery = None,
    probes: Probes = None,
    out: Out = Path("oifr-evaluation"),
    data: Data = "labelled photographs, not described",
    threshold: Threshold = None,
    cap: Cap = None,
    protocol: Style = Protocol.SPLIT,
    held_out: HeldOut = 0.3,
    splits: Splits = 20,
    seed: Seed = 1,
    turn: Turn = "",
    occlude: Occlude = None,
    dark: Dark = False,
    blur: Blur = False,
    model: Model = None,
    calibrate: Calibrate = None,
    gallery_size: GallerySize = None,
    as_json: AsJson = False,
) -> None:
    """Measure this server's face recognition on your own labelled photographs.

    Nobody's face, template or score is written: only rates, with 95 %
    intervals. Photographs are read where they lie and never copied. What a
    search or an enrolment refuses is refused here too, poor quality included,
    and poor probes are given the shorter lists of a search.

    FOLDERS, one for each person:

        oifr evaluate --gallery custody/ --probes street/

    ONE CSV, paths from its own folder. `condition` is how a photograph
    was taken; every further column is a group, compared by ISO/IEC 19795-10:

        path,subject,role,condition,age band
        a/1.jpg,a,gallery,,30-39
        a/2.jpg,a,probe,lying,30-39

        oifr evaluate photographs.csv --out report

    CONDITIONS made from the same photographs, each a row of the report:

        oifr evaluate photographs.csv --turn 90,180 --occlude lower --dark --blur

    A THRESHOLD at which 3 in 1,000 searches by people who are not enrolled show
    anyone, in a gallery of 2,000; refused where the data cannot support it:

        oifr evaluate photographs.csv --calibrate fpir=0.003 --gallery-size 2000

    People who are not enrolled are had by holding some out. `--protocol split`
    does so in seeded splits, several times over; `leave-out` takes one person
    out at a time. Probes of people without a reference join them.

    Written to --out: report.html, evaluation.json, refused.csv (the refused
    photographs), calibration.toml (with --calibrate).

    Exit status: 0 measured and written; 1 it could not go on; 2 wrong options
    or paths; 5 measured and written, but the calibration was refused.
    """
    start_logging(logging.WARNING)
    fpir = _fpir_of(calibrate)
    alterations = _alterations_of(turn, occlude or [], dark=dark, blur=blur)
    if (out / REPORT).exists():
        raise typer.BadParameter(f"{out} holds a report already; choose another folder.", param_hint="--out")
    if gallery_size is not None and fpir is None:
        raise typer.BadParameter("--gallery-size goes with --calibrate.", param_hint="--gallery-size")
    samples = labelled(sheet, gallery, probes)
    settings = Settings()
    model = model or settings.model
    calibration = composition.manifest_of(settings, model).calibration
    if calibration is None and threshold is None:
        raise typer.BadParameter(
            f"The model {model} has no calibration: name the score to report at; --calibrate finds one.",
            param_hint="--threshold",
        )
    out.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    with console.status("Loading the face engine takes some seconds ..."):
        engine = composition.engine_to_evaluate(settings, model, -1.0 if threshold is None else threshold)
        in_use = composition.policy_of(settings, engine).threshold if model == settings.model else None
    plan = Plan(
        protocol=protocol,
        held_out=held_out,
        times=splits,
        seed=seed,
        threshold=next(score for score in (threshold, in_use, engine.calibration.threshold) if score is not None),
        cap=settings.cap if cap is None else cap,
        fpir=fpir,
        gallery_size=gallery_size,
        agreement=None if calibration is None else calibration.agreement,
        data=data,
        today=datetime.now(UTC).date(),
        software=f"oifr {version('oifr')}",
    )
    with _progress(console, len(samples.gallery) + len(tasks_of(samples, alterations))) as tick:
        findings, refused = evaluate(engine, samples, alterations, plan, tick)
    files = written(out, findings, refused)
    _tell(console, findings, files)
    if as_json:
        typer.echo(json.dumps(document_of(findings)))
    raise typer.Exit(CALIBRATION_REFUSED if findings.calibration_refused else 0)


def _fpir_of(calibrate: str | None) -> float | None:
    if calibrate is None:
        return None
    name, _, share = calibrate.partition("=")
    try:
        fpir = float(share)
    except ValueError:
        fpir = 0.0
    if name != "fpir" or not 0 < fpir < 1:
        raise typer.BadParameter("Write fpir=SHARE with a share between 0 and 1, such as fpir=0.003.")
    return fpir


def _alterations_of(turn: str, occlude: list[Part], *, dark: bool, blur: bool) -> tuple[Alteration, ...]:
    return (
        *(Turned(degrees) for degrees in _turns_of(turn) if degrees),
        *(Occluded(part) for part in dict.fromkeys(occlude)),
        *([Darkened()] if dark else []),
        *([Blurred()] if blur else []),
    )


def _turns_of(turn: str) -> list[int]:
    """Each once; a turn by 0 is the photograph as it is, which is measured anyhow."""
    turns = [degrees.strip() for degrees in turn.split(",")] if turn.strip() else []
    if not all(_DEGREES.fullmatch(degrees) and int(degrees) < FULL_TURN for degrees in turns):
        raise typer.BadParameter("Write whole degrees, 0 to 359, with commas, such as 0,90,180,45.")
    return list(dict.fromkeys(map(int, turns)))


class _Pace(ProgressColumn):
    """Photographs in a second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.1f} a second", style="progress.data.speed")


@contextmanager
def _progress(console: Console, total: int) -> Iterator[Callable[[], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Pace(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Photographs", total=total)
        yield lambda: progress.advance(task)


def _tell(console: Console, findings: Findings, files: tuple[Path, ...]) -> None:
    console.print("\n".join(summary_of(findings)), highlight=False, markup=False, soft_wrap=True)
    for file in files:
        console.print(f"Wrote {file}", highlight=False, markup=False, soft_wrap=True)

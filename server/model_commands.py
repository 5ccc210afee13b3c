"""`oifr models`: which models there are, whether their weights are what they should be, and how to get them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from server.config import Settings, prepare_home
from server.face.pulled import LOCK, Condition, WeightsHome
from server.face.weights import Manifest

if TYPE_CHECKING:
    from server.face.pull import Pulled

models = typer.Typer(help="The face models: list them, verify their weights, pull them.", no_args_is_help=True)

UNVERIFIED = 3


@models.command("list")
def list_models() -> None:
    """Print each model with its licence, and the state of its weights on this machine."""
    settings = Settings()
    table = Table("model", "licence", "dimension", "weights", "calibrated", "active", box=None)
    for manifest in _embedding(settings.models):
        table.add_row(*_row(manifest, settings))
    Console(width=110).print(table)


@models.command("verify")
def verify(
    name: Annotated[str | None, typer.Argument(help="One model; default: all whose weights are here.")] = None,
) -> None:
    """Compare weights with their digests; exit status 3 when one is not what it should be."""
    settings = Settings()
    wanted = _manifests(settings.models) if name is None else [Manifest.named(settings.models, name)]
    found = {manifest.name: WeightsHome(settings.home).condition_of(manifest) for manifest in wanted}
    for model, condition in found.items():
        typer.echo(f"{model}: {condition.value}")
    accepted = {Condition.ABSENT} if name is None else set()
    if any(not condition.usable and condition not in accepted for condition in found.values()):
        raise typer.Exit(UNVERIFIED)


@models.command("pull")
def pull(
    name: Annotated[str, typer.Argument(help="The model, as `oifr models list` names it.")],
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="The terms of the weights have been read and are accepted.")
    ] = False,
) -> None:
    """Download a model's weights into the home and check them. A download that was cut off is gone on with."""
    import httpx  # noqa: PLC0415 - a client that no command but this one needs

    from server.face.pull import Puller, check_terms  # noqa: PLC0415

    settings = Settings()
    manifest = Manifest.named(settings.models, name)
    if manifest.package is None:
        check_terms(manifest, accepted=accept_licence)
    home = WeightsHome(prepare_home(settings.home))
    with httpx.Client() as client, _progress() as shown:
        task = shown.add_task(name, total=None)
        puller = Puller(home, client, lambda done, total: shown.update(task, completed=done, total=total))
        pulled = puller.pull(manifest)
    for file in pulled:
        _tell(file, settings.home)
    if manifest.calibration is None:
        typer.echo("It cannot be activated before it is calibrated: oifr evaluate --calibrate.")


def _tell(pulled: Pulled, home: Path) -> None:
    typer.echo(f"{pulled.path.name}: sha256 {pulled.sha256}")
    if pulled.first_use:
        typer.echo(
            f"WARNING: nobody has published a digest of {pulled.path.name}. What came is trusted from now on "
            f"({home / LOCK}): compare its digest with that of another machine, pulled over another network.",
            err=True,
        )


def _row(manifest: Manifest, settings: Settings) -> tuple[str, ...]:
    return (
        manifest.model_id,
        manifest.licence + ("" if manifest.terms is None else " *restricted*"),
        str(manifest.dimension),
        WeightsHome(settings.home).condition_of(manifest).value,
        "yes" if manifest.calibration else "no",
        "yes" if manifest.name == settings.model else "",
    )


def _embedding(folder: Path) -> Sequence[Manifest]:
    return [manifest for manifest in _manifests(folder) if manifest.dimension is not None]


def _manifests(folder: Path) -> Sequence[Manifest]:
    return [Manifest.read(path) for path in sorted(folder.glob("*.toml"))]


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True)
    return Progress(*columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal)

"""The `oifr` command: thin, it opens what an act needs and calls the workflow."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvicorn

from server import app as composition
from server.audit.errors import AuditError
from server.audit.export import verify_export
from server.audit.verify import Report
from server.config import Settings
from server.domain.actors import Role
from server.domain.errors import OifrError
from server.domain.events import Act, Event
from server.storage.trail_check import verify_database
from server.storage.trail_export import write_export
from server.telemetry import start_logging

commands = typer.Typer(
    name="oifr",
    help="Operator-initiated facial recognition, self-hosted. Settings come from OIFR_* (docs/settings.md).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
users = typer.Typer(help="Accounts of officers, supervisors and gallery managers.", no_args_is_help=True)
audit = typer.Typer(help="The audit trail: verify it, export it.", no_args_is_help=True)
commands.add_typer(users, name="users")
commands.add_typer(audit, name="audit")

SETTINGS_UNFIT = 2
TRAIL_BROKEN = 3


@commands.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8440,
) -> None:
    """Serve the API for handhelds and the supervisors' console.

    Without further settings this uses SQLite and an embedded Redis in OIFR_HOME. Add accounts with `oifr users add`.
    """
    start_logging()
    settings = Settings()
    typer.echo(f"Starting in {settings.home} (loading the face engine takes some seconds) ...", err=True)
    with composition.opened(settings) as service:
        typer.echo(f"API      http://{host}:{port}/v1\nConsole  http://{host}:{port}/console/", err=True)
        uvicorn.run(service.application, host=host, port=port, log_config=None, access_log=False, server_header=False)


@users.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="Sign-in name, such as a service number.")],
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
) -> None:
    """Add an account. The password is asked for, or read from standard input when that is not a terminal."""
    password = _ask_password()
    settings = Settings()
    with composition.opened_database(settings) as database:
        actor = composition.access_of(database, settings).add_account(name, password, frozenset(role))
    typer.echo(f"Added {actor.name} ({', '.join(sorted(actor.roles))}).")


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password (at least 12 characters)", hide_input=True, confirmation_prompt=True))


@audit.command("verify")
def verify_trail(
    export: Annotated[
        Path | None, typer.Argument(help="An export to check; without it, this server's database.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="The trail's public key, as `oifr audit key` prints it.")] = None,
) -> None:
    """Check that no entry was changed, dropped, moved or added, and name the first bad one.

    An export needs no server and no database. Give --key from a source you trust: without it, the export's own
    key is used, which shows that the file agrees with itself but not who wrote it.
    """
    report = _verify_database() if export is None else _verify_export(export, key)
    if report.problem is not None:
        typer.echo(f"BROKEN: {report.problem.reason}", err=True)
        raise typer.Exit(TRAIL_BROKEN)
    typer.echo(f"Intact: {report.entries:,} entries under {report.checkpoints:,} signed checkpoints.")


def _verify_database() -> Report:
    settings = Settings()
    with composition.opened_database(settings) as database:
        return verify_database(database, composition.verifier(settings))


def _verify_export(export: Path, key: str | None) -> Report:
    checked = verify_export(export, key)
    if not checked.key_was_given:
        typer.echo(f"Checked with the export's own key, which you should compare: {checked.key}", err=True)
    return checked.report


@audit.command("export")
def export(file: Annotated[Path, typer.Argument(help="A new file; it will hold personal data in clear.")]) -> None:
    """Write the whole trail to FILE (JSON Lines) for `oifr audit verify FILE`; the export is an entry itself."""
    settings = Settings()
    with composition.opened_database(settings) as database:
        with database.write() as unit:
            unit.commit(Event(Act.TRAIL_EXPORTED, None))
        with database.read() as view:
            write_export(view.trail, composition.verifier(settings), file)
            size = view.trail.size()
    typer.echo(f"Wrote {size:,} entries to {file}.")


@audit.command("key")
def show_key() -> None:
    """Print the public key that verifies this trail's checkpoints. Keep it where the server cannot change it."""
    typer.echo(composition.verifier(Settings()).text())


def _fail(sentence: str, code: int) -> NoReturn:
    typer.echo(f"oifr: {sentence}", err=True)
    raise SystemExit(code)


def main() -> None:
    """Run the command; our own errors become one sentence and a non-zero exit."""
    try:
        commands()
    except (OifrError, AuditError) as error:
        _fail(str(error), 1)
    except FileExistsError as error:
        _fail(f"{error.filename} exists already; choose a new file.", SETTINGS_UNFIT)
    except FileNotFoundError as error:
        _fail(f"{error.filename} does not exist.", SETTINGS_UNFIT)

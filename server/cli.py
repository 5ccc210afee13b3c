"""The `oifr` command: thin, it opens what an act needs and calls the workflow."""

from __future__ import annotations

import json
import logging
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from pydantic import SecretStr, ValidationError
from rich.console import Console

from server import app as composition
from server import stores
from server.audit.errors import AuditError
from server.audit.export import verify_export
from server.audit.verify import Report
from server.config import DEFAULT_MODEL, Settings
from server.domain.actors import Role
from server.domain.errors import OifrError
from server.enrolment_commands import enrol_command
from server.evaluation_commands import evaluate_command
from server.gallery_commands import gallery
from server.model_commands import models
from server.record_commands import export_command, list_command
from server.serving import answering, bound, running, url_of
from server.storage.trail_check import verify_database
from server.storage.trail_export import export_to_file
from server.telemetry import start_logging
from server.web.opening import Opening

if TYPE_CHECKING:
    from server.demo.run import House
    from server.demo.script import Script

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
commands.command("enrol")(enrol_command)
commands.command("evaluate")(evaluate_command)
gallery.command("list")(list_command)
gallery.command("export-subject")(export_command)
commands.add_typer(gallery, name="gallery")
commands.add_typer(models, name="models")

SETTINGS_UNFIT = 2
TRAIL_BROKEN = 3
ANSWER_WRONG = 4


@commands.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8440,
) -> None:
    """Serve the API for handhelds and the supervisors' console.

    Without further settings this uses SQLite and an embedded Redis in OIFR_HOME. Add accounts with `oifr users add`.
    """
    start_logging()
    _leave_in_order()
    settings = Settings()
    typer.echo(f"Starting in {settings.home} (loading the face engine takes some seconds) ...", err=True)
    opening = Opening()  # answers from here on; what is open outlives the last answer
    with bound(host, port) as place, answering(place, opening) as callers, composition.opened(settings, opening):
        url = url_of(host, place)
        typer.echo(f"API      {url}/v1\nConsole  {url}/console/", err=True)
        try:
            with suppress(KeyboardInterrupt):
                callers.wait()
        finally:
            callers.end()


@commands.command()
def demo(
    gallery: Annotated[
        Path | None,
        typer.Option(help="Your own people: one photograph, or one folder of photographs, per person."),
    ] = None,
    photo: Annotated[Path | None, typer.Option(help="The photograph to search with; goes with --gallery.")] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep the server open until Ctrl-C, and print the passwords.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on standard output, the story on standard error.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the server; 0 takes a free one.", min=0, max=65535)] = 0,
) -> None:
    """Show the whole service once, on this machine, in a temporary place.

    Enrols forty people who are drawn and do not exist. Searches with a person
    lying on the ground, with closed eyes, and with a stranger; judges, decides,
    and proves each receipt. Forges a copy of the audit trail to see it caught.
    It takes about a minute; everything is removed at the end, and the settings
    and data of an installed server are not touched.

    With photographs of your own, named after the people on them:

        oifr demo --gallery FOLDER --photo FILE

    Exit status: 0 all as it must be; 1 it could not go on; 2 wrong options;
    4 an answer was wrong.
    """
    from server.demo.drawn import drawn_script  # noqa: PLC0415 - as in `demonstrated`
    from server.demo.report import closing_lines, machine_readable, opening_lines  # noqa: PLC0415
    from server.demo.run import play  # noqa: PLC0415
    from server.demo.visitor import visitor_script  # noqa: PLC0415

    if (gallery is None) != (photo is None):
        raise typer.BadParameter("Give --gallery and --photo together.")
    script = visitor_script(gallery, photo, datetime.now(UTC).date()) if gallery and photo else drawn_script()
    start_logging(logging.WARNING)
    _leave_in_order()
    say = partial(_say_lines, err=as_json)
    say(opening_lines(drawn=gallery is None))
    with demonstrated(script, say, port) as house:
        performance = play(script, house)
        say(closing_lines(performance, house.base_url, house.accounts.values(), serving=serve))
        if as_json:
            document = machine_readable(performance, house.base_url, house.accounts.values(), serving=serve)
            typer.echo(json.dumps(document))
        if serve:
            _wait_for_interrupt()
    raise typer.Exit(ANSWER_WRONG if performance.surprises else 0)


@contextmanager
def demonstrated(script: Script, say: Callable[[list[str]], None], port: int) -> Iterator[House]:
    """A whole server of its own in a temporary place; nothing of an installed one is read or written."""
    from server.demo.run import House  # noqa: PLC0415 - the demo and its HTTP client, which no other command needs
    from server.demo.stage import add_accounts  # noqa: PLC0415

    console = Console(stderr=True)
    with ExitStack() as closing:
        home = Path(closing.enter_context(TemporaryDirectory(prefix="oifr-demo-")))
        settings = Settings(
            home=home,
            database_url=None,
            redis_url=None,
            matcher="exact",
            master_key=None,
            model=DEFAULT_MODEL,
            threshold=script.threshold,
        )
        with console.status("Starting the server; the face engine takes some seconds ..."):
            service = closing.enter_context(composition.opened(settings))
            url = closing.enter_context(running(service.application, port=port))
        yield House(
            base_url=url,
            accounts=add_accounts(service.workflows.access, partial(secrets.token_urlsafe, 12)),
            verifier=stores.verifier(settings),
            database=home / "oifr.sqlite",
            verify=partial(_verify_copy, settings),
            stages_of=lambda image: asdict(service.engine.embedded(image)[1]),
            show=say,
            console=console,
        )


def _verify_copy(settings: Settings, copy: Path) -> Report:
    of_the_copy = settings.model_copy(update={"database_url": SecretStr(f"sqlite:///{copy}")})
    with stores.opened_database(of_the_copy) as database:
        return verify_database(database, stores.verifier(settings))


def _say_lines(lines: list[str], *, err: bool) -> None:
    typer.echo("\n".join(lines), err=err)


def _wait_for_interrupt() -> None:
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _leave_in_order() -> None:
    """Let SIGTERM and SIGHUP close what is open: end the embedded Redis, remove a temporary place."""
    for deadly in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(deadly, _leave)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


@users.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="Sign-in name, such as a service number.")],
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
) -> None:
    """Add an account. The password is asked for, or read from standard input when that is not a terminal."""
    password = _ask_password()
    settings = Settings()
    with stores.opened_database(settings) as database:
        actor = composition.access_of(database, settings).add_account(name, password, frozenset(role))
    typer.echo(f"Added {actor.name} ({', '.join(sorted(actor.roles))}).")


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password (at least 12 characters)", hide_input=True, confirmation_prompt=True))


@audit.command("verify")
def verify_trail(
    export: Annotated[
        Path | None,
        typer.Argument(
            help="An export to check; without it, this server's database.", exists=True, dir_okay=False, readable=True
        ),
    ] = None,
    key: Annotated[str | None, typer.Option(help="The trail's public key, as `oifr audit key` prints it.")] = None,
) -> None:
    """Check that no entry was changed, dropped, moved or added, and name the first bad one.

    An export needs no server and no database. Give --key from a source you trust: without it, the export's own
    key is used, which shows that the file agrees with itself but not who wrote it.
    """
    report = stores.verified_trail(Settings()) if export is None else _verify_export(export, key)
    if report.problem is not None:
        typer.echo(f"BROKEN: {report.problem.reason}", err=True)
        raise typer.Exit(TRAIL_BROKEN)
    typer.echo(f"Intact: {report.entries:,} entries under {report.checkpoints:,} signed checkpoints.")


def _verify_export(export: Path, key: str | None) -> Report:
    checked = verify_export(export, key)
    if not checked.key_was_given:
        typer.echo(f"Checked with the export's own key, which you should compare: {checked.key.text()}", err=True)
    return checked.report


@audit.command("export")
def export(file: Annotated[Path, typer.Argument(help="A new file; it will hold personal data in clear.")]) -> None:
    """Write the whole trail to FILE (JSON Lines) for `oifr audit verify FILE`; the export is an entry itself."""
    settings = Settings()
    with stores.opened_database(settings) as database:
        size = export_to_file(database, stores.verifier(settings), file)
    typer.echo(f"Wrote {size:,} entries to {file}.")


@audit.command("key")
def show_key() -> None:
    """Print the public key that verifies this trail's checkpoints. Keep it where the server cannot change it."""
    typer.echo(stores.verifier(Settings()).text())


def _fail(sentence: str, code: int) -> NoReturn:
    typer.echo(f"oifr: {sentence}", err=True)
    raise SystemExit(code)


def _unfit_settings(error: ValidationError) -> str:
    named = [f"OIFR_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}." for item in error.errors()]
    return " ".join(["A setting cannot be used.", *named])


def main() -> None:
    """Run the command; our own errors become one sentence and a non-zero exit."""
    try:
        commands()
    except (OifrError, AuditError) as error:
        _fail(str(error), 1)
    except ValidationError as error:  # of the settings, the only outer values that are read here
        _fail(_unfit_settings(error), SETTINGS_UNFIT)
    except FileExistsError as error:
        _fail(f"{error.filename} exists already; choose a new file.", SETTINGS_UNFIT)
    except FileNotFoundError as error:
        _fail(f"{error.filename} does not exist.", SETTINGS_UNFIT)

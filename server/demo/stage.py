"""Setting the stage: three accounts, and a gallery enrolled through the API one photograph at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server.demo.actors import GalleryManager
from server.demo.line import Refused
from server.demo.outcome import Enrolment, Setback
from server.demo.script import Sitter
from server.domain.actors import Role
from server.workflow.access import Access

NAMES: Mapping[Role, str] = {
    Role.OFFICER: "officer.4471",
    Role.SUPERVISOR: "supervisor.12",
    Role.GALLERY_MANAGER: "gallery.7",
}


@dataclass(frozen=True)
class Account:
    """A sign-in name and its password, which is random and lives as long as the demo."""

    role: Role
    name: str
    password: str = field(repr=False)


def add_accounts(access: Access, new_password: Callable[[], str]) -> Mapping[Role, Account]:
    accounts = {role: Account(role, name, new_password()) for role, name in NAMES.items()}
    for account in accounts.values():
        access.add_account(account.name, account.password, frozenset({account.role}))
    return accounts


def enrol(manager: GalleryManager, sitters: tuple[Sitter, ...], console: Console) -> Enrolment:
    """Enrol everybody; a photograph that is refused is noted and passed over."""
    holders: dict[str, str] = {}
    setbacks: list[Setback] = []
    began = perf_counter()
    with _progress(console) as progress:
        for sitter in progress.track(sitters, description="Enrolling the gallery"):
            _enrol_one(manager, sitter, holders, setbacks)
    people = len(set(holders.values()))
    return Enrolment(people, len(sitters), holders, tuple(setbacks), perf_counter() - began)


def _enrol_one(manager: GalleryManager, sitter: Sitter, holders: dict[str, str], setbacks: list[Setback]) -> None:
    subject = manager.add_subject(sitter)
    for photograph in sitter.photographs:
        try:
            reference = manager.enrol(subject, sitter, photograph.read_bytes())
        except Refused as refused:
            setbacks.append(Setback(photograph.name, refused.problem, str(refused)))
        else:
            holders[reference] = sitter.record_number


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)

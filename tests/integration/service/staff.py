"""The people of an installation: who works there, and who is enrolled."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from server import app as composition
from server.domain.actors import Role
from tests.integration.service.caller import Caller, Person
from tests.integration.service.installation import PASSWORD, Installation
from tests.integration.service.photographs import another_portrait, portrait
from tests.integration.service.traces import opened_database

OFFICER, OTHER_OFFICER, SUPERVISOR, MANAGER = "eva", "olga", "max", "gert"
STAFF: Mapping[str, str] = {
    OFFICER: "officer",
    OTHER_OFFICER: "officer",
    SUPERVISOR: "supervisor",
    MANAGER: "gallery-manager",
}
ADA = Person("CR-100001", "Adabertha", "Quillfeather")
BEA = Person("CR-100002", "Beatrixine", "Umbersholt")
LOW_THRESHOLD = "0.8"
"""Below what two photographs of the same portrait score, whatever the calibration of the day says."""


def hire(installation: Installation) -> None:
    """Add the accounts as `oifr users add` does, without the seconds that each start of the command takes."""
    with opened_database(installation) as database:
        access = composition.access_of(database, installation.settings)
        for name, role in STAFF.items():
            access.add_account(name, PASSWORD, frozenset({Role(role)}))


def hire_by_command(installation: Installation) -> None:
    """Run `oifr users add` for all at once, as a script would: on a fresh home these are also its first starts."""
    with ThreadPoolExecutor(len(STAFF)) as desks:
        list(desks.map(installation.add_account, STAFF.keys(), STAFF.values()))


def enrol_pair(installation: Installation) -> dict[str, Person]:
    """Enrol Ada and Bea, who look alike to every matcher; returns them by their reference's id."""
    with Caller(installation.url, MANAGER) as manager:
        return {
            manager.enrol(ADA, portrait()): ADA,
            manager.enrol(BEA, another_portrait()): BEA,
        }

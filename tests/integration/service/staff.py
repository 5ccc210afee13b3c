"""The people of an installation: who works there, and who is enrolled."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from tests.integration.service.caller import Caller, Person
from tests.integration.service.installation import Installation
from tests.integration.service.photographs import another_portrait, portrait

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


def hire(installation: Installation, staff: Mapping[str, str] = STAFF) -> None:
    """Add the accounts all at once, as a script would: on a fresh home these are also its first starts."""
    with ThreadPoolExecutor(len(staff)) as desks:
        list(desks.map(installation.add_account, staff.keys(), staff.values()))


def enrol_pair(installation: Installation) -> dict[str, Person]:
    """Enrol Ada and Bea, who look alike to every matcher; returns them by their reference's id."""
    with Caller(installation.url, MANAGER) as manager:
        return {
            manager.enrol(ADA, portrait()): ADA,
            manager.enrol(BEA, another_portrait()): BEA,
        }

"""The demo from the first account to the last proof, as a client of the server whose address it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console

from server.audit.checkpoint import Verifier
from server.demo import report
from server.demo.actors import GalleryManager, Officer, Supervisor
from server.demo.line import Line, open_http
from server.demo.outcome import CheckedReceipt, Performance, PlayedScene, Timing
from server.demo.play import Cast, play_scene
from server.demo.receipts import checked
from server.demo.script import Script
from server.demo.stage import Account, enrol
from server.demo.tampering import Verify, tampered
from server.domain.actors import Role

StagesOf = Callable[[bytes], Mapping[str, float]]
"""Seconds of each stage of the face engine for one photograph."""


@dataclass(frozen=True)
class House:
    """The server under demonstration, as far as a visitor is shown into it.

    `database` is its SQLite file and `verify` checks the trail in a copy of it; `show` is given lines of text for
    people as they come, and `console` draws the progress bar.
    """

    base_url: str
    accounts: Mapping[Role, Account]
    verifier: Verifier
    database: Path
    verify: Verify
    stages_of: StagesOf
    show: Callable[[list[str]], None]
    console: Console


def play(script: Script, house: House) -> Performance:
    """Play the script. Raises OifrError or AuditError when it cannot go on."""
    with open_http(house.base_url) as http:
        line = Line(http, perf_counter)
        enrolment = enrol(GalleryManager(line, *_account(house, Role.GALLERY_MANAGER)), script.sitters, house.console)
        house.show(report.enrolment_lines(enrolment))
        officer = Officer(line, *_account(house, Role.OFFICER))
        supervisor = Supervisor(line, *_account(house, Role.SUPERVISOR))
        cast = Cast(officer, supervisor, enrolment.holders, house.verifier)
        scenes = _played(script, house, cast)
        review = _reviewed(cast, scenes[0], house)
    copy = house.database.with_name("tampered.sqlite")
    tampering = tampered(house.database, copy, scenes[0].receipt.index, house.verify)
    house.show(report.tampering_lines(tampering))
    performance = Performance(
        enrolment, scenes, review, tampering, _medians(line.seconds), _medians(_stages(script, house))
    )
    house.show(report.timing_lines(performance))
    return performance


def _account(house: House, role: Role) -> tuple[str, str]:
    account = house.accounts[role]
    return account.name, account.password


def _played(script: Script, house: House, cast: Cast) -> tuple[PlayedScene, ...]:
    scenes = []
    for number, scene in enumerate(script.scenes, start=1):
        played = play_scene(cast, scene)
        house.show(report.scene_lines(number, played))
        scenes.append(played)
    return tuple(scenes)


def _reviewed(cast: Cast, scene: PlayedScene, house: House) -> CheckedReceipt:
    receipt = checked(cast.supervisor.review(scene.search), cast.verifier, "search-reviewed", scene.search)
    house.show(report.review_lines(receipt))
    return receipt


def _stages(script: Script, house: House) -> Mapping[str, list[float]]:
    seconds: dict[str, list[float]] = {}
    for scene in script.scenes:
        for stage, duration in house.stages_of(scene.photograph.read_bytes()).items():
            seconds.setdefault(stage, []).append(duration)
    return seconds


def _medians(seconds: Mapping[str, list[float]]) -> Mapping[str, Timing]:
    return {name: Timing(len(all_of), round(1000 * median(all_of), 1)) for name, all_of in seconds.items()}

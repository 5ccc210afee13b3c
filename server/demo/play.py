"""One search played through: probe, candidates, blind judgements, records, decision, receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.audit.checkpoint import Verifier
from server.demo.actors import Officer, Supervisor
from server.demo.outcome import PlayedScene
from server.demo.receipts import checked
from server.demo.script import Scene

CORROBORATION = ("document", "personal-item")
"""What the played officer finds beside the face, as a real one must before naming a candidate."""


@dataclass(frozen=True)
class Cast:
    """Who acts; `holders` gives the record number behind each reference enrolled."""

    officer: Officer
    supervisor: Supervisor
    holders: Mapping[str, str]
    verifier: Verifier


def play_scene(cast: Cast, scene: Scene) -> PlayedScene:
    """Raises Refused when the server takes the photograph for unfit, AuditError when the receipt proves nothing."""
    answer = cast.officer.search(scene.purpose, scene.photograph.read_bytes())
    search = answer["id"]
    judgements = _eyes_of_the_demo(cast, scene, search)
    for label, judgement in judgements.items():
        cast.officer.look_at(search, label)
        answer = cast.officer.judge(search, label, judgement)
    records = {item["label"]: item["record"] for item in answer["candidates"] if item["record"]}
    decision = _decision(scene, records)
    receipt = cast.officer.decide(search, decision)
    return PlayedScene(
        title=scene.title,
        photograph=scene.photograph.name,
        search=search,
        judgements=judgements,
        records=records,
        decision=decision,
        receipt=checked(receipt, cast.verifier, "decision-recorded", search),
        seconds=cast.officer.seconds_waited,
        right=None if scene.right is None else tuple(sorted(scene.right)),
        surprise=_surprise(scene, judgements, records),
    )


def _eyes_of_the_demo(cast: Cast, scene: Scene, search: str) -> dict[str, str]:
    """What an officer with perfect eyes would judge of each letter.

    The demo cannot compare faces; it knows whose reference it enrolled, and the trail tells a supervisor which
    reference stands behind a letter. Where only the visitor knows, every record is opened in the end for them to read.
    """
    behind = cast.supervisor.references_behind(search)
    return {label: _judgement(scene, cast.holders[reference]) for label, reference in sorted(behind.items())}


def _judgement(scene: Scene, record_number: str) -> str:
    return "same" if scene.right is None or record_number in scene.right else "different"


def _decision(scene: Scene, records: Mapping[str, Any]) -> dict[str, object]:
    if scene.right is None and records:
        return {"outcome": "cannot-tell"}
    if not records:
        return {"outcome": "none-of-these"}
    return {"outcome": "candidate", "label": min(records), "corroboration": list(CORROBORATION)}


def _surprise(scene: Scene, judgements: Mapping[str, str], records: Mapping[str, Any]) -> str | None:
    if scene.right is None:
        return None
    opened = {record["record_number"] for record in records.values()}
    if opened != scene.right:
        return f"{scene.title}: the right record is not on the list."
    if not scene.right and judgements:
        return f"{scene.title}: the list should be empty, but it puts {len(judgements)} people forward."
    return None

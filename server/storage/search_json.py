"""A search's purpose, candidates and decision as JSON, the form in which they are sealed; and what was found
about its photographs, which says nothing of the face and stands open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from server.domain.candidates import Candidate, CandidateList
from server.domain.capture import Agreement, Capture
from server.domain.decision import Corroboration, Decision, Outcome
from server.domain.probe import Alternative, Ground, Place, Purpose
from server.domain.quality import Component


def purpose_to_json(purpose: Purpose) -> bytes:
    return _dump({**vars(purpose), "alternatives": sorted(purpose.alternatives)})


def purpose_from_json(text: bytes) -> Purpose:
    fields = json.loads(text)
    return Purpose(
        **{
            **fields,
            "ground": Ground(fields["ground"]),
            "place": Place(fields["place"]),
            "alternatives": frozenset(map(Alternative, fields["alternatives"])),
        }
    )


def candidates_to_json(candidates: CandidateList) -> bytes:
    return _dump([vars(candidate) for candidate in candidates])


def candidates_from_json(text: bytes) -> CandidateList:
    return tuple(Candidate(**fields) for fields in json.loads(text))


def capture_to_json(capture: Capture) -> dict[str, object]:
    return {**vars(capture), "faults": list(capture.faults)}


def capture_from_json(fields: Mapping[str, Any] | None) -> Capture:
    """What a row without a capture says, of a search before photographs were judged, is nothing."""
    if fields is None:
        return Capture()
    agreement = fields["agreement"]
    return Capture(
        tuple(map(Component, fields["faults"])),
        fields["recapture"],
        None if agreement is None else Agreement(agreement),
        fields["overridden"],
    )


def decision_to_json(decision: Decision) -> bytes:
    return _dump({**vars(decision), "corroboration": sorted(decision.corroboration)})


def decision_from_json(text: bytes) -> Decision:
    fields = json.loads(text)
    return Decision(
        **{
            **fields,
            "outcome": Outcome(fields["outcome"]),
            "corroboration": frozenset(map(Corroboration, fields["corroboration"])),
        }
    )


def _dump(value: object) -> bytes:
    return json.dumps(value).encode()

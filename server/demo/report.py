"""The report: lines for people, shown as things happen, and one object for machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from server.demo.outcome import CheckedReceipt, Enrolment, Forgery, Performance, PlayedScene, Tampering, Timing
from server.demo.stage import Account

MOST_SETBACKS_SHOWN = 5
LABEL = 20


def opening_lines(drawn: bool) -> list[str]:
    who = (
        "the people are drawn and do not exist" if drawn else "the photographs are yours, kept sealed, gone at the end"
    )
    threshold = "A threshold of their own, set on these very drawings; the product's rests on real faces."
    return [f"Real server, database, Redis, face engine and HTTP; {who}.", *([threshold] if drawn else [])]


def enrolment_lines(enrolment: Enrolment) -> list[str]:
    shown = enrolment.setbacks[:MOST_SETBACKS_SHOWN]
    hidden = len(enrolment.setbacks) - len(shown)
    return [
        _row("Enrolled", f"{enrolment.people} of {enrolment.sitters} people in {enrolment.seconds:.1f} s"),
        *(_row("  skipped", f"{setback.photograph}: {setback.sentence}") for setback in shown),
        *([_row("  skipped", f"{hidden} more")] if hidden else []),
    ]


def scene_lines(number: int, scene: PlayedScene) -> list[str]:
    return [
        "",
        f"{number}  {scene.title} ({scene.photograph})",
        _row("   Answer", _answer(scene)),
        *([_row("   Judged", _judged(scene))] if scene.judgements else []),
        _row("   Decided", _decided(scene)),
        _row("   Receipt", receipt_text(scene.receipt)),
        *([] if scene.right is None else [_row("   Expected", _verdict(scene))]),
    ]


def review_lines(receipt: CheckedReceipt) -> list[str]:
    return ["", _row("Review", f"a supervisor finds search 1 justified; {receipt_text(receipt)}")]


def tampering_lines(tampering: Tampering) -> list[str]:
    state = "intact" if tampering.broken_before is None else f"BROKEN: {tampering.broken_before}"
    return [
        _row("Tampering", f"a copy of the trail, {tampering.entries} entries: {state}"),
        *(_row("", _forged(tampering.altered, forgery)) for forgery in tampering.forgeries),
    ]


def timing_lines(performance: Performance) -> list[str]:
    return [
        "",
        "Where the time went (medians in milliseconds of this run, on this machine)",
        *_wrapped("   Requests", performance.requests),
        *_wrapped("   Engine", performance.stages),
    ]


def closing_lines(performance: Performance, base_url: str, accounts: Iterable[Account], serving: bool) -> list[str]:
    """Passwords are shown only where somebody can still sign in with them."""
    state = "Open until Ctrl-C" if serving else "Closed again; `oifr demo --serve` keeps it open, with the passwords"
    return [
        "",
        state,
        _row("   Console", f"{base_url}/console/"),
        _row("   Handheld", f"make client SERVER={base_url}"),
        *(_row(f"   {account.role}", _sign_in(account, serving)) for account in accounts),
        "",
        *(f"WRONG: {surprise}" for surprise in performance.surprises),
        "The main job is NOT done." if performance.surprises else "Everything was as it must be.",
    ]


def machine_readable(
    performance: Performance, base_url: str, accounts: Iterable[Account], serving: bool
) -> dict[str, Any]:
    """The whole run as JSON values; passwords only while serving."""
    document = asdict(performance)
    del document["enrolment"]["holders"]
    return {
        "ok": not performance.surprises,
        "surprises": performance.surprises,
        **document,
        "console": f"{base_url}/console/",
        "api": f"{base_url}/v1",
        "accounts": [_account(account, serving) for account in accounts],
    }


def receipt_text(receipt: CheckedReceipt) -> str:
    return f"entry {receipt.index} of {receipt.size}, {receipt.hashes} hashes lead to the signed root: verified"


def _account(account: Account, serving: bool) -> dict[str, str]:
    shown = {"role": account.role.value, "name": account.name}
    return {**shown, "password": account.password} if serving else shown


def _row(label: str, text: str) -> str:
    return f"{label:<{LABEL}}{text}"


def _answer(scene: PlayedScene) -> str:
    took = f"({scene.seconds:.2f} s)"
    if not scene.judgements:
        return f"nobody: the list is empty, which is a good answer {took}"
    return f"{' '.join(scene.judgements)} - letters in random order, no names, no scores {took}"


def _judged(scene: PlayedScene) -> str:
    judged = ", ".join(f"{label} {judgement}" for label, judgement in scene.judgements.items())
    opened = "; ".join(f"record of {label} opens: {_named(record)}" for label, record in scene.records.items())
    return f"{judged}{' -> ' + opened if opened else ''}"


def _named(record: Mapping[str, str]) -> str:
    names = " ".join(dict.fromkeys([record["record_number"], record["given_name"], record["family_name"]]))
    return names.strip()


def _decided(scene: PlayedScene) -> str:
    decision = scene.decision
    if decision["outcome"] != "candidate":
        return str(decision["outcome"]).replace("-", " ")
    corroboration = decision["corroboration"]
    assert isinstance(corroboration, list)
    return f"candidate {decision['label']}, corroborated by {' and '.join(corroboration)}; probe shredded"


def _verdict(scene: PlayedScene) -> str:
    wanted = f"{scene.right[0]} on the list" if scene.right else "nobody"
    return f"{wanted}: {'yes' if scene.surprise is None else 'NO, this is WRONG'}"


def _forged(altered: int, forgery: Forgery) -> str:
    verdict = f"CAUGHT: {forgery.reason}" if forgery.found == altered else "NOT NAMED, this is WRONG"
    return f"entry {altered} {forgery.change} -> {verdict}"


def _sign_in(account: Account, serving: bool) -> str:
    return f"{account.name}  password {account.password}" if serving else account.name


def _wrapped(label: str, timings: Mapping[str, Timing], width: int = 100) -> list[str]:
    lines, words = [], [f"{name} {timing.median_ms:.0f}" for name, timing in timings.items()]
    line = ""
    for word in words:
        if line and len(line) + len(word) > width:
            lines.append(line)
            line = ""
        line = f"{line}, {word}" if line else word
    return [_row(label if not index else "", text) for index, text in enumerate([*lines, line])]

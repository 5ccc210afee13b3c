"""Bad input, named: each has a stable problem type, stores nothing, leaks nothing, and is an entry of the trail."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from server.domain.actors import Actor
from server.domain.events import Act
from server.web.security import MAXIMUM_DOCUMENT
from tests.fakes.face_engine import photo
from tests.integration.api.caller import FORM, Caller, Part, images_of, probe
from tests.world import World

MISSING_ID = "f" * 32
DECISION = {"outcome": "none-of-these"}
JUDGEMENT = {"label": "A", "judgement": "same"}
SUBJECT = {"record_number": "RN-new", "given_name": "Wilhelmina", "family_name": "Quetzalowicz"}
RECORD = json.dumps({"source": "custody", "lawful_basis": "Regulation 12", "captured_on": "2024-01-31"})
HANDOVER = {"recipient": "The person, by post", "reason": "Request 2026/7"}
HELD_BACK = {"status": "quarantined", "reason": "Complaint 12"}
JSON = {"Content-Type": "application/json"}

Who = Callable[[World], Actor | None]


def officer(world: World) -> Actor:
    """Has an undecided search with the candidates A and B."""
    return world.officer("4471")


def colleague(world: World) -> Actor:
    """An officer who has searched nothing."""
    return world.officer("3982")


def supervisor(world: World) -> Actor:
    return world.supervisor()


def manager(world: World) -> Actor:
    return world.manager()


def nobody(_world: World) -> None:
    return None


@dataclass(frozen=True)
class Refusal:
    """A request in `scene`'s words, and the problem it must get."""

    name: str
    who: Who
    call: str
    status: int
    slug: str
    request: Mapping[str, Any] = field(default_factory=dict)
    recorded: bool = True


def changed(**fields: Any) -> dict[str, Any]:
    return {**FORM, **fields}


def searching(name: str, slug: str, parts: Sequence[Part], status: int = 422) -> Refusal:
    return Refusal(name, colleague, "POST /v1/searches", status, slug, {"files": parts})


def deciding(name: str, slug: str, content: object, status: int = 422) -> Refusal:
    return Refusal(name, officer, "POST /v1/searches/{search}/decision", status, slug, {"json": content})


def raw(name: str, content: bytes, headers: Mapping[str, str] = JSON) -> Refusal:
    request = {"content": content, "headers": headers}
    return Refusal(name, officer, "POST /v1/searches/{search}/decision", 422, "request-invalid", request)


def enrolling(name: str, slug: str, parts: Sequence[Part], status: int = 422) -> Refusal:
    return Refusal(name, manager, "POST /v1/subjects/{subject}/references", status, slug, {"files": parts})


def putting(name: str, slug: str, content: object, status: int = 422) -> Refusal:
    call = "PUT /v1/subjects/{subject}/references/{reference}/status"
    return Refusal(name, manager, call, status, slug, {"json": content})


def listing(name: str, content: object) -> Refusal:
    return Refusal(name, manager, "POST /v1/subjects/list", 422, "request-invalid", {"json": content})


def exporting(name: str, content: object) -> Refusal:
    return Refusal(name, manager, "POST /v1/subjects/{subject}/export", 422, "request-invalid", {"json": content})


ADA = photo("ada")

PURPOSES = [
    searching("no purpose", "purpose-missing", images_of(ADA)),
    searching("empty purpose", "purpose-missing", probe(ADA, purpose=" ")),
    searching("unknown ground", "ground-unknown", probe(ADA, purpose=changed(ground="curiosity"))),
    searching("no ground", "ground-unknown", probe(ADA, purpose={"necessity": FORM["necessity"]})),
    searching("empty necessity", "necessity-missing", probe(ADA, purpose=changed(necessity=""))),
    searching("blank necessity", "necessity-missing", probe(ADA, purpose=changed(necessity=" " * 40))),
    searching("no alternatives", "alternatives-missing", probe(ADA, purpose=changed(alternatives=[]))),
    searching("no power", "power-missing", probe(ADA, purpose=changed(power=""))),
    searching("force not excluded", "force-not-excluded", probe(ADA, purpose=changed(no_force=False))),
    searching("private place", "private-place", probe(ADA, purpose=changed(place="home"))),
    searching("unknown place", "purpose-invalid", probe(ADA, purpose=changed(place="moon"))),
    searching("unknown field", "purpose-invalid", probe(ADA, purpose=changed(Quetzalowicz=1))),
    searching("endless necessity", "purpose-invalid", probe(ADA, purpose=changed(necessity="x" * 4001))),
    searching("NUL in a text", "purpose-invalid", probe(ADA, purpose=changed(power="Section\0 24"))),
    searching("purpose is no JSON", "purpose-invalid", probe(ADA, purpose="{" + FORM["necessity"])),
    searching("purpose is a list", "purpose-invalid", probe(ADA, purpose="[]")),
    searching("purpose holds NaN", "purpose-invalid", probe(ADA, purpose=changed(no_force=float("nan")))),
    searching("purpose nests deeply", "purpose-invalid", probe(ADA, purpose="[" * 50_000)),
    searching("purpose holds half a character", "purpose-invalid", probe(ADA, purpose=changed(power="\ud800"))),
    searching("two purposes", "request-invalid", [*probe(ADA), *probe()]),
    searching("purpose not UTF-8", "request-invalid", [("purpose", (None, b"\xff{}")), *images_of(ADA)]),
]

IMAGES = [
    searching("no image", "image-count", probe()),
    searching("six images", "image-count", probe(*[ADA] * 6)),
    searching("image under another name", "image-count", [*probe(), ("image", ("photo.jpg", ADA))]),
    searching("no face", "no-face", probe(photo("ada", "no-face"))),
    searching("several faces", "several-faces", probe(photo("ada", "several-faces"))),
    searching("a text file", "image-unreadable", probe(b"dear sir")),
    searching("an empty file", "image-unreadable", probe(b"")),
    searching("too many pixels", "image-too-large", probe(photo("ada", "too-large")), status=413),
    searching("one pixel", "image-too-small", probe(photo("ada", "too-small"))),
    searching("animated", "image-animated", probe(photo("ada", "animated"))),
    searching("two persons", "frames-disagree", probe(ADA, photo("bo"))),
    searching("seventeen parts", "request-invalid", probe(*[ADA] * 16)),
]

DECISIONS = [
    deciding("decision without judgements", "judgements-missing", DECISION, status=409),
    deciding("unknown outcome", "request-invalid", {"outcome": "arrest"}),
    deciding("unknown field", "request-invalid", {**DECISION, "Quetzalowicz": True}),
    deciding("label not a letter", "request-invalid", {"outcome": "candidate", "label": "AA"}),
    deciding("NUL in the evidence", "request-invalid", {**DECISION, "evidence_against": "\0"}),
    deciding("a list", "request-invalid", [DECISION]),
    deciding("a deep label", "request-invalid", {"outcome": "candidate", "label": {"A": "A"}}),
    raw("broken JSON", b'{"outcome": '),
    raw("NaN", b'{"outcome": NaN}'),
    raw("a number of 5000 digits", b'{"outcome": ' + b"9" * 5000 + b"}"),
    raw("not UTF-8", b'{"outcome": "\xff\xfe"}'),
    raw("half a character", b'{"outcome": "none-of-these", "evidence_against": "\\ud800"}'),
    raw("nested deeply", b"[" * 100_000),
    raw("empty body", b""),
    raw("JSON called text", json.dumps(DECISION).encode(), {"Content-Type": "text/plain"}),
    raw("JSON called nothing", json.dumps(DECISION).encode(), {}),
    Refusal(
        "judgement of an unknown letter",
        officer,
        "POST /v1/searches/{search}/judgements",
        404,
        "candidate-unknown",
        {"json": {"label": "C", "judgement": "same"}},
    ),
    Refusal(
        "unknown judgement",
        officer,
        "POST /v1/searches/{search}/judgements",
        422,
        "request-invalid",
        {"json": {"label": "A", "judgement": "identical"}},
    ),
    Refusal(
        "image of an unknown letter",
        officer,
        "GET /v1/searches/{search}/candidates/C/image",
        404,
        "candidate-unknown",
    ),
    Refusal("label in small", officer, "GET /v1/searches/{search}/candidates/a/image", 422, "request-invalid"),
    Refusal("a second search", officer, "POST /v1/searches", 409, "unresolved-search", {"files": probe(ADA)}),
]

IDENTIFIERS = [
    Refusal(f"malformed id: {identifier!r}", officer, f"GET /v1/searches/{identifier}", 422, "request-invalid")
    for identifier in ("1", "F" * 32, "g" * 32, "0" * 31, "0" * 33, "%00", "0" * 32 + "%0A")
] + [
    Refusal("unknown search", officer, f"GET /v1/searches/{MISSING_ID}", 404, "search-unknown"),
    Refusal("no current search", colleague, "GET /v1/searches/current", 404, "search-unknown"),
    Refusal("unknown subject", manager, f"DELETE /v1/subjects/{MISSING_ID}", 404, "subject-unknown"),
    Refusal(
        "unknown reference",
        manager,
        f"DELETE /v1/subjects/{{subject}}/references/{MISSING_ID}",
        404,
        "reference-unknown",
    ),
    Refusal("unknown entry", officer, "GET /v1/audit/proof?index=1000000", 404, "entry-unknown"),
    Refusal("negative entry", officer, "GET /v1/audit/proof?index=-1", 422, "request-invalid"),
    Refusal("endless entry", officer, f"GET /v1/audit/proof?index={2**63}", 422, "request-invalid"),
    Refusal("no index", officer, "GET /v1/audit/proof", 422, "request-invalid"),
    Refusal("endless page", supervisor, "GET /v1/audit/entries?limit=501", 422, "request-invalid"),
]

SOMEONE_ELSES = [
    Refusal(f"someone else's: {call}", colleague, call, 404, "search-unknown", request)
    for call, request in (
        ("GET /v1/searches/{search}", {}),
        ("GET /v1/searches/{search}/candidates/A/image", {}),
        ("POST /v1/searches/{search}/judgements", {"json": JUDGEMENT}),
        ("POST /v1/searches/{search}/decision", {"json": DECISION}),
    )
]

ROLES = [
    Refusal(f"wrong role: {call}", who, call, 403, "role-missing", request)
    for who, call, request in (
        (supervisor, "POST /v1/searches", {"files": probe(ADA)}),
        (manager, "POST /v1/searches", {"files": probe(ADA)}),
        (supervisor, "GET /v1/searches/current", {}),
        (supervisor, "GET /v1/searches/{search}", {}),
        (supervisor, "GET /v1/searches/{search}/candidates/A/image", {}),
        (supervisor, "POST /v1/searches/{search}/judgements", {"json": JUDGEMENT}),
        (supervisor, "POST /v1/searches/{search}/decision", {"json": DECISION}),
        (officer, "POST /v1/searches/{search}/review", {"json": {"outcome": "justified"}}),
        (manager, "POST /v1/searches/{search}/review", {"json": {"outcome": "justified"}}),
        (officer, "GET /v1/audit/entries", {}),
        (manager, "GET /v1/audit/entries", {}),
        (officer, "POST /v1/subjects", {"json": SUBJECT}),
        (supervisor, "POST /v1/subjects/{subject}/references", {"files": [("record", (None, RECORD)), ("image", ADA)]}),
        (officer, "DELETE /v1/subjects/{subject}", {}),
        (officer, "DELETE /v1/subjects/{subject}/references/{reference}", {}),
        (officer, "PUT /v1/subjects/{subject}/references/{reference}/status", {"json": HELD_BACK}),
        (supervisor, "PUT /v1/subjects/{subject}/references/{reference}/status", {"json": HELD_BACK}),
    )
]

BERG_S_NUMBER, NO_NUMBER = {**SUBJECT, "record_number": "RN-berg-1"}, {**SUBJECT, "record_number": ""}
NO_SUCH_DAY = {**SUBJECT, "born_on": "1990-02-30"}
UNBORN, CONTROL = {**SUBJECT, "born_on": "2099-01-01"}, {**SUBJECT, "record_number": "X\r=1+1"}
TAKEN_LATER: Part = ("record", (None, RECORD.replace("2024-01-31", "2099-01-01").encode()))
BASIS_WITH_CONTROL: Part = ("record", (None, RECORD.replace("Regulation 12", "Regulation\\u001b").encode()))
DOCUMENTED: Part = ("record", (None, RECORD.encode()))
WITHOUT_BASIS: Part = ("record", (None, RECORD.replace("Regulation 12", " ").encode()))
REVIEWED_TOO_EARLY: Part = ("record", (None, RECORD.replace("}", ', "review_on": "2024-01-30"}').encode()))
REVIEWED_NEVER: Part = ("record", (None, RECORD.replace("}", ', "review_on": "never"}').encode()))
PORTRAIT: Part = ("image", ("portrait.jpg", ADA))
FACELESS: Part = ("image", ("portrait.jpg", photo("ada", "no-face")))

GALLERY = [
    Refusal("taken number", manager, "POST /v1/subjects", 409, "record-number-taken", {"json": BERG_S_NUMBER}),
    Refusal("no number", manager, "POST /v1/subjects", 422, "request-invalid", {"json": NO_NUMBER}),
    Refusal("no such day", manager, "POST /v1/subjects", 422, "request-invalid", {"json": NO_SUCH_DAY}),
    Refusal("unborn", manager, "POST /v1/subjects", 422, "record-dates-invalid", {"json": UNBORN}),
    Refusal("control", manager, "POST /v1/subjects", 422, "record-text-invalid", {"json": CONTROL}),
    enrolling("photograph of the future", "record-dates-invalid", [TAKEN_LATER, PORTRAIT]),
    enrolling("basis with a control", "record-text-invalid", [BASIS_WITH_CONTROL, PORTRAIT]),
    enrolling("no record", "request-invalid", [PORTRAIT]),
    enrolling("record without basis", "request-invalid", [WITHOUT_BASIS, PORTRAIT]),
    enrolling("review before the capture", "review-date-invalid", [REVIEWED_TOO_EARLY, PORTRAIT]),
    enrolling("review on no day", "request-invalid", [REVIEWED_NEVER, PORTRAIT]),
    enrolling("no photograph", "image-count", [DOCUMENTED]),
    enrolling("two photographs", "image-count", [DOCUMENTED, PORTRAIT, PORTRAIT]),
    enrolling("photograph without a face", "no-face", [DOCUMENTED, FACELESS]),
    putting("unknown status", "request-invalid", {"status": "hidden", "reason": "x"}),
    putting("no reason", "request-invalid", {"status": "withdrawn"}),
    putting("a blank reason", "request-invalid", {"status": "withdrawn", "reason": " "}),
    putting("NUL in the reason", "request-invalid", {"status": "withdrawn", "reason": "x\0"}),
    putting("the same status", "status-unchanged", {"status": "active", "reason": "x"}, status=409),
    Refusal(
        "status of an unknown reference",
        manager,
        f"PUT /v1/subjects/{{subject}}/references/{MISSING_ID}/status",
        404,
        "reference-unknown",
        {"json": HELD_BACK},
    ),
    Refusal(
        "review too early",
        supervisor,
        "POST /v1/searches/{search}/review",
        409,
        "review-too-early",
        {"json": {"outcome": "justified"}},
    ),
]

STRANGERS = [
    Refusal(f"no token: {call}", nobody, call, 401, "not-signed-in", request, recorded=False)
    for call, request in (
        ("DELETE /v1/sessions/current", {}),
        ("POST /v1/searches", {"files": probe(ADA)}),
        ("GET /v1/searches/{search}", {}),
        ("POST /v1/searches/{search}/decision", {"json": DECISION}),
        ("POST /v1/subjects", {"json": SUBJECT}),
        ("PUT /v1/subjects/{subject}/references/{reference}/status", {"json": HELD_BACK}),
        ("GET /v1/audit/entries", {}),
        ("GET /v1/audit/checkpoint", {}),
        ("GET /v1/searches/{search}", {"headers": {"Authorization": "Bearer made-up"}}),
        ("GET /v1/searches/{search}", {"headers": {"Authorization": "Basic NDQ3MTpwdw=="}}),
        ("GET /v1/searches/{search}", {"headers": {"Authorization": "Bearer"}}),
        ("GET /v1/searches/{search}", {"headers": {"Authorization": b"Bearer \xff\xfe"}}),
    )
] + [
    Refusal("broken sign-in", nobody, "POST /v1/sessions", 422, "request-invalid", {"json": {}}, recorded=False),
    Refusal("stranger at an unknown route", nobody, "GET /v1/gallery", 404, "not-found", recorded=False),
    Refusal("stranger with a wrong method", nobody, "PUT /v1/searches", 405, "method-not-allowed", recorded=False),
]

ADDRESSES = [
    Refusal("unknown route", officer, "GET /v1/gallery", 404, "not-found"),
    Refusal("two segments for a search", officer, "GET /v1/searches/Quetzalowicz/RN-berg", 404, "not-found"),
    Refusal("an encoded step up", officer, "GET /v1/searches/..%2f", 404, "not-found"),
    Refusal("wrong method", officer, "PUT /v1/searches", 405, "method-not-allowed"),
    Refusal("a method of the sender's own", officer, "QUETZALOWICZ /v1/searches", 405, "method-not-allowed"),
    Refusal("no route for lists of searches", officer, "GET /v1/searches", 405, "method-not-allowed"),
]

RECORDS = (
    [
        listing("unknown source", {"source": "suspects"}),
        listing("unknown status", {"status": "hidden"}),
        listing("a misspelt filter", {"statsu": "active"}),
        listing("no such day", {"review_before": "2026-02-30"}),
        listing("NUL in the station", {"station": "Quay\0side"}),
        listing("an endless prefix", {"record_prefix": "R" * 201}),
        listing("after what is no id", {"after": "RN-berg-1"}),
        listing("no page", {"limit": 0}),
        listing("endless page", {"limit": 501}),
        listing("a list", []),
        exporting("no recipient", {"reason": "x"}),
        exporting("a blank recipient", {"recipient": " ", "reason": "x"}),
        exporting("no export reason", {"recipient": "x"}),
        exporting("unknown field of an export", {**HANDOVER, "templates": True}),
        Refusal(
            "export of an unknown subject",
            manager,
            f"POST /v1/subjects/{MISSING_ID}/export",
            404,
            "subject-unknown",
            {"json": HANDOVER},
        ),
        Refusal("unknown record", manager, f"GET /v1/subjects/{MISSING_ID}", 404, "subject-unknown"),
        Refusal("malformed record", manager, "GET /v1/subjects/RN-berg-1", 422, "request-invalid"),
        Refusal(
            "photograph of an unknown reference",
            manager,
            f"GET /v1/subjects/{{subject}}/references/{MISSING_ID}/image",
            404,
            "reference-unknown",
        ),
    ]
    + [
        Refusal(
            f"photograph of size {size!r}",
            manager,
            f"GET /v1/subjects/{{subject}}/references/{{reference}}/image?size={size}",
            422,
            "request-invalid",
        )
        for size in ("31", "1281", "-80", "0", "large", "", "1e3")
    ]
    + [
        Refusal(f"wrong role: {call}", who, call, 403, "role-missing", request)
        for who in (officer, supervisor)
        for call, request in (
            ("POST /v1/subjects/list", {"json": {}}),
            ("GET /v1/subjects/{subject}", {}),
            ("GET /v1/subjects/{subject}/references/{reference}/image", {}),
            ("POST /v1/subjects/{subject}/export", {"json": HANDOVER}),
        )
    ]
    + [
        Refusal(f"no token: {call}", nobody, call, 401, "not-signed-in", request, recorded=False)
        for call, request in (
            ("POST /v1/subjects/list", {"json": {}}),
            ("GET /v1/subjects/{subject}", {}),
            ("GET /v1/subjects/{subject}/references/{reference}/image?size=80", {}),
            ("POST /v1/subjects/{subject}/export", {"json": HANDOVER}),
        )
    ]
)

ALL = [*PURPOSES, *IMAGES, *DECISIONS, *IDENTIFIERS, *SOMEONE_ELSES, *ROLES, *GALLERY, *RECORDS, *STRANGERS, *ADDRESSES]


@pytest.mark.parametrize("refusal", ALL, ids=lambda refusal: refusal.name)
def test_bad_input_is_refused_by_name_and_leaves_only_its_entry(api: Caller, refusal: Refusal) -> None:
    world = api.world
    search, reference = api.search(world.officer("4471"), photo("berg-1")), next(iter(world.database.state.references))
    subject = world.database.state.references[reference].reference.subject_id
    actor = refusal.who(world)
    api.headers(actor)
    before, length = world.stored(), len(world.entries())

    method, path = refusal.call.split(" ")
    answer = api.call(
        actor, method, path.format(search=search.id, subject=subject, reference=reference), **refusal.request
    )

    assert (answer.status_code, answer.json()["type"]) == (refusal.status, refusal.slug)
    assert world.stored() == before
    added = world.entries()[length:]
    expected = [(Act.REFUSED, actor.id)] if actor and refusal.recorded else []
    assert [(entry.act, entry.actor_id) for entry in added] == expected
    for entry in added:
        assert json.loads(entry.leaf)["details"]["problem"] == refusal.slug
        api.assert_nothing_private(entry.leaf.decode())


@pytest.mark.parametrize(
    ("call", "attempted"),
    [
        ("GET /v1/searches/Quetzalowicz/RN-berg", "GET unknown"),
        ("PUT /v1/searches", "PUT /v1/searches"),
        ("QUETZALOWICZ /v1/searches", "unknown /v1/searches"),
    ],
)
def test_what_was_attempted_is_told_in_our_own_words(api: Caller, world: World, call: str, attempted: str) -> None:
    answer = api.call(world.officer(), *call.split(" "))
    assert json.loads(world.last(Act.REFUSED).leaf)["details"]["attempted"] == attempted
    assert (answer.status_code == 405) == ("Allow" in answer.headers)


def test_an_expired_token_is_refused_and_recorded_for_its_owner(api: Caller, world: World) -> None:
    one = world.officer()
    api.headers(one)
    world.clock.move(world.workflows.access.session_length)
    answer = api.call(one, "POST", "/v1/searches", files=probe(ADA))
    assert (answer.status_code, answer.json()["type"]) == (401, "session-expired")
    assert world.last(Act.REFUSED).actor_id == one.id
    assert world.database.state.searches == {}


def test_a_signed_out_token_is_refused(api: Caller, world: World) -> None:
    one = world.officer()
    assert api.call(one, "DELETE", "/v1/sessions/current").status_code == 204
    answer = api.call(one, "DELETE", "/v1/sessions/current")
    assert (answer.status_code, answer.json()["type"]) == (401, "session-expired")


def test_a_second_decision_is_refused(api: Caller, world: World) -> None:
    search = api.search(world.officer(), photo("stranger"))
    path = f"/v1/searches/{search.id}/decision"
    assert api.call(world.officer(), "POST", path, json=DECISION).status_code == 201
    answer = api.call(world.officer(), "POST", path, json=DECISION)
    assert (answer.status_code, answer.json()["type"]) == (409, "already-decided")
    assert world.acts().count(Act.DECISION_RECORDED) == 1
    assert world.acts()[-1] == Act.REFUSED


def test_a_late_decision_finds_the_search_expired(api: Caller, world: World) -> None:
    search = api.search(world.officer(), photo("stranger"))
    world.run_out()
    answer = api.call(world.officer(), "POST", f"/v1/searches/{search.id}/decision", json=DECISION)
    assert (answer.status_code, answer.json()["type"]) == (409, "search-expired")
    assert world.acts()[-3:] == [Act.SEARCH_EXPIRED, Act.PROBE_SHREDDED, Act.REFUSED]


def test_a_withdrawn_face_is_gone(api: Caller, world: World) -> None:
    search = api.search(world.officer(), photo("berg-1"))
    candidate = search.candidates[0]
    path = f"/v1/subjects/{candidate.subject_id}/references/{candidate.reference_id}"
    assert api.call(world.manager(), "DELETE", path).status_code == 200
    answer = api.call(world.officer(), "GET", f"/v1/searches/{search.id}/candidates/{candidate.label}/image")
    assert (answer.status_code, answer.json()["type"]) == (410, "candidate-withdrawn")


def test_the_refusal_of_a_second_search_names_the_first(api: Caller, world: World) -> None:
    search = api.search(world.officer(), photo("stranger"))
    answer = api.call(world.officer(), "POST", "/v1/searches", files=probe(ADA))
    assert answer.json()["search"] == search.id


def test_the_refusal_of_several_faces_says_where_they_are(api: Caller, world: World) -> None:
    answer = api.call(world.officer(), "POST", "/v1/searches", files=probe(photo("ada", "several-faces")))
    assert answer.json()["boxes"] == [[40, 30, 200, 240], [400, 90, 80, 96]]


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(api: Caller, world: World) -> None:
    answers = [
        api.call(None, "POST", "/v1/sessions", json={"name": name, "password": "not the pass phrase"})
        for name in (world.officer().name, "nobody")
    ]
    assert answers[0].status_code == 401
    assert answers[0].json()["type"] == "sign-in-refused"
    assert answers[0].content == answers[1].content
    assert answers[0].headers == answers[1].headers
    assert world.acts()[-2:] == [Act.SIGN_IN_REFUSED] * 2


def test_fields_that_are_wrong_are_named_and_their_content_is_not(api: Caller, world: World) -> None:
    search = api.search(world.officer(), photo("stranger"))
    content = {"outcome": "Quetzalowicz", "evidence_against": 7}
    answer = api.call(world.officer(), "POST", f"/v1/searches/{search.id}/decision", json=content)
    assert answer.json()["fields"] == ["body.evidence_against", "body.outcome"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_document_too_large_is_refused_and_recorded(api: Caller, world: World, announced: bool) -> None:
    search = api.search(world.officer(), photo("stranger"))
    document = b" " * MAXIMUM_DOCUMENT + b"{}"
    content = document if announced else iter([document[: len(document) // 2], document[len(document) // 2 :]])
    answer = api.call(world.officer(), "POST", f"/v1/searches/{search.id}/decision", content=content, headers=JSON)
    assert (answer.status_code, answer.json()["type"]) == (413, "body-too-large")
    assert world.acts()[-1] == Act.REFUSED

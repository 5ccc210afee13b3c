"""One person at the HTTP interface of a running server. Answers are asserted here only where a test needs them good."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from tests.integration.service.installation import PASSWORD

Json = Mapping[str, Any]

PATIENCE = 60.0
NECESSITY = "Found unconscious beside the river, nobody near knows who it is"
PURPOSE: Json = {
    "ground": "unable-to-identify",
    "necessity": NECESSITY,
    "place": "public",
    "alternatives": ["asked-others"],
    "power": "Section 12",
    "no_force": True,
}


@dataclass(frozen=True)
class Person:
    """Somebody to enrol, with texts that are easy to look for."""

    record_number: str
    given_name: str
    family_name: str


class Caller:
    """Signed in as `name` for the length of a block."""

    def __init__(self, url: str, name: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=PATIENCE)
        answer = self._http.post("/v1/sessions", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        self.token: str = answer.json()["token"]
        self.id: str = answer.json()["actor"]["id"]
        self._http.headers["Authorization"] = f"Bearer {self.token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **parameters: int) -> httpx.Response:
        return self._http.get(path, params=parameters)

    # --- the officer

    def search(self, *images: bytes, faces: Sequence[Json] = ()) -> httpx.Response:
        """faces: which one is meant, of photographs that show several."""
        purpose = ("purpose", (None, json.dumps(PURPOSE).encode(), "application/json"))
        named = [("face", (None, json.dumps(face).encode(), "application/json")) for face in faces]
        photographs = [("images", ("photograph.jpg", image, "image/jpeg")) for image in images]
        return self._http.post("/v1/searches", files=[purpose, *photographs, *named])

    def answered(self, *images: bytes, faces: Sequence[Json] = ()) -> Any:
        """The view of a search that must be answered."""
        answer = self.search(*images, faces=faces)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def current(self) -> httpx.Response:
        return self._http.get("/v1/searches/current")

    def judge(self, search: str, label: str, judgement: str) -> httpx.Response:
        return self._http.post(f"/v1/searches/{search}/judgements", json={"label": label, "judgement": judgement})

    def decide(self, search: str, **decision: object) -> httpx.Response:
        return self._http.post(f"/v1/searches/{search}/decision", json=decision)

    def settle(self, view: Any) -> Any:
        """Judge every face different, decide for none of them, and return the receipt."""
        for candidate in view["candidates"]:
            if candidate["judgement"] is None:
                judged = self.judge(view["id"], candidate["label"], "different")
                assert judged.status_code == 200, judged.text
        decided = self.decide(view["id"], outcome="none-of-these")
        assert decided.status_code == 201, decided.text
        return decided.json()["receipt"]

    # --- the gallery manager

    def enrol(self, person: Person, photograph: bytes) -> str:
        """Add the subject with one reference; returns the reference's id."""
        subject = self._http.post("/v1/subjects", json=vars(person))
        assert subject.status_code == 201, subject.text
        record = {"source": "custody", "lawful_basis": "Section 64A", "captured_on": "2026-01-31"}
        answer = self._http.post(
            f"/v1/subjects/{subject.json()['id']}/references",
            data={"record": json.dumps(record)},
            files={"image": ("reference.jpg", photograph, "image/jpeg")},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def erase(self, subject: str, reference: str) -> Any:
        """The receipt of the erasure."""
        answer = self._http.delete(f"/v1/subjects/{subject}/references/{reference}")
        assert answer.status_code == 200, answer.text
        return answer.json()["receipt"]

    def put(self, subject: str, reference: str, status: str) -> Any:
        """Give a reference another status; returns the receipt."""
        path = f"/v1/subjects/{subject}/references/{reference}/status"
        answer = self._http.put(path, json={"status": status, "reason": "Complaint 12"})
        assert answer.status_code == 200, answer.text
        return answer.json()["receipt"]

    # --- the supervisor

    def entries(self, limit: int = 50) -> list[Any]:
        """The newest entries of the trail, newest first."""
        answer = self._http.get("/v1/audit/entries", params={"limit": limit})
        assert answer.status_code == 200, answer.text
        entries: list[Any] = answer.json()["entries"]
        return entries

    def references_found(self, search: str) -> set[str]:
        """The references behind the letters of a search, as its entry in the trail tells."""
        answered = next(item for item in self.entries() if (item["act"], item["search"]) == ("search-answered", search))
        return set(json.loads(answered["leaf"])["details"]["references"].values())

    def review(self, search: str) -> httpx.Response:
        return self._http.post(f"/v1/searches/{search}/review", json={"outcome": "justified", "note": "Seen."})

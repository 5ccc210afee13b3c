"""The three people of the demo, each as the requests they may send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from server.demo.line import Line
from server.demo.script import Sitter

Json = Mapping[str, Any]

SEARCH = "search"


class SignedIn:
    """Somebody who signed in with name and password; holds their token."""

    def __init__(self, line: Line, name: str, password: str) -> None:
        self._line = line
        self._token: str = line.send(
            "sign in", "POST", "/v1/sessions", json={"name": name, "password": password}
        ).json()["token"]

    def _ask(self, act: str, method: str, path: str, **content: Any) -> Any:
        return self._line.send(act, method, path, self._token, **content).json()


class GalleryManager(SignedIn):
    def add_subject(self, sitter: Sitter) -> str:
        """The identifier of the new subject."""
        record = {
            "record_number": sitter.record_number,
            "given_name": sitter.given_name,
            "family_name": sitter.family_name,
            "born_on": sitter.born_on,
        }
        return str(self._ask("add a subject", "POST", "/v1/subjects", json=record)["id"])

    def enrol(self, subject: str, sitter: Sitter, photograph: bytes) -> str:
        """The identifier of the new reference."""
        record = {
            "source": sitter.source,
            "lawful_basis": sitter.lawful_basis,
            "captured_on": sitter.captured_on,
        }
        answer = self._ask(
            "enrol a photograph",
            "POST",
            f"/v1/subjects/{subject}/references",
            data={"record": json.dumps(record)},
            files={"image": photograph},
        )
        return str(answer["id"])


class Officer(SignedIn):
    def search(self, purpose: Json, photograph: bytes) -> Json:
        answer: Json = self._ask(
            SEARCH, "POST", "/v1/searches", data={"purpose": json.dumps(purpose)}, files={"images": photograph}
        )
        return answer

    @property
    def seconds_waited(self) -> float:
        """How long the last search took to answer."""
        return self._line.seconds[SEARCH][-1]

    def look_at(self, search: str, label: str) -> bytes:
        """The JPEG of one candidate."""
        path = f"/v1/searches/{search}/candidates/{label}/image"
        return self._line.send("view a candidate", "GET", path, self._token).content

    def judge(self, search: str, label: str, judgement: str) -> Json:
        judged = {"label": label, "judgement": judgement}
        answer: Json = self._ask("judge a face", "POST", f"/v1/searches/{search}/judgements", json=judged)
        return answer

    def decide(self, search: str, decision: Json) -> Json:
        """The receipt of the decision."""
        answer: Json = self._ask("decide", "POST", f"/v1/searches/{search}/decision", json=decision)["receipt"]
        return answer


class Supervisor(SignedIn):
    def references_behind(self, search: str) -> Mapping[str, str]:
        """Letter -> reference of one search just answered, as the trail tells a supervisor and nobody else."""
        entries = self._ask("read the trail", "GET", "/v1/audit/entries", params={"limit": 10})["entries"]
        answered = next(item for item in entries if (item["act"], item["search"]) == ("search-answered", search))
        references: Mapping[str, str] = json.loads(answered["leaf"])["details"]["references"]
        return references

    def review(self, search: str) -> Json:
        """The receipt of the review."""
        finding = {"outcome": "justified", "note": "Ground, place and decision are in order (demonstration)."}
        answer: Json = self._ask("review", "POST", f"/v1/searches/{search}/review", json=finding)["receipt"]
        return answer

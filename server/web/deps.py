"""What the routes are given: the workflows, the signed-in actor, and a place to search."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param

from server.domain.actors import Actor
from server.domain.errors import Busy, NotSignedIn
from server.workflow.access import Access
from server.workflow.adjudication import Adjudication
from server.workflow.duplicates import DuplicateReview
from server.workflow.enrolment import Enrolment
from server.workflow.erasure import Erasures
from server.workflow.identification import Identification
from server.workflow.records import Records
from server.workflow.retention import Retention
from server.workflow.review import Supervision
from server.workflow.subject_access import SubjectAccess
from server.workflow.withdrawal import Withdrawal

Pings = Mapping[str, Callable[[], None]]
"""Part of the service -> a call that raises Unavailable when the part is down."""


@dataclass(frozen=True)
class Workflows:
    access: Access
    identification: Identification
    adjudication: Adjudication
    enrolment: Enrolment
    erasures: Erasures
    duplicates: DuplicateReview
    withdrawal: Withdrawal
    records: Records
    subject_access: SubjectAccess
    supervision: Supervision
    retention: Retention


class SearchPlaces:
    """Bounds how many images are worked on at once; whoever finds no place within `patience` seconds gets Busy."""

    def __init__(self, places: int, patience: float) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._patience = patience

    @contextmanager
    def taken(self) -> Iterator[None]:
        if not self._places.acquire(timeout=self._patience):
            raise Busy
        try:
            yield
        finally:
            self._places.release()


def workflows_of(request: Request) -> Workflows:
    return cast(Workflows, request.app.state.workflows)


def places_of(request: Request) -> SearchPlaces:
    return cast(SearchPlaces, request.app.state.places)


def bearer_of(request: Request) -> str | None:
    """The token a request carries, whether it is good or not."""
    scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
    return token if token and scheme.lower() == "bearer" else None


_bearer = HTTPBearer(auto_error=False, description="The token of POST /v1/sessions")


def token_of(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    if credentials is None:
        raise NotSignedIn
    return credentials.credentials


def actor_of(request: Request, token: Annotated[str, Depends(token_of)]) -> Actor:
    """The signed-in actor, kept for the error handler."""
    actor = workflows_of(request).access.actor(token)
    request.state.actor = actor
    return actor


Flows = Annotated[Workflows, Depends(workflows_of)]
Places = Annotated[SearchPlaces, Depends(places_of)]
SignedInActor = Annotated[Actor, Depends(actor_of)]
Token = Annotated[str, Depends(token_of)]

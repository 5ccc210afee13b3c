"""What goes out of the gallery's own records, to those who keep them."""

from __future__ import annotations

from datetime import date
from typing import Self

from server.domain.gallery import Reference, Source, Status
from server.domain.holdings import Holding, Page
from server.web.api.views import ReceiptView, View


class StatusView(View):
    """Of what left every search, `GET /v1/erasures/{index of the receipt}` tells how far that has come."""

    status: Status
    receipt: ReceiptView


class HeldReferenceView(View):
    """A reference with the reason it may be held. Without `review_on` its review is due at once."""

    id: str
    source: Source
    status: Status
    lawful_basis: str
    captured_on: date
    review_on: date | None
    station: str

    @classmethod
    def of(cls, reference: Reference) -> Self:
        return cls(
            id=reference.id,
            source=reference.source,
            status=reference.status,
            lawful_basis=reference.lawful_basis,
            captured_on=reference.captured_on,
            review_on=reference.review_on,
            station=reference.station,
        )


class HoldingView(View):
    """A subject with references of theirs: in a list those that were asked for."""

    id: str
    record_number: str
    given_name: str
    family_name: str
    born_on: date | None
    references: list[HeldReferenceView]

    @classmethod
    def of(cls, holding: Holding) -> Self:
        subject = holding.subject
        return cls(
            id=subject.id,
            record_number=subject.record_number,
            given_name=subject.given_name,
            family_name=subject.family_name,
            born_on=subject.born_on,
            references=[HeldReferenceView.of(reference) for reference in holding.references],
        )


class HoldingsView(View):
    """`next` is the `after` of the following page, or null at the end; a page may be empty and not the last."""

    subjects: list[HoldingView]
    next: str | None

    @classmethod
    def of(cls, page: Page) -> Self:
        return cls(subjects=[HoldingView.of(holding) for holding in page.holdings], next=page.following)

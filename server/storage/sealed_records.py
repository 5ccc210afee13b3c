"""Who a subject is and why a reference may be held: sealed in their rows, opened to values."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import Any

from server.domain.gallery import Reference, Source, Status, Subject
from server.storage.data_keys import DataKeys
from server.storage.tables import AnyRow, refs, subjects

DESCRIPTION = (
    refs.c.id,
    refs.c.subject_id,
    refs.c.source,
    refs.c.lawful_basis,
    refs.c.captured_on,
    refs.c.status,
    refs.c.review_on,
    refs.c.station,
)
"""The columns of a reference without its image."""


def subject_row(keys: DataKeys, subject: Subject) -> dict[str, Any]:
    person = json.dumps(asdict(subject), default=date.isoformat).encode()
    return {
        "id": subject.id,
        "record_number_digest": keys.digest(subjects.c.person, subject.record_number),
        "person": keys.seal(subjects.c.person, subject.id, person),
    }


def open_subject(keys: DataKeys, row: AnyRow) -> Subject:
    """Of a row of `subjects`. Raises SealBroken."""
    fields = json.loads(keys.open(subjects.c.person, row.id, row.person))
    born_on = fields["born_on"]
    return Subject(
        row.id,
        fields["record_number"],
        fields["given_name"],
        fields["family_name"],
        None if born_on is None else date.fromisoformat(born_on),
    )


def reference_row(keys: DataKeys, reference: Reference, image: bytes) -> dict[str, Any]:
    """What `refs` holds of a reference, but for its fingerprint."""
    return {
        "id": reference.id,
        "subject_id": reference.subject_id,
        "source": reference.source,
        "status": reference.status,
        "captured_on": reference.captured_on,
        "lawful_basis": keys.seal(refs.c.lawful_basis, reference.id, reference.lawful_basis.encode()),
        "image": keys.seal(refs.c.image, reference.id, image),
        "review_on": reference.review_on,
        **_station(keys, reference),
    }


def open_reference(keys: DataKeys, row: AnyRow) -> Reference:
    """Of the columns of DESCRIPTION. Raises SealBroken."""
    station = b"" if row.station is None else keys.open(refs.c.station, row.id, row.station)
    return Reference(
        id=row.id,
        subject_id=row.subject_id,
        source=Source(row.source),
        lawful_basis=keys.open(refs.c.lawful_basis, row.id, row.lawful_basis).decode(),
        captured_on=row.captured_on,
        status=Status(row.status),
        review_on=row.review_on,
        station=station.decode(),
    )


def station_digest(keys: DataKeys, station: str) -> bytes:
    """By which references of a station are found, however it is written in capitals and small letters."""
    return keys.digest(refs.c.station, station.casefold())


def _station(keys: DataKeys, reference: Reference) -> dict[str, bytes | None]:
    if not reference.station:
        return {"station": None, "station_digest": None}
    return {
        "station": keys.seal(refs.c.station, reference.id, reference.station.encode()),
        "station_digest": station_digest(keys, reference.station),
    }

"""Every error of ours has a status, or is deliberately a fault of ours."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from server.domain import errors, image_errors, model_errors
from server.domain.errors import OifrError
from server.web.errors import STATUS, status_of
from tests.error_family import FAMILY

COMMANDS = {kind for kind in FAMILY if issubclass(kind, errors.CommandRefused)}
FAULTS = {
    OifrError,
    model_errors.TemplateInvalid,
    model_errors.CalibrationInvalid,
    model_errors.WeightsUnverified,
    errors.SealBroken,
    errors.StoredValueAltered,
} | COMMANDS
"""Nothing that a caller did: damaged data or a broken installation. The log tells, the answer does not."""


def instance(kind: type[OifrError]) -> OifrError:
    return image_errors.SeveralFaces([]) if kind is image_errors.SeveralFaces else kind()


@pytest.mark.parametrize("kind", FAMILY, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_or_is_a_fault(kind: type[OifrError]) -> None:
    status = status_of(instance(kind))
    assert (status is HTTPStatus.INTERNAL_SERVER_ERROR) == (kind in FAULTS)


def test_only_parts_that_are_down_answer_unavailable() -> None:
    down = {kind for kind in FAMILY if status_of(instance(kind)) is HTTPStatus.SERVICE_UNAVAILABLE}
    assert down == {kind for kind in FAMILY if issubclass(kind, errors.Unavailable)}


def test_the_table_holds_no_class_that_its_ancestor_already_says() -> None:
    for kind, status in STATUS.items():
        ancestors = [STATUS[ancestor] for ancestor in kind.__mro__[1:] if ancestor in STATUS]
        assert status not in ancestors[:1]
